import { chmod, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fsBlobStore, fsRecordStore } from '../../src/adapters/blob-store/fs.ts';
import { bytesSource } from '../../src/bytes/source.ts';
import { digestOf, type Digest } from '../../src/digest/digest.ts';
import { createPackService } from '../../src/index.ts';
import type { Repository } from '../../src/ports/index.ts';
import { storeRegistry } from '../../src/registry/index.ts';
import { someBytes } from '../../src/testing/bytes.ts';
import { emptyFolder, run } from './run-command.ts';

function repositoryIn(directory: string): Repository {
  return storeRegistry({ blobs: fsBlobStore({ directory }), records: fsRecordStore({ directory }) }).repository('app');
}

async function pack(repository: Repository, reference: string, size: number): Promise<Digest> {
  const files = [{ path: 'a.bin', source: bytesSource(someBytes(size)) }];
  return (await createPackService().pack({ files }, { repository, reference })).digest;
}

function pathOf(directory: string, digest: Digest): string {
  const hex = digest.slice('sha256:'.length);
  return join(directory, 'blobs', 'sha256', hex.slice(0, 2), hex.slice(2));
}

async function damage(path: string): Promise<void> {
  await chmod(path, 0o644);
  await writeFile(path, 'damaged');
}

describe('packwright gc over the store of a registry', () => {
  it('marks first what a deleted manifest named, and deletes it when the grace is over', async () => {
    const cwd = await emptyFolder();
    const repository = repositoryIn(join(cwd, 'store'));
    const old = await pack(repository, 'old', 3000);
    await pack(repository, 'kept', 4000);
    await repository.delete(old);
    const gc = async (days: number, ...flags: string[]): Promise<Record<string, unknown>> => {
      const now = (): number => Date.now() + days * 86_400_000;
      const { code, stdout } = await run(cwd, ['gc', '--store', 'fs:store', '--json', ...flags], { now });
      expect(code).toBe(0);
      return JSON.parse(stdout) as Record<string, unknown>;
    };
    expect(await gc(2, '--dry-run')).toMatchObject({ dryRun: true, released: 1, candidates: 2, deleted: 0 });
    expect(await gc(0)).toMatchObject({ released: 0, candidates: 1, marked: 1, deleted: 0 });
    expect(await gc(2)).toMatchObject({ released: 1, candidates: 2, marked: 1, deleted: 1 });
    expect(await gc(4)).toMatchObject({ candidates: 1, deleted: 1, errors: [] });
    const audited = await run(cwd, ['audit', 'fs:store']);
    expect([audited.code, audited.stdout]).toEqual([0, expect.stringMatching(/^whole: 3 /)]);
  });

  it('deletes at once without a grace, and says what repositories let go', async () => {
    const cwd = await emptyFolder();
    const repository = repositoryIn(join(cwd, 'store'));
    await repository.delete(await pack(repository, 'old', 3000));
    await pack(repository, 'kept', 4000);
    const dry = await run(cwd, ['gc', 'fs:store', '--no-grace', '--dry-run']);
    const told = /^repositories would let go of 1 blobs\nwould delete 2 of 2 blobs/;
    expect([dry.code, dry.stdout]).toEqual([0, expect.stringMatching(told)]);
    const { code, stdout } = await run(cwd, ['gc', 'fs:store', '--no-grace']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^repositories let go of 1 blobs\ndeleted 2 of 2 blobs/);
    const tail = (text: string): string => text.slice(text.indexOf('that nothing leads to'));
    expect(tail(dry.stdout)).toBe(tail(stdout));
  });

  it('refuses a store without repositories, whose blobs nothing names, and deletes nothing', async () => {
    const cwd = await emptyFolder();
    const blobs = fsBlobStore({ directory: join(cwd, 'store') });
    await blobs.put(digestOf(someBytes(9)), bytesSource(someBytes(9)));
    const { code, stderr } = await run(cwd, ['gc', '--store', 'fs:store', '--no-grace']);
    expect([code, stderr]).toEqual([2, expect.stringContaining('has no repositories')]);
    expect(await blobs.stat(digestOf(someBytes(9)))).toBeDefined();
  });

  it('deletes nothing while a manifest cannot be read', async () => {
    const cwd = await emptyFolder();
    const directory = join(cwd, 'store');
    const repository = repositoryIn(directory);
    await damage(pathOf(directory, await pack(repository, 'a', 3000)));
    expect(await run(cwd, ['gc', 'fs:store', '--no-grace'])).toMatchObject({ code: 30 });
    expect(await fsBlobStore({ directory }).stat(digestOf(someBytes(3000)))).toBeDefined();
  });

  it.each([
    ['no store', []],
    ['two', ['oci:a', '--store', 'fs:b']],
    ['a secret', ['--store', 'postgres://me:hunter2@db.example/packs']],
  ])('is told to clean up %s, and explains the usage', async (_name, argv) => {
    for (const command of ['gc', 'audit']) {
      const { code, stdout, stderr } = await run(await emptyFolder(), [command, ...argv]);
      expect(code).toBe(2);
      expect(stdout + stderr).not.toContain('hunter2');
    }
  });
});

it.each(['gs://bucket', 's3:', 's3://', 'postgres://', 'fs:', 'store', 'mongodb://me:hunter2@db.example/packs'])(
  'names the kinds of stores there are where it is given %s',
  async (store) => {
    const cwd = await emptyFolder();
    const lines = [
      ['gc', '--store', store],
      ['audit', '--store', store],
      ['audit', 'oci:packs', '--repair-from', store],
      ['migrate', store, 'fs:copy'],
      ['serve', '--store', store, '--port', '0'],
      ...(store.includes('://') ? [['gc', store]] : []),
    ];
    for (const argv of lines) {
      const { code, stdout, stderr } = await run(cwd, argv);
      expect([code, stdout], argv.join(' ')).toEqual([2, '']);
      for (const form of ['fs:DIR', 's3://BUCKET/PREFIX', 'postgres://USER@HOST']) expect(stderr).toContain(form);
      expect(stderr).not.toContain('hunter2');
    }
  },
);

describe('packwright audit over the store of a registry', () => {
  it('finds what is missing and corrupt, and repairs it from another store', async () => {
    const cwd = await emptyFolder();
    const [store, copy] = [join(cwd, 'store'), join(cwd, 'copy')];
    const digest = await pack(repositoryIn(store), 'a', 3000);
    await pack(repositoryIn(store), 'b', 4000);
    await run(cwd, ['migrate', 'fs:store', 'fs:copy']);
    await damage(pathOf(store, digest));
    await rm(pathOf(store, digestOf(someBytes(4000))), { force: true });
    const found = await run(cwd, ['audit', '--store', 'fs:store']);
    expect(found.code).toBe(30);
    expect(found.stdout).toMatch(/missing +sha256:/);
    expect(found.stdout).toMatch(/corrupt +sha256:/);
    const dry = await run(cwd, ['audit', 'fs:store', '--repair-from', 'fs:copy', '--dry-run']);
    expect(dry.code).toBe(30);
    const args = ['audit', 'fs:store', '--repair-from', 'oci:none', '--repair-from', 'fs:copy'];
    const repaired = await run(cwd, args);
    expect([repaired.code, repaired.stdout]).toEqual([
      0,
      expect.stringMatching(/repaired +sha256:.*was missing, from/),
    ]);
    expect(await run(cwd, ['audit', 'fs:store'])).toMatchObject({ code: 0 });
    expect(copy).not.toBe(store);
  });

  it('knows what a manifest names that it repaired: what is missing of it is missing', async () => {
    const cwd = await emptyFolder();
    const digest = await pack(repositoryIn(join(cwd, 'store')), 'a', 3000);
    await run(cwd, ['migrate', 'fs:store', 'fs:copy']);
    await run(cwd, ['migrate', 'fs:store', 'fs:half']);
    const file = digestOf(someBytes(3000));
    for (const folder of ['store', 'half']) await rm(pathOf(join(cwd, folder), file));
    await damage(pathOf(join(cwd, 'store'), digest));
    const half = await run(cwd, ['audit', 'fs:store', '--repair-from', 'fs:half', '--json']);
    expect([half.code, JSON.parse(half.stdout)]).toMatchObject([
      30,
      { ok: false, missing: [{ digest: file }], repaired: [{ digest, was: 'corrupt' }] },
    ]);
    await damage(pathOf(join(cwd, 'store'), digest));
    const whole = await run(cwd, ['audit', 'fs:store', '--repair-from', 'fs:copy', '--json']);
    expect([whole.code, JSON.parse(whole.stdout)]).toMatchObject([
      0,
      { ok: true, missing: [], orphans: [], repaired: [{ digest }, { digest: file, was: 'missing' }] },
    ]);
  });

  it('counts a blob that a repository holds and no manifest names as no orphan', async () => {
    const cwd = await emptyFolder();
    const repository = repositoryIn(join(cwd, 'store'));
    const old = await pack(repository, 'old', 3000);
    await repository.delete(old);
    await fsBlobStore({ directory: join(cwd, 'store') }).delete(digestOf(new TextEncoder().encode('{}')));
    const { code, stdout } = await run(cwd, ['audit', 'fs:store', '--json']);
    expect(code).toBe(0);
    expect((JSON.parse(stdout) as { orphans: { digest: Digest }[] }).orphans.map(({ digest }) => digest)).toEqual([
      old,
    ]);
  });
});
