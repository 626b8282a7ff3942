/** Something that is done once for all who need it done. */
export interface SharedRun<T> {
  /** Does it again. */
  start(signal: AbortSignal | undefined): Promise<T>;
  /** What came of it the last time, or is about to; does it where it was not done, or failed. */
  latest(signal: AbortSignal | undefined): Promise<T>;
}

interface Run<T> {
  readonly outcome: Promise<T>;
  readonly signal: AbortSignal | undefined;
}

/** Shares the outcome of a run among all who ask for it, but not the signal of the one that began it. */
export function sharedRun<T>(run: (signal: AbortSignal | undefined) => Promise<T>): SharedRun<T> {
  let current: Run<T> | undefined;
  const start = (signal: AbortSignal | undefined): Run<T> => {
    const started = { outcome: run(signal), signal };
    current = started;
    started.outcome.catch(() => {
      if (current === started) current = undefined;
    });
    return started;
  };
  return {
    start: (signal) => start(signal).outcome,
    async latest(signal) {
      for (;;) {
        signal?.throwIfAborted();
        const shared = current ?? start(signal);
        try {
          return await shared.outcome;
        } catch (error) {
          // Where only the one that began it has given up, another one begins.
          if (shared.signal === signal || shared.signal?.aborted !== true) throw error;
        }
      }
    },
  };
}
