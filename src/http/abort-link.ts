import { failureAt } from './http-failure.ts';
import type { SentBody } from './send-body.ts';

/** What ends an exchange: the caller's signal, or a wait of ours that was too long. */
export interface AbortLink {
  readonly controller: AbortController;
  /** Ends the wait of the moment; not every fetch heeds its signal at once. */
  interrupt: ((reason: unknown) => void) | undefined;
  unlink(): void;
}

/** An abort of our own that the caller's signal sets off, and that leaves nothing on that signal when it is done. */
export function linkAbort(signal: AbortSignal | undefined): AbortLink {
  const controller = new AbortController();
  const onAbort = (): void => {
    controller.abort(signal?.reason);
  };
  const link: AbortLink = {
    controller,
    interrupt: undefined,
    unlink: () => signal?.removeEventListener('abort', onAbort),
  };
  controller.signal.addEventListener('abort', () => link.interrupt?.(controller.signal.reason), { once: true });
  if (signal?.aborted === true) onAbort();
  signal?.addEventListener('abort', onAbort, { once: true });
  return link;
}

/** Ends an exchange that brought nothing for so long. */
export function giveUpWaiting(url: URL, waitedMs: number, { controller }: AbortLink): void {
  controller.abort(failureAt(url, 'timeout', `sent nothing for ${Math.round(waitedMs)} ms`, { retryable: true }));
}

/** Waits for something, but not longer than so; then everything under the link is given up. */
export function inTime<T>(work: Promise<T>, ms: number, url: URL, link: AbortLink, sent?: SentBody): Promise<T> {
  return new Promise((resolve, reject) => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const arm = (wait: number | undefined): void => {
      clearTimeout(timer);
      if (wait !== undefined) timer = setTimeout(giveUpWaiting, wait, url, wait, link);
    };
    arm(ms);
    if (sent !== undefined) sent.rearm = arm;
    const settle = (): void => {
      clearTimeout(timer);
      if (sent !== undefined) sent.rearm = undefined;
      link.interrupt = undefined;
    };
    const fail = (reason: unknown): void => {
      settle();
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- it may be the caller's reason
      reject(reason);
    };
    link.interrupt = fail;
    work.then((value) => {
      settle();
      resolve(value);
    }, fail);
  });
}
