import { measure, type Comparison, type Contender, type Figure, type Timing } from './measure.ts';

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
  const timings = await measure(figure, rounds).finally(() => figure.close?.());
  for (const comparison of figure.comparisons) {
    const row = rowOf(figure, comparison, timings);
    process.stdout.write(`${json ? JSON.stringify(row) : lineOf(row)}\n`);
  }
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
  const verdict = goal === null ? '' : `  goal ${goal.toFixed(2)} ${ratio <= goal ? 'met' : 'MISSED'}`;
  const cells = [ours.padEnd(24), shown(oursTime), peer.padEnd(24), shown(peerTime), `${ratio.toFixed(2)} times`];
  return `  ${cells.join('  ')}${verdict}`;
}

function shown({ median, min, max }: Timing): string {
  return `${median.toFixed(3)} s (${min.toFixed(3)} to ${max.toFixed(3)})`.padEnd(26);
}
