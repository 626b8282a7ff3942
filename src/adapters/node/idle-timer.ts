// Those of the module are objects on every runtime; the global ones of Deno are numbers.
import { clearTimeout, setTimeout } from 'node:timers';

/** Runs something once when nothing happened for a while. */
export interface IdleTimer {
  /** Something happened, and more is waited for. */
  wait(): void;
  /** Nothing is waited for. */
  stop(): void;
}

/** A timer that counts only while something is waited for. */
export function idleTimer(milliseconds: number, onIdle: () => void): IdleTimer {
  let timer: NodeJS.Timeout | undefined;
  return {
    wait: () => {
      timer = timer?.refresh() ?? setTimeout(onIdle, milliseconds).unref();
    },
    stop: () => {
      clearTimeout(timer);
      timer = undefined;
    },
  };
}
