import { PGlite, type PGliteOptions } from '@electric-sql/pglite';

/** The number of the type `bytea`. */
const bytea = 17;

/** Bytes go in as they are, and come out as the text of Postgres: what PGlite makes of them itself takes several times as long. */
export function openPGlite(options: PGliteOptions = {}): Promise<PGlite> {
  return PGlite.create({
    ...options,
    serializers: { [bytea]: (value: unknown) => value as string },
    parsers: { [bytea]: (text: string) => text },
  });
}
