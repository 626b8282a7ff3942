import type { PackEvent } from '../ports/index.ts';
import { formatBytes } from './format-bytes.ts';
import { visible } from './table.ts';

/** Where progress is written, and what it may do there. */
export interface ProgressOutput {
  /** Takes text, with control characters of terminals where `terminal` is true. */
  write(text: string): void;
  /** True for a terminal that understands a carriage return. */
  readonly terminal: boolean;
  readonly columns: number;
  /** Shows retries and warnings alone. */
  readonly silent: boolean;
  /** Shows also that one source does not have what the next one is asked for. */
  readonly verbose: boolean;
  /** The clock, in milliseconds. */
  readonly now: () => number;
}

/** Turns events into lines for a person. */
export interface ProgressRenderer {
  /** To be passed as the listener of an operation. */
  readonly onEvent: (event: PackEvent) => void;
  /** Writes a line of its own. */
  readonly line: (text: string) => void;
  /** Removes what is not a finished line. */
  readonly end: () => void;
}

const framesPerSecond = 10;

/**
 * Shows progress from real events: on a terminal one line that moves, elsewhere one line for each finished item.
 * Retries and warnings are always lines of their own.
 */
export function progressRenderer(output: ProgressOutput): ProgressRenderer {
  const progress = new Progress(output);
  return {
    onEvent: (event) => {
      progress.take(event);
    },
    line: (text) => {
      progress.line(text);
    },
    end: () => {
      progress.clear();
    },
  };
}

class Progress {
  readonly #output: ProgressOutput;
  readonly #whole = new Set<string>();
  readonly #running = new Map<string, PackEvent>();
  #alone: PackEvent | undefined;
  #finished = 0;
  #finishedBytes = 0;
  #painted = -Infinity;
  #shown = false;

  constructor(output: ProgressOutput) {
    this.#output = output;
  }

  take(event: PackEvent): void {
    const { silent, verbose } = this.#output;
    if (event.kind === 'retry' || event.kind === 'warning' || (event.kind === 'fallback' && verbose)) {
      this.line(`${event.kind}: ${describe(event)}: ${visible(event.message ?? '')}`);
    }
    // The whole is told by the result, and what a part is made of would count the same bytes again.
    if (event.parent === undefined) this.#whole.add(event.op);
    if (!silent && event.parent === undefined) this.#follow(event);
    if (!silent && event.parent !== undefined && this.#whole.has(event.parent)) this.#count(event);
  }

  /** Until parts of it are heard of, a whole tells its bytes itself: a migration, an audit. */
  #follow(event: PackEvent): void {
    this.#alone = event.kind === 'progress' ? event : undefined;
    if (this.#alone !== undefined) this.#paint();
  }

  line(text: string): void {
    this.clear();
    this.#output.write(`${text}\n`);
  }

  clear(): void {
    if (this.#shown) this.#output.write(`\r${' '.repeat(Math.max(0, this.#output.columns - 1))}\r`);
    this.#shown = false;
  }

  #count(event: PackEvent): void {
    if (event.kind === 'done' || event.kind === 'failed') this.#running.delete(event.op);
    else this.#running.set(event.op, event);
    if (event.kind === 'done') this.#finish(event);
    this.#paint();
  }

  #finish(event: PackEvent): void {
    this.#finished++;
    this.#finishedBytes += event.bytes;
    if (this.#output.terminal) return;
    const outcome = event.reused === true ? 'is there' : formatBytes(event.bytes);
    this.line(`${event.verb} ${describe(event)} ${outcome}`);
  }

  #paint(): void {
    const { terminal, columns, now } = this.#output;
    if (!terminal || now() - this.#painted < 1000 / framesPerSecond) return;
    this.#painted = now();
    const text = this.#text();
    this.clear();
    this.#output.write(text.slice(0, Math.max(0, columns - 1)));
    this.#shown = true;
  }

  #text(): string {
    const running = [...this.#running.values()];
    const alone = this.#alone;
    if (alone !== undefined && this.#finished + running.length === 0) {
      return `${alone.verb} ${describe(alone)}${alone.total === undefined ? ` ${formatBytes(alone.bytes)}` : ''}`;
    }
    const bytes = running.reduce((sum, event) => sum + event.bytes, this.#finishedBytes);
    const current = running.at(-1);
    return `${this.#finished} done, ${formatBytes(bytes)}${current === undefined ? '' : `  ${describe(current)}`}`;
  }
}

function describe({ name, descriptor, verb, kind, bytes, total }: PackEvent): string {
  const what = visible(name ?? descriptor?.digest.slice(0, 19) ?? verb);
  const moving = kind === 'progress' || kind === 'start';
  return moving && total !== undefined && total > 0 ? `${what} ${formatBytes(bytes)} of ${formatBytes(total)}` : what;
}
