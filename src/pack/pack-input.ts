import type { ByteSource } from '../bytes/source.ts';
import type { Digest } from '../digest/index.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Lock } from '../lockfile/index.ts';
import type { TarEntry } from '../archive/index.ts';
import type { OperationOptions } from '../ports/operation.ts';
import type { SkipReason } from '../lockfile/index.ts';

/** What goes into a pack: a lockfile, or files and folders. */
export type PackInput = PackLockInput | PackFilesInput;

/** A lockfile, and which part of it. Everything is packed by default. */
export interface PackLockInput {
  /** The lockfile, with its base name. The bytes become the first layer as they are. */
  readonly lockfile: { readonly name: string; readonly bytes: Uint8Array };
  /** Leaves out what only these dependencies reach. */
  readonly omit?: readonly ('dev' | 'optional' | 'peer')[] | undefined;
  /** Leaves out what is for other systems, in npm's words: `linux`, `darwin`, `win32`. */
  readonly os?: string | undefined;
  /** `x64`, `arm64`, … */
  readonly cpu?: string | undefined;
  /** `glibc`, `musl`. */
  readonly libc?: string | undefined;
  /** What cannot be packed is left out for these reasons, and listed in the lock; for any other it is an error. */
  readonly skip?: readonly SkipReason[] | undefined;
  /** Hosts that artifacts may come from; every host that the lockfile names by default. */
  readonly allowHosts?: readonly string[] | undefined;
  /** `tar` puts all artifacts into one layer, for registries that cap layers. One layer each by default. */
  readonly grouping?: 'tar' | undefined;
  /** The lock that must come out, byte for byte; where another would, nothing is written. */
  readonly frozen?: Uint8Array | undefined;
}

/** Files and folders, packed as `oras push` packs them, in the order of their paths. At least one of either. */
export interface PackFilesInput {
  readonly files?: readonly InputFile[] | undefined;
  readonly folders?: readonly InputFolder[] | undefined;
  /** What the artifact is; `application/vnd.unknown.artifact.v1` by default. */
  readonly artifactType?: string | undefined;
  /** Annotations of the manifest. */
  readonly annotations?: Readonly<Record<string, string>> | undefined;
}

/** A file: one layer. */
export interface InputFile {
  /** A safe relative path, which becomes the title of the layer. */
  readonly path: string;
  readonly source: ByteSource;
  /** `application/vnd.oci.image.layer.v1.tar` by default, as with oras. */
  readonly mediaType?: string | undefined;
  /** Kept in an annotation that `unpack` reads; oras restores such a file as 0644. */
  readonly executable?: boolean | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
}

/** A folder: one layer of tar and gzip. */
export interface InputFolder {
  /** A safe relative path, which becomes the title of the layer and the folder that it unpacks to. */
  readonly path: string;
  /** What is in it, in any order, with paths below the folder. Parent folders need not be listed. */
  readonly entries: Iterable<TarEntry> | AsyncIterable<TarEntry>;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
}

export interface PackOptions extends OperationOptions {
  /** How many artifacts are fetched, read or written at a time. */
  readonly concurrency?: number | undefined;
}

/** What was packed. */
export interface PackResult {
  /** The target as text, where it was given as text. */
  readonly reference?: string | undefined;
  /** Names the manifest. */
  readonly descriptor: Descriptor;
  /** Of the manifest. */
  readonly digest: Digest;
  /** Bytes of everything that belongs to the pack, each blob counted once. */
  readonly size: number;
  readonly layers: readonly Descriptor[];
  readonly artifacts: readonly PackedArtifact[];
  /** What the target had already. */
  readonly reused: Traffic;
  /** What was written. */
  readonly uploaded: Traffic;
  /** Of a pack of a lock. */
  readonly lock?: Lock | undefined;
}

/** A file, a folder or an entry of a lock, as it was packed. */
export interface PackedArtifact {
  readonly path: string;
  readonly digest: Digest;
  readonly size: number;
  readonly reused: boolean;
}

/** Blobs and their bytes. */
export interface Traffic {
  readonly blobs: number;
  readonly bytes: number;
}
