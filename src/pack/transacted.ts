import type { FileSink, FileTransaction } from '../ports/file-sink.ts';
import type { OperationOptions } from '../ports/operation.ts';
import { addDetails } from './failure.ts';

/** Commits when everything was written, and takes everything back when something failed. */
export async function transacted<T>(
  sink: FileSink,
  options: OperationOptions,
  run: (transaction: FileTransaction) => Promise<T>,
): Promise<T> {
  const transaction = await sink.begin(options);
  try {
    const result = await run(transaction);
    options.signal?.throwIfAborted();
    await transaction.commit();
    return result;
  } catch (error) {
    await transaction.rollback().catch((cause: unknown) => addDetails(error, { rollback: String(cause) }));
    throw error;
  }
}
