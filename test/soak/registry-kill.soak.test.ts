import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { layoutRepository } from '../../src/adapters/registry/layout.ts';
import type { Repository } from '../../src/ports/registry.ts';
import { someBytes } from '../../src/testing/bytes.ts';
import { command, succeed, temporaryFolder, type CommandOptions } from './command.ts';
import { countingRegistry, type CountingRegistry } from './counting-registry.ts';
import { figure, long, mebibytes } from './report.ts';

const kills = long ? 50 : 2;
const mebibyte = 2 ** 20;
/** Of large blobs, which go on where they were, and of small ones, which begin anew. */
const largeBytes = (long ? 32 : 24) * mebibyte;
const large = 4;
const smallBytes = mebibyte;
const small = 4;
const all = large * largeBytes + small * smallBytes;
/** What the next run may move besides what is missing: the small blobs, which begin anew, and the manifest. */
const anew = (small + 1) * smallBytes;

interface Workshop {
  readonly options: CommandOptions;
  readonly registry: CountingRegistry;
}

/** A folder with a pack in a layout, and a registry that has it too. */
async function workshop(): Promise<Workshop> {
  const cwd = temporaryFolder();
  for (const name of ['tmp', 'home', 'registry']) mkdirSync(join(cwd, name));
  const files = Array.from({ length: large + small }, (_, index) => {
    writeFileSync(join(cwd, `f${index}`), someBytes(index < large ? largeBytes : smallBytes, index + 1));
    return `f${index}`;
  });
  const options = { cwd, env: { HOME: join(cwd, 'home'), XDG_STATE_HOME: join(cwd, 'home') } };
  await succeed(['pack', ...files, '-o', 'oci:source:v1'], options);
  const registry = await countingRegistry(join(cwd, 'registry'));
  await succeed(['push', 'oci:source:v1', `${registry.host}/team/whole:v1`], options);
  return { options, registry };
}

/** What the registry has on the disk, but for the records of each repository: blobs, and bytes of uploads. */
function stored(cwd: string): string[] {
  return listing(join(cwd, 'registry')).filter((name) => !name.includes('repos@d'));
}

/** How much of an upload there is; a folder has none. */
function uploadBytes(cwd: string, name: string): number {
  const facts = statSync(join(cwd, 'registry', name));
  return facts.isFile() ? facts.size : 0;
}

/** Everything in a folder. */
function listing(cwd: string): string[] {
  return readdirSync(cwd, { recursive: true, encoding: 'utf8' }).sort();
}

/** Bytes of all files in a folder, which may not be there yet. */
function bytesIn(folder: string): number {
  const names = existsSync(folder) ? listing(folder) : [];
  return names
    .map((name) => statSync(join(folder, name)))
    .reduce((sum, facts) => sum + (facts.isFile() ? facts.size : 0), 0);
}

interface Sums {
  ended: number;
  kept: number;
  again: number;
  most: number;
}

interface Ended {
  readonly repository: Repository;
  readonly sums: Sums;
  /** Bytes that are safe when the process has ended, after so many were moved. Those on their way are lost. */
  readonly kept: (moved: number) => number;
}

/** Ends a run in its middle, before which there is no tag; lets the next one finish, and counts what was moved twice. */
async function endOnce(
  { options, registry }: Workshop,
  args: readonly string[],
  signal: NodeJS.Signals,
  { sums, repository, kept }: Ended,
): Promise<void> {
  registry.count();
  const when = registry.after(Math.floor(all * (0.05 + Math.random() * 0.85)));
  const ended = await command(args, { ...options, end: { signal, when } });
  if (ended.code === 0) return;
  expect(ended.code, ended.stderr).toBe(signal === 'SIGINT' ? 130 : null);
  expect(await repository.resolve('v1')).toBeUndefined();
  const moved = registry.count();
  const safe = kept(moved);
  await succeed(args, options);
  expect(await repository.resolve('v1')).toBeDefined();
  const rest = registry.count();
  expect(rest, `${mebibytes(safe)} of ${mebibytes(all)} were safe`).toBeLessThan(all - safe + anew);
  const again = moved + rest - all;
  sums.ended++;
  sums.kept += safe;
  sums.again += again;
  sums.most = Math.max(sums.most, again);
}

function report(verb: string, signal: string, { ended, kept, again, most }: Sums): void {
  figure(`${verb} ended by ${signal}`, {
    'in the middle': ended,
    kept: mebibytes(kept / Math.max(1, ended)),
    'moved twice': mebibytes(again / Math.max(1, ended)),
    'at most': mebibytes(most),
    of: mebibytes(all),
  });
}

describe.each(['SIGKILL', 'SIGINT'] as const)(`%s in the middle, ${kills} times`, (signal) => {
  it('of a push shows no tag, the next one goes on, and nothing is left but what a registry forgets', async () => {
    const shop = await workshop();
    const { registry, options } = shop;
    const { cwd } = options;
    const sums: Sums = { ended: 0, kept: 0, again: 0, most: 0 };
    const [before, whole] = [listing(join(cwd, 'home')), stored(cwd)];
    for (let turn = 0; sums.ended < kills && turn < 3 * kills; turn++) {
      const name = `team/app-${turn}`;
      const repository = registry.registry.repository(name);
      // The registry is here: what it has got it keeps, but for what it was writing.
      const kept = (moved: number): number => Math.max(0, moved - large * mebibyte);
      await endOnce(shop, ['push', 'oci:source:v1', `${registry.host}/${name}:v1`], signal, { sums, repository, kept });
      expect(listing(join(cwd, 'home'))).toEqual(before);
      expect(listing(join(cwd, 'tmp'))).toEqual([]);
    }
    const left = stored(cwd).filter((name) => !whole.includes(name));
    // A small upload is not remembered: who is killed leaves it to the registry, which forgets it in its own time. Who is
    // interrupted cancels those whose address he knows: what he was about to open has no bytes.
    const most = signal === 'SIGINT' ? 0 : smallBytes;
    for (const name of left) expect(uploadBytes(cwd, name), name).toBeLessThanOrEqual(most);
    expect(left.length).toBeLessThanOrEqual(kills * (small + 1));
    figure('small uploads left to the registry', { [signal]: left.length });
    report('push', signal, sums);
    expect(sums.ended).toBe(kills);
    // Of two kills, both may come before anything is on the disk.
    if (long) expect(sums.kept).toBeGreaterThan(0);
  });

  it('of a pull shows no tag, the next one goes on, and nothing is left', async () => {
    const shop = await workshop();
    const { registry, options } = shop;
    const { cwd } = options;
    const sums: Sums = { ended: 0, kept: 0, again: 0, most: 0 };
    const repository = layoutRepository({ directory: join(cwd, 'target') });
    const args = ['pull', `${registry.host}/team/whole:v1`, 'oci:target:v1'];
    await succeed(args, options);
    const whole = listing(cwd);
    for (let turn = 0; sums.ended < kills && turn < 3 * kills; turn++) {
      await rm(join(cwd, 'target'), { recursive: true });
      const kept = (): number => bytesIn(join(cwd, 'target'));
      await endOnce(shop, args, signal, { sums, repository, kept });
      expect(listing(cwd)).toEqual(whole);
      await succeed(['audit', 'oci:target'], options);
    }
    report('pull', signal, sums);
    expect(sums.ended).toBe(kills);
    // Of two kills, both may come before anything is on the disk.
    if (long) expect(sums.kept).toBeGreaterThan(0);
  });
});
