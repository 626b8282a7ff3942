import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fileBytes, walkFolder, type FolderEntry } from '../../../src/adapters/source/file.ts';
import { compareBytewise, utf8 } from '../../../src/bytes/encoding.ts';
import { readAll } from '../../../src/bytes/stream.ts';

let root: string;

beforeEach(() => {
  root = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), 'packwright-test-')));
});

afterEach(() => {
  fs.rmSync(root, { recursive: true, force: true });
});

function put(path: string, content: string | Uint8Array = path, mode = 0o644): string {
  const full = join(root, path);
  fs.mkdirSync(join(full, '..'), { recursive: true });
  fs.writeFileSync(full, content, { mode });
  return full;
}

const someBytes = (size: number): Uint8Array => new Uint8Array(size).map((_, index) => index * 31 + (index >> 8));
const limit = 1 << 24;

describe('fileBytes', () => {
  it.each([0, 1, 65_536, 65_537, 2_500_000])('gives the size and the bytes of a file of %i', async (size) => {
    const bytes = someBytes(size);
    const source = await fileBytes(put('f', bytes));
    expect(source.size).toBe(size);
    expect(source.bytes === undefined).toBe(size > 65_536);
    expect(Buffer.compare(await readAll(await source.open(), { limit }), bytes)).toBe(0);
    const blob = await source.blob?.();
    expect(blob?.size).toBe(size);
  });

  it.each([1000, 2_500_000])('opens a range, and opens again, in a file of %i', async (size) => {
    const bytes = someBytes(size);
    const source = await fileBytes(put('f', bytes));
    const range = await readAll(await source.open({ start: 10, end: 990 }), { limit });
    expect(Buffer.compare(range, bytes.subarray(10, 990))).toBe(0);
    const tail = await readAll(await source.open({ start: size - 5, end: size + 100 }), { limit });
    expect(Buffer.compare(tail, bytes.subarray(size - 5))).toBe(0);
    expect(await readAll(await source.open({ start: size + 1 }), { limit })).toHaveLength(0);
    await expect(source.open({ start: -1 })).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
  });

  it('hands out arrays that are never written to again', async () => {
    const bytes = someBytes(3_000_000);
    const source = await fileBytes(put('f', bytes));
    const chunks: Uint8Array[] = [];
    for await (const chunk of (await source.open()) as unknown as AsyncIterable<Uint8Array>) chunks.push(chunk);
    expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
    expect(Math.max(...chunks.map((chunk) => chunk.length))).toBe(1 << 20);
  });

  it.each([
    ['grew', (path: string): void => fs.appendFileSync(path, 'x')],
    ['shrank', (path: string): void => fs.truncateSync(path, 100_000)],
    ['was replaced', (path: string): void => fs.renameSync(put('other', someBytes(200_000)), path)],
  ])('fails when the file %s since it was looked at', async (_, change) => {
    const path = put('f', someBytes(200_000));
    const source = await fileBytes(path);
    change(path);
    await expect(readAll(await source.open(), { limit })).rejects.toMatchObject({ code: 'ERR_STORE_READ' });
  });

  it('fails when the file shrinks while it is read', async () => {
    const path = put('f', someBytes(3_000_000));
    const reader = (await (await fileBytes(path)).open()).getReader();
    await reader.read();
    fs.truncateSync(path, 1 << 20);
    const readOn = async (): Promise<void> => {
      while (!(await reader.read()).done);
    };
    await expect(readOn()).rejects.toMatchObject({ code: 'ERR_STORE_READ' });
  });

  it('fails with the path when the file is gone', async () => {
    const path = put('f', someBytes(200_000));
    const source = await fileBytes(path);
    fs.rmSync(path);
    await expect(readAll(await source.open(), { limit })).rejects.toMatchObject({ code: 'ERR_STORE_READ' });
  });

  it('ends with the reason of its signal', async () => {
    const source = await fileBytes(put('f', someBytes(3_000_000)));
    const controller = new AbortController();
    const reader = (await source.open({ signal: controller.signal })).getReader();
    await reader.read();
    controller.abort(new Error('enough'));
    await expect(reader.read()).rejects.toThrow('enough');
  });

  it('closes the file when the reader stops early', async () => {
    const source = await fileBytes(put('f', someBytes(3_000_000)));
    const stream = await source.open();
    const reader = stream.getReader();
    await reader.read();
    await expect(reader.cancel()).resolves.toBeUndefined();
  });

  it('follows a link that the caller named, unless told not to', async () => {
    put('f', 'text');
    fs.symlinkSync('f', join(root, 'link'));
    expect((await fileBytes(join(root, 'link'))).bytes).toEqual(utf8('text'));
    await expect(fileBytes(join(root, 'link'), { followLinks: false })).rejects.toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
    });
  });

  it.each(['missing', 'folder', 'pipe', 'f/below'])('refuses a path that is no file: %s', async (name) => {
    put('f');
    fs.mkdirSync(join(root, 'folder'));
    execFileSync('mkfifo', [join(root, 'pipe')]);
    await expect(fileBytes(join(root, name))).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT', argument: 'path' });
  });
});

describe('walkFolder', () => {
  const paths = (): string[] => Array.from(walkFolder(root), (entry) => entry.path);

  it('gives entries sorted bytewise by their whole path', () => {
    for (const path of ['a/z', 'a-b', 'a.b/c', 'a/b/c', 'A', 'é', 'z', '\u{ff5e}', '\u{1f600}', 'a0']) put(path);
    const found = paths();
    expect(found).toEqual([...found].sort(compareBytewise));
    expect(found.indexOf('a-b')).toBeLessThan(found.indexOf('a/b'));
    expect(found).toHaveLength(13);
  });

  it('tells folders, files, their executable bit and their bytes', () => {
    put('bin/run', '#!', 0o755);
    put('bin/group', '', 0o655);
    fs.mkdirSync(join(root, 'empty'));
    const entries = [...walkFolder(root)];
    expect(entries.map(({ type }) => type)).toEqual(['directory', 'file', 'file', 'directory']);
    const [, group, run] = entries as Extract<FolderEntry, { type: 'file' }>[];
    expect([group?.executable, run?.executable]).toEqual([false, true]);
    expect(run?.source.bytes).toEqual(utf8('#!'));
  });

  it('keeps links that stay inside, also dangling ones, and follows none', () => {
    put('d/f');
    fs.symlinkSync('../d', join(root, 'd/up'));
    fs.symlinkSync('nowhere', join(root, 'gone'));
    expect([...walkFolder(root)]).toMatchObject([
      { path: 'd' },
      { path: 'd/f' },
      { path: 'd/up', type: 'symlink', target: '../d' },
      { path: 'gone', type: 'symlink', target: 'nowhere' },
    ]);
  });

  it.each(['../x', '/etc/passwd', 'd/../../x', 'deep/up/../../x', 'loop'])('refuses a link to %s', (target) => {
    put('d/f');
    fs.mkdirSync(join(root, 'deep'));
    fs.symlinkSync('../d', join(root, 'deep/up'));
    fs.symlinkSync(target, join(root, 'loop'));
    expect(paths).toThrow(expect.objectContaining({ code: 'ERR_UNSAFE_PATH' }));
  });

  it('refuses a pipe', () => {
    execFileSync('mkfifo', [join(root, 'special')]);
    expect(paths).toThrow(expect.objectContaining({ code: 'ERR_UNSAFE_PATH' }));
  });

  it('refuses a socket', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(join(root, 'special'), resolve));
    expect(paths).toThrow(expect.objectContaining({ code: 'ERR_UNSAFE_PATH' }));
    server.close();
  });

  it('refuses names that not every system can hold', () => {
    put('a\\b');
    expect(paths).toThrow(expect.objectContaining({ code: 'ERR_UNSAFE_PATH' }));
  });

  it('stops at the limit of entries', () => {
    put('a');
    put('b');
    expect([...walkFolder(root, { maxEntries: 2 })]).toHaveLength(2);
    expect(() => [...walkFolder(root, { maxEntries: 1 })]).toThrow(
      expect.objectContaining({ code: 'ERR_LIMIT_EXCEEDED' }),
    );
  });

  it('stops with the reason of its signal', () => {
    put('a');
    expect(() => [...walkFolder(root, { signal: AbortSignal.abort(new Error('enough')) })]).toThrow('enough');
  });

  it('refuses a root that is no folder', () => {
    put('a');
    for (const name of ['a', 'missing']) {
      expect(() => walkFolder(join(root, name))).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }));
    }
  });

  it('fails with the path when a file vanishes under its feet', () => {
    put('a');
    put('b');
    const walk = walkFolder(root)[Symbol.iterator]();
    walk.next();
    fs.rmSync(join(root, 'b'));
    expect(() => walk.next()).toThrow(expect.objectContaining({ code: 'ERR_STORE_READ' }));
  });
});
