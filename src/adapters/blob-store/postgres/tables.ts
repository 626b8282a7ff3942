import { UsageError } from '../../../errors.ts';

/** The quoted names of the tables of a store, with those that the catalogue of the database has. */
export interface Tables {
  readonly schema: string;
  readonly prefix: string;
  readonly blobs: string;
  readonly chunks: string;
  readonly records: string;
  readonly layout: string;
}

/** What a table can be called, after the prefix. */
export const tableNames = ['blobs', 'chunks', 'records', 'layout'] as const;

/**
 * The tables in a schema.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for a name that is not letters, digits and `_`, or too long.
 */
export function tablesIn(schema: string = 'public', prefix: string = 'packwright_'): Tables {
  checkName('schema', schema, 63);
  // Postgres cuts a name after 63 bytes, and takes the rest for given.
  checkName('prefix', prefix, 40);
  const quoted = (name: string): string => `"${schema}"."${prefix}${name}"`;
  return {
    schema,
    prefix,
    blobs: quoted('blobs'),
    chunks: quoted('chunks'),
    records: quoted('records'),
    layout: quoted('layout'),
  };
}

/** Takes a name that is safe between quotes, whatever the types say. */
export function checkName(argument: string, name: unknown, longest: number): string {
  if (typeof name === 'string' && name.length <= longest && /^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return name;
  throw new UsageError(
    'ERR_INVALID_ARGUMENT',
    `${argument} ${JSON.stringify(String(name).slice(0, 100))} is not a name of 1 to ${longest} letters, digits and _`,
    { argument },
  );
}
