import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, expect, it, vi, type TestContext } from 'vitest';
import { fsBlobStore, fsRecordStore } from '../../src/adapters/blob-store/fs.ts';
import { httpRegistries } from '../../src/adapters/registry/http.ts';
import { utf8 } from '../../src/bytes/encoding.ts';
import { bytesSource } from '../../src/bytes/source.ts';
import { serveCommand } from '../../src/cli/commands/serve.ts';
import type { CommandContext } from '../../src/cli/context.ts';
import { digestOf, type Digest } from '../../src/digest/digest.ts';
import { createPackService, type StoreError } from '../../src/index.ts';
import type { BlobStore } from '../../src/ports/blob-store.ts';
import { chunkedSource, contentOf, someBytes } from '../../src/testing/bytes.ts';
import { commandFile } from '../cli/command-file.ts';
import { run } from '../cli/run-command.ts';
import { describeWithPeers } from '../interop/peers.ts';
import { smallDisk, type SmallDisk } from '../peers/small-disk.ts';

vi.setConfig({ testTimeout: 120_000 });

const before = someBytes(200_000);
const beforeDigest = digestOf(before);
const full = { name: 'StoreError', code: 'ERR_STORE_QUOTA', retryable: false };

async function failure(ask: Promise<unknown>): Promise<StoreError> {
  const error: unknown = await ask.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return error as StoreError;
}

async function digestsIn(store: BlobStore): Promise<Digest[]> {
  const all: Digest[] = [];
  for await (const { digest } of store.list()) all.push(digest);
  return all.sort();
}

async function whole(store: BlobStore, digest: Digest): Promise<boolean> {
  const found = await store.get(digest);
  return found !== undefined && digestOf(await contentOf(await found.open())) === digest;
}

/** Every file below a folder, by its path there, and none of the one that takes the room. */
function filesIn(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = entries.map((entry) => relative(folder, join(entry.parentPath, entry.name)));
  return paths.filter((path) => path !== 'filler').sort();
}

/** What is not a blob under its digest, with what is in it: that is what others see. */
function documentsIn(folder: string): (readonly [string, string])[] {
  const paths = filesIn(folder).filter((path) => !/blobs.sha256.[0-9a-f]{64}$/.test(path));
  return paths.map((path) => [path, readFileSync(join(folder, path), 'utf8')]);
}

function contextIn(cwd: string): CommandContext {
  return { cwd, env: {}, home: cwd, now: Date.now, operation: {}, info: () => undefined };
}

describeWithPeers('a disk that is full', () => {
  let disk: SmallDisk | undefined;
  beforeEach(async ({ skip }: TestContext) => {
    disk = await smallDisk(32 << 20);
    if (disk === undefined) skip('no disk may be mounted here, not even in a namespace');
  });
  afterEach(() => disk?.remove());
  const there = (): SmallDisk => disk as SmallDisk;

  it.each([false, true])('takes no blob into a folder, and loses none: durable %s', async (durable) => {
    const directory = join(there().path, 'store');
    const store = fsBlobStore({ directory, durable });
    await store.put(beforeDigest, bytesSource(before));
    const files = filesIn(there().path);
    const [small, middle, large] = [someBytes(3000, 2), someBytes(1_500_000, 3), someBytes(6_000_000, 4)] as const;
    const puts: Record<string, () => Promise<unknown>> = {
      'at once': () => store.put(digestOf(small), bytesSource(small)),
      'in chunks': () => store.put(digestOf(middle), chunkedSource(middle)),
      resumable: () => store.put(digestOf(large), chunkedSource(large, [300_000])),
      ingest: async () => {
        const ingest = await store.ingest?.();
        const failed = await failure(Promise.resolve(ingest?.append(chunkedSource(someBytes(1_000_000, 5)))));
        expect(ingest?.offset).toBe(0);
        await ingest?.abort();
        throw failed;
      },
    };
    for (const left of [0, 40_000]) {
      await there().fill(left);
      for (const [how, put] of Object.entries(puts)) {
        if (left > 0 && how === 'at once') continue;
        const error = await failure(put());
        expect(error, how).toMatchObject({ ...full, hint: expect.stringContaining(directory) as string });
        expect(error.message).toMatch(how === 'ingest' ? /^ingest .* cannot be written: ENOSPC/ : /^blob sha256:/);
      }
      expect(filesIn(there().path)).toEqual(files);
      expect(await whole(store, beforeDigest)).toBe(true);
      expect(await digestsIn(store)).toEqual([beforeDigest]);
    }
    await there().free();
    for (const blob of [small, middle, large]) {
      expect(await store.put(digestOf(blob), chunkedSource(blob, [300_000]))).toEqual({ created: true });
      expect(await whole(store, digestOf(blob))).toBe(true);
    }
    // To delete takes no room.
    await there().fill();
    expect(await store.delete(digestOf(large))).toBe(true);
    expect(await store.put(digestOf(large), chunkedSource(large, [300_000]))).toEqual({ created: true });
  });

  it('leaves records as they were', async () => {
    const directory = join(there().path, 'store');
    const records = fsRecordStore({ directory });
    const first = await records.put('a', utf8('1'), { ifVersion: null });
    if (first === 'conflict') throw new Error('conflict');
    const files = filesIn(there().path);
    // None at all, and as much as the lock takes, but not the record.
    for (const left of [0, 8192]) {
      await there().fill(left);
      for (const [key, ifVersion] of [
        ['a', first.version],
        ['b', null],
      ] as const) {
        const error = await failure(records.put(key, someBytes(60_000), { ifVersion }));
        expect(error).toMatchObject({ ...full, store: expect.stringContaining(directory) as string });
      }
      expect(await records.get('a')).toMatchObject({ version: first.version, value: utf8('1') });
      expect(await records.get('b')).toBeUndefined();
      expect(filesIn(there().path)).toEqual(files);
    }
    await there().free();
    expect(await records.put('b', utf8('2'), { ifVersion: null })).not.toBe('conflict');
    expect(await records.put('a', utf8('3'), { ifVersion: first.version })).not.toBe('conflict');
  });

  it('under packwright serve refuses a push, keeps what was pushed, and takes it when there is room', async () => {
    const served = await serveCommand({ store: 'fs:registry', port: 0 }, contextIn(there().path));
    try {
      const service = createPackService({ registries: httpRegistries({ unsafePlainHttp: true }) });
      const pack = (tag: string, size: number, seed: number) =>
        service.pack(
          { files: [{ path: 'a.bin', source: bytesSource(someBytes(size, seed)) }] },
          `${served.host}/app:${tag}`,
        );
      const { digest } = await pack('1', 300_000, 1);
      for (const left of [0, 30_000, 200_000]) {
        await there().fill(left);
        for (const [tag, size] of [
          ['1', 2_000_000],
          ['2', 250_000],
        ] as const) {
          const error = await failure(pack(tag, size, 2));
          expect(error).toMatchObject({ name: 'RegistryError', status: 413, retryable: false });
          expect(error.message).toContain('no room');
          expect(error.message).not.toContain(there().path);
        }
        expect(await service.inspect(`${served.host}/app:1`)).toMatchObject({ descriptor: { digest } });
        await expect(service.inspect(`${served.host}/app:2`)).rejects.toMatchObject({ code: 'ERR_REGISTRY_NOT_FOUND' });
      }
      await there().free();
      await pack('2', 250_000, 2);
      const { stdout, code } = await run(there().path, ['audit', 'fs:registry']);
      expect([code, stdout]).toEqual([0, expect.stringMatching(/^whole: /)]);
      expect(filesIn(join(there().path, 'registry')).filter((path) => path.startsWith('tmp'))).toEqual([]);
    } finally {
      await served.close();
    }
  });

  it('ends pack and pull with an error, and they succeed when there is room', async () => {
    const cwd = mkdtempSync(join(tmpdir(), 'packwright-full-'));
    const served = await serveCommand({ store: 'oci:.', port: 0 }, contextIn(cwd));
    try {
      mkdirSync(join(cwd, 'files'));
      for (const [index, size] of [700_000, 5_000_000].entries()) {
        writeFileSync(join(cwd, 'files', `${index}.bin`), someBytes(size, index + 1));
      }
      expect(await run(cwd, ['pack', 'files', '-o', 'oci:source:1'])).toMatchObject({ code: 0 });
      const { path } = there();
      const from = `${served.host}/source:1`;
      expect(await run(cwd, ['pack', join('files', '0.bin'), '-o', `oci:${path}/packs:old`])).toMatchObject({
        code: 0,
      });
      const files = filesIn(join(path, 'packs'));
      const documents = documentsIn(path);
      const commands = [
        ['pack', 'files', '-o', `oci:${path}/packs:1`],
        ['pack', 'files', '-o', `oci:${path}/new:1`],
        ['pack', 'files', '-o', `oci-archive:${path}/pack.tar:1`],
        ['pull', from, `oci:${path}/packs:2`],
        ['pull', from, `oci:${path}/pulled:1`],
      ];
      for (const left of [0, 1_000_000]) {
        await there().fill(left);
        for (const argv of commands) {
          const { code, stderr } = await run(cwd, [...argv, '--json', '--quiet']);
          const told = JSON.parse(stderr || '{}') as { error?: object };
          expect([argv.join(' '), code, told]).toMatchObject([
            argv.join(' '),
            1,
            { error: { code: 'ERR_STORE_QUOTA', hint: expect.stringContaining(path) as string } },
          ]);
          expect([argv.join(' '), documentsIn(path)]).toEqual([argv.join(' '), documents]);
        }
        expect(await run(cwd, ['audit', `oci:${path}/packs`])).toMatchObject({ code: 0 });
      }
      await there().free();
      // Blobs that came are there for the next try, and go where nobody tries again.
      expect(await run(cwd, ['gc', `oci:${path}/packs`, '--no-grace'])).toMatchObject({ code: 0 });
      expect(filesIn(join(path, 'packs'))).toEqual(files);
      for (const argv of commands.filter((_, index) => index % 2 === 0)) {
        expect(await run(cwd, argv)).toMatchObject({ code: 0 });
      }
    } finally {
      await served.close();
      rmSync(cwd, { recursive: true, force: true });
    }
  });

  it('gets no half of a tree from unpack, and nothing of one that is there is lost', async () => {
    const cwd = mkdtempSync(join(tmpdir(), 'packwright-full-'));
    try {
      writeFileSync(join(cwd, 'a.bin'), someBytes(700_000));
      writeFileSync(join(cwd, 'b.bin'), someBytes(5_000_000));
      expect(await run(cwd, ['pack', 'a.bin', 'b.bin', '-o', 'oci:source:1'])).toMatchObject({ code: 0 });
      const { path, mounted } = there();
      const command = await commandFile(join(cwd, 'command'));
      // The sink asks for the real path, which is one in the namespace.
      const unpack = (...flags: string[]): { status: number | null; stderr: string } => {
        const args = [command, 'unpack', `oci:${cwd}/source:1`, '--quiet', '--json', ...flags];
        const [program, rest] = there().within(process.execPath, args);
        return spawnSync(program, rest, { cwd, encoding: 'utf8' });
      };
      mkdirSync(join(path, 'merged'));
      writeFileSync(join(path, 'merged', 'c.txt'), 'c');
      const outputs = [
        ['-o', join(mounted, 'tree')],
        ['-o', join(mounted, 'merged'), '--merge'],
      ];
      for (const left of [0, 1_000_000]) {
        await there().fill(left);
        for (const output of outputs) {
          const { status, stderr } = unpack(...output);
          expect([status, JSON.parse(stderr)]).toMatchObject([
            1,
            { error: { code: 'ERR_STORE_QUOTA', hint: expect.stringContaining(mounted) as string } },
          ]);
          expect(filesIn(path)).toEqual([join('merged', 'c.txt')]);
        }
        expect(readdirSync(path).sort()).toEqual(['filler', 'merged']);
      }
      await there().free();
      for (const output of outputs) expect(unpack(...output)).toMatchObject({ status: 0 });
      expect(filesIn(path).map((file) => file.split('/').join(' '))).toEqual([
        'merged a.bin',
        'merged b.bin',
        'merged c.txt',
        'tree a.bin',
        'tree b.bin',
      ]);
    } finally {
      rmSync(cwd, { recursive: true, force: true });
    }
  });
});
