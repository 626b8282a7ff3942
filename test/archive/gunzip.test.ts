import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc32 } from '../../src/archive/crc32.ts';
import { gunzipStream, gzipStream, readArchive } from '../../src/archive/index.ts';
import { utf8 } from '../../src/bytes/encoding.ts';
import { streamOf } from '../../src/bytes/source.ts';
import { concatBytes } from '../../src/bytes/stream.ts';
import { forge, tarOf } from './forge.ts';
import { cutStream, membersOf, wholeOf } from './reading.ts';

const invalid = { name: 'FormatError', code: 'ERR_ARCHIVE_INVALID' };

const gunzip = (bytes: Uint8Array, cut = 1 << 20): Promise<Uint8Array> =>
  wholeOf(cutStream(bytes, cut).pipeThrough(gunzipStream()));
const gzip = (bytes: Uint8Array): Promise<Uint8Array<ArrayBuffer>> =>
  wholeOf(streamOf(bytes).pipeThrough(gzipStream()));

/** A member whose content is one stored block, with chosen flags and header fields. */
function stored(content: string, flags = 0, fields: Uint8Array = new Uint8Array(0)): Uint8Array<ArrayBuffer> {
  const bytes = utf8(content);
  const block = Uint8Array.of(1, bytes.length, 0, ~bytes.length, 0xff);
  const trailer = new DataView(new ArrayBuffer(8));
  trailer.setUint32(0, crc32(bytes), true);
  trailer.setUint32(4, bytes.length, true);
  const header = Uint8Array.of(0x1f, 0x8b, 8, flags, 0, 0, 0, 0, 0, 255);
  return concatBytes([header, fields, block, bytes, new Uint8Array(trailer.buffer)]);
}

describe('gunzip', () => {
  it('knows the CRC-32 of the check value of RFC 1952, whole and in parts', () => {
    expect(crc32(utf8('123456789'))).toBe(0xcbf43926);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.uint8Array({ maxLength: 100 }), (a, b) => {
        expect(crc32(b, crc32(a))).toBe(crc32(concatBytes([a, b])));
      }),
    );
  });

  it.each<[what: string, expected: string, bytes: Uint8Array]>([
    ['a stored block', 'abc', stored('abc')],
    ['no content', '', stored('')],
    ['an extra field', 'abc', stored('abc', 4, Uint8Array.of(2, 0, 9, 9))],
    ['an empty extra field', 'abc', stored('abc', 4, Uint8Array.of(0, 0))],
    ['a name', 'abc', stored('abc', 8, utf8('file.tar\0'))],
    ['a comment', 'abc', stored('abc', 16, utf8('hello\0'))],
    ['a name and a comment', 'abc', stored('abc', 24, utf8('file.tar\0hello\0'))],
    ['everything, with a header CRC', 'abc', withHeaderCrc(stored('abc', 30, everything))],
    ['the text flag', 'abc', stored('abc', 1)],
    ['two members', 'abcdef', concatBytes([stored('abc'), stored('def')])],
    ['an empty member between', 'abcdef', concatBytes([stored('abc'), stored(''), stored('def')])],
    ['zeros behind the end', 'abc', concatBytes([stored('abc'), new Uint8Array(40_000)])],
  ])('reads %s, however it is cut', async (_what, expected, bytes) => {
    for (const cut of [1, 2, 7, 1 << 20]) expect(await gunzip(bytes, cut)).toEqual(utf8(expected));
  });

  it.each<[what: string, bytes: Uint8Array]>([
    ['nothing', new Uint8Array(0)],
    ['zeros alone', new Uint8Array(20)],
    ['another magic', concatBytes([Uint8Array.of(0x1f, 0x8c), stored('abc').subarray(2)])],
    ['another method', concatBytes([Uint8Array.of(0x1f, 0x8b, 7), stored('abc').subarray(3)])],
    ['a reserved flag 0x20', stored('abc', 0x20)],
    ['a reserved flag 0x80', stored('abc', 0x80)],
    ['a wrong header CRC', stored('abc', 2, Uint8Array.of(1, 2))],
    [
      'a name without end',
      concatBytes([stored('').subarray(0, 3), Uint8Array.of(8), new Uint8Array(300_000).fill(65)]),
    ],
    ['a name that is cut', concatBytes([stored('').subarray(0, 3), Uint8Array.of(8), new Uint8Array(30).fill(65)])],
    ['a wrong CRC', changed(stored('abc'), -8)],
    ['a wrong length', changed(stored('abc'), -1)],
    ['a block of the reserved type', changed(stored('abc'), 10, 7)],
    ['other data behind the end', concatBytes([stored('abc'), utf8('x')])],
    ['other data behind zeros', concatBytes([stored('abc'), new Uint8Array(3), utf8('x')])],
    ['a member behind zeros', concatBytes([stored('abc'), new Uint8Array(3), stored('abc')])],
    ['a member that is cut behind a whole one', concatBytes([stored('abc'), stored('abc').subarray(0, -1)])],
    // A name of more than 256 KiB in chunks of one byte takes some seconds on a busy machine.
  ])('refuses %s, however it is cut', { timeout: 30_000 }, async (_what, bytes) => {
    for (const cut of [1, 7, 1 << 20]) await expect(gunzip(bytes, cut)).rejects.toMatchObject(invalid);
  });

  it('refuses what is cut anywhere', async () => {
    const bytes = await gzip(Uint8Array.from({ length: 3000 }, (_, index) => (index * index) % 253));
    for (let end = 1; end < bytes.length; end += 13) {
      await expect(gunzip(bytes.subarray(0, end))).rejects.toMatchObject(invalid);
    }
  });

  it('refuses one flipped bit, or gives the content as it was', async () => {
    const content = utf8('the quick brown fox jumps over the lazy dog '.repeat(40));
    const bytes = await gzip(content);
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.nat(7), async (position, bit) => {
        const flipped = changed(bytes, position, (bytes[position] ?? 0) ^ (1 << bit));
        const outcome = await gunzip(flipped).catch((error: unknown) => error);
        // Time, hints and system in the header, and the bits that fill the last byte, are covered by no CRC.
        if (outcome instanceof Uint8Array) expect(outcome).toEqual(content);
        else expect(outcome).toMatchObject(invalid);
      }),
      { numRuns: 300 },
    );
  });

  it('reads members that are longer than one step, with more behind', async () => {
    const content = Uint8Array.from({ length: 200_000 }, (_, index) => (index * 2654435761) >>> 24);
    const two = concatBytes([await gzip(content), await gzip(content)]);
    for (const cut of [999, 1 << 20]) expect(await gunzip(two, cut)).toEqual(concatBytes([content, content]));
  });

  it('lets an abort of its input through as it is', async () => {
    const reason = new Error('enough');
    const broken = new ReadableStream<Uint8Array>({ pull: (c) => c.error(reason) });
    await expect(wholeOf(broken.pipeThrough(gunzipStream()))).rejects.toBe(reason);
  });

  it('cancels its input when nobody reads on', async () => {
    let cancelled = false;
    const bytes = await gzip(new Uint8Array(100_000));
    const source = new ReadableStream<Uint8Array>({
      pull: (c) => c.enqueue(bytes),
      cancel: () => void (cancelled = true),
    });
    const reader = source.pipeThrough(gunzipStream()).getReader();
    await reader.read();
    await reader.cancel();
    expect(cancelled).toBe(true);
  });
});

/** A change of one byte; from the end where the position is negative. */
function changed(bytes: Uint8Array, position: number, value?: number): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(bytes);
  const at = position < 0 ? copy.length + position : position;
  copy[at] = value ?? (copy[at] ?? 0) ^ 1;
  return copy;
}

const everything = concatBytes([Uint8Array.of(2, 0, 9, 9), utf8('file.tar\0hello\0'), Uint8Array.of(0, 0)]);

function withHeaderCrc(member: Uint8Array): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(member);
  const end = 10 + everything.length - 2;
  new DataView(copy.buffer).setUint16(end, crc32(copy.subarray(0, end)) & 0xffff, true);
  return copy;
}

describe('an archive of unknown compression', () => {
  const tar = tarOf(forge({}, 'x'));

  it('is read as gzip or plain by its first bytes, however it is cut', async () => {
    for (const bytes of [tar, await gzip(tar)]) {
      for (const cut of [1, 1 << 20])
        expect(await membersOf(readArchive(cutStream(bytes, cut)))).toMatchObject([{ path: 'a' }]);
    }
  });

  it('may be empty, or shorter than a magic', async () => {
    expect(await membersOf(readArchive(streamOf(new Uint8Array(0))))).toEqual([]);
    await expect(membersOf(readArchive(streamOf(Uint8Array.of(1, 2))))).rejects.toMatchObject(invalid);
  });

  it.each([
    ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
    ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]],
    ['bzip2', [0x42, 0x5a, 0x68, 0x39, 0x31, 0x41, 0x59, 0x26, 0x53, 0x59]],
  ])('is refused when it is %s, unless a decompressor is given', async (name, magic) => {
    const bytes = concatBytes([Uint8Array.from(magic), tar]);
    const error = { name: 'UsageError', code: 'ERR_UNSUPPORTED' };
    await expect(membersOf(readArchive(streamOf(bytes)))).rejects.toMatchObject(error);
    const cutMagic = (stream: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> => {
      let first = true;
      return stream.pipeThrough(
        new TransformStream<Uint8Array, Uint8Array>({
          transform(chunk, controller) {
            controller.enqueue(first ? chunk.subarray(magic.length) : chunk);
            first = false;
          },
        }),
      );
    };
    expect(await membersOf(readArchive(streamOf(bytes), { decompressors: { [name]: cutMagic } }))).toHaveLength(1);
  });

  it('is a plain tar when its first name merely starts like bzip2', async () => {
    expect(await membersOf(readArchive(streamOf(tarOf(forge({ name: 'BZh9' })))))).toMatchObject([{ path: 'BZh9' }]);
  });
});
