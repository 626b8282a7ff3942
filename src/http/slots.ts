/** How many exchanges may be under way, in all and with one origin. */
export interface SlotLimits {
  readonly total: number;
  readonly perOrigin: number;
}

export const defaultSlots: SlotLimits = { total: 16, perOrigin: 8 };

/** Gives back a slot; the second call does nothing. */
export type Release = () => void;

/** Lets so many exchanges be under way, and makes the others wait for their turn. */
export interface Slots {
  /** A slot for an origin; rejects with the signal's reason when that comes first. */
  take(origin: string, signal?: AbortSignal): Promise<Release>;
}

/** Slots for exchanges, first come first served within an origin. */
export function createSlots(limits: SlotLimits): Slots {
  const total = createSemaphore(limits.total);
  const origins = new Map<string, { readonly semaphore: Semaphore; users: number }>();
  return {
    async take(origin, signal) {
      const entry = origins.get(origin) ?? { semaphore: createSemaphore(limits.perOrigin), users: 0 };
      origins.set(origin, entry);
      entry.users++;
      const forget = (): void => {
        if (--entry.users === 0) origins.delete(origin);
      };
      // The origin first: who waits for a slow origin must not keep others from theirs.
      const releases: Release[] = [forget];
      try {
        releases.push(await entry.semaphore.take(signal));
        releases.push(await total.take(signal));
      } catch (error) {
        for (const release of releases) release();
        throw error;
      }
      return once(() => {
        for (const release of releases) release();
      });
    },
  };
}

interface Semaphore {
  take(signal?: AbortSignal): Promise<Release>;
}

function createSemaphore(limit: number): Semaphore {
  const waiting = new Set<() => void>();
  let free = limit;
  const release = (): void => {
    const [next] = waiting;
    if (next === undefined) free++;
    else next();
  };
  return {
    take: (signal) =>
      new Promise((resolve, reject) => {
        const give = (): void => {
          waiting.delete(give);
          signal?.removeEventListener('abort', stop);
          resolve(once(release));
        };
        const stop = (): void => {
          waiting.delete(give);
          // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- the reason is the caller's
          reject(signal?.reason);
        };
        if (signal?.aborted === true) stop();
        else if (free > 0) {
          free--;
          give();
        } else {
          waiting.add(give);
          signal?.addEventListener('abort', stop, { once: true });
        }
      }),
  };
}

function once(run: () => void): () => void {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    run();
  };
}
