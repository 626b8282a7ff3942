import { checkOptions } from '../../../bytes/check-options.ts';
import { UsageError } from '../../../errors.ts';

/** What is swept. */
export interface SweepAbandonedOptions {
  /** How long nobody has written to an upload, in seconds. */
  readonly olderThanSeconds: number;
  readonly signal?: AbortSignal | undefined;
}

/** What a sweep removed. */
export interface SweptUploads {
  readonly uploads: number;
  readonly bytes: number;
}

type Sweep = (olderThan: number, signal: AbortSignal | undefined) => Promise<SweptUploads>;

/** Sweeps now and then, and when it is asked to. */
export interface HourlySweep {
  /** Sweeps before what may leave something behind, once an hour, and never makes that fail. */
  now(signal: AbortSignal | undefined): Promise<void>;
  asked(options: SweepAbandonedOptions): Promise<SweptUploads>;
}

const hour = 60 * 60 * 1000;

/** A {@link HourlySweep} of what is older than so many milliseconds. */
export function hourlySweep(sweep: Sweep, lifetime: number): HourlySweep {
  let sweptAt = -Infinity;
  return {
    now: async (signal) => {
      if (performance.now() - sweptAt < hour) return;
      sweptAt = performance.now();
      await sweep(lifetime, signal).catch(() => signal?.throwIfAborted());
    },
    asked: async (options) => {
      checkOptions('sweepAbandoned', options, ['olderThanSeconds', 'signal']);
      const { olderThanSeconds, signal } = options;
      if (!(Number.isFinite(olderThanSeconds) && olderThanSeconds >= 0)) {
        throw new UsageError('ERR_INVALID_ARGUMENT', `olderThanSeconds is ${olderThanSeconds}, expected 0 or more`, {
          argument: 'olderThanSeconds',
        });
      }
      return sweep(olderThanSeconds * 1000, signal);
    },
  };
}
