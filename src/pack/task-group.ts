/** Tasks that share so many places, and end together. */
export interface TaskGroup {
  /** Fires when the group is to end: from outside, or because something in it failed. */
  readonly signal: AbortSignal;
  readonly concurrency: number;
  /** Runs a task when a place is free. A task must not wait for another one of its group. */
  run<T>(task: (signal: AbortSignal) => Promise<T>): Promise<T>;
}

/**
 * Runs a body that starts tasks as it goes. The first failure aborts everything else; the call ends only when all that
 * was started has ended, and then throws that failure.
 */
export async function withTasks<T>(
  options: { readonly concurrency: number; readonly signal?: AbortSignal | undefined },
  body: (group: TaskGroup) => Promise<T>,
): Promise<T> {
  const { concurrency, signal: outer } = options;
  outer?.throwIfAborted();
  const stop = new AbortController();
  const signal = outer === undefined ? stop.signal : AbortSignal.any([outer, stop.signal]);
  const places = createPlaces(concurrency);
  const begun = new Set<Promise<unknown>>();
  // One signal each, and one listener for all: Node warns of a leak where many listen to the same.
  const running = new Set<AbortController>();
  const abort = (): void => {
    for (const own of running) own.abort(signal.reason);
  };
  signal.addEventListener('abort', abort, { once: true });
  const run = async <R>(task: (own: AbortSignal) => Promise<R>): Promise<R> => {
    await places.take();
    const own = new AbortController();
    running.add(own);
    try {
      signal.throwIfAborted();
      return await task(own.signal);
    } catch (error) {
      // Of several calls the first one counts.
      stop.abort(error);
      throw error;
    } finally {
      running.delete(own);
      places.give();
    }
  };
  const group: TaskGroup = { signal, concurrency, run: (task) => tracked(run(task), begun) };
  try {
    const result = await body(group);
    await Promise.all(begun);
    return result;
  } catch (error) {
    stop.abort(error);
    await Promise.allSettled(begun);
    outer?.throwIfAborted();
    throw stop.signal.reason;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

function tracked<T>(running: Promise<T>, begun: Set<Promise<unknown>>): Promise<T> {
  const forget = (): void => void begun.delete(running);
  begun.add(running);
  // A failure also ends the group, so that it counts as handled where nobody waits for this task.
  running.then(forget, forget);
  return running;
}

interface Places {
  take(): Promise<void>;
  give(): void;
}

/** Places in the order in which they are asked for. */
function createPlaces(count: number): Places {
  const waiting = new Set<() => void>();
  let free = count;
  return {
    take: () =>
      new Promise((resolve) => {
        if (free === 0) {
          waiting.add(resolve);
          return;
        }
        free--;
        resolve();
      }),
    give() {
      const [next] = waiting;
      if (next === undefined) {
        free++;
        return;
      }
      waiting.delete(next);
      next();
    },
  };
}
