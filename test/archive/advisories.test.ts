import { describe, expect, it } from 'vitest';
import {
  archiveLimits,
  createMemberCheck,
  gunzipStream,
  gzipStream,
  readArchive,
  readTar,
  type CheckedMember,
} from '../../src/archive/index.ts';
import { streamOf } from '../../src/bytes/source.ts';
import { concatBytes } from '../../src/bytes/stream.ts';
import { forge, forgeHeader, forgePax, record, tarOf } from './forge.ts';
import { cutStream, membersOf, wholeOf } from './reading.ts';

const invalid = { name: 'FormatError', code: 'ERR_ARCHIVE_INVALID' };
const unsafe = { name: 'FormatError', code: 'ERR_UNSAFE_PATH' };
const tooMuch = { name: 'FormatError', code: 'ERR_LIMIT_EXCEEDED' };

const link = (name: string, target: string): Uint8Array => forge({ name, flag: '2', target });
const hardlink = (name: string, target: string): Uint8Array => forge({ name, flag: '1', target });
const folder = (name: string): Uint8Array => forge({ name: `${name}/`, flag: '5', mode: '0000755\0' });
const file = (name: string, body = 'x'): Uint8Array => forge({ name }, body);

/** A whole tar as the body of a file: what a reader finds that loses count. */
const smuggled = tarOf(file('smuggled'));

const nfc = 'caf\u00e9';
const nfd = 'cafe\u0301';

describe('an archive of a published advisory is refused', () => {
  it.each<[id: string, error: object, ...parts: Uint8Array[]]>([
    ['CVE-2018-20834 a file over a hard link', unsafe, file('t'), hardlink('a', 't'), file('a')],
    ['CVE-2021-32803 a folder replaced by a link', unsafe, folder('d'), link('d', 'e'), file('d/x')],
    ['CVE-2021-32804 a path with several leading slashes', unsafe, file('////home/x')],
    ['CVE-2021-37701 a backslash as separator', unsafe, folder('d'), link('d\\', '.'), file('d/x')],
    ['CVE-2021-37701 a link whose case differs from the folder', unsafe, folder('d'), link('D', 'e'), file('d/x')],
    ['CVE-2021-37701 a link with a trailing slash', unsafe, folder('d'), link('d/', 'e')],
    ['CVE-2021-37712 two Unicode forms of one name', unsafe, folder(nfc), link(nfd, 'e'), file(`${nfc}/x`)],
    ['CVE-2021-37713 a path relative to a drive', unsafe, file('C:../x')],
    [
      'CVE-2024-28863 a path of very many folders',
      unsafe,
      forgePax(record('path', 'a/'.repeat(100_000) + 'x')),
      file('x'),
    ],
    ['CVE-2026-23745 an absolute link target', unsafe, link('a', '/etc/passwd')],
    ['CVE-2026-23745 an absolute hard link target', unsafe, hardlink('a', '/etc/passwd')],
    ['CVE-2026-23950 ß and ss', unsafe, file('stra\u00dfe'), link('strasse', 'x')],
    ['CVE-2026-24842 a hard link target with ..', unsafe, file('x'), folder('d'), hardlink('d/a', '../x')],
    [
      'CVE-2026-26960 a hard link through two links',
      unsafe,
      folder('a'),
      folder('a/b'),
      link('a/b/up', '../..'),
      link('l', 'a/b/up/..'),
      hardlink('h', 'l/x'),
    ],
    ['CVE-2026-29786 a hard link target relative to a drive', unsafe, hardlink('a', 'C:../x')],
    ['CVE-2026-31802 a link target relative to a drive', unsafe, link('a', 'C:../x')],
    ['CVE-2026-59874 a negative size', invalid, forge({ size: Uint8Array.from({ length: 12 }, () => 0xff) })],
    ['GHSA-gvwx-54wh-qm9j a zero byte in a pax string', invalid, forgePax(record('path', 'a\0b')), file('x')],
    ['CVE-2024-12905 an entry written through a link', unsafe, link('d', 'e'), file('d/x')],
    ['CVE-2025-48387 a link that climbs out', unsafe, folder('d'), link('d/a', '../../x')],
    ['CVE-2025-59343 a sibling whose name starts like the root', unsafe, file('../root-evil/x')],
    ['CVE-2025-59343 a link to such a sibling', unsafe, link('a', '../root-evil')],
    [
      'CVE-2025-62518 TARmageddon with the sizes swapped',
      invalid,
      forgePax(record('size', '0')),
      forge({ name: 'x' }, Uint8Array.of(1)),
    ],
    ['CVE-2026-33056 a folder over a link', unsafe, link('d', 'e'), folder('d')],
    ['CVE-2026-32766 a malformed pax record', invalid, forgePax('20 path=a\n'), file('x')],
    ['CVE-2018-20990 a folder made through a link', unsafe, link('d', '.'), folder('d/e')],
    ['CVE-2022-2879 an endless extended header', tooMuch, forgePax(new Uint8Array(1_048_577))],
    ['CVE-2025-58183 a pax sparse file', invalid, forgePax(record('GNU.sparse.major', '1')), file('x')],
    ['CVE-2026-32288 an old GNU sparse file', invalid, forge({ flag: 'S', magic: 'gnu' })],
    ['CVE-2025-22873 a path that ends in ..', unsafe, folder('..')],
    ['CVE-2026-39822 a link with a slash behind, then through it', unsafe, folder('d'), link('l', 'd/'), file('l/x')],
    ['CVE-2007-4559 a path that climbs', unsafe, file('a/../../x')],
    ['CVE-2024-12718 the root folder replaced', unsafe, link('.', '/')],
    ['CVE-2025-4138 a link to above the root', unsafe, link('a', '..')],
    [
      'CVE-2025-4517 a chain of links too long for the system',
      unsafe,
      folder('d'.repeat(200)),
      ...longChain(),
      link('out', `${'l/'.repeat(45)}../x`),
    ],
    ['CVE-2025-8194 a negative size in octal', invalid, forge({ size: '-0000000777\0' })],
    [
      'CVE-2024-57970 a GNU long link without a zero byte',
      unsafe,
      forge({ name: '././@LongLink', flag: 'K', magic: 'gnu' }, '/x'),
      link('a', 'b'),
    ],
    ['CVE-2021-32760 a hard link to a link', unsafe, link('l', 'x'), hardlink('h', 'l')],
    ['CVE-2021-29136 a link at the root', unsafe, link('./', 'x')],
    ['CVE-2026-50163 a hard link to what is not in the archive', unsafe, hardlink('a', 'package.json')],
    ['CVE-2026-50162 a chain of links out of the root', unsafe, folder('a'), link('a/b', '..'), link('c', 'a/b/..')],
    [
      'CVE-2026-85731 the same chain, its middle coming last',
      unsafe,
      link('c', 'a/b/..'),
      link('a', '.'),
      link('b', '.'),
    ],
    ['a character device', invalid, forge({ flag: '3' })],
    ['a block device', invalid, forge({ flag: '4' })],
    ['a fifo', invalid, forge({ flag: '6' })],
    ['a whiteout', unsafe, file('.wh.x')],
    ['a whiteout of ..', unsafe, file('d/.wh...')],
    ['an opaque whiteout', unsafe, file('d/.wh..wh..opq')],
    ['a stream of NTFS', unsafe, file('a:b')],
    ['a path of the kind \\\\?\\', unsafe, file('\\\\?\\C:\\x')],
  ])('%s', async (_id, error, ...parts) => {
    await expect(membersOf(readTar(streamOf(tarOf(...parts))))).rejects.toMatchObject(error);
  });
});

/** `l` leads to itself one folder deeper, again and again. */
function longChain(): Uint8Array[] {
  return [link('l', '.')];
}

describe('an archive of a published advisory is harmless', () => {
  it('CVE-2026-53655 gives a pax size to the next file alone, not to the long name between', async () => {
    const long = forge({ name: '././@LongLink', flag: 'L', magic: 'gnu' }, 'long\0');
    const tar = tarOf(forgePax(record('size', String(smuggled.length))), long, forge({ name: 'x', size: 5 }, smuggled));
    const members = await membersOf(readTar(streamOf(tar)));
    expect(members).toMatchObject([{ path: 'long', size: smuggled.length, content: smuggled }]);
  });

  it('CVE-2025-62518 and CVE-2026-33055 let the pax size override the header, whichever is larger', async () => {
    const larger = tarOf(forgePax(record('size', String(smuggled.length))), forge({ name: 'x', size: 0 }, smuggled));
    expect((await membersOf(readTar(streamOf(larger)))).map((member) => member.path)).toEqual(['x']);
    const smaller = tarOf(forgePax(record('size', '1')), forge({ name: 'x', size: 9999 }, 'x'), file('y'));
    expect((await membersOf(readTar(streamOf(smaller)))).map((member) => member.path)).toEqual(['x', 'y']);
  });

  it('GHSA-w8wr-v893-vjvp keeps a pax path that looks like a number', async () => {
    const members = await membersOf(readTar(streamOf(tarOf(forgePax(record('path', '12345')), file('x')))));
    expect(members.map((member) => member.path)).toEqual(['12345']);
  });

  it('CVE-2025-64118 never gives more or other bytes than the archive holds', async () => {
    const cut = tarOf(file('a', 'x'.repeat(100_000))).subarray(0, 60_000);
    await expect(membersOf(readTar(streamOf(cut)))).rejects.toMatchObject(invalid);
  });

  it('GHSA-r292-9mhp-454m takes the deepest path that is allowed, and no deeper one, without recursion', async () => {
    const at = (depth: number): Uint8Array => tarOf(forgePax(record('path', 'a/'.repeat(depth - 1) + 'x')), file('x'));
    expect(await membersOf(readTar(streamOf(at(256))))).toHaveLength(1);
    await expect(membersOf(readTar(streamOf(at(257))))).rejects.toMatchObject(unsafe);
  });

  it('drops setuid, setgid and sticky bits', async () => {
    const members = await membersOf(readTar(streamOf(tarOf(forge({ mode: '0007755\0' })))));
    expect(members).toMatchObject([{ mode: 0o755, executable: true }]);
  });

  it('ignores security.capability and other extended attributes', async () => {
    const value = 'SCHILY.xattr.security.capability=\u0001\0\0\u0002\n';
    const tar = tarOf(forgePax(`${value.length + 3} ${value}`), file('x'));
    expect(await membersOf(readTar(streamOf(tar)))).toHaveLength(1);
  });

  it('CVE-2017-14992 keeps no body in memory that nobody reads', async () => {
    const body = new Uint8Array(1 << 16);
    let left = 2000;
    const stream = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (left === 2000) controller.enqueue(forgeHeader({ size: 2000 * body.length }));
        if (left-- > 0) controller.enqueue(body);
        else controller.close();
      },
    });
    const paths: string[] = [];
    for await (const member of readTar(stream)) paths.push(member.path);
    expect(paths).toEqual(['a']);
  });
});

describe('a compressed bomb is stopped', () => {
  const zeros = async (size: number): Promise<Uint8Array<ArrayBuffer>> =>
    wholeOf(cutStream(new Uint8Array(size), 1 << 20).pipeThrough(gzipStream()));

  it('CVE-2026-59873 by the ratio of what comes out to what went in', async () => {
    const bomb = await zeros(8 << 20);
    const read = wholeOf(streamOf(bomb).pipeThrough(gunzipStream({ limits: { ratio: 100 } })));
    await expect(read).rejects.toMatchObject(tooMuch);
  });

  it('CVE-2026-59873 not before 1 MiB came out', async () => {
    const bomb = await zeros(1 << 20);
    expect(await wholeOf(streamOf(bomb).pipeThrough(gunzipStream({ limits: { ratio: 1 } })))).toHaveLength(1 << 20);
  });

  it('CVE-2023-30551 and CVE-2026-48702 by what comes out in all', async () => {
    const bomb = await zeros(2 << 20);
    const at = (totalBytes: number): Promise<Uint8Array> =>
      wholeOf(streamOf(bomb).pipeThrough(gunzipStream({ limits: { totalBytes } })));
    expect(await at(2 << 20)).toHaveLength(2 << 20);
    await expect(at((2 << 20) - 1)).rejects.toMatchObject(tooMuch);
  });

  it('CVE-2026-22036 by the number of gzip members', async () => {
    const empty = await zeros(0);
    const many = concatBytes(Array.from({ length: 101 }, () => empty));
    const at = (gzipMembers: number): Promise<Uint8Array> =>
      wholeOf(streamOf(many).pipeThrough(gunzipStream({ limits: { gzipMembers } })));
    expect(await at(101)).toHaveLength(0);
    await expect(at(100)).rejects.toMatchObject(tooMuch);
    expect(archiveLimits).toMatchObject({ gzipMembers: 10_000, ratio: 1000, totalBytes: 2 ** 34 });
  });

  it('within an archive, with the limits of the caller', async () => {
    const stream = streamOf(await zeros(8 << 20));
    const limits = { totalBytes: 1 << 20 };
    await expect(membersOf(readArchive(stream, { limits }))).rejects.toMatchObject(tooMuch);
  });
});

describe('the walk over symbolic links', () => {
  it('CVE-2025-4517 stops at a declared number of steps', () => {
    const check = createMemberCheck({ linkSteps: 10 });
    const add = (): void => check.check({ path: 'a', type: 'symlink', target: 'b/'.repeat(11) });
    expect(add).toThrow(expect.objectContaining(tooMuch) as Error);
  });

  it('keeps no more bytes of names than declared, whether entries, folders above them or places on the way', () => {
    const check = (member: CheckedMember): (() => void) => {
      const names = createMemberCheck({ nameBytes: 20 });
      return () => names.check(member);
    };
    const refusal = expect.objectContaining({ ...tooMuch, details: { limit: 'nameBytes', value: 20 } }) as Error;
    check({ path: 'a/b/c/d', type: 'file' })();
    expect(check({ path: 'a/b/c/d/e', type: 'file' })).toThrow(refusal);
    expect(check({ path: 'a', type: 'symlink', target: 'b'.repeat(20) })).toThrow(refusal);
    expect(check({ path: 'a', type: 'symlink', target: 'b/c/d/e/f' })).toThrow(refusal);
  });
});
