import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  buildLayer,
  gunzipStream,
  gzipStream,
  readArchive,
  tarStream,
  type TarEntry,
} from '../../src/archive/index.ts';
import { bytesSource, streamOf, streamSource } from '../../src/bytes/source.ts';
import { digestOf } from '../../src/digest/index.ts';
import { cutStream, membersOf, wholeOf } from './reading.ts';

const large = Uint8Array.from({ length: 200_000 }, (_, index) => (index * index) >> 7);

const tree: TarEntry[] = [
  { path: 'bin', type: 'directory' },
  {
    path: 'bin/tool',
    type: 'file',
    executable: true,
    source: bytesSource(Uint8Array.of(1, 2, 3)),
    mtime: 1_700_000_000,
  },
  { path: 'empty', type: 'file' },
  { path: 'large', type: 'file', source: bytesSource(large) },
  { path: 'link', type: 'symlink', target: 'bin/tool' },
  { path: `long/${'b'.repeat(90)}/${'c'.repeat(90)}`, type: 'file', source: bytesSource(Uint8Array.of(5)) },
  { path: `long/${'ä'.repeat(100)}`, type: 'file', source: bytesSource(Uint8Array.of(4)) },
  { path: 'same', type: 'hardlink', target: 'bin/tool' },
  { path: 'streamed', type: 'file', source: streamSource(() => cutStream(large, 1000), { size: large.length }) },
];

describe('a tar that was written', () => {
  it.each(['gzip', 'none'] as const)('reads back as it was, compression %s', async (compression) => {
    const { stream, result } = buildLayer(tree, { compression });
    const bytes = await wholeOf(stream);
    expect(await result).toMatchObject({ digest: digestOf(bytes), size: bytes.length });
    const members = await membersOf(readArchive(streamOf(bytes)));
    expect(members.map(({ path, type }) => ({ path, type }))).toEqual(tree.map(({ path, type }) => ({ path, type })));
    expect(members[1]).toMatchObject({
      executable: true,
      mode: 0o755,
      mtime: 1_700_000_000,
      content: Uint8Array.of(1, 2, 3),
    });
    expect(members[3]?.content).toEqual(large);
    expect(members[4]).toMatchObject({ target: 'bin/tool', size: 0 });
    expect(members[7]).toMatchObject({ target: 'bin/tool' });
    expect(members[8]?.content).toEqual(large);
  });

  it('has the digest of its uncompressed bytes as diff id', async () => {
    const tar = await wholeOf(tarStream(tree));
    const { stream, result } = buildLayer(tree, { compression: 'gzip' });
    expect(await wholeOf(stream.pipeThrough(gunzipStream()))).toEqual(tar);
    expect((await result).diffId).toBe(digestOf(tar));
  });
});

describe('gzip', () => {
  it('gives back what went in, whatever it is and however it is cut', async () => {
    const content = fc
      .tuple(fc.nat(200_000), fc.nat(1 << 16), fc.integer({ min: 0, max: 20 }))
      .map(([length, seed, shift]) =>
        Uint8Array.from({ length }, (_, index) => Math.imul(index + seed, 2654435761 + seed) >>> (shift + 4)),
      );
    await fc.assert(
      fc.asyncProperty(content, fc.integer({ min: 1000, max: 70_000 }), async (bytes, cut) => {
        const zipped = await wholeOf(cutStream(bytes, cut).pipeThrough(gzipStream()));
        expect(digestOf(zipped)).toBe(digestOf(await wholeOf(streamOf(bytes).pipeThrough(gzipStream()))));
        expect(digestOf(await wholeOf(cutStream(zipped, cut).pipeThrough(gunzipStream())))).toBe(digestOf(bytes));
      }),
      { numRuns: 20 },
    );
  });
});
