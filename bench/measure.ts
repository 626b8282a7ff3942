/** One way to do a job. */
export interface Contender {
  readonly name: string;
  /** Brings back what the job starts from; not timed. */
  readonly reset?: (() => Promise<void>) | undefined;
  readonly run: () => Promise<void>;
}

/** Ours beside another program's. */
export interface Comparison {
  readonly ours: Contender;
  readonly peer: Contender;
  /** Our time may be so many times theirs; undefined where nothing was promised. */
  readonly goal?: number | undefined;
}

/** Something besides time: a size, or what a single call takes. */
export interface Amount {
  readonly name: string;
  readonly value: number;
  readonly unit: 'kB' | 'MiB' | 'ms';
  /** What it may be at most; undefined where nothing was promised. */
  readonly limit?: number | undefined;
}

/** A job that several programs do. */
export interface Figure {
  readonly name: string;
  readonly comparisons: readonly Comparison[];
  /** Peers that are not on this machine. */
  readonly missing?: readonly string[] | undefined;
  /** What is measured besides, when the rounds are over. */
  readonly amounts?: (() => Promise<readonly Amount[]>) | undefined;
  /** Ends what the contenders need. */
  readonly close?: (() => Promise<void>) | undefined;
}

/** Seconds that the rounds took. */
export interface Timing {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Runs every contender once to warm up, then all of them in turn, so that a slow minute hits all alike. */
export async function measure(figure: Figure, rounds: number): Promise<ReadonlyMap<Contender, Timing>> {
  const contenders = [...new Set(figure.comparisons.flatMap(({ ours, peer }) => [ours, peer]))];
  for (const contender of contenders) await timeOf(contender);
  const times = new Map(contenders.map((contender) => [contender, [] as number[]]));
  for (let round = 0; round < rounds; round++) {
    for (const [contender, taken] of times) taken.push(await timeOf(contender));
  }
  for (const contender of contenders) await contender.reset?.();
  return new Map([...times].map(([contender, taken]) => [contender, timingOf(taken)]));
}

async function timeOf({ reset, run }: Contender): Promise<number> {
  await reset?.();
  const start = performance.now();
  await run();
  return (performance.now() - start) / 1000;
}

function timingOf(times: readonly number[]): Timing {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (index: number): number => sorted[index] ?? NaN;
  const [low, high] = [Math.floor((sorted.length - 1) / 2), Math.ceil((sorted.length - 1) / 2)];
  return { median: (at(low) + at(high)) / 2, min: at(0), max: at(sorted.length - 1) };
}
