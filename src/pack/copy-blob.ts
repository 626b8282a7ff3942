import type { ByteSource } from '../bytes/source.ts';
import { bytesSource } from '../bytes/source.ts';
import { fromBase64 } from '../bytes/encoding.ts';
import { IntegrityError, StoreError } from '../errors.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { OperationOptions } from '../ports/operation.ts';
import type { Repository } from '../ports/registry.ts';
import { startReport, type Report } from '../ports/report.ts';
import { failureOf } from './failure.ts';
import { isWrongBytes, maxAttempts } from './load-manifest.ts';
import { tapStream } from './tap-stream.ts';

/** What became of a blob. */
export type BlobOutcome = 'copied' | 'mounted' | 'reused';

/** The two ends of a copy. */
export interface CopyEnds {
  readonly from: Repository;
  readonly to: Repository;
  /** Names of repositories beside the target that may have the blob. */
  readonly mountFrom: readonly string[];
}

/**
 * Brings one blob to the target: not at all where it is there, by mounting where that can be done, else as a stream.
 * What comes wrong from the source is asked for again, 5 times in all.
 */
export async function copyBlob(
  descriptor: Descriptor,
  ends: CopyEnds,
  options: OperationOptions,
): Promise<BlobOutcome> {
  const report = startReport({ verb: 'copy', descriptor, total: descriptor.size }, options);
  try {
    const outcome = await bring(descriptor, ends, report);
    report.done(outcome === 'copied' ? {} : { reused: true });
    return outcome;
  } catch (error) {
    report.failed(error);
    throw error;
  }
}

async function bring(descriptor: Descriptor, ends: CopyEnds, report: Report): Promise<BlobOutcome> {
  if (await mounted(descriptor, ends, report)) return 'mounted';
  for (let attempt = 1; ; attempt++) {
    const reader = blobReader(descriptor, ends.from, report);
    try {
      const { created } = await ends.to.blob.put(descriptor, reader.source, report.options);
      return created ? 'copied' : 'reused';
    } catch (error) {
      report.options.signal?.throwIfAborted();
      const failure = reader.failure();
      if (failure === undefined) throw failureOf(error, 'destination', { digest: descriptor.digest });
      if (!isWrongBytes(failure) || attempt === maxAttempts) {
        throw failureOf(failure, 'source', { digest: descriptor.digest });
      }
      report.note('retry', failure instanceof Error ? failure.message : 'wrong bytes');
    }
  }
}

async function mounted(descriptor: Descriptor, ends: CopyEnds, report: Report): Promise<boolean> {
  if (!ends.to.capabilities.mount) return false;
  for (const name of ends.mountFrom) {
    if (name === ends.to.name) continue;
    if (await ends.to.blob.mount(descriptor.digest, name, report.options)) return true;
  }
  return false;
}

interface BlobReader {
  readonly source: ByteSource;
  /** What went wrong at the source, rather than where its bytes went. */
  failure(): unknown;
}

function blobReader(descriptor: Descriptor, from: Repository, report: Report): BlobReader {
  const own = descriptor.data === undefined ? undefined : fromBase64(descriptor.data);
  if (own !== undefined) return { source: bytesSource(own), failure: () => undefined };
  let failure: unknown;
  const fail = (error: unknown): unknown => (failure = error);
  const open = async (signal: AbortSignal | undefined): Promise<ReadableStream<Uint8Array>> => {
    try {
      return await openBlob(descriptor, from, { ...report.options, signal });
    } catch (error) {
      throw fail(error);
    }
  };
  const source: ByteSource = {
    size: descriptor.size,
    open: async ({ start = 0, end, signal } = {}) =>
      counted(await open(signal), { start, end: end ?? Infinity, report, fail }),
  };
  return { source, failure: () => failure };
}

/**
 * The checked bytes of a blob.
 *
 * @throws StoreError `ERR_BLOB_NOT_FOUND`, IntegrityError `ERR_SIZE_MISMATCH`.
 */
export async function openBlob(
  { digest, size }: Descriptor,
  from: Repository,
  options: OperationOptions,
): Promise<ReadableStream<Uint8Array>> {
  const blob = await from.blob.get(digest, options);
  if (blob === undefined) {
    throw new StoreError('ERR_BLOB_NOT_FOUND', `blob ${digest} is not in ${from.id}`, { digest });
  }
  if (blob.size !== size) {
    throw new IntegrityError('ERR_SIZE_MISMATCH', `blob ${digest} has ${blob.size} bytes, expected ${size}`, {
      expected: String(size),
      actual: String(blob.size),
    });
  }
  return blob.open(options);
}

interface CountOptions {
  readonly start: number;
  readonly end: number;
  readonly report: Report;
  readonly fail: (error: unknown) => unknown;
}

/** Counts what flows, and cuts out the range that a resumed upload asks for; the whole blob is read and checked. */
function counted(
  stream: ReadableStream<Uint8Array>,
  { start, end, report, fail }: CountOptions,
): ReadableStream<Uint8Array> {
  let seen = 0;
  return tapStream(stream, {
    chunk(chunk) {
      const from = Math.max(0, start - seen);
      const to = Math.min(chunk.length, end - seen);
      seen += chunk.length;
      report.progress(seen);
      if (from >= to) return undefined;
      return from === 0 && to === chunk.length ? chunk : chunk.subarray(from, to);
    },
    fail,
  });
}
