import { StatementTimeout } from './failure.ts';

/** How long a promise is waited for. */
export interface Patience {
  /** Ends the wait; the promise given then rejects with its reason. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds. */
  readonly timeout?: number | undefined;
  /** How long it is waited for after the signal: milliseconds. */
  readonly grace?: number | undefined;
  /** Is called when the wait ends before the promise. */
  readonly onLeave?: (() => void) | undefined;
}

/**
 * Waits for a promise no longer than a signal and a time allow. Where it is left, what becomes of it is nobody's
 * concern.
 *
 * @throws StatementTimeout after the time.
 */
export function inTime<T>(work: Promise<T>, { signal, timeout, grace = 0, onLeave }: Patience): Promise<T> {
  return new Promise((resolve, reject) => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const settled = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    };
    const leave = (error: unknown): void => {
      settled();
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- it may be the caller's reason
      reject(error);
    };
    const onTimeout = (): void => {
      onLeave?.();
      leave(new StatementTimeout(`more than ${timeout} ms`));
    };
    const onAbort = (): void => {
      onLeave?.();
      if (grace === 0) {
        leave(signal?.reason);
        return;
      }
      clearTimeout(timer);
      timer = setTimeout(() => leave(signal?.reason), grace);
    };
    if (timeout !== undefined) timer = setTimeout(onTimeout, timeout);
    signal?.addEventListener('abort', onAbort, { once: true });
    work.finally(settled).then(resolve, reject);
    if (signal?.aborted === true) onAbort();
  });
}
