import { readFile, open } from 'node:fs/promises';
import type { Pool, PoolClient } from 'pg';
import { bytesSource } from 'packwright';
import { postgresBlobStore } from 'packwright/blob-store/postgres';
import { digestOf, type Digest } from 'packwright/digest';
import { fileBytes } from 'packwright/source/file';
import { drain, type LargeBlob, type SmallBlob } from './stores-load.ts';

/** A way to keep blobs in a Postgres database. */
export interface PostgresWay {
  /** Makes what it needs, where it is missing. */
  prepare(): Promise<void>;
  putFile(blob: LargeBlob): Promise<void>;
  putBytes(blob: SmallBlob): Promise<void>;
  read(digest: Digest, size: number): Promise<void>;
  /** Removes all that was put, and leaves nothing that would have to be vacuumed. */
  empty(): Promise<void>;
}

export type PostgresWayName = 'packwright' | 'pg, one bytea row' | 'pg, one row, checked' | 'pg, large objects';

/** Each of them over the same kind of pool. */
export const postgresWays: Readonly<Record<PostgresWayName, (pool: Pool) => PostgresWay>> = {
  packwright: storeWay,
  'pg, one bytea row': (pool) => rowWay(pool, 'plain', () => undefined),
  'pg, one row, checked': (pool) => rowWay(pool, 'checked', checkDigest),
  'pg, large objects': objectWay,
};

/** Our store: rows of 1 MiB. What is put and what is read is checked on its way. */
function storeWay(client: Pool): PostgresWay {
  const store = postgresBlobStore({ client });
  return {
    prepare: async () => {
      await store.sweepAbandoned({ olderThanSeconds: 0 });
    },
    putFile: async ({ path, digest }) => {
      await store.put(digest, await fileBytes(path));
    },
    putBytes: async ({ bytes, digest }) => {
      await store.put(digest, bytesSource(bytes));
    },
    read: async (digest, size) => {
      const blob = await store.get(digest);
      if (blob === undefined) throw new Error(`${digest} is not there`);
      await drain(await blob.open(), size);
    },
    empty: async () => {
      await client.query('TRUNCATE packwright_blobs, packwright_chunks');
    },
  };
}

/** What a program does that knows nothing better: the whole blob as one value, in memory on both sides. */
function rowWay(client: Pool, table: string, check: (digest: Digest, bytes: Uint8Array) => void): PostgresWay {
  const insert = async (digest: Digest, bytes: Buffer): Promise<void> => {
    check(digest, bytes);
    await client.query(`INSERT INTO ${table} (digest, bytes) VALUES ($1, $2)`, [digest, bytes]);
  };
  return {
    prepare: async () => {
      await client.query(`CREATE TABLE IF NOT EXISTS ${table} (digest text PRIMARY KEY, bytes bytea NOT NULL)`);
      await client.query(`ALTER TABLE ${table} ALTER COLUMN bytes SET STORAGE EXTERNAL`);
    },
    putFile: async ({ path, digest }) => insert(digest, await readFile(path)),
    putBytes: ({ bytes, digest }) => insert(digest, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)),
    read: async (digest, size) => {
      const { rows } = await client.query<{ bytes: Buffer }>(`SELECT bytes FROM ${table} WHERE digest = $1`, [digest]);
      if (rows[0]?.bytes.length !== size) throw new Error(`${digest} is not there`);
      check(digest, rows[0].bytes);
    },
    empty: async () => {
      await client.query(`TRUNCATE ${table}`);
    },
  };
}

/** What a program does that believes neither its caller nor its disk, as our store. */
function checkDigest(digest: Digest, bytes: Uint8Array): void {
  if (digestOf(bytes) !== digest) throw new Error(`${digest} has other bytes`);
}

const pieceBytes = 1 << 20;
/** INV_WRITE and INV_READ. */
const modes = { write: 0x20000, read: 0x40000 };

/** Large objects, written and read a MiB at a time, each in a transaction; small ones by one call. */
function objectWay(pool: Pool): PostgresWay {
  return {
    prepare: async () => {
      await pool.query('CREATE TABLE IF NOT EXISTS objects (digest text PRIMARY KEY, object oid NOT NULL)');
    },
    putFile: ({ path, digest }) => inTransaction(pool, (client) => writeObject(client, path, digest)),
    putBytes: async ({ bytes, digest }) => {
      const text = 'INSERT INTO objects (digest, object) VALUES ($1, lo_from_bytea(0, $2))';
      await pool.query(text, [digest, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)]);
    },
    read: (digest, size) => {
      if (size <= pieceBytes) return readAtOnce(pool, digest, size);
      return inTransaction(pool, (client) => drain(objectChunks(client, digest), size));
    },
    empty: async () => {
      await pool.query('SELECT count(lo_unlink(object)) FROM objects');
      await pool.query('TRUNCATE objects');
      await pool.query('VACUUM FULL pg_largeobject');
    },
  };
}

async function writeObject(client: PoolClient, path: string, digest: Digest): Promise<void> {
  const made = await client.query<{ object: number }>('SELECT lo_create(0) AS object');
  const object = made.rows[0]?.object;
  const opened = await client.query<{ fd: number }>(`SELECT lo_open($1, ${modes.write}) AS fd`, [object]);
  const file = await open(path);
  const buffer = Buffer.allocUnsafe(pieceBytes);
  for (;;) {
    const { bytesRead } = await file.read(buffer);
    if (bytesRead === 0) break;
    await client.query('SELECT lowrite($1, $2)', [opened.rows[0]?.fd, buffer.subarray(0, bytesRead)]);
  }
  await file.close();
  await client.query('INSERT INTO objects (digest, object) VALUES ($1, $2)', [digest, object]);
}

async function readAtOnce(pool: Pool, digest: Digest, size: number): Promise<void> {
  const text = 'SELECT lo_get(object) AS bytes FROM objects WHERE digest = $1';
  const { rows } = await pool.query<{ bytes: Buffer }>(text, [digest]);
  if (rows[0]?.bytes.length !== size) throw new Error(`${digest} is not there`);
}

async function* objectChunks(client: PoolClient, digest: Digest): AsyncGenerator<Uint8Array> {
  const text = `SELECT lo_open(object, ${modes.read}) AS fd FROM objects WHERE digest = $1`;
  const opened = await client.query<{ fd: number }>(text, [digest]);
  for (;;) {
    const read = `SELECT loread($1, ${pieceBytes}) AS bytes`;
    const { rows } = await client.query<{ bytes: Buffer }>(read, [opened.rows[0]?.fd]);
    if (rows[0] === undefined || rows[0].bytes.length === 0) return;
    yield rows[0].bytes;
  }
}

async function inTransaction(pool: Pool, work: (client: PoolClient) => Promise<void>): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    await work(client);
    await client.query('COMMIT');
  } finally {
    client.release();
  }
}
