import { checkOptions } from '../bytes/check-options.ts';
import { isDigest, type Digest } from '../digest/digest.ts';
import { StoreError, UsageError } from '../errors.ts';
import type { BlobStore, CommittedBlob, Ingest } from '../ports/blob-store.ts';
import type { OperationOptions } from '../ports/operation.ts';
import type { RecordStore } from '../ports/record-store.ts';
import { readMark, removeMark } from './garbage-marks.ts';
import { Lease } from './leases.ts';
import { pause } from '../bytes/pause.ts';

/** How a writer protects what it puts. */
export interface LeasedBlobStoreOptions {
  readonly blobs: BlobStore;
  /** The records that `collectGarbage` is given. */
  readonly records: RecordStore;
  /** How long what was put stays without another put, in seconds; 3,600 by default. Longer than any one put takes. */
  readonly leaseSeconds?: number | undefined;
  /** The time now, in milliseconds since 1970; that of the clock by default. */
  readonly now?: (() => number) | undefined;
}

/** A blob store as one writer sees it, while what it puts is safe from garbage collection. */
export interface LeasedBlobStore extends BlobStore {
  /** Ends the protection: what was put is named by now, or not wanted. A later put begins a new one. */
  release(options?: OperationOptions): Promise<void>;
}

/**
 * Protects what a writer puts, or finds present, until it has written what names it.
 *
 * Before each put and commit it holds a lease in `records`, and takes away the mark that a sweep has set on the blob. A
 * sweep deletes nothing that it marked after the beginning of a lease that is still held. Make one for each piece of
 * work, and release it at its end; a writer that dies stops protecting when its lease has expired. One that is never
 * released begins anew after 24 hours. Clocks may differ by a minute.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for wrong options. StoreError (from `commit` by an algorithm)
 * `ERR_CONFLICT` where a sweep deleted the blob in the same moment: put it again.
 */
export function leasedBlobStore(options: LeasedBlobStoreOptions): LeasedBlobStore {
  checkOptions('leasedBlobStore', options, ['blobs', 'records', 'leaseSeconds', 'now']);
  const { blobs, records, leaseSeconds = 3600, now = Date.now } = options;
  if (!(leaseSeconds > 0)) {
    throw new UsageError('ERR_INVALID_ARGUMENT', `leaseSeconds is ${String(leaseSeconds)}, expected more than 0`, {
      argument: 'leaseSeconds',
    });
  }
  const lease = new Lease(records, leaseSeconds, now);
  const writer: Writer = { blobs, records, lease };
  const ingest = blobs.ingest?.bind(blobs);
  return {
    id: blobs.id,
    abilities: blobs.abilities,
    put: async (digest, source, operation = {}) => {
      await protect(writer, digest, operation);
      return blobs.put(digest, source, operation);
    },
    get: (digest, operation) => blobs.get(digest, operation),
    stat: (digest, operation) => blobs.stat(digest, operation),
    delete: (digest, operation) => blobs.delete(digest, operation),
    list: (operation) => blobs.list(operation),
    ...(ingest === undefined
      ? {}
      : { ingest: async (id, operation) => protectedIngest(writer, await ingest(id, operation)) }),
    release: (operation = {}) => lease.release(operation),
  };
}

interface Writer {
  readonly blobs: BlobStore;
  readonly records: RecordStore;
  readonly lease: Lease;
}

/** In this order: a mark that is set after the lease began is not acted upon, and one from before is taken away. */
async function protect({ records, lease }: Writer, digest: Digest, options: OperationOptions): Promise<void> {
  const operation = { signal: options.signal };
  operation.signal?.throwIfAborted();
  // Whoever has no digest is told so by the store.
  if (!isDigest(digest)) return;
  await lease.hold(operation);
  for (;;) {
    const mark = await readMark(records, digest, operation);
    if (mark === undefined) return;
    // The promise of a sweep to be done by a time is about the real one.
    if (mark.deletingUntil > Date.now()) await pause(25, operation.signal);
    else await removeMark(records, mark, operation);
  }
}

function protectedIngest(writer: Writer, ingest: Ingest): Ingest {
  return {
    id: ingest.id,
    get offset() {
      return ingest.offset;
    },
    append: (source, options) => ingest.append(source, options),
    commit: async (expected, options = {}) => {
      if (isDigest(expected)) {
        await protect(writer, expected, options);
        return ingest.commit(expected, options);
      }
      await writer.lease.hold({ signal: options.signal });
      return confirmed(writer, await ingest.commit(expected, options));
    },
    abort: () => ingest.abort(),
  };
}

/** A digest that is known only now may be one that a sweep is at. */
async function confirmed(writer: Writer, committed: CommittedBlob): Promise<CommittedBlob> {
  const { digest } = committed;
  await protect(writer, digest, {});
  if ((await writer.blobs.stat(digest)) !== undefined) return committed;
  throw new StoreError('ERR_CONFLICT', `blob ${digest} was deleted by a sweep while it was committed`, {
    store: writer.blobs.id,
    digest,
    retryable: true,
  });
}
