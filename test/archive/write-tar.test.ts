import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildLayer, gzipStream, readTar, tarStream, type TarEntry } from '../../src/archive/index.ts';
import { bytesSource, streamOf, streamSource, type ByteSource } from '../../src/bytes/source.ts';
import { digestOf } from '../../src/digest/index.ts';
import { cutStream, membersOf, wholeOf } from './reading.ts';

/** Bytes that are the same everywhere, and neither constant nor random. */
const pattern = (length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, index) => ((index * index) >>> 5) ^ (index >>> 9));

const golden: TarEntry[] = [
  { path: 'd', type: 'directory' },
  { path: 'd/file', type: 'file', source: bytesSource(pattern(1000)) },
  { path: 'd/large', type: 'file', source: bytesSource(pattern(300_000)) },
  { path: 'd/run', type: 'file', executable: true, source: bytesSource(pattern(10)), mtime: 1_000_000_000 },
  { path: 'hard', type: 'hardlink', target: 'd/file' },
  { path: `long/${'n'.repeat(120)}`, type: 'file', mtime: 2 ** 40 },
  { path: 'soft', type: 'symlink', target: `d/${'../d/'.repeat(30)}file` },
  { path: 'ä', type: 'file', mtime: -1 },
];

describe('the bytes of a tar', () => {
  it('are pinned, so that no change of code or library alters them unnoticed', async () => {
    expect(digestOf(await wholeOf(tarStream(golden)))).toBe(
      'sha256:c5b23699b5f96e4c4536e1c2e1db1adb8074a2cf7d8843663fb2370fae6ef7d2',
    );
  });

  it('are pinned when compressed', async () => {
    const { stream, result } = buildLayer(golden, { compression: 'gzip' });
    await wholeOf(stream);
    expect(await result).toEqual({
      digest: 'sha256:c8ae9f4873dca03b9c4a73a74d608d4078ef345521de1e0dbd3b211584e22a22',
      diffId: 'sha256:c5b23699b5f96e4c4536e1c2e1db1adb8074a2cf7d8843663fb2370fae6ef7d2',
      size: 294518,
    });
  });

  it('of no entries are two zero blocks', async () => {
    expect(await wholeOf(tarStream([]))).toEqual(new Uint8Array(1024));
    expect(digestOf(await wholeOf(streamOf(new Uint8Array(0)).pipeThrough(gzipStream())))).toBe(
      'sha256:59869db34853933b239f1e2219cf7d431da006aa919635478511fabbfc8849d2',
    );
  });

  it('do not depend on how the content comes', async () => {
    const content = pattern(150_000);
    const whole = await wholeOf(tarStream([{ path: 'a', type: 'file', source: bytesSource(content) }]));
    for (const cut of [100, 40_000, 1 << 20]) {
      const source = streamSource(() => cutStream(content, cut), { size: content.length });
      expect(await wholeOf(tarStream([{ path: 'a', type: 'file', source }]))).toEqual(whole);
    }
  });

  it('take entries from an async iterable', async () => {
    async function* later(): AsyncGenerator<TarEntry> {
      for (const entry of golden) yield await Promise.resolve(entry);
    }
    expect(await wholeOf(tarStream(later()))).toEqual(await wholeOf(tarStream(golden)));
  });

  it('come in chunks that nobody writes to afterwards', async () => {
    const entries = Array.from({ length: 40 }, (_, index): TarEntry => {
      const content = pattern(100_000);
      const source =
        index % 2 === 0
          ? bytesSource(content)
          : streamSource(() => cutStream(content, 50_000), { size: content.length });
      return { path: `f${String(index).padStart(2, '0')}`, type: 'file', source };
    });
    const chunks: Uint8Array[] = [];
    const digests: string[] = [];
    const reader = tarStream(entries).getReader();
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      chunks.push(next.value);
      digests.push(digestOf(next.value));
    }
    expect(chunks.map((chunk) => digestOf(chunk))).toEqual(digests);
    expect(Math.max(...chunks.map((chunk) => chunk.length))).toBeLessThanOrEqual(1 << 20);
  });

  it('hold a size beyond 8 GiB in a pax record', async () => {
    const size = 8 * 2 ** 30;
    const content = new ReadableStream<Uint8Array>({ pull: (c) => c.enqueue(new Uint8Array(40_000)) });
    const reader = tarStream([
      { path: 'huge', type: 'file', source: { size, open: () => Promise.resolve(content) } },
    ]).getReader();
    const { value } = await reader.read();
    expect(new TextDecoder().decode(value)).toContain(`19 size=${size}\n`);
    await reader.cancel();
  });
});

describe('writing a tar', () => {
  const usage = { name: 'UsageError', code: 'ERR_INVALID_ARGUMENT' };
  const unsafe = { name: 'FormatError', code: 'ERR_UNSAFE_PATH' };
  const file = (path: string): TarEntry => ({ path, type: 'file' });

  it.each<[what: string, error: object, entries: TarEntry[]]>([
    ['entries that are not sorted', usage, [file('b'), file('a')]],
    ['entries sorted by UTF-16 rather than by bytes', usage, [file('\u{10000}'), file('\uff00')]],
    ['the same path twice', usage, [file('a'), file('a')]],
    ['two paths that differ in case', unsafe, [file('A'), file('a')]],
    ['an unsafe path', unsafe, [file('../a')]],
    ['a path with a slash at its end', unsafe, [{ path: 'a/', type: 'directory' }]],
    ['a link that leaves the tree', unsafe, [{ path: 'a', type: 'symlink', target: '..' }]],
    ['a link without a target', usage, [{ path: 'a', type: 'symlink' }]],
    ['a hard link before its file', unsafe, [{ path: 'a', type: 'hardlink', target: 'b' }, file('b')]],
    ['a file with a target', usage, [{ path: 'a', type: 'file', target: 'b' }]],
    ['a folder with content', usage, [{ path: 'a', type: 'directory', source: bytesSource(new Uint8Array(1)) }]],
    ['a type that does not exist', usage, [{ path: 'a', type: 'fifo' as 'file' }]],
    ['content of unknown size', usage, [{ path: 'a', type: 'file', source: streamSource(() => new ReadableStream()) }]],
    [
      'a size that is no number of bytes',
      usage,
      [{ path: 'a', type: 'file', source: { size: 1.5, open: () => Promise.reject(new Error()) } }],
    ],
    ['a time with a fraction', usage, [{ path: 'a', type: 'file', mtime: 1.5 }]],
  ])('refuses %s', async (_what, error, entries) => {
    await expect(wholeOf(tarStream(entries))).rejects.toMatchObject(error);
  });

  it('keeps the given order when it is asked to', async () => {
    const members = await membersOf(readTar(tarStream([file('b'), file('a')], { order: 'given' })));
    expect(members.map((member) => member.path)).toEqual(['b', 'a']);
  });

  it.each([
    ['more', 4],
    ['fewer', 6],
  ])('fails when a source gives %s bytes than it says', async (_what, size) => {
    const mismatch = { name: 'IntegrityError', code: 'ERR_SIZE_MISMATCH', expected: String(size) };
    const source = streamSource(() => streamOf(new Uint8Array(5)), { size });
    await expect(wholeOf(tarStream([{ path: 'a', type: 'file', source }]))).rejects.toMatchObject(mismatch);
    const bytes = { ...bytesSource(new Uint8Array(5)), size };
    await expect(wholeOf(tarStream([{ path: 'a', type: 'file', source: bytes }]))).rejects.toMatchObject(mismatch);
  });

  it('ends with the reason of its signal', async () => {
    const reason = new Error('enough');
    const signal = AbortSignal.abort(reason);
    await expect(wholeOf(tarStream([file('a')], { signal }))).rejects.toBe(reason);
  });

  it('ends at once when it is cancelled while it waits for content', async () => {
    const source: ByteSource = { size: 5, open: () => Promise.resolve(new ReadableStream()) };
    const reader = tarStream([{ path: 'a', type: 'file', source }]).getReader();
    const reading = reader.read();
    await reader.cancel();
    expect(await reading).toEqual({ done: true, value: undefined });
  });

  it('cancels the content it is in when it is cancelled', async () => {
    let cancelled = false;
    const content = new ReadableStream<Uint8Array>({
      pull: (c) => c.enqueue(new Uint8Array(40_000)),
      cancel: () => void (cancelled = true),
    });
    const source = { size: 2 ** 30, open: () => Promise.resolve(content) };
    const reader = tarStream([{ path: 'a', type: 'file', source }]).getReader();
    await reader.read();
    await reader.read();
    await reader.cancel();
    expect(cancelled).toBe(true);
  });
});

describe('a layer', () => {
  const file: TarEntry = { path: 'a', type: 'file', source: bytesSource(pattern(5000)) };

  it('without compression has its digest as diff id', async () => {
    const { stream, result } = buildLayer([file], { compression: 'none' });
    const bytes = await wholeOf(stream);
    expect(await result).toEqual({ digest: digestOf(bytes), diffId: digestOf(bytes), size: bytes.length });
  });

  it('whose entries fail rejects stream and result alike', async () => {
    const { stream, result } = buildLayer([{ path: '..', type: 'file' }], { compression: 'gzip' });
    await expect(wholeOf(stream)).rejects.toMatchObject({ code: 'ERR_UNSAFE_PATH' });
    await expect(result).rejects.toMatchObject({ code: 'ERR_UNSAFE_PATH' });
  });

  it.each([undefined, new Error('enough')])('that is cancelled rejects its result: %s', async (reason) => {
    const { stream, result } = buildLayer([file], { compression: 'gzip' });
    await stream.cancel(reason);
    await (reason === undefined
      ? expect(result).rejects.toMatchObject({ name: 'AbortError' })
      : expect(result).rejects.toBe(reason));
  });

  it('is the same for any chunks of its content', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 100_000 }), async (cut) => {
        const content = pattern(200_000);
        const source = streamSource(() => cutStream(content, cut), { size: content.length });
        const digestFor = async (entry: TarEntry): Promise<string> => {
          const { stream, result } = buildLayer([entry], { compression: 'gzip' });
          await wholeOf(stream);
          return (await result).digest;
        };
        const whole = await digestFor({ path: 'a', type: 'file', source: bytesSource(content) });
        expect(await digestFor({ path: 'a', type: 'file', source })).toBe(whole);
      }),
      { numRuns: 5 },
    );
  });
});
