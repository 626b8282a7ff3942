import { pause } from '../bytes/pause.ts';
import { HttpFailure } from './http-failure.ts';

/** Time and chance, so that a test can fix them. */
export interface HttpClock {
  /** Milliseconds since 1970. */
  now(): number;
  /** A number from 0 up to and without 1. */
  random(): number;
  /** Waits; ends early with the signal's reason. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** How often something is tried, and how long is waited in between. */
export interface RetryPolicy {
  /** Tries in all; 1 for no retry. */
  readonly attempts: number;
  /** The first wait is at most so long, each further one at most twice as long. Milliseconds. */
  readonly baseMs: number;
  /** No wait of ours is longer. Milliseconds. */
  readonly capMs: number;
  /** A server that asks for more is given this much. Milliseconds. */
  readonly maxRetryAfterMs: number;
}

/** Where a tenth of all requests fails, 7 attempts lose one of ten million, and 5 one of a hundred thousand: a push has thousands. */
export const defaultRetry: RetryPolicy = { attempts: 7, baseMs: 100, capMs: 10_000, maxRetryAfterMs: 60_000 };

/** The clock of the platform. */
export const systemClock: HttpClock = { now: () => Date.now(), random: () => Math.random(), sleep: pause };

/** What {@link withRetry} needs besides the work. */
export interface RetryOptions {
  readonly policy: RetryPolicy;
  readonly clock: HttpClock;
  readonly signal?: AbortSignal | undefined;
  /** Is told before each wait. */
  readonly onRetry?: ((failure: HttpFailure, waitMs: number) => void) | undefined;
}

/** Runs something until it does not fail with a retryable {@link HttpFailure}, or the attempts are used up. */
export async function withRetry<T>(run: () => Promise<T>, options: RetryOptions): Promise<T> {
  for (let retries = 0; ; retries++) {
    try {
      return await run();
    } catch (error) {
      options.signal?.throwIfAborted();
      const last = retries + 1 >= options.policy.attempts;
      if (last || !(await waitToRetry(error, retries, options))) throw error;
    }
  }
}

/** Waits and says true where something may be tried again; says false where it may not. */
export async function waitToRetry(error: unknown, retries: number, options: RetryOptions): Promise<boolean> {
  if (!(error instanceof HttpFailure) || !error.retryable) return false;
  const { policy, clock, signal, onRetry } = options;
  const jitter = clock.random() * Math.min(policy.capMs, policy.baseMs * 2 ** retries);
  const asked = Math.min(error.retryAfterMs ?? 0, policy.maxRetryAfterMs);
  const waitMs = Math.max(jitter, asked);
  onRetry?.(error, waitMs);
  await clock.sleep(waitMs, signal);
  return true;
}

/**
 * What a `Retry-After` field asks for, in milliseconds: seconds, or a date (RFC 9110 section 10.2.3). undefined where it
 * is absent or neither.
 */
export function parseRetryAfter(value: string | null, now: number): number | undefined {
  if (value === null) return undefined;
  if (/^\d{1,10}$/.test(value)) return Number(value) * 1000;
  // The three forms of an HTTP date all begin with the name of a day; Date.parse takes much more than those.
  const date = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(value) ? Date.parse(value) : NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
