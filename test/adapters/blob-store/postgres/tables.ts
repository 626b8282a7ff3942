import type { PostgresClient } from '../../../../src/adapters/blob-store/postgres.ts';
import type { Digest } from '../../../../src/digest/digest.ts';

let prefixes = 0;

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
  const changed = await client.query(
    `UPDATE public.${prefix}blobs SET bytes = $2 WHERE digest = $1 AND bytes IS NOT NULL RETURNING id`,
    [digest, bytes.slice()],
  );
  if (changed.rows.length > 0) return;
  const { rows } = await client.query(`SELECT id FROM public.${prefix}blobs WHERE digest = $1`, [digest]);
  const [found] = rows as { id: string }[];
  if (found === undefined) throw new Error(`${digest} is not there`);
  await client.query(`DELETE FROM public.${prefix}chunks WHERE upload = $1`, [found.id]);
  for (let start = 0; start < bytes.length; start += chunkBytes) {
    await client.query(`INSERT INTO public.${prefix}chunks (upload, part, bytes) VALUES ($1, $2, $3)`, [
      found.id,
      start / chunkBytes,
      bytes.slice(start, start + chunkBytes),
    ]);
  }
}
