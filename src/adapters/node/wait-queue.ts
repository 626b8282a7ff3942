/** Tasks of this process that wait for the same thing, in the order in which they came. */
const queues = new Map<string, Set<() => void>>();

/** Waits until nobody before us is left. False when that takes longer than `timeout` milliseconds. */
export function enterQueue(
  key: string,
  options: { readonly signal: AbortSignal | undefined; readonly timeout: number },
): Promise<boolean> {
  const waiting = queues.get(key);
  if (waiting === undefined) {
    queues.set(key, new Set());
    return Promise.resolve(true);
  }
  const { signal, timeout } = options;
  return new Promise((resolve, reject) => {
    const settle = (how: () => void) => (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      waiting.delete(enter);
      how();
    };
    const enter = settle(() => resolve(true));
    // The reason is the caller's own, whatever it is.
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
    const abort = settle(() => reject(signal?.reason));
    const timer = setTimeout(
      settle(() => resolve(false)),
      timeout,
    );
    signal?.addEventListener('abort', abort, { once: true });
    waiting.add(enter);
  });
}

/** Lets the next one in. */
export function leaveQueue(key: string): void {
  const waiting = queues.get(key);
  const [next] = waiting ?? [];
  if (next === undefined) queues.delete(key);
  else next();
}
