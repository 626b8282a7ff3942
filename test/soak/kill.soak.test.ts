import { existsSync, lstatSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { command, succeed, temporaryFolder } from './command.ts';
import { packageHost, writeTree } from './package-host.ts';
import { figure, long } from './report.ts';

const kills = long ? 200 : 15;

/** A folder with what there is to pack, and a layout with packs of it. */
async function workshop(): Promise<string> {
  const cwd = temporaryFolder();
  const { lockfile } = await packageHost({ packages: 60, size: 150_000 });
  writeFileSync(join(cwd, 'package-lock.json'), lockfile);
  writeTree(join(cwd, 'tree'), 120);
  mkdirSync(join(cwd, 'cache'));
  mkdirSync(join(cwd, 'tmp'));
  await succeed(['pack', 'package-lock.json', '--cache', 'cache', '-o', 'oci:source:lock'], { cwd });
  await succeed(['pack', 'tree', '-o', 'oci:source:tree'], { cwd });
  return cwd;
}

/** One command line, and what it makes in the folder. */
interface Work {
  readonly args: readonly string[];
  readonly makes: string;
}

const works: Readonly<Record<string, readonly Work[]>> = {
  pack: [
    { args: ['pack', 'package-lock.json', '--cache', 'cache', '-o', 'oci:target:lock'], makes: 'target' },
    { args: ['pack', 'tree', 'package-lock.json', '-o', 'oci:target:tree'], makes: 'target' },
    { args: ['pack', 'tree', '-o', 'oci-archive:target.tar:tree'], makes: 'target.tar' },
  ],
  copy: [
    { args: ['copy', 'oci:source:lock', 'oci:target:lock'], makes: 'target' },
    { args: ['copy', '--all-tags', 'oci:source', 'oci:target'], makes: 'target' },
    { args: ['copy', 'oci:source:tree', 'oci-archive:target.tar:tree'], makes: 'target.tar' },
  ],
  unpack: [
    { args: ['unpack', 'oci:source:lock', '-o', 'out'], makes: 'out' },
    { args: ['unpack', 'oci:source:tree', '-o', 'out'], makes: 'out' },
    { args: ['unpack', 'oci:source:lock', '--as', 'npm-cache', '-o', 'out/deep/er'], makes: 'out' },
  ],
};

/** How a run looks that nobody disturbs. */
interface Undisturbed {
  readonly took: number;
  readonly made: readonly string[];
}

async function undisturbed({ args, makes }: Work, cwd: string): Promise<Undisturbed> {
  const { took } = await succeed(args, { cwd });
  const made = listing(join(cwd, makes));
  await rm(join(cwd, makes), { recursive: true });
  return { took, made };
}

function listing(path: string): string[] {
  return lstatSync(path).isDirectory() ? readdirSync(path, { recursive: true, encoding: 'utf8' }).sort() : ['a file'];
}

/** Whether a run that was killed left something that the next one had to clear; a miss where it had ended before. */
type Kill = 'miss' | 'left nothing' | 'left something';

async function killOnce(work: Work, cwd: string, killAfter: number, { made }: Undisturbed): Promise<Kill> {
  const { args, makes } = work;
  const before = readdirSync(cwd).sort();
  const killed = await command(args, { cwd, killAfter });
  if (killed.code !== null) {
    await rm(join(cwd, makes), { recursive: true });
    return 'miss';
  }
  const left = readdirSync(cwd).some((name) => name.startsWith('.')) || existsSync(join(cwd, 'target', '.packwright'));
  await expectSound(cwd);
  const next = await command(args, { cwd });
  // Where the tree had its name already, the next run says so; then it must be whole.
  const whole = makes === 'out' && next.stderr.includes('is not empty');
  expect(whole ? 0 : next.code, next.stderr).toBe(0);
  await expectSound(cwd);
  expect(readdirSync(cwd).sort()).toEqual([...before, makes].sort());
  expect(listing(join(cwd, makes))).toEqual(made);
  expect(listing(join(cwd, 'tmp'))).toEqual([]);
  await rm(join(cwd, makes), { recursive: true });
  return left ? 'left something' : 'left nothing';
}

/** Layouts pass their own check, and an archive can be read whole. */
async function expectSound(cwd: string): Promise<void> {
  for (const layout of ['source', 'target']) {
    if (existsSync(join(cwd, layout))) await succeed(['audit', `oci:${layout}`], { cwd });
  }
  if (!existsSync(join(cwd, 'target.tar'))) return;
  await succeed(['copy', '--all-tags', 'oci-archive:target.tar', 'oci:check'], { cwd });
  await rm(join(cwd, 'check'), { recursive: true });
}

describe(`kill -9 at ${kills} points`, () => {
  it.each(Object.entries(works))('of %s leaves nothing to clean by hand', async (name, variants) => {
    const cwd = await workshop();
    const { took: startup } = await succeed(['--version'], { cwd });
    const whole: Undisturbed[] = [];
    for (const work of variants) whole.push(await undisturbed(work, cwd));
    const sums = { 'left nothing': 0, 'left something': 0, miss: 0 };
    // A run that was faster than the one that was measured is a miss, and does not count.
    for (let tries = 0; tries - sums.miss < kills && tries < 6 * kills; tries++) {
      const index = tries % variants.length;
      const normal = whole[index] as Undisturbed;
      // Before there is anything to disturb, nothing can go wrong: the points lie in what comes after.
      const from = Math.min(startup, normal.took) * 0.7;
      const killAfter = from + Math.random() * (normal.took - from);
      const kill = await killOnce(variants[index] as Work, cwd, killAfter, normal);
      sums[kill]++;
      // The machine was busier when it was measured: a run takes less than this.
      if (kill === 'miss') whole[index] = { ...normal, took: killAfter };
    }
    const hits = sums['left something'] + sums['left nothing'];
    figure(`kill ${name}`, {
      'killed in the middle': hits,
      'ended before': sums.miss,
      'left something to clear': sums['left something'],
    });
    expect(hits).toBe(kills);
  });
});
