import type { Database } from './database.ts';

/** Rows that one statement removes: 256 MiB. A blob of any size is removed, and no statement takes long. */
const rowsAtOnce = 256;

/** Removes an upload, which nobody sees, and gives the bytes that it had. What is left where it fails, a sweep removes. */
export async function purge(database: Database, id: string, signal: AbortSignal | undefined): Promise<number> {
  const { blobs, chunks } = database.tables;
  const remove = { action: 'write', what: `upload ${id}`, signal } as const;
  let bytes = 0;
  for (let part = 0, found = 1; found > 0; part += rowsAtOnce) {
    const { rows } = await database.run({
      ...remove,
      text: `DELETE FROM ${chunks} WHERE upload = $1 AND part >= $2::integer AND part < $2::integer + ${rowsAtOnce}
        RETURNING octet_length(bytes)::text AS length`,
      values: [id, part],
    });
    for (const { length } of rows) bytes += Number(length);
    found = rows.length;
  }
  await database.run({ ...remove, text: `DELETE FROM ${blobs} WHERE id = $1 AND digest IS NULL`, values: [id] });
  return bytes;
}
