import pMap from 'p-map';
import { checkCount, checkOptions, operationKeys } from '../bytes/check-options.ts';
import type { Digest } from '../digest/digest.ts';
import type { BlobStore } from '../ports/blob-store.ts';
import type { OperationOptions } from '../ports/operation.ts';

/** A blob that must be there: a descriptor, or an entry of a lock. */
export interface WantedBlob {
  readonly digest: Digest;
  readonly size: number;
}

/** What is asked for. */
export interface ReadinessOptions extends OperationOptions {
  readonly blobs: BlobStore;
  /** What must be there: `lock.entries`, descriptors. */
  readonly wanted: Iterable<WantedBlob>;
  /** The digest of the lock that is wanted; where it is given, `actual` must be the same. */
  readonly expected?: Digest | undefined;
  /** The digest of the lock that is in place. */
  readonly actual?: Digest | undefined;
  /** Questions at a time; 16 by default. */
  readonly concurrency?: number | undefined;
}

/** Whether everything is there. */
export type Readiness =
  | { readonly state: 'none' }
  | { readonly state: 'ready'; readonly blobs: number; readonly bytes: number }
  | {
      readonly state: 'notReady';
      readonly missing: readonly WantedBlob[];
      readonly wrongSize: readonly { readonly digest: Digest; readonly expected: number; readonly actual: number }[];
      /** Where another lock is in place than the one that is wanted. */
      readonly expected?: Digest | undefined;
      readonly actual?: Digest | undefined;
    };

/**
 * Asks a store for everything that is wanted: `none` where nothing is, `ready` where all is there, `notReady` with what
 * is missing. Reads no bytes. A store that cannot be asked is an error, and never `ready` or `none`.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for wrong options. StoreError where the store fails.
 */
export async function readiness(options: ReadinessOptions): Promise<Readiness> {
  checkOptions('readiness', options, ['blobs', 'wanted', 'expected', 'actual', 'concurrency', ...operationKeys]);
  const { blobs, expected, actual, signal } = options;
  const concurrency = checkCount('concurrency', options.concurrency, 16);
  const wanted = [...new Map([...options.wanted].map((blob) => [`${blob.digest} ${blob.size}`, blob])).values()];
  const stops = new AbortController();
  const all = signal === undefined ? stops.signal : AbortSignal.any([signal, stops.signal]);
  const ask = async ({ digest }: WantedBlob) => (await blobs.stat(digest, { signal: all }))?.size;
  const sizes = await pMap(wanted, ask, { concurrency }).catch((error: unknown) => {
    stops.abort();
    throw error;
  });
  signal?.throwIfAborted();
  const found = wanted.map((blob, index) => ({ ...blob, actual: sizes[index] }));
  const missing = wanted.filter((_, index) => sizes[index] === undefined);
  const wrongSize = found.flatMap(({ digest, size, actual: has = size }) =>
    has === size ? [] : [{ digest, expected: size, actual: has }],
  );
  const other = expected !== undefined && expected !== actual;
  if (other || missing.length + wrongSize.length > 0) {
    return { state: 'notReady', missing, wrongSize, ...(other ? { expected, actual } : {}) };
  }
  if (wanted.length === 0) return { state: 'none' };
  return { state: 'ready', blobs: wanted.length, bytes: wanted.reduce((sum, { size }) => sum + size, 0) };
}
