/** Work of which each piece is done once, whoever asks for it. */
export interface OnceByKey {
  /** Does a piece of work, or waits for whoever does it. */
  run(key: string, work: () => Promise<void>): Promise<void>;
  /** True for the first who says that there is nothing to do. */
  mark(key: string): boolean;
  has(key: string): boolean;
  /** The end of a piece of work; what nobody began is no work. */
  of(key: string): Promise<void>;
}

/** Nothing is done yet. */
export function onceByKey(): OnceByKey {
  const begun = new Map<string, Promise<void>>();
  return {
    run(key, work) {
      const earlier = begun.get(key);
      if (earlier !== undefined) return earlier;
      const running = work();
      // Whoever needs it meets its failure; without this it would count as unhandled until then.
      running.catch(() => undefined);
      begun.set(key, running);
      return running;
    },
    mark(key) {
      if (begun.has(key)) return false;
      begun.set(key, nothing);
      return true;
    },
    has: (key) => begun.has(key),
    of: (key) => begun.get(key) ?? nothing,
  };
}

const nothing: Promise<void> = Promise.resolve();
