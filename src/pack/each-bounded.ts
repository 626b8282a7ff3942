import pMap from 'p-map';

/**
 * Calls a function for every item, at most `concurrency` at a time, and gives the results in the order of the items.
 *
 * The first failure aborts the signal that the others run under. The call ends only when all that was started has
 * ended, so whatever was begun can be cleaned up without a race; then it throws that first failure.
 */
export async function eachBounded<T, R>(
  items: readonly T[],
  options: { readonly concurrency: number; readonly signal?: AbortSignal | undefined },
  run: (item: T, signal: AbortSignal) => Promise<R>,
): Promise<R[]> {
  const { concurrency, signal: outer } = options;
  outer?.throwIfAborted();
  const stop = new AbortController();
  const signal = outer === undefined ? stop.signal : AbortSignal.any([outer, stop.signal]);
  const failures: unknown[] = [];
  const results = await pMap(
    items,
    async (item) => {
      if (failures.length > 0) return undefined as R;
      try {
        signal.throwIfAborted();
        // One signal each: Node warns of a leak where many readers listen to the same.
        return await run(item, AbortSignal.any([signal]));
      } catch (error) {
        failures.push(error);
        stop.abort(error);
        return undefined as R;
      }
    },
    { concurrency },
  );
  // The caller's own reason wins over whatever its abort made fail first.
  outer?.throwIfAborted();
  if (failures.length > 0) throw failures[0];
  return results;
}
