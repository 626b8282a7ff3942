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
import { allowedMemory, figure, long, mebibytes } from './report.ts';
import { peakIn, servedRegistry, type ServedRegistry } from './served-registry.ts';

const size = long ? 4 * 2 ** 30 : 2 ** 28;
/** Node's own fetch keeps what it has sent until the collector comes by. */
const allowedWithFetch = 192 * 2 ** 20;
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
  ...(long ? { 'packwright serve on layouts': (cwd: string) => servedRegistry('oci:registry', cwd) } : {}),
};

/** Work, and what is taken away after it so that the disk does not fill up. */
const works: readonly (readonly [verb: string, gone: readonly string[]])[] = [
  ['push', ['source']],
  ['copy', []],
  ['pull', ['pulled']],
  ...(long
    ? ([
        ['unpack', ['out']],
        ['pack into a registry', ['large']],
      ] as const)
    : []),
];

const direct = 'packwright/transport/node';
/** What requests go over. */
const transports: readonly string[] = [direct, ...(long ? ["the platform's fetch"] : [])];

/** What the memory is compared with: an empty process where blobs only pass, else one that loads the same. */
const comparedWith = (verb: string, transport: string): 'empty' | 'loaded' =>
  transport === direct && ['push', 'copy', 'pull'].includes(verb) ? 'empty' : 'loaded';

/** How much more memory a process took for some work than an empty one, or one that only loads what is used. */
class Measured {
  readonly tooMuch: string[] = [];
  readonly #loaded: number;
  readonly #empty: number;

  constructor(loaded: number, empty: number) {
    this.#loaded = loaded;
    this.#empty = empty;
  }

  note(name: string, peak: number, than: 'empty' | 'loaded', limit: number = allowedMemory, took?: number): void {
    const above = peak - (than === 'empty' ? this.#empty : this.#loaded);
    figure(`memory of ${name}`, {
      blob: mebibytes(size),
      'above one that loads the same': mebibytes(peak - this.#loaded),
      'above one that loads nothing': mebibytes(peak - this.#empty),
      ...(took === undefined ? {} : { took: `${(took / 1000).toFixed(1)} s` }),
    });
    if (above > limit) this.tooMuch.push(name);
  }
}

/** The memory of a process that loads nothing. */
async function emptyPeak(): Promise<number> {
  const program = `process.stdout.write(require('node:fs').readFileSync('/proc/self/status', 'utf8'))`;
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', program]);
  return peakIn(stdout);
}

async function peakFor(cwd: string, verb: string, transport = '', from = '', to = ''): Promise<number> {
  const given = [worker, verb, String(size), transport, from, to];
  const { stdout } = await promisify(execFile)(process.execPath, given, { cwd });
  return Number(stdout);
}

describe.skipIf(!existsSync('/proc/self/status'))(`a blob of ${mebibytes(size)}`, () => {
  describe.each(Object.keys(registries))('that goes through %s', (name) => {
    const isThere = name !== 'distribution' || peerFolder !== undefined;
    it.skipIf(!isThere)(`takes at most ${mebibytes(allowedMemory)} more memory`, async () => {
      const cwd = temporaryFolder();
      const measured = new Measured(await peakFor(cwd, 'nothing'), await emptyPeak());
      const from = (await registries[name]?.(cwd)) as Started;
      const to = await servedRegistry('fs:other', cwd);
      for (const transport of transports) {
        const limit = transport === direct ? allowedMemory : allowedWithFetch;
        writeLargeFile(join(cwd, 'large'), size);
        await peakFor(cwd, 'pack into a layout');
        for (const [verb, gone] of works) {
          const start = performance.now();
          const peak = await peakFor(cwd, verb, transport, from.host, to.host);
          const than = comparedWith(verb, transport);
          measured.note(`${verb}, ${name}, ${transport}`, peak, than, limit, performance.now() - start);
          if (verb === 'unpack') expect(statSync(join(cwd, 'out', 'large')).size).toBe(size);
          for (const each of gone) await rm(join(cwd, each), { recursive: true });
        }
      }
      if (from.peak !== undefined) measured.note(name, from.peak(), 'loaded');
      measured.note(`what ${name} is copied to`, to.peak(), 'loaded');
      await Promise.all([from.stop(), to.stop()]);
      expect(measured.tooMuch).toEqual([]);
    });
  });
});
