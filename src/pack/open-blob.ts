import { fromBase64 } from '../bytes/encoding.ts';
import { handOver } from '../bytes/given-chunks.ts';
import { bytesSource, type ByteSource } from '../bytes/source.ts';
import { contentCheck, verifyBytes } from '../digest/index.ts';
import { IntegrityError, StoreError } from '../errors.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { StoredBlob } from '../ports/blob-store.ts';
import type { OperationOptions } from '../ports/operation.ts';
import type { Repository } from '../ports/registry.ts';
import type { Report } from '../ports/report.ts';
import { tapStream } from './tap-stream.ts';

/**
 * The checked bytes of a blob, in one round trip where the repository can.
 *
 * @throws StoreError `ERR_BLOB_NOT_FOUND`, IntegrityError `ERR_SIZE_MISMATCH`.
 */
export async function openBlob(
  descriptor: Descriptor,
  from: Repository,
  options: OperationOptions,
): Promise<ReadableStream<Uint8Array>> {
  if (from.blob.openUnverified === undefined) return (await storedBlob(descriptor, from, options)).open(options);
  const stream = await openRange(descriptor, from, { start: 0, end: descriptor.size }, options);
  const check = contentCheck(descriptor);
  return tapStream(stream, {
    chunk(chunk) {
      check.update(chunk);
      return chunk;
    },
    end: () => check.end(),
  });
}

async function storedBlob(
  { digest, size }: Descriptor,
  from: Repository,
  options: OperationOptions,
): Promise<StoredBlob> {
  const blob = await from.blob.get(digest, options);
  if (blob === undefined) throw notThere(digest, from);
  if (blob.size === size) return blob;
  throw new IntegrityError('ERR_SIZE_MISMATCH', `blob ${digest} has ${blob.size} bytes, expected ${size}`, {
    expected: String(size),
    actual: String(blob.size),
  });
}

function notThere(digest: string, from: Repository): StoreError {
  return new StoreError('ERR_BLOB_NOT_FOUND', `blob ${digest} is not in ${from.id}`, { digest });
}

interface Range {
  readonly start: number;
  readonly end: number;
}

/** Bytes of a blob that nobody has checked. */
async function openRange(
  descriptor: Descriptor,
  from: Repository,
  { start, end }: Range,
  options: OperationOptions,
): Promise<ReadableStream<Uint8Array>> {
  if (from.blob.openUnverified === undefined || end < descriptor.size) {
    return (await storedBlob(descriptor, from, options)).openUnverifiedRange(start, end, options);
  }
  const stream = await from.blob.openUnverified(descriptor, { ...options, start });
  if (stream === undefined) throw notThere(descriptor.digest, from);
  return stream;
}

/** A blob as a source for somebody who checks what he gets. */
export interface BlobReader {
  readonly source: ByteSource;
  /** What went wrong at the source, rather than where its bytes went. */
  failure(): unknown;
  /** True when somebody asked for the bytes. */
  opened(): boolean;
}

/** Reads a blob for a target that checks it: its bytes are counted and not hashed. */
export function blobReader(descriptor: Descriptor, from: Repository, report: Report): BlobReader {
  const { data, size } = descriptor;
  const own = data === undefined ? undefined : fromBase64(data);
  if (own !== undefined) return inlineReader(own, descriptor);
  let failure: unknown;
  let opened = false;
  const fail = (error: unknown): unknown => (failure = error);
  const open: ByteSource['open'] = async ({ start = 0, end = size, signal } = {}) => {
    opened = true;
    failure = undefined;
    const range = { start: Math.min(start, size), end: Math.min(end, size) };
    try {
      const stream = await openRange(descriptor, from, range, { ...report.options, signal });
      return counted(stream, { descriptor, expected: range.end - range.start, report, fail });
    } catch (error) {
      throw fail(error);
    }
  };
  return { source: handOver({ size, open }), failure: () => failure, opened: () => opened };
}

/** The bytes that a descriptor carries itself. They are only looked at where somebody refused them. */
function inlineReader(bytes: Uint8Array, { digest, size }: Descriptor): BlobReader {
  const failure = (): unknown => {
    try {
      verifyBytes(bytes, { digest, size });
      return undefined;
    } catch (error) {
      return error;
    }
  };
  return { source: bytesSource(bytes), failure, opened: () => false };
}

interface CountOptions {
  readonly descriptor: Descriptor;
  readonly expected: number;
  readonly report: Report;
  readonly fail: (error: unknown) => unknown;
}

/** Counts what flows. A source that gives too little or does not end is stopped here, whoever checks the digest. */
function counted(stream: ReadableStream<Uint8Array>, options: CountOptions): ReadableStream<Uint8Array> {
  const { descriptor, expected, report, fail } = options;
  let seen = 0;
  return tapStream(stream, {
    chunk(chunk) {
      seen += chunk.length;
      if (seen > expected) throw wrongSize('ERR_TRAILING_DATA', descriptor, expected, `more than ${expected}`);
      report.progress(seen);
      return chunk;
    },
    end() {
      if (seen < expected) throw wrongSize('ERR_SIZE_MISMATCH', descriptor, expected, String(seen));
    },
    fail,
  });
}

function wrongSize(
  code: 'ERR_TRAILING_DATA' | 'ERR_SIZE_MISMATCH',
  { digest }: Descriptor,
  expected: number,
  actual: string,
): IntegrityError {
  return new IntegrityError(code, `blob ${digest} gave ${actual} bytes, expected ${expected}`, {
    expected: String(expected),
    actual,
  });
}
