import type { ByteSource } from '../bytes/source.ts';
import type { Digest } from '../digest/digest.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Ingest, StoredBlob } from './blob-store.ts';
import type { OperationOptions } from './operation.ts';

/** Repositories by name: over HTTP, over a layout, over a pair of stores. */
export interface Registry {
  /** Names the registry in errors and events. */
  readonly id: string;
  /** A repository; nothing is asked or made before one of its verbs is called. */
  repository(name: string): Repository;
  /** Every repository that has something, in bytewise order. */
  repositories(options?: ListOptions): AsyncIterable<string>;
}

/** Manifests, blobs, tags and referrers under one name. `undefined` means not found, and nothing else. */
export interface Repository {
  readonly name: string;
  /** Names the repository in errors and events. */
  readonly id: string;
  readonly capabilities: RepositoryCapabilities;
  readonly manifest: ManifestStore;
  readonly blob: RepositoryBlobs;
  /** True where the repository has something. Present where that can be told without listing every repository. */
  exists?(options?: OperationOptions): Promise<boolean>;
  /** The manifest that a tag or digest names. */
  resolve(reference: string, options?: AskOptions): Promise<Descriptor | undefined>;
  /** Every tag, in bytewise order. */
  tags(options?: ListOptions): AsyncIterable<string>;
  /**
   * The manifests that stand on their own: tagged or not, but with no subject and in no index. Present where a
   * repository can tell (a layout, a pair of stores); a registry over HTTP cannot.
   */
  roots?(options?: OperationOptions): AsyncIterable<Descriptor>;
  /** Points a tag at a manifest that is there. With `ifMatch`, only where it points at that digest now, or (null) at none. */
  tag(name: string, descriptor: Descriptor, options?: TagOptions): Promise<void>;
  /** Removes a tag, or a manifest with every tag that points at it. False when there was none. */
  delete(reference: string, options?: OperationOptions): Promise<boolean>;
  /** The manifests whose subject is this digest, and where that is known from. */
  referrers(subject: Digest, options?: ReferrersOptions): Promise<ReferrersAnswer>;
}

/** What a repository can do besides the verbs that every one has. */
export interface RepositoryCapabilities {
  readonly mount: boolean;
  readonly range: boolean;
  readonly delete: boolean;
  readonly referrers: boolean;
  /** True when `tag` with `ifMatch` cannot lose a race. */
  readonly atomicTag: boolean;
  /**
   * True where every question is a round trip. Who copies then asks for the manifest first, and where that is there
   * relies on the registry for everything that it names.
   */
  readonly remote: boolean;
}

/** The manifests of a repository, as the bytes that they came in. */
export interface ManifestStore {
  /** The manifest that a tag or digest names, checked against its digest. */
  get(reference: string, options?: OperationOptions): Promise<StoredManifest | undefined>;
  /** Stores a manifest. Everything that it names, but its subject, must be there. */
  put(bytes: Uint8Array, options: PutManifestOptions): Promise<Descriptor>;
}

/** A manifest as it came: its bytes are never serialised again. */
export interface StoredManifest {
  readonly bytes: Uint8Array;
  readonly descriptor: Descriptor;
}

export interface PutManifestOptions extends OperationOptions {
  readonly mediaType: string;
  /** What the bytes must hash to; their sha256 by default. */
  readonly digest?: Digest | undefined;
  /** Tagged in the same step, after everything else. */
  readonly tag?: string | undefined;
}

/** The blobs of a repository. */
export interface RepositoryBlobs {
  /** A blob of this repository. */
  get(digest: Digest, options?: OperationOptions): Promise<StoredBlob | undefined>;
  /**
   * The bytes of a blob in one round trip, checked by nobody: for a reader that checks them itself. undefined where the
   * blob is not there. Present where `get` and `open` are two round trips.
   */
  openUnverified?(descriptor: Descriptor, options?: OpenBlobOptions): Promise<ReadableStream<Uint8Array> | undefined>;
  /** The size of a blob of this repository. */
  stat(digest: Digest, options?: AskOptions): Promise<{ readonly size: number } | undefined>;
  /** Stores a blob, checked against its descriptor. */
  put(descriptor: Descriptor, source: ByteSource, options?: OperationOptions): Promise<{ readonly created: boolean }>;
  /** Makes a blob of another repository of the same registry one of this. False where that cannot be done. */
  mount(digest: Digest, from: string, options?: OperationOptions): Promise<boolean>;
  /**
   * Forgets a blob. False when there was none; a `StoreError` `ERR_CONFLICT` where a manifest of the repository names
   * it. Present where blobs can be deleted one by one.
   */
  delete?(digest: Digest, options?: OperationOptions): Promise<boolean>;
  /** Bytes whose digest is known only at the end; see `BlobStore.ingest`. An id is good in this repository only. */
  ingest?(id?: string, options?: OperationOptions): Promise<Ingest>;
}

export interface AskOptions extends OperationOptions {
  /** Asks the registry itself and no mirror of it, as whoever is going to write there must. False by default. */
  readonly direct?: boolean | undefined;
}

export interface OpenBlobOptions extends OperationOptions {
  /** First byte to read; 0 by default. */
  readonly start?: number | undefined;
}

export interface ListOptions extends OperationOptions {
  readonly after?: string | undefined;
  readonly limit?: number | undefined;
}

export interface TagOptions extends OperationOptions {
  readonly ifMatch?: Digest | null | undefined;
}

export interface ReferrersOptions extends OperationOptions {
  readonly artifactType?: string | undefined;
  /** Only what comes after this digest, in bytewise order. */
  readonly after?: Digest | undefined;
  /** At most so many, the first in bytewise order of their digests. A registry over HTTP may tell more. */
  readonly limit?: number | undefined;
}

/** Referrers, each with its `artifactType` and annotations. */
export interface ReferrersAnswer {
  readonly referrers: readonly Descriptor[];
  /** Where the answer comes from; `hidden` where the registry would not say. */
  readonly from: 'api' | 'tag' | 'both' | 'hidden';
}
