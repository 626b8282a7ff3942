import { measure, type Amount, type Comparison, type Contender, type Figure, type Timing } from './measure.ts';

/** How the figures are told. */
export interface ReportOptions {
  readonly json: boolean;
  readonly rounds: number;
}

/** Measures a figure, and prints a line for each comparison. */
export async function reportFigure(figure: Figure, { json, rounds }: ReportOptions): Promise<void> {
  // In the way of neither: the lines of JSON alone go to the standard output then.
  const note = (line: string): void => void (json ? process.stderr : process.stdout).write(`${line}\n`);
  note(`\n${figure.name}`);
  for (const peer of figure.missing ?? []) note(`  ${peer} is not on this machine: not measured`);
  const { timings, amounts } = await measured(figure, rounds).finally(() => figure.close?.());
  for (const amount of amounts) {
    process.stdout.write(`${json ? JSON.stringify({ figure: figure.name, ...amount }) : lineOfAmount(amount)}\n`);
  }
  for (const comparison of figure.comparisons) {
    const row = rowOf(figure, comparison, timings);
    process.stdout.write(`${json ? JSON.stringify(row) : lineOf(row)}\n`);
  }
}

async function measured(
  figure: Figure,
  rounds: number,
): Promise<{ readonly timings: ReadonlyMap<Contender, Timing>; readonly amounts: readonly Amount[] }> {
  const timings = await measure(figure, rounds);
  return { timings, amounts: (await figure.amounts?.()) ?? [] };
}

interface Row {
  readonly name: string;
  readonly ours: string;
  readonly peer: string;
  readonly ratio: number;
  readonly goal: number | null;
  readonly unit: 's';
  readonly oursTime: Timing;
  readonly peerTime: Timing;
}

function rowOf(figure: Figure, { ours, peer, goal }: Comparison, timings: ReadonlyMap<Contender, Timing>): Row {
  const oursTime = timings.get(ours) as Timing;
  const peerTime = timings.get(peer) as Timing;
  const ratio = Number((oursTime.median / peerTime.median).toFixed(3));
  return {
    name: figure.name,
    ours: ours.name,
    peer: peer.name,
    ratio,
    goal: goal ?? null,
    unit: 's',
    oursTime,
    peerTime,
  };
}

function lineOf({ ours, peer, ratio, goal, oursTime, peerTime }: Row): string {
  const verdict = goal === null ? '' : verdictOf(ratio, goal);
  const cells = [ours.padEnd(24), shown(oursTime), peer.padEnd(24), shown(peerTime), `${ratio.toFixed(2)} times`];
  return `  ${cells.join('  ')}${verdict}`;
}

function shown({ median, min, max }: Timing): string {
  return `${median.toFixed(3)} s (${min.toFixed(3)} to ${max.toFixed(3)})`.padEnd(26);
}

function lineOfAmount({ name, value, unit, limit }: Amount): string {
  return `  ${name.padEnd(52)}  ${value.toFixed(unit === 'ms' ? 3 : 1)} ${unit}${limit === undefined ? '' : verdictOf(value, limit)}`;
}

function verdictOf(value: number, goal: number): string {
  return `  goal ${goal.toFixed(2)} ${value <= goal ? 'met' : 'MISSED'}`;
}
