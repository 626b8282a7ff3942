import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readTar, readTarBatches, tarStream, type TarEntry } from '../../src/archive/index.ts';
import { bytesSource, streamOf } from '../../src/bytes/source.ts';
import { concatBytes } from '../../src/bytes/stream.ts';
import { digestOf } from '../../src/digest/index.ts';
import { forge, forgeHeader, forgePax, record, tarOf, type ForgedHeader } from './forge.ts';
import { cutStream, membersOf, wholeOf, type ReadMember } from './reading.ts';

const invalid = { name: 'FormatError', code: 'ERR_ARCHIVE_INVALID' };
const unsafe = { name: 'FormatError', code: 'ERR_UNSAFE_PATH' };
const tooMuch = { name: 'FormatError', code: 'ERR_LIMIT_EXCEEDED' };

const read = (bytes: Uint8Array): Promise<ReadMember[]> => membersOf(readTar(streamOf(bytes)));
const base256 = (value: number, length = 12): Uint8Array => {
  const field = new Uint8Array(length);
  new DataView(field.buffer).setBigInt64(length - 8, BigInt(value));
  field[0] = 0x80;
  return field;
};
const longLink = (flag: 'L' | 'K', name: string): Uint8Array =>
  forge({ name: '././@LongLink', flag, magic: 'gnu' }, `${name}\0`);

describe('a tar that other programs write', () => {
  it.each<[what: string, expected: object, ...parts: Uint8Array[]]>([
    ['v7, without magic', { path: 'a', type: 'file' }, forge({ flag: '\0', magic: 'v7' }, 'x')],
    ['v7, a folder by its slash', { path: 'a', type: 'directory' }, forge({ name: 'a/', flag: '\0', magic: 'v7' })],
    ['ustar, a folder by its slash', { path: 'a', type: 'directory' }, forge({ name: 'a/', flag: '0' })],
    ['ustar with a prefix', { path: 'p/a' }, forge({ prefix: 'p' })],
    [
      'old GNU with something else where the prefix would be',
      { path: 'a' },
      forge({ magic: 'gnu', prefix: '00000000000' }),
    ],
    ['v7 with something else where the prefix would be', { path: 'a' }, forge({ magic: 'v7', prefix: 'junk' })],
    ['a name of exactly 100 bytes', { path: 'n'.repeat(100) }, forge({ name: 'n'.repeat(100) })],
    ['./ in front', { path: 'a' }, forge({ name: './a' })],
    ['./ in front, twice', { path: 'a' }, forge({ name: '././a' })],
    ['GNU long name', { path: `${'d/'.repeat(60)}a` }, longLink('L', `./${'d/'.repeat(60)}a`), forge({ magic: 'gnu' })],
    [
      'GNU long link',
      { path: 'a', target: 't'.repeat(120) },
      longLink('K', 't'.repeat(120)),
      forge({ flag: '2', magic: 'gnu', target: 't' }),
    ],
    [
      'both GNU long ones',
      { path: 'n'.repeat(120), target: 't'.repeat(120) },
      longLink('K', 't'.repeat(120)),
      longLink('L', 'n'.repeat(120)),
      forge({ flag: '2', magic: 'gnu', target: 't' }),
    ],
    [
      'pax path and linkpath',
      { path: 'ä', target: 'ö' },
      forgePax(record('path', 'ä') + record('linkpath', 'ö')),
      forge({ flag: '2', target: 'x' }),
    ],
    [
      'pax path over a name that is not UTF-8',
      { path: 'ä' },
      forgePax(record('path', 'ä')),
      forge({ name: Uint8Array.of(0xe4) }),
    ],
    [
      'pax path and GNU long name that agree',
      { path: 'ä' },
      forgePax(record('path', 'ä')),
      longLink('L', 'ä'),
      forge({}),
    ],
    ['pax mtime with a fraction', { mtime: 1.5 }, forgePax(record('mtime', '1.5')), forge({})],
    ['pax mtime before 1970', { mtime: -1 }, forgePax(record('mtime', '-1')), forge({})],
    [
      'pax with keys of others',
      { path: 'a' },
      forgePax(record('VENDOR.x', 'ß=1') + record('uname', 'me') + record('hdrcharset', 'ISO-IR 10646 2000 UTF-8')),
      forge({}),
    ],
    ['a pax header without records', { path: 'a' }, forgePax(''), forge({})],
    [
      'global pax header of git archive',
      { path: 'a', mtime: 0 },
      forgePax(record('comment', '0123abcd') + record('mtime', '9'), 'g'),
      forge({}),
    ],
    ['a UTF-8 name in the header', { path: 'ä' }, forge({ name: 'ä' })],
    ['base 256 size', { content: Uint8Array.of(7) }, forge({ size: base256(1) }, Uint8Array.of(7))],
    [
      'base 256 time before 1970',
      { mtime: -2 },
      forge({ mtime: Uint8Array.from({ length: 12 }, (_, index) => (index < 11 ? 0xff : 0xfe)) }),
    ],
    [
      'numbers filled with spaces',
      { content: Uint8Array.of(7), mode: 0o755 },
      forge({ size: '          1 ', mode: '   755 \0' }, Uint8Array.of(7)),
    ],
    ['fields that are empty', { size: 0, mode: 0 }, forge({ size: '', mode: '', mtime: '' })],
    ['a checksum over signed bytes', { path: 'ä' }, forge({ name: 'ä', checksum: signedSum('ä') })],
    ['a link to nothing that exists', { target: '../x' }, forge({ name: 'd/a', flag: '2', target: '../x' })],
    ['a link to the root', { target: '..' }, forge({ name: 'd/a', flag: '2', target: '..' })],
    ['a link with a slash behind its target', { target: 'd/' }, forge({ flag: '2', target: 'd/' })],
  ])('is read: %s', async (_what, expected, ...parts) => {
    expect(await read(tarOf(...parts))).toMatchObject([expected]);
  });

  it('has its root folder left out', async () => {
    expect(await read(tarOf(forge({ name: './', flag: '5' }), forge({ name: '.', flag: '5' })))).toEqual([]);
  });

  it('may name a folder twice, and after what is in it', async () => {
    const folder = forge({ name: 'd/', flag: '5' });
    expect(await read(tarOf(forge({ name: 'd/x' }), folder, folder))).toHaveLength(3);
  });

  it('may name hard links by ./ and by another hard link', async () => {
    const tar = tarOf(
      forge({}),
      forge({ name: 'b', flag: '1', target: './a' }),
      forge({ name: 'c', flag: '1', target: 'b' }),
    );
    expect(await read(tar)).toMatchObject([{}, { path: 'b', target: 'a' }, { path: 'c', target: 'b' }]);
  });

  it('may lead a link through other links, as long as it stays inside', async () => {
    const tar = tarOf(
      forge({ name: 'node_modules/pkg', flag: '2', target: '../packages/pkg' }),
      forge({ name: 'node_modules/.bin/x', flag: '2', target: '../pkg/../pkg/cli.js' }),
    );
    expect(await read(tar)).toHaveLength(2);
  });

  it.each([
    ['nothing at all', new Uint8Array(0), 0],
    ['no zero blocks', forge({}, 'x'), 1],
    ['one zero block', concatBytes([forge({}, 'x'), new Uint8Array(512)]), 1],
    ['zeros to the end of a record', concatBytes([forge({}, 'x'), new Uint8Array(9216)]), 1],
    ['zeros that end within a block', concatBytes([forge({}, 'x'), new Uint8Array(1100)]), 1],
  ])('may end with %s', async (_what, bytes, count) => {
    expect(await read(bytes)).toHaveLength(count);
  });
});

function signedSum(name: string): string {
  const header = forgeHeader({ name });
  const stored = parseInt(String.fromCharCode(...header.subarray(148, 154)), 8);
  const high = header.filter((byte) => byte > 127).length;
  return `${(stored - 256 * high).toString(8).padStart(6, '0')}\0 `;
}

describe('a tar that is malformed or misleading', () => {
  const headers: [string, object, ForgedHeader][] = [
    ['a wrong checksum', invalid, { checksum: '000001\0 ' }],
    ['a checksum that is no number', invalid, { checksum: 'xxxxxx\0 ' }],
    ['a size with other letters', invalid, { size: '0000000008\0' }],
    ['a size that goes on behind its end', invalid, { size: '00000\u000000001' }],
    ['a size beyond what can be counted', invalid, { size: base256(2 ** 60) }],
    ['a mode that is negative', invalid, { mode: '\u00ff\u00ff' }],
    ['an unknown kind', invalid, { flag: 'Z' }],
    ['a contiguous file', invalid, { flag: '7' }],
    ['a volume label', invalid, { flag: 'V' }],
    ['a file of several volumes', invalid, { flag: 'M' }],
    ['a folder with a body', invalid, { name: 'a/', flag: '5', size: 1 }],
    ['a file that is a folder by its slash, with a body', invalid, { name: 'a/', size: 1 }],
    ['a link with a body', invalid, { flag: '2', target: 'b', size: 512 }],
    ['a hard link with a body', invalid, { flag: '1', target: 'b', size: 512 }],
    ['a link without a target', unsafe, { flag: '2' }],
    ['a hard link without a target', unsafe, { flag: '1' }],
    ['a link with a backslash', unsafe, { flag: '2', target: 'b\\c' }],
    ['a link with a control character', unsafe, { flag: '2', target: 'b\nc' }],
    ['a link to itself', unsafe, { flag: '2', target: 'a' }],
    ['an empty name', unsafe, { name: '' }],
    ['a name that is not UTF-8', unsafe, { name: Uint8Array.of(0xff) }],
    ['a name with an empty segment', unsafe, { name: 'a//b' }],
    ['a name with a dot segment inside', unsafe, { name: 'a/./b' }],
    ['a control character', unsafe, { name: 'a\u0007' }],
  ];
  it.each(headers)('is refused: %s', async (_what, error, header) => {
    await expect(read(tarOf(forge(header)))).rejects.toMatchObject(error);
  });

  it.each<[what: string, error: object, ...parts: Uint8Array[]]>([
    ['the same file twice', unsafe, forge({}), forge({})],
    ['a file where a folder is', unsafe, forge({ name: 'a/b' }), forge({ name: 'a' })],
    ['a folder where a file is', unsafe, forge({}), forge({ name: 'a/', flag: '5' })],
    ['an entry below a file', unsafe, forge({}), forge({ name: 'a/b' })],
    [
      'an entry below a hard link',
      unsafe,
      forge({}),
      forge({ name: 'b', flag: '1', target: 'a' }),
      forge({ name: 'b/c' }),
    ],
    ['folders that differ in case', unsafe, forge({ name: 'a/b' }), forge({ name: 'A/c' })],
    ['a hard link before its file', unsafe, forge({ name: 'b', flag: '1', target: 'a' }), forge({})],
    ['a hard link to itself', unsafe, forge({ flag: '1', target: 'a' })],
    ['a hard link to a folder', unsafe, forge({ name: 'd/', flag: '5' }), forge({ flag: '1', target: 'd' })],
    ['a hard link whose target differs in case', unsafe, forge({}), forge({ name: 'b', flag: '1', target: 'A' })],
    [
      'two links that lead to each other',
      unsafe,
      forge({ flag: '2', target: 'b' }),
      forge({ name: 'b', flag: '2', target: 'a' }),
    ],
    ['a pax length that is too long', invalid, forgePax('99 path=a\n'), forge({})],
    ['a pax length that is too short', invalid, forgePax('8 path=a\n'), forge({})],
    ['a pax length with a zero in front', invalid, forgePax('010 path=a\n'), forge({})],
    ['a pax length of nothing', invalid, forgePax('0 \n'), forge({})],
    ['a pax record without length', invalid, forgePax('path=a\n'), forge({})],
    ['a pax record without =', invalid, forgePax('7 path\n'), forge({})],
    ['a pax record without key', invalid, forgePax('5 =a\n'), forge({})],
    ['a pax record followed by zeros', invalid, forgePax(`${record('path', 'a')}\0\0`), forge({})],
    ['a pax path that is empty', invalid, forgePax(record('path', '')), forge({})],
    ['a pax path twice', invalid, forgePax(record('path', 'a') + record('path', 'b')), forge({})],
    [
      'a pax path that is not UTF-8',
      invalid,
      forgePax(Uint8Array.from([0x31, 0x30, 0x20, ...new TextEncoder().encode('path='), 0xff, 0x0a])),
      forge({}),
    ],
    ['a pax size that is negative', invalid, forgePax(record('size', '-1')), forge({})],
    ['a pax size that is huge', invalid, forgePax(record('size', '9'.repeat(16))), forge({})],
    ['a pax size that is hexadecimal', invalid, forgePax(record('size', '0x10')), forge({})],
    ['a pax size that is empty', invalid, forgePax(record('size', '')), forge({})],
    [
      'a pax size on a folder',
      invalid,
      forgePax(record('size', '512')),
      forge({ name: 'd/', flag: '5' }),
      new Uint8Array(512),
    ],
    ['a pax mtime that is no number', invalid, forgePax(record('mtime', 'now')), forge({})],
    ['names in another charset', invalid, forgePax(record('hdrcharset', 'BINARY')), forge({})],
    ['a sparse file of star', invalid, forgePax(record('SCHILY.realsize', '1')), forge({})],
    ['a sparse file of Solaris', invalid, forgePax(record('SUN.holesdata', ' 0 1')), forge({})],
    ['a global path', invalid, forgePax(record('path', 'a'), 'g'), forge({})],
    ['a global size', invalid, forgePax(record('size', '1'), 'g'), forge({})],
    ['two pax headers for one entry', invalid, forgePax(''), forgePax(''), forge({})],
    ['two GNU long names for one entry', invalid, longLink('L', 'a'), longLink('L', 'b'), forge({})],
    [
      'a pax path and a GNU long name that differ',
      invalid,
      forgePax(record('path', 'a')),
      longLink('L', 'b'),
      forge({}),
    ],
    ['a GNU long name with a zero byte inside', invalid, longLink('L', 'a\0b'), forge({})],
    ['a GNU long name that is empty', invalid, longLink('L', ''), forge({})],
    ['a GNU long name that is too long', tooMuch, forgeHeader({ flag: 'L', size: (1 << 20) + 1 }), forge({})],
    ['an extended header without an entry', invalid, forgePax(record('path', 'a'))],
    ['an entry behind one zero block', invalid, new Uint8Array(512), forge({})],
    ['an entry behind the end', invalid, new Uint8Array(1024), forge({})],
  ])('is refused: %s', async (_what, error, ...parts) => {
    await expect(read(tarOf(...parts))).rejects.toMatchObject(error);
  });

  it('is refused when it is cut anywhere but behind an entry', async () => {
    const tar = tarOf(forgePax(record('path', 'long')), forge({}, 'x'), forge({ name: 'b' }, 'y'.repeat(70_000)));
    const ends = [0, 2048, tar.length - 1024];
    for (const cut of [1, 511, 512, 600, 1024, 1025, 1536, 1537, 2047, 2049, 2560, 30_000, tar.length - 1025]) {
      expect(ends).not.toContain(cut);
      await expect(read(tar.subarray(0, cut))).rejects.toMatchObject(invalid);
    }
    for (const end of ends) expect(await read(tar.subarray(0, end))).toBeInstanceOf(Array);
  });
});

describe('limits', () => {
  const two = tarOf(forge({}), forge({ name: 'b' }, 'x'));
  it.each([
    ['entries', 2],
    ['totalBytes', two.length],
    ['nameBytes', 2],
  ])('hold for %s at the value, not below', async (name, value) => {
    expect(await membersOf(readTar(streamOf(two), { limits: { [name]: value } }))).toHaveLength(2);
    const below = membersOf(readTar(streamOf(two), { limits: { [name]: value - 1 } }));
    await expect(below).rejects.toMatchObject({ ...tooMuch, details: { limit: name, value: value - 1 } });
  });

  it('count global headers as entries', async () => {
    const tar = tarOf(forgePax(record('comment', 'x'), 'g'), forge({}));
    await expect(membersOf(readTar(streamOf(tar), { limits: { entries: 1 } }))).rejects.toMatchObject(tooMuch);
  });

  it.each([{ entries: 0 }, { entries: NaN }, { entrees: 5 }])('that make no sense are refused: %o', async (limits) => {
    const reading = membersOf(readTar(streamOf(two), { limits }));
    await expect(reading).rejects.toMatchObject({ name: 'UsageError', code: 'ERR_INVALID_ARGUMENT' });
  });
});

describe('reading a tar', () => {
  const body = Uint8Array.from({ length: 200_000 }, (_, index) => index % 251);
  const tar = tarOf(forge({}, 'x'), forge({ name: 'large' }, body), forge({ name: 'z' }, 'y'));

  it('gives the same members however the bytes are cut', async () => {
    const shape = async (stream: ReadableStream<Uint8Array>): Promise<string[]> =>
      (await membersOf(readTar(stream))).map(({ path, content }) => `${path} ${digestOf(content)}`);
    const whole = await shape(streamOf(tar));
    const short = tarOf(forgePax(record('path', 'x')), forge({}, 'x'), forge({ name: 'z' }, 'y'));
    expect(await shape(cutStream(short, 1))).toEqual(await shape(streamOf(short)));
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 100, max: 80_000 }), async (cut) => {
        expect(await shape(cutStream(tar, cut))).toEqual(whole);
      }),
      { numRuns: 15 },
    );
  });

  it('gives small bodies whole, in batches, and streams large ones', async () => {
    const batches: string[][] = [];
    for await (const batch of readTarBatches(streamOf(tar)))
      batches.push(batch.map((member) => `${member.path} ${String(member.bytes?.length)}`));
    expect(batches).toEqual([['a 1', 'large undefined'], ['z 1']]);
  });

  it('skips what is not read, or read in part', async () => {
    const paths: string[] = [];
    for await (const member of readTar(cutStream(tar, 5000))) {
      paths.push(member.path);
      if (member.path !== 'large') continue;
      const reader = member.open().getReader();
      await reader.read();
      await reader.read();
    }
    expect(paths).toEqual(['a', 'large', 'z']);
  });

  it('refuses to open a large body twice, or after the next member', async () => {
    let late: ReadableStream<Uint8Array> | undefined;
    for await (const member of readTar(streamOf(tar))) {
      if (member.path !== 'large') continue;
      late = member.open();
      expect(() => member.open()).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }) as Error);
    }
    await expect(wholeOf(late as ReadableStream<Uint8Array>)).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
  });

  it('fails the body of a file that is cut', async () => {
    for await (const member of readTar(cutStream(tar.subarray(0, 100_000), 5000))) {
      if (member.path === 'large') {
        await expect(wholeOf(member.open())).rejects.toMatchObject(invalid);
        return;
      }
    }
    expect.unreachable();
  });

  it('ends with the reason of its signal, and cancels its stream', async () => {
    const controller = new AbortController();
    let cancelled: unknown;
    const endless = new ReadableStream<Uint8Array>({
      start: (c) => c.enqueue(tar.subarray(0, 4096)),
      cancel: (reason) => void (cancelled = reason),
    });
    const reading = membersOf(readTar(endless, { signal: controller.signal }));
    const reason = new Error('enough');
    setTimeout(() => controller.abort(reason), 5);
    await expect(reading).rejects.toBe(reason);
    expect(cancelled).toBe(reason);
  });

  it('cancels its stream when the caller stops', async () => {
    let cancelled = false;
    const endless = new ReadableStream<Uint8Array>({
      start: (c) => c.enqueue(tar.subarray(0, 4096)),
      cancel: () => void (cancelled = true),
    });
    for await (const member of readTar(endless)) if (member.path === 'a') break;
    expect(cancelled).toBe(true);
  });

  it('lets an error of the stream through', async () => {
    const error = new Error('broken');
    const broken = new ReadableStream<Uint8Array>({ pull: (c) => c.error(error) });
    await expect(membersOf(readTar(broken))).rejects.toBe(error);
  });

  it('is the inverse of writing', async () => {
    const name = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 120 })
      .map((text) => text.replace(/[\\:\u0000-\u001f\u007f/]/gu, '_'));
    const entry = fc.record({
      name,
      bytes: fc.uint8Array({ maxLength: 2000 }),
      executable: fc.boolean(),
      mtime: fc.integer({ min: -1000, max: 2 ** 40 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(entry, { maxLength: 8 }), async (entries) => {
        const tree = entries.map(({ name: own, bytes, executable, mtime }, index): TarEntry => ({
          path: `${index}/${own}`,
          type: 'file',
          executable,
          mtime,
          source: bytesSource(bytes),
        }));
        fc.pre(
          tree.every(({ path }) => !/\/\.{1,2}$|\.wh\./.test(path) && new TextEncoder().encode(path).length < 250),
        );
        const members = await membersOf(readTar(tarStream(tree, { order: 'given' })));
        expect(members.map(({ path, executable, mtime, content }) => ({ path, executable, mtime, content }))).toEqual(
          tree.map(({ path, executable, mtime, source }) => ({ path, executable, mtime, content: source?.bytes })),
        );
      }),
      { numRuns: 100 },
    );
  });
});
