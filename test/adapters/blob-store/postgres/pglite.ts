import { PGlite } from '@electric-sql/pglite';

export { corruptRows, newPrefix } from './tables.ts';

let database: Promise<PGlite> | undefined;

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
