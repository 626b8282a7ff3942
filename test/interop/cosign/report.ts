import type { Cell } from './cells.ts';
import type { Verdict } from './run-cosign.ts';

/** What came of a cell. */
export interface Tried {
  /** Verifications of what was signed: where it lies, and where it was brought from there. */
  readonly accepted: readonly Verdict[];
  /** Verifications of what must not pass: for another digest, by somebody else, and with a changed byte. */
  readonly refused: Readonly<Record<Refusal, Verdict>>;
}

export type Refusal = 'digest' | 'signer' | 'byte';

/** What was tried, as a table. */
export interface Report {
  add(cell: Cell, tried: Tried): void;
  /** One line for each cell. */
  print(): void;
}

/** A report of nothing so far. */
export function matrixReport(): Report {
  const rows: string[][] = [];
  return {
    add({ from, kind, content, place, format, log }, { accepted, refused }) {
      const passed = accepted.map((verdict) => (verdict.accepted ? 'yes' : 'NO')).join(' ');
      const said = (refusal: Refusal): string => (refused[refusal].accepted ? 'ACCEPTED' : 'refused');
      rows.push([from, kind, content, place, format, log, passed, said('digest'), said('signer'), said('byte')]);
    },
    print() {
      const head = [
        ...['signed by', 'with', 'content', 'place', 'format', 'witness', 'accepted'],
        ...['other digest', 'other signer', 'changed byte'],
      ];
      const sorted = rows.map((row) => row).sort((a, b) => (a.join() < b.join() ? -1 : 1));
      process.stdout.write(`${table([head, ...sorted])}\n${rows.length} cells\n`);
    },
  };
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows
    .map((row) =>
      row
        .map((text, column) => text.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
