import { PGlite } from '@electric-sql/pglite';
import { digestOf, type Digest } from '../../../../src/digest/digest.ts';
import type { PostgresClient } from '../../../../src/adapters/blob-store/postgres.ts';

let database: Promise<PGlite> | undefined;
let prefixes = 0;

/** The number of the type `bytea`. */
const bytea = 17;

/**
 * One Postgres in this process for all tests of a file: it takes seconds to start. Bytes go to it and come from it ten
 * times faster than as it makes them by itself.
 */
export function pglite(): Promise<PGlite> {
  database ??= PGlite.create({
    serializers: { [bytea]: (value: unknown) => value as string },
    parsers: { [bytea]: (text: string) => new Uint8Array(Buffer.from(text.slice(2), 'hex')) },
  });
  return database;
}

/** The prefix of tables that no other test uses. */
export function newPrefix(): string {
  prefixes += 1;
  return `t${prefixes}_`;
}

const chunkBytes = 1024 * 1024;

/** Replaces the rows of a blob behind the store's back. */
export async function corruptRows(
  client: PostgresClient,
  prefix: string,
  digest: Digest,
  bytes: Uint8Array,
): Promise<void> {
  const { rows } = await client.query(`SELECT id FROM public.${prefix}blobs WHERE digest = $1`, [digest]);
  const [{ id } = { id: digestOf(bytes) }] = rows as { id: string }[];
  await client.query(`DELETE FROM public.${prefix}chunks WHERE upload = $1`, [id]);
  for (let start = 0; start < bytes.length; start += chunkBytes) {
    await client.query(`INSERT INTO public.${prefix}chunks (upload, part, bytes) VALUES ($1, $2, $3)`, [
      id,
      start / chunkBytes,
      bytes.slice(start, start + chunkBytes),
    ]);
  }
}
