import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { npmCacheSource } from '../../../src/adapters/source/npm-cache.ts';
import { utf8 } from '../../../src/bytes/encoding.ts';
import { chunksOf, readAll } from '../../../src/bytes/stream.ts';
import { digestOf, type Digest, type DigestAlgorithm } from '../../../src/digest/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'npm-cache-'));
const source = npmCacheSource({ directory: folder });
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function pathOf(digest: Digest, base = join(folder, '_cacache')): string {
  const [algorithm = '', hex = ''] = digest.split(':');
  return join(base, 'content-v2', algorithm, hex.slice(0, 2), hex.slice(2, 4), hex.slice(4));
}

function add(bytes: Uint8Array, algorithm: DigestAlgorithm = 'sha512', base?: string): Digest {
  const digest = digestOf(bytes, algorithm);
  mkdirSync(dirname(pathOf(digest, base)), { recursive: true });
  writeFileSync(pathOf(digest, base), bytes);
  return digest;
}

async function get(digests: readonly Digest[], maxBytes?: number): Promise<string | undefined> {
  const stream = await source.open({ name: 'a@1.0.0', digests }, { maxBytes });
  return stream && new TextDecoder().decode(await readAll(stream, { limit: 1e9 }));
}

describe("npm's cache as a source", () => {
  it('finds content by its digest', async () => {
    expect(await get([add(utf8('one'))])).toBe('one');
    expect(await get([add(utf8('two'), 'sha256')])).toBe('two');
  });

  it('looks for the strongest digest first, and goes on to the others', async () => {
    const weaker = add(utf8('weaker'), 'sha256');
    expect(await get([weaker, add(utf8('stronger'))])).toBe('stronger');
    expect(await get([weaker, digestOf(utf8('absent'), 'sha512')])).toBe('weaker');
  });

  it('takes the folder of the content as well', async () => {
    const digest = add(utf8('inside'), 'sha512', folder);
    expect(await get([digest])).toBe('inside');
  });

  it('does not have what is absent, not even in a cache that is absent', async () => {
    expect(await get([digestOf(utf8('nothing'))])).toBeUndefined();
    expect(await get([])).toBeUndefined();
    const nowhere = npmCacheSource({ directory: join(folder, 'nowhere') });
    expect(await nowhere.open({ name: 'a', digests: [digestOf(utf8('one'), 'sha512')] })).toBeUndefined();
  });

  it('reads what npm itself puts there, in pieces', async () => {
    const bytes = new Uint8Array(3 * 1024 * 1024 + 7).map((_, index) => index * 31);
    const stream = await source.open({ name: 'large', digests: [add(bytes)] });
    let size = 0;
    for await (const chunk of chunksOf(stream as ReadableStream<Uint8Array>)) {
      expect(chunk.length).toBeLessThanOrEqual(1024 * 1024);
      size += chunk.length;
    }
    expect(size).toBe(bytes.length);
  });

  it('gives bytes that rotted as they are: who asked checks them', async () => {
    const digest = add(utf8('good'));
    writeFileSync(pathOf(digest), 'evil');
    expect(await get([digest])).toBe('evil');
  });

  it('follows no link, opens no pipe and reads no folder', async () => {
    const digests = ['link', 'pipe', 'folder'].map((text) => digestOf(utf8(text), 'sha512'));
    for (const digest of digests) mkdirSync(dirname(pathOf(digest)), { recursive: true });
    const [link, pipe, directory] = digests as [Digest, Digest, Digest];
    writeFileSync(join(folder, 'secret'), 'secret');
    symlinkSync(join(folder, 'secret'), pathOf(link));
    execFileSync('mkfifo', [pathOf(pipe)]);
    mkdirSync(pathOf(directory));
    for (const digest of digests) expect(await get([digest])).toBeUndefined();
  });

  it('stops at the limit', async () => {
    const digest = add(utf8('12345'));
    expect(await get([digest], 5)).toBe('12345');
    await expect(get([digest], 4)).rejects.toMatchObject({ code: 'ERR_LIMIT_EXCEEDED', details: { limit: 4 } });
  });

  it('says that a name is too long to be read', async () => {
    const deep = npmCacheSource({ directory: join(folder, 'x'.repeat(300)) });
    const found = deep.open({ name: 'a@1.0.0', digests: [digestOf(utf8('one'), 'sha512')] });
    await expect(found).rejects.toMatchObject({ code: 'ERR_SOURCE_UNAVAILABLE', details: { entry: 'a@1.0.0' } });
  });

  it('ends with the reason of a signal', async () => {
    const digest = add(utf8('one'));
    const artifact = { name: 'a', digests: [digest] };
    const reason = new Error('enough');
    await expect(source.open(artifact, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  it('refuses options that are not known', () => {
    expect(() => npmCacheSource({ directory: '' })).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }));
    const options = { directory: folder, dir: 'x' } as { directory: string };
    expect(() => npmCacheSource(options)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }));
  });
});
