import type { Digest } from '../../../digest/digest.ts';
import type { BlobStore } from '../../../ports/blob-store.ts';
import type { OperationOptions } from '../../../ports/operation.ts';

/** A blob of an older store whose bytes are in the new one. */
export interface LegacyBlob {
  /** Its old key. */
  readonly integrity: string;
  /** Its key from now on: the digest of its bytes. */
  readonly digest: Digest;
  readonly size: number;
  /** False where the store had these bytes. */
  readonly created: boolean;
  /** True where the old key names these bytes. It often named those of another archive with the same content. */
  readonly integrityMatches: boolean;
  /** True where the older store says this size. */
  readonly sizeMatches: boolean;
  /** Whether these are the bytes that the manifest names; undefined where it says nothing of this key. */
  readonly manifestMatches: boolean | undefined;
}

/** What a manifest of the older store says of a blob: its key, and the SHA-256 of its bytes in hex where it has one. */
export interface LegacyManifestEntry {
  readonly integrity: string;
  readonly blobSha256?: string | undefined;
}

/** Where the bytes go, and what is known of them. */
export interface LegacyImportOptions extends OperationOptions {
  /** The store that the bytes go to. */
  readonly blobs: BlobStore;
  /** What the bytes of each key should be. What has other bytes is imported all the same, and in the report. */
  readonly manifest?: Iterable<LegacyManifestEntry> | undefined;
  /**
   * The digest of a key, as `onBlob` was told it in an earlier run: `(key) => index.find(key)`. What the store has in
   * that size is not read again. Asked for keys that pin bytes by an integrity.
   */
  readonly known?: ((integrity: string) => Digest | undefined | Promise<Digest | undefined>) | undefined;
  /** Is told of each blob that was read and is in the store: what an index from old keys to digests is made of. */
  readonly onBlob?: ((blob: LegacyBlob) => void | Promise<void>) | undefined;
}

export const legacyImportKeys: readonly string[] = ['blobs', 'manifest', 'known', 'onBlob'];

/** What an import did. */
export interface LegacyImportReport {
  /** Blobs whose bytes are new in the store. */
  readonly imported: number;
  /** Blobs whose bytes the store had. */
  readonly alreadyThere: number;
  /** How many of those were known, and not read. */
  readonly known: number;
  /** Bytes of all these blobs. */
  readonly bytes: number;
  /** How many of those that were read have a key that names other bytes, or another size. */
  readonly mismatched: { readonly integrity: number; readonly size: number };
  /** Blobs whose bytes are others than the manifest says. */
  readonly unlikeManifest: readonly {
    readonly integrity: string;
    readonly expected: readonly Digest[];
    readonly actual: Digest;
  }[];
  /** Keys of the manifest that were not met. */
  readonly missing: readonly string[];
  /** What could not be read as bytes. It was left out. */
  readonly unreadable: readonly { readonly integrity: string; readonly reason: string }[];
}
