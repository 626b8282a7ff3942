import pMap, { pMapSkip } from 'p-map';
import type { BlobStat, BlobStore } from '../ports/blob-store.ts';
import type { OperationOptions } from '../ports/operation.ts';
import { problemOf, type BlobProblem } from './blob-problem.ts';

/**
 * Runs something for every blob that a store lists, at most `concurrency` at a time. What goes wrong with single blobs
 * is given back; an abort, and a listing that fails, end it, after everything that was begun has ended.
 */
export async function eachBlob(
  blobs: BlobStore,
  options: OperationOptions & { readonly concurrency: number },
  run: (blob: BlobStat) => Promise<void>,
): Promise<BlobProblem[]> {
  const { concurrency, ...operation } = options;
  const problems: BlobProblem[] = [];
  let failure: { readonly error: unknown } | undefined;
  const one = async (blob: BlobStat): Promise<typeof pMapSkip> => {
    try {
      if (operation.signal?.aborted !== true) await run(blob);
    } catch (error) {
      problems.push(problemOf(blob.digest, error));
    }
    return pMapSkip;
  };
  async function* listed(): AsyncGenerator<BlobStat> {
    try {
      yield* blobs.list(operation);
    } catch (error) {
      failure = { error };
    }
  }
  await pMap(listed(), one, { concurrency });
  operation.signal?.throwIfAborted();
  if (failure !== undefined) throw failure.error;
  return problems;
}
