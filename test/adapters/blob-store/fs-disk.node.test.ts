import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fsBlobStore, fsRecordStore } from '../../../src/adapters/blob-store/fs.ts';
import { pathOfKey } from '../../../src/adapters/blob-store/record-path.ts';
import { utf8 } from '../../../src/bytes/encoding.ts';
import { bytesSource } from '../../../src/bytes/source.ts';
import { algorithmOf, digestOf, hexOf, type Digest } from '../../../src/digest/digest.ts';
import type { BlobStat, BlobStore } from '../../../src/ports/blob-store.ts';
import { chunkedSource, contentOf, failingSource, hangingSource, someBytes } from '../../../src/testing/bytes.ts';
import { temporaryFolder } from '../node/temporary-folder.ts';

const bytes = someBytes(5000);
const digest = digestOf(bytes);

function fileOf(directory: string, of: Digest = digest): string {
  return join(directory, 'blobs', algorithmOf(of), hexOf(of).slice(0, 2), hexOf(of).slice(2));
}

function plant(directory: string, content: Uint8Array, of: Digest = digest): string {
  const path = fileOf(directory, of);
  fs.mkdirSync(dirname(path), { recursive: true });
  fs.writeFileSync(path, content);
  return path;
}

async function listed(store: BlobStore): Promise<BlobStat[]> {
  const all: BlobStat[] = [];
  for await (const blob of store.list()) all.push(blob);
  return all;
}

describe('what a power loss leaves', () => {
  it('an empty file is no blob, and is written again', async () => {
    const directory = temporaryFolder();
    const store = fsBlobStore({ directory });
    plant(directory, new Uint8Array());
    expect(await store.get(digest)).toBeUndefined();
    expect(await store.stat(digest)).toBeUndefined();
    expect(await store.put(digest, chunkedSource(bytes))).toEqual({ created: true });
    expect(fs.readFileSync(fileOf(directory)).length).toBe(5000);
  });

  it('a short file does not count for a writer who knows the size', async () => {
    const directory = temporaryFolder();
    const store = fsBlobStore({ directory });
    plant(directory, bytes.subarray(0, 4096));
    expect(await store.put(digest, bytesSource(bytes))).toEqual({ created: true });
    expect(await contentOf((await (await store.get(digest))?.open()) as ReadableStream<Uint8Array>)).toEqual(bytes);
  });

  it('an ingest writes a short file again', async () => {
    const directory = temporaryFolder();
    const store = fsBlobStore({ directory });
    plant(directory, bytes.subarray(0, 4096));
    const ingest = await store.ingest?.();
    await ingest?.append(bytesSource(bytes));
    expect(await ingest?.commit(digest)).toMatchObject({ created: true });
    expect(fs.readFileSync(fileOf(directory)).length).toBe(5000);
  });

  it('an empty file can be listed and deleted', async () => {
    const directory = temporaryFolder();
    const store = fsBlobStore({ directory });
    plant(directory, new Uint8Array());
    expect(await listed(store)).toMatchObject([{ digest, size: 0 }]);
    expect(await store.delete(digest)).toBe(true);
    expect(await listed(store)).toEqual([]);
  });
});

describe('what is no blob', () => {
  it('a symbolic link is not followed, and a writer replaces it and not what it points at', async () => {
    const directory = temporaryFolder();
    const store = fsBlobStore({ directory });
    const secret = join(directory, 'secret');
    fs.writeFileSync(secret, bytes);
    fs.mkdirSync(dirname(fileOf(directory)), { recursive: true });
    fs.symlinkSync(secret, fileOf(directory));
    expect(await store.get(digest)).toBeUndefined();
    expect(await listed(store)).toEqual([]);
    expect(await store.put(digest, bytesSource(bytes))).toEqual({ created: true });
    expect(fs.lstatSync(fileOf(directory)).isFile()).toBe(true);
    expect(fs.lstatSync(secret).isFile()).toBe(true);
  });

  for (const size of [5000, 600_000]) {
    it(`a link that takes the place of a blob of ${size} bytes after it was found is not followed`, async () => {
      const directory = temporaryFolder();
      const store = fsBlobStore({ directory });
      const content = someBytes(size);
      await store.put(digestOf(content), bytesSource(content));
      const blob = await store.get(digestOf(content));
      const path = fileOf(directory, digestOf(content));
      fs.renameSync(path, join(directory, 'elsewhere'));
      fs.symlinkSync(join(directory, 'elsewhere'), path);
      await expect(blob?.open()).rejects.toMatchObject({ code: 'ERR_STORE_READ' });
      await expect(blob?.openUnverifiedRange(0, 5)).rejects.toMatchObject({ code: 'ERR_STORE_READ' });
    });

    it(`a pipe that takes the place of a blob of ${size} bytes makes nobody wait`, async () => {
      const directory = temporaryFolder();
      const store = fsBlobStore({ directory });
      const content = someBytes(size);
      await store.put(digestOf(content), bytesSource(content));
      const blob = await store.get(digestOf(content));
      fs.unlinkSync(fileOf(directory, digestOf(content)));
      execFileSync('mkfifo', [fileOf(directory, digestOf(content))]);
      await expect(blob?.open()).rejects.toMatchObject({ code: 'ERR_STORE_READ' });
      await expect(blob?.openUnverifiedRange(0, 5)).rejects.toMatchObject({ code: 'ERR_STORE_READ' });
    });

    it(`a file that replaces a blob of ${size} bytes after it was opened changes nothing for its reader`, async () => {
      const directory = temporaryFolder();
      const store = fsBlobStore({ directory });
      const content = someBytes(size);
      await store.put(digestOf(content), bytesSource(content));
      const stream = await (await store.get(digestOf(content)))?.open();
      fs.writeFileSync(join(directory, 'new'), 'other bytes');
      fs.renameSync(join(directory, 'new'), fileOf(directory, digestOf(content)));
      expect(await contentOf(stream as ReadableStream<Uint8Array>)).toEqual(content);
    });
  }

  it('folders and files with other names are not listed, read or deleted', async () => {
    const directory = temporaryFolder();
    const store = fsBlobStore({ directory });
    await store.put(digest, bytesSource(bytes));
    fs.writeFileSync(join(directory, 'blobs', 'README'), 'x');
    fs.writeFileSync(join(dirname(fileOf(directory)), 'x'.repeat(62)), 'x');
    fs.writeFileSync(join(directory, 'blobs', 'sha256', hexOf(digest)), bytes);
    fs.mkdirSync(fileOf(directory, digestOf(utf8('folder'))), { recursive: true });
    expect(await listed(store)).toHaveLength(1);
    expect(await store.get(digestOf(utf8('folder')))).toBeUndefined();
    expect(await store.delete(digestOf(utf8('folder')))).toBe(false);
    await expect(store.put(digestOf(utf8('folder')), bytesSource(utf8('folder')))).rejects.toMatchObject({
      code: 'ERR_STORE_WRITE',
    });
  });

  it('a file where the folder of blobs must be is an error, not an empty store', async () => {
    const directory = temporaryFolder();
    fs.writeFileSync(join(directory, 'blobs'), 'x');
    const store = fsBlobStore({ directory });
    await expect(listed(store)).rejects.toMatchObject({ code: 'ERR_STORE_READ' });
    await expect(store.put(digest, bytesSource(bytes))).rejects.toMatchObject({ code: 'ERR_STORE_WRITE' });
  });
});

describe('what a failure leaves of a folder that was not there', () => {
  const reason = new Error('enough');
  const failures: Record<string, (store: BlobStore) => Promise<unknown>> = {
    'wrong bytes': (store) => store.put(digest, bytesSource(utf8('x'))),
    'wrong bytes in chunks': (store) => store.put(digest, chunkedSource(utf8('x'))),
    'a source that fails': (store) => store.put(digest, failingSource(bytes, reason)),
    'a source that cannot be opened': (store) => store.put(digest, { open: () => Promise.reject(reason) }),
    'an abort': (store) => {
      const controller = new AbortController();
      return store.put(
        digest,
        hangingSource(bytes, () => controller.abort(reason)),
        { signal: controller.signal },
      );
    },
    'an aborted ingest': async (store) => {
      const ingest = await store.ingest?.();
      await ingest?.append(bytesSource(bytes));
      await ingest?.abort();
      throw reason;
    },
  };
  for (const [what, fail] of Object.entries(failures)) {
    it(`${what}: nothing`, async () => {
      const parent = temporaryFolder();
      await expect(fail(fsBlobStore({ directory: join(parent, 'a', 'b') }))).rejects.toThrow();
      expect(fs.readdirSync(parent)).toEqual([]);
    });
  }

  it('leaves other blobs and their folders alone', async () => {
    const directory = temporaryFolder();
    const store = fsBlobStore({ directory });
    await store.put(digest, bytesSource(bytes));
    await expect(store.put(digestOf(utf8('x')), bytesSource(bytes))).rejects.toThrow();
    expect(await store.stat(digest)).toMatchObject({ size: 5000 });
  });
});

describe('options', () => {
  it('that are missing or unknown are refused', () => {
    for (const options of [{}, { directory: '' }, { directory: 'x', durible: true }]) {
      const wrong = options as { directory: string };
      expect(() => fsBlobStore(wrong)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }));
      expect(() => fsRecordStore(wrong)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }));
    }
  });
});

describe('a record store in a folder', () => {
  it('refuses a record whose file was damaged, and says which', async () => {
    const directory = temporaryFolder();
    const store = fsRecordStore({ directory });
    await store.put('a/b', utf8('value'), { ifVersion: null });
    const path = join(directory, 'records', pathOfKey('a/b'));
    for (const damaged of ['', 'x', fs.readFileSync(path, 'utf8').replace('value', 'valve')]) {
      fs.writeFileSync(path, damaged);
      await expect(store.get('a/b')).rejects.toMatchObject({
        code: 'ERR_STORE_READ',
        hint: expect.stringContaining(path) as string,
      });
    }
  });

  it('leaves no folder behind when its last record is deleted', async () => {
    const directory = temporaryFolder();
    const store = fsRecordStore({ directory });
    const answer = await store.put('a/b/c', utf8('1'), { ifVersion: null });
    if (answer === 'conflict') throw new Error('conflict');
    await store.delete('a/b/c', { ifVersion: answer.version });
    expect(fs.readdirSync(directory)).toEqual([]);
  });

  it('leaves nothing of a folder that was not there when nothing was changed', async () => {
    const parent = temporaryFolder();
    const store = fsRecordStore({ directory: join(parent, 'a', 'b') });
    expect(await store.put('x', utf8('1'), { ifVersion: 'other' })).toBe('conflict');
    expect(await store.delete('x', { ifVersion: 'other' })).toBe(false);
    expect(fs.readdirSync(parent)).toEqual([]);
  });

  it('turns an error of the disk into one of its own', async () => {
    const directory = temporaryFolder();
    fs.writeFileSync(join(directory, 'records'), 'x');
    const store = fsRecordStore({ directory });
    await expect(store.get('a')).rejects.toMatchObject({ code: 'ERR_STORE_READ' });
    await expect(store.put('a', utf8('1'), { ifVersion: null })).rejects.toMatchObject({ code: 'ERR_STORE_WRITE' });
    await expect(store.delete('a', { ifVersion: 'x' })).rejects.toMatchObject({ code: 'ERR_STORE_WRITE' });
    await expect(store.list('')[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'ERR_STORE_READ' });
  });
});

describe('a full disk', () => {
  let disk: string | undefined;
  beforeAll(() => {
    const path = fs.mkdtempSync(join(tmpdir(), 'packwright-disk-'));
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', path], { stdio: 'ignore' });
      disk = path;
    } catch {
      fs.rmdirSync(path);
    }
  });
  afterAll(() => {
    if (disk === undefined) return;
    execFileSync('umount', [disk]);
    fs.rmdirSync(disk);
  });

  it('is ERR_STORE_QUOTA, leaves nothing, and an ingest can go on when there is room', async ({ skip }) => {
    if (disk === undefined) return skip('only root can mount a small disk');
    const store = fsBlobStore({ directory: join(disk, 'store') });
    const large = someBytes(3_000_000);
    await expect(store.put(digestOf(large), chunkedSource(large))).rejects.toMatchObject({ code: 'ERR_STORE_QUOTA' });
    expect(fs.readdirSync(disk)).toEqual([]);

    const filler = join(disk, 'filler');
    const ingest = await store.ingest?.();
    await ingest?.append(bytesSource(bytes.subarray(0, 1000)));
    fs.writeFileSync(filler, new Uint8Array(900_000));
    const more = someBytes(400_000, 3);
    await expect(ingest?.append(chunkedSource(more))).rejects.toMatchObject({ code: 'ERR_STORE_QUOTA' });
    await expect(ingest?.append(bytesSource(more.subarray(0, 250_000)))).rejects.toMatchObject({
      code: 'ERR_STORE_QUOTA',
    });
    expect(ingest?.offset).toBe(1000);
    fs.unlinkSync(filler);
    await ingest?.append(bytesSource(bytes.subarray(1000)));
    expect(await ingest?.commit('sha256')).toMatchObject({ digest, size: 5000 });

    const tiny = utf8('tiny');
    expect(() => fs.writeFileSync(filler, new Uint8Array(2_000_000))).toThrow('ENOSPC');
    await expect(store.put(digestOf(tiny), bytesSource(tiny))).rejects.toMatchObject({ code: 'ERR_STORE_QUOTA' });
  });
});
