import { execFile } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runRegistry } from '../peers/guarded-registry.ts';
import { peerFolder } from '../peers/programs.ts';
import { temporaryFolder } from './command.ts';
import { writeLargeFile } from './large-file.ts';
import { figure, long, mebibytes } from './report.ts';
import { servedRegistry, type ServedRegistry } from './served-registry.ts';

const size = long ? 4 * 2 ** 30 : 2 ** 28;
const allowed = 128 * 2 ** 20;
const worker = fileURLToPath(new URL('registry-memory-worker.ts', import.meta.url));

/** A registry, and what is known of its memory. */
type Started = Pick<ServedRegistry, 'host' | 'stop'> & Partial<ServedRegistry>;

const registries: Readonly<Record<string, (cwd: string) => Promise<Started>>> = {
  distribution: async (cwd) => {
    const running = await runRegistry('distribution 2', join(cwd, 'registry'), { access: 'anonymous' });
    onTestFinished(() => running.stop());
    return running;
  },
  'packwright serve on blobs and records': (cwd) => servedRegistry('fs:registry', cwd),
  'packwright serve on layouts': (cwd) => servedRegistry('oci:registry', cwd),
};

/** Work, and what is taken away after it so that the disk does not fill up. */
const works: readonly (readonly [verb: string, gone: readonly string[]])[] = [
  ['push', ['source']],
  ['copy', []],
  ['pull', ['pulled']],
  ['unpack', ['out']],
  ['pack into a registry', ['large']],
];

/** How much more than a process that does nothing a process took for some work. */
class Measured {
  readonly tooMuch: string[] = [];
  readonly #idle: number;

  constructor(idle: number) {
    this.#idle = idle;
  }

  note(name: string, peak: number, took?: number): void {
    const above = peak - this.#idle;
    const time = took === undefined ? {} : { took: `${(took / 1000).toFixed(1)} s` };
    figure(`memory of ${name}`, {
      blob: mebibytes(size),
      idle: mebibytes(this.#idle),
      above: mebibytes(above),
      ...time,
    });
    if (above > allowed) this.tooMuch.push(name);
  }
}

async function peakFor(cwd: string, verb: string, from = '', to = ''): Promise<number> {
  const { stdout } = await promisify(execFile)(process.execPath, [worker, verb, String(size), from, to], { cwd });
  return Number(stdout);
}

describe.skipIf(!existsSync('/proc/self/status'))(`a blob of ${mebibytes(size)}`, () => {
  it.each(Object.keys(registries))(`goes through %s with at most ${mebibytes(allowed)} on each side`, async (name) => {
    if (name === 'distribution' && peerFolder === undefined) return;
    const cwd = temporaryFolder();
    writeLargeFile(join(cwd, 'large'), size);
    await peakFor(cwd, 'pack into a layout');
    const measured = new Measured(await peakFor(cwd, 'nothing'));
    const from = (await registries[name]?.(cwd)) as Started;
    const to = await servedRegistry('fs:other', cwd);
    for (const [verb, gone] of works) {
      const start = performance.now();
      const peak = await peakFor(cwd, verb, from.host, to.host);
      measured.note(`${verb}, ${name}`, peak, performance.now() - start);
      if (verb === 'unpack') expect(statSync(join(cwd, 'out', 'large')).size).toBe(size);
      for (const each of gone) await rm(join(cwd, each), { recursive: true });
    }
    if (from.peak !== undefined) measured.note(name, from.peak());
    measured.note(`what ${name} is copied to`, to.peak());
    await Promise.all([from.stop(), to.stop()]);
    expect(measured.tooMuch).toEqual([]);
  });
});
