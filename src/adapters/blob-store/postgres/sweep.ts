import { checkOptions } from '../../../bytes/check-options.ts';
import { UsageError } from '../../../errors.ts';
import type { Database } from './database.ts';

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

/** Removes uploads that nobody has written to for a while. One that somebody writes to right now is left alone. */
export async function sweepAbandoned(database: Database, options: SweepAbandonedOptions): Promise<SweptUploads> {
  checkOptions('sweepAbandoned', options, ['olderThanSeconds', 'signal']);
  const { olderThanSeconds, signal } = options;
  if (!(Number.isFinite(olderThanSeconds) && olderThanSeconds >= 0)) {
    throw new UsageError('ERR_INVALID_ARGUMENT', `olderThanSeconds is ${olderThanSeconds}, expected 0 or more`, {
      argument: 'olderThanSeconds',
    });
  }
  const { blobs, chunks } = database.tables;
  const { rows } = await database.run({
    action: 'write',
    what: 'uploads',
    text: `WITH old AS (
        SELECT id FROM ${blobs} WHERE digest IS NULL AND modified < now() - make_interval(secs => $1::float8)
        FOR UPDATE SKIP LOCKED
      ), held AS (
        SELECT coalesce(sum(octet_length(c.bytes)), 0) AS bytes FROM old JOIN ${chunks} c ON c.upload = old.id
      ), removed AS (
        DELETE FROM ${blobs} b USING old, held WHERE b.id = old.id AND held.bytes >= 0 RETURNING 1
      )
      SELECT (SELECT count(*) FROM removed)::text AS uploads, (SELECT bytes FROM held)::text AS bytes`,
    values: [olderThanSeconds],
    signal,
  });
  return { uploads: Number(rows[0]?.uploads), bytes: Number(rows[0]?.bytes) };
}
