import { randomId } from '../../../bytes/random-id.ts';
import type { ByteSource } from '../../../bytes/source.ts';
import type { Digest } from '../../../digest/digest.ts';
import { contentCheck, verifyBytes } from '../../../digest/verify-stream.ts';
import { StoreError } from '../../../errors.ts';
import type { PostgresTransaction } from './client.ts';
import type { Database } from './database.ts';
import { inTransaction } from './in-transaction.ts';
import { chunkBytes, pieces, stoppable } from './pieces.ts';
import { Upload, UploadLost } from './upload.ts';

type Signal = AbortSignal | undefined;
type Created = { readonly created: boolean };

/** What is sent at once, without a look whether it is there: a trip to the server costs more than these bytes. */
const sentUnasked = 256 * 1024;

/** How a blob is put. */
export interface PutOptions {
  readonly signal: Signal;
  /** Makes a put of many rows one transaction. */
  readonly transaction?: PostgresTransaction | undefined;
}

/** Stores the bytes of a source under their digest. */
export async function putBlob(
  database: Database,
  digest: Digest,
  source: ByteSource,
  options: PutOptions,
): Promise<Created> {
  const { signal } = options;
  const { bytes, size = bytes?.length } = source;
  if (bytes !== undefined && bytes.length <= sentUnasked) {
    return putWhole(database, verified(bytes, digest, size), digest, signal);
  }
  if (await touch(database, digest, signal)) return { created: false };
  if (bytes !== undefined && bytes.length <= chunkBytes) {
    return putWhole(database, verified(bytes, digest, size), digest, signal);
  }
  for (let attempt = 1; ; attempt++) {
    try {
      return await putStream(database, digest, source, options);
    } catch (error) {
      const again = failedFor(database, error, options);
      if (again === undefined) throw error;
      if (attempt === 3) throw error instanceof UploadLost ? lostUpload(database, digest, error) : error;
      // A transaction whose end is not known may have made it.
      if (again !== 'lost' && (await touch(database, digest, signal))) return { created: again === 'unknown' };
    }
  }
}

/**
 * Why a put failed, where it helps to read the source again: rows that a crashed server had taken were lost; or, in a
 * transaction, another one made the blob first, or nobody knows how it ended.
 */
function failedFor(
  database: Database,
  error: unknown,
  { transaction }: PutOptions,
): 'lost' | 'taken' | 'unknown' | undefined {
  if (error instanceof UploadLost) return 'lost';
  if (transaction === undefined || !(error instanceof StoreError) || error.store !== database.id) return undefined;
  if (error.details.postgres === '23505') return 'taken';
  return error.retryable ? 'unknown' : undefined;
}

/** A copy, so that the caller may change his array while the bytes are on their way. */
function verified(bytes: Uint8Array, digest: Digest, size: number | undefined): Uint8Array {
  return verifyBytes(new Uint8Array(bytes), { digest, size });
}

/** Marks a blob as found by a writer. False where it is not there. */
async function touch(database: Database, digest: Digest, signal: Signal): Promise<boolean> {
  const { rows } = await database.run({
    action: 'write',
    what: `blob ${digest}`,
    digest,
    text: `UPDATE ${database.tables.blobs} SET modified = now() WHERE digest = $1 RETURNING id`,
    values: [digest],
    signal,
  });
  return rows.length > 0;
}

/** Writes a blob of one row, and makes it visible, by one statement. The bytes were checked. */
async function putWhole(database: Database, bytes: Uint8Array, digest: Digest, signal: Signal): Promise<Created> {
  const id = randomId();
  const { rows } = await database.run({
    action: 'write',
    what: `blob ${digest}`,
    digest,
    text: `INSERT INTO ${database.tables.blobs} (id, digest, size, bytes) VALUES ($1, $2, $3::bigint, $4::bytea)
      ON CONFLICT (digest) DO UPDATE SET modified = now() RETURNING id`,
    values: [id, digest, bytes.length, bytes],
    decisive: true,
    signal,
  });
  return { created: rows[0]?.id === id };
}

async function putStream(
  database: Database,
  digest: Digest,
  source: ByteSource,
  { signal, transaction }: PutOptions,
): Promise<Created> {
  const { size = source.bytes?.length } = source;
  const check = contentCheck({ digest, size });
  const reading = stoppable(signal);
  const all = pieces(source, { signal: reading.signal });
  try {
    const first = await nextPiece(all, check);
    const second = first === undefined ? undefined : await nextPiece(all, check);
    if (second === undefined) {
      check.end();
      return await putWhole(database, first ?? new Uint8Array(), digest, signal);
    }
    const fill = async (over: Database): Promise<Created> => {
      const upload = await Upload.begin(over, { signal }, digest);
      const flush = transaction !== undefined;
      return fillUpload(upload, [first ?? second, second], all, { check, digest, signal, flush, stop: reading.stop });
    };
    if (transaction === undefined) return await fill(database);
    return await inTransaction(database, transaction, fill, {
      action: 'write',
      what: `blob ${digest}`,
      digest,
      signal,
    });
  } finally {
    await all.return(undefined);
  }
}

type Check = ReturnType<typeof contentCheck>;

async function nextPiece(all: AsyncIterator<Uint8Array>, check: Check): Promise<Uint8Array | undefined> {
  const next = await all.next();
  if (next.done === true) return undefined;
  check.update(next.value);
  return next.value;
}

interface Fill {
  readonly check: Check;
  readonly digest: Digest;
  readonly signal: Signal;
  /** True in a transaction, which waits for the disk when it ends, and forgets by itself what it did. */
  readonly flush: boolean;
  /** Ends the wait for the next piece. */
  readonly stop: (reason: unknown) => void;
}

/** Writes one row while the bytes of the next one come. */
async function fillUpload(
  upload: Upload,
  first: readonly Uint8Array[],
  rest: AsyncGenerator<Uint8Array>,
  { check, digest, signal, flush, stop }: Fill,
): Promise<Created> {
  let size = 0;
  let writing: Promise<void> = Promise.resolve();
  const write = async (piece: Uint8Array): Promise<void> => {
    await writing;
    writing = upload.write(size, piece, { flush, signal });
    writing.catch(stop);
    size += piece.length;
  };
  try {
    for (const piece of first) await write(piece);
    for (let piece = await nextPiece(rest, check); piece !== undefined; piece = await nextPiece(rest, check)) {
      await write(piece);
    }
    await writing;
    check.end();
    return await upload.publish(digest, size, { signal });
  } catch (error) {
    const forgotten = flush ? undefined : upload.forget({ attempts: 1 }).catch(() => undefined);
    if (signal?.aborted !== true) await forgotten;
    throw error;
  }
}

function lostUpload(database: Database, digest: Digest, cause: UploadLost): StoreError {
  return new StoreError('ERR_STORE_WRITE', `blob ${digest} cannot be written: its upload was lost three times`, {
    cause,
    store: database.id,
    digest,
    retryable: true,
  });
}
