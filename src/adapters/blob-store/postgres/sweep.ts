import { checkOptions } from '../../../bytes/check-options.ts';
import { UsageError } from '../../../errors.ts';
import type { Database, Statement } from './database.ts';
import { purge } from './purge.ts';

/** What is swept. */
export interface SweepAbandonedOptions {
  /** How long nobody has written to an upload, in seconds. */
  readonly olderThanSeconds: number;
  readonly signal?: AbortSignal | undefined;
}

/** What a sweep removed. */
export interface SweptUploads {
  readonly uploads: number;
  readonly bytes: number;
}

/** Uploads that are claimed at once. */
const page = 100;

/** Removes uploads that nobody has written to for a while. One that somebody writes to right now is left alone. */
export async function sweepAbandoned(
  database: Database,
  options: SweepAbandonedOptions,
  attempts?: number,
): Promise<SweptUploads> {
  checkOptions('sweepAbandoned', options, ['olderThanSeconds', 'signal']);
  const { olderThanSeconds, signal } = options;
  if (!(Number.isFinite(olderThanSeconds) && olderThanSeconds >= 0)) {
    throw new UsageError('ERR_INVALID_ARGUMENT', `olderThanSeconds is ${olderThanSeconds}, expected 0 or more`, {
      argument: 'olderThanSeconds',
    });
  }
  const swept = { uploads: 0, bytes: 0 };
  for (let full = true; full;) {
    const claimed = await claim(database, olderThanSeconds, { attempts, signal });
    for (const id of claimed) {
      swept.bytes += await purge(database, id, signal);
      swept.uploads += 1;
    }
    full = claimed.length === page;
  }
  return swept;
}

/** Shuts out whoever held them, should he come back. */
async function claim(
  database: Database,
  olderThanSeconds: number,
  options: Pick<Statement, 'attempts' | 'signal'>,
): Promise<string[]> {
  const { blobs } = database.tables;
  const { rows } = await database.run({
    action: 'write',
    what: 'list of uploads',
    text: `UPDATE ${blobs} SET holder = NULL, modified = now() WHERE id IN (
        SELECT id FROM ${blobs} WHERE digest IS NULL AND extract(epoch from now() - modified) >= $1::float8
        LIMIT ${page} FOR UPDATE SKIP LOCKED
      ) RETURNING id`,
    values: [olderThanSeconds],
    ...options,
  });
  return rows.map(({ id }) => String(id));
}
