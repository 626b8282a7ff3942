import { UsageError } from '../../errors.ts';
import { faultKinds, type FaultKind } from './fault.ts';
import { countUp, type QuirkCall } from './quirk.ts';

/** Which requests go wrong, and how. Without `rate` and `every`, all of them do. */
export interface FaultOptions {
  /** What goes wrong; where there are several, one by chance. */
  readonly kinds: readonly FaultKind[];
  /** The share of requests that go wrong, 0 to 1, by chance. */
  readonly rate?: number | undefined;
  /** Every so many-th request goes wrong. */
  readonly every?: number | undefined;
  /** No more than so many requests go wrong. */
  readonly times?: number | undefined;
  /** Only these requests. */
  readonly where?: ((request: Request) => boolean) | undefined;
}

/** Says of each request what goes wrong with it. */
export interface FaultPlan {
  readonly next: (call: QuirkCall) => FaultKind | undefined;
}

/**
 * A plan of faults. The same seed gives the same faults for the same requests in the same order.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for a kind that is not known, or a rate that is none.
 */
export function faultPlan(options: FaultOptions, random: () => number): FaultPlan {
  const { kinds, rate = 1, every = 1, times = Infinity, where = () => true } = options;
  const unknown = kinds.find((kind) => !faultKinds.includes(kind));
  if (unknown !== undefined || kinds.length === 0) throw wrong(`fault ${JSON.stringify(unknown)} is not known`);
  if (!(rate >= 0 && rate <= 1)) throw wrong(`rate ${rate} is not between 0 and 1`);
  const id = `fault ${random()}`;
  let left = times;
  return {
    next: (call) => {
      if (left < 1 || !where(call.request)) return undefined;
      if (countUp(call.world, id) % every !== 0 || random() >= rate) return undefined;
      left--;
      return kinds[Math.floor(random() * kinds.length)];
    },
  };
}

function wrong(message: string): UsageError {
  return new UsageError('ERR_INVALID_ARGUMENT', message, { argument: 'faults' });
}

/** Numbers from 0 up to 1, the same for the same seed: mulberry32. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
