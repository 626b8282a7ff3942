import type { ByteSource } from '../../../bytes/source.ts';
import type { Digest } from '../../../digest/digest.ts';
import { contentCheck, verifyBytes } from '../../../digest/verify-stream.ts';
import { StoreError } from '../../../errors.ts';
import type { Database } from './database.ts';
import { chunkBytes, pieces } from './pieces.ts';
import { randomName, Upload, UploadLost } from './upload.ts';

type Signal = AbortSignal | undefined;
type Created = { readonly created: boolean };

/** What is sent at once, without a look whether it is there: a trip to the server costs more than these bytes. */
const sentUnasked = 256 * 1024;

/** Stores the bytes of a source under their digest. */
export async function putBlob(
  database: Database,
  digest: Digest,
  source: ByteSource,
  signal: Signal,
): Promise<Created> {
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
      return await putStream(database, digest, source, signal);
    } catch (error) {
      if (!(error instanceof UploadLost)) throw error;
      // A server that crashed may forget rows that it had taken. The source can be read again.
      if (attempt === 3) throw lostUpload(database, digest, error);
    }
  }
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
  const { blobs, chunks } = database.tables;
  const id = randomName();
  const { rows } = await database.run({
    action: 'write',
    what: `blob ${digest}`,
    digest,
    text: `WITH blob AS (
        INSERT INTO ${blobs} (id, digest, size) VALUES ($1, $2, $3::bigint)
        ON CONFLICT (digest) DO UPDATE SET modified = now() RETURNING id
      ), row AS (
        INSERT INTO ${chunks} (upload, part, bytes) SELECT id, 0, $4::bytea FROM blob WHERE id = $1 AND $3::bigint > 0
        ON CONFLICT (upload, part) DO NOTHING
      )
      SELECT id FROM blob`,
    values: [id, digest, bytes.length, bytes],
    decisive: true,
    signal,
  });
  return { created: rows[0]?.id === id };
}

async function putStream(database: Database, digest: Digest, source: ByteSource, signal: Signal): Promise<Created> {
  const { size = source.bytes?.length } = source;
  const check = contentCheck({ digest, size });
  const all = pieces(source, { signal });
  try {
    const first = await nextPiece(all, check);
    const second = first === undefined ? undefined : await nextPiece(all, check);
    if (second === undefined) {
      check.end();
      return await putWhole(database, first ?? new Uint8Array(), digest, signal);
    }
    const upload = await Upload.begin(database, { signal });
    return await fillUpload(upload, [first ?? second, second], all, { check, digest, signal });
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
}

/** Writes one row while the bytes of the next one come. */
async function fillUpload(
  upload: Upload,
  first: readonly Uint8Array[],
  rest: AsyncGenerator<Uint8Array>,
  { check, digest, signal }: Fill,
): Promise<Created> {
  let size = 0;
  let writing: Promise<void> = Promise.resolve();
  const write = async (piece: Uint8Array): Promise<void> => {
    await writing;
    writing = upload.write(size, piece, { flush: false, signal });
    // It is waited for with the next piece; until then nobody listens.
    writing.catch(() => undefined);
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
    const forgotten = upload.forget({ attempts: 1 }).catch(() => undefined);
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
