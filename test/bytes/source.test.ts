import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blobSource, bytesSource, streamOf, streamSource, type ByteSource } from '../../src/bytes/source.ts';
import { readAll, streamFrom } from '../../src/bytes/stream.ts';

const content = Uint8Array.from({ length: 10 }, (_, index) => index);

async function* inChunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}

const kinds: readonly (readonly [string, (bytes: Uint8Array<ArrayBuffer>) => ByteSource])[] = [
  ['bytesSource', (bytes) => bytesSource(bytes)],
  ['blobSource', (bytes) => blobSource(new Blob([bytes]))],
  ['streamSource', (bytes) => streamSource(() => streamFrom(inChunks(bytes, 3)), { size: bytes.length })],
];

const read = async (source: ByteSource, start?: number, end?: number): Promise<Uint8Array> =>
  readAll(await source.open({ start, end }), { limit: 1000 });

describe.each(kinds)('%s', (_, sourceOf) => {
  it('knows its size, and opens as often as asked', async () => {
    const source = sourceOf(content);
    expect(source.size).toBe(10);
    expect(await readAll(await source.open(), { limit: 10 })).toEqual(content);
    expect(await read(source)).toEqual(content);
  });

  it('gives any range as subarray does', async () => {
    const source = sourceOf(content);
    await fc.assert(
      fc.asyncProperty(fc.nat(12), fc.option(fc.nat(12), { nil: undefined }), async (start, length) => {
        const end = length === undefined ? undefined : start + length;
        expect(await read(source, start, end)).toEqual(content.subarray(start, end));
      }),
    );
  });

  it.each([
    [-1, undefined],
    [0.5, undefined],
    [NaN, undefined],
    [5, 4],
    [0, NaN],
    [0, 1.5],
    [0, -Infinity],
  ])('refuses the range %d to %d', async (start, end) => {
    await expect(sourceOf(content).open({ start, end })).rejects.toMatchObject({
      name: 'UsageError',
      code: 'ERR_INVALID_ARGUMENT',
    });
  });

  it('takes a range without an end', async () => {
    expect(await read(sourceOf(content), 8, Infinity)).toEqual(content.subarray(8));
  });

  it('opens nothing when the signal has fired', async () => {
    const reason = new Error('enough');
    await expect(sourceOf(content).open({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  it('has no bytes where there are none', async () => {
    expect(await read(sourceOf(new Uint8Array()))).toEqual(new Uint8Array());
  });
});

describe('bytesSource', () => {
  it('is not changed by what the caller writes later', async () => {
    const bytes = new Uint8Array([1, 2]);
    const source = bytesSource(bytes);
    bytes.fill(9);
    expect(await read(source)).toEqual(new Uint8Array([1, 2]));
    expect(source.bytes).toEqual(new Uint8Array([1, 2]));
  });

  it('gives a blob', async () => {
    const blob = await bytesSource(content).blob?.();
    expect(new Uint8Array((await blob?.arrayBuffer()) ?? new ArrayBuffer())).toEqual(content);
  });
});

describe('blobSource', () => {
  it('gives its blob', async () => {
    const blob = new Blob([content]);
    expect(await blobSource(blob).blob?.()).toBe(blob);
  });
});

describe('streamSource', () => {
  it('has no size where nobody gave one', () => {
    expect('size' in streamSource(() => streamOf(content))).toBe(false);
  });

  it('hands its signal to the factory', async () => {
    const { signal } = new AbortController();
    const seen: unknown[] = [];
    const source = streamSource((given) => {
      seen.push(given);
      return Promise.resolve(streamOf(content));
    });
    await source.open({ signal });
    expect(seen).toEqual([signal]);
  });

  it('cancels the whole stream when the end of a range is reached', async () => {
    let cancelled = false;
    const source = streamSource(
      () =>
        new ReadableStream<Uint8Array>({
          pull(controller) {
            controller.enqueue(content);
          },
          cancel() {
            cancelled = true;
          },
        }),
    );
    expect(await read(source, 5, 12)).toEqual(new Uint8Array([5, 6, 7, 8, 9, 0, 1]));
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(cancelled).toBe(true);
  });
});
