import type { ByteSource } from '../bytes/source.ts';
import type { Digest, DigestAlgorithm } from '../digest/digest.ts';
import type { OperationOptions } from './operation.ts';

/**
 * Immutable bytes by digest. The key is always the digest of the bytes, checked on the way in and on the way out.
 * `undefined` means not found and nothing else; every other failure is a `StoreError`.
 */
export interface BlobStore {
  /** Names the store in errors and events. */
  readonly id: string;
  readonly abilities: BlobStoreAbilities;
  /**
   * Stores the bytes of a source under their digest. A blob that is there is not written again, and not read.
   * Nothing is visible before every byte was checked; wrong bytes are an `IntegrityError`.
   */
  put(digest: Digest, source: ByteSource, options?: OperationOptions): Promise<{ readonly created: boolean }>;
  /** A blob whose bytes are checked while they are read. */
  get(digest: Digest, options?: OperationOptions): Promise<StoredBlob | undefined>;
  /** Digest and size of a blob. */
  stat(digest: Digest, options?: OperationOptions): Promise<BlobStat | undefined>;
  /** True when a blob was deleted, false when there was none. */
  delete(digest: Digest, options?: OperationOptions): Promise<boolean>;
  /** Every blob, in no order. What is put or deleted meanwhile may or may not be seen. */
  list(options?: OperationOptions): AsyncIterable<BlobStat>;
  /** Starts, or goes on with, bytes whose digest is known only at the end. Present where `abilities.ingest` is true. */
  ingest?(id?: string, options?: OperationOptions): Promise<Ingest>;
}

/** What a store can do besides the verbs that every store has. */
export interface BlobStoreAbilities {
  readonly ingest: boolean;
  /** True when a range is read without reading what lies before it. */
  readonly range: boolean;
  readonly list: boolean;
}

/** What a store knows of a blob without reading it. */
export interface BlobStat {
  readonly digest: Digest;
  readonly size: number;
  /** When the blob was written, or last found present by a writer; milliseconds since 1970. */
  readonly modifiedAt?: number | undefined;
}

/** A blob that was found. */
export interface StoredBlob {
  readonly size: number;
  /** All bytes, checked while they flow: the stream fails before its end when they are not those of the digest. */
  open(options?: OperationOptions): Promise<ReadableStream<Uint8Array>>;
  /** Bytes `start` up to and without `end`, which no digest can vouch for. */
  openUnverifiedRange(start: number, end: number, options?: OperationOptions): Promise<ReadableStream<Uint8Array>>;
}

/** Bytes on their way into a store. Goes on in another process by its id, until it is committed or aborted. */
export interface Ingest {
  readonly id: string;
  /** Bytes that are safely in. */
  readonly offset: number;
  /** Adds the bytes of a source. When it fails, what came before stays and `offset` says how much. */
  append(source: ByteSource, options?: OperationOptions): Promise<{ readonly offset: number }>;
  /**
   * Makes the bytes visible under the digest given, or under the one that an algorithm gives for them. Bytes that a
   * former process wrote are hashed again. Wrong bytes are an `IntegrityError`, and nothing becomes visible.
   */
  commit(digest: Digest | DigestAlgorithm, options?: OperationOptions): Promise<CommittedBlob>;
  /** Forgets the bytes. Harmless after commit or abort. */
  abort(): Promise<void>;
}

/** What was committed. */
export interface CommittedBlob {
  readonly created: boolean;
  readonly digest: Digest;
  readonly size: number;
}
