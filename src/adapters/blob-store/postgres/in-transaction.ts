import { UsageError } from '../../../errors.ts';
import type { PostgresTransaction } from './client.ts';
import type { Database } from './database.ts';
import { statementFailure, type StatementFacts } from './failure.ts';
import { inTime } from './in-time.ts';

/** Runs a step in a transaction, and tells errors of the client from those of the step. */
export async function inTransaction<T>(
  database: Database,
  transaction: PostgresTransaction,
  step: (database: Database) => Promise<T>,
  { signal, ...facts }: StatementFacts & { readonly signal: AbortSignal | undefined },
): Promise<T> {
  await database.ready(signal);
  let failed: { readonly error: unknown } | undefined;
  let runs = 0;
  const run = transaction(async (client) => {
    try {
      // The step has begun to read its source, and cannot begin again.
      if (++runs > 1) throw runsTwice();
      return await step(database.over(client));
    } catch (error) {
      failed = { error };
      throw error;
    }
  });
  try {
    return await inTime(run, { signal });
  } catch (error) {
    signal?.throwIfAborted();
    // A client may wrap what the step threw.
    if (failed !== undefined) throw failed.error;
    throw statementFailure(error, database.id, facts);
  }
}

function runsTwice(): UsageError {
  return new UsageError('ERR_INVALID_ARGUMENT', 'transaction runs its function more than once', {
    argument: 'transaction',
    hint: 'leave it to the store to try again',
  });
}
