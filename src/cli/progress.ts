import type { PackEvent } from '../ports/index.ts';
import { formatBytes } from './format-bytes.ts';
import { visible } from './table.ts';

/** Where progress is written, and what it may do there. */
export interface ProgressOutput {
  /** Takes text, control characters included. */
  write(text: string): void;
  /** True for a terminal that understands a carriage return. */
  readonly terminal: boolean;
  readonly columns: number;
  /** Shows retries, fallbacks and warnings alone. */
  readonly silent: boolean;
  /** The clock, in milliseconds. */
  readonly now: () => number;
}

/** Turns events into lines for a person. */
export interface ProgressRenderer {
  /** Shows one event. */
  readonly onEvent: (event: PackEvent) => void;
  /** Writes a line of its own. */
  readonly line: (text: string) => void;
  /** Removes what is not a finished line. */
  readonly end: () => void;
}

const framesPerSecond = 10;

/**
 * Shows progress from real events: on a terminal one line that moves, elsewhere one line for each finished item.
 * Retries, fallbacks and warnings are always lines of their own.
 */
export function progressRenderer(output: ProgressOutput): ProgressRenderer {
  const whole = new Set<string>();
  const running = new Map<string, PackEvent>();
  let finished = 0;
  let finishedBytes = 0;
  let painted = -Infinity;
  let shown = false;
  const clear = (): void => {
    if (shown) output.write(`\r${' '.repeat(Math.max(0, output.columns - 1))}\r`);
    shown = false;
  };
  const line = (text: string): void => {
    clear();
    output.write(`${text}\n`);
  };
  const paint = (): void => {
    const now = output.now();
    if (!output.terminal || now - painted < 1000 / framesPerSecond) return;
    painted = now;
    const bytes = finishedBytes + [...running.values()].reduce((sum, event) => sum + event.bytes, 0);
    const current = [...running.values()].at(-1);
    const text = `${finished} done, ${formatBytes(bytes)}${current === undefined ? '' : `  ${describe(current)}`}`;
    clear();
    output.write(text.slice(0, Math.max(0, output.columns - 1)));
    shown = true;
  };
  return {
    onEvent(event) {
      if (event.kind === 'retry' || event.kind === 'fallback' || event.kind === 'warning') {
        line(`${event.kind}: ${describe(event)}: ${visible(event.message ?? '')}`);
        return;
      }
      // The whole is told by the result, and what a part is made of would count the same bytes again.
      if (event.parent === undefined) whole.add(event.op);
      if (output.silent || event.parent === undefined || !whole.has(event.parent)) return;
      if (event.kind === 'start' || event.kind === 'progress') running.set(event.op, event);
      else running.delete(event.op);
      if (event.kind === 'done') {
        finished++;
        finishedBytes += event.bytes;
        if (!output.terminal)
          line(`${event.verb} ${describe(event)} ${event.reused === true ? 'is there' : formatBytes(event.bytes)}`);
      }
      paint();
    },
    line,
    end: clear,
  };
}

function describe(event: PackEvent): string {
  const name = visible(event.name ?? event.descriptor?.digest.slice(0, 19) ?? event.verb);
  const done =
    event.total === undefined || event.total === 0 ? '' : ` ${formatBytes(event.bytes)} of ${formatBytes(event.total)}`;
  return event.kind === 'progress' || event.kind === 'start' ? `${name}${done}` : name;
}
