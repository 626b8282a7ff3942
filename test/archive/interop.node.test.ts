import { execFile } from 'node:child_process';
import { chmod, link, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { constants, gunzipSync, gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { packTar, unpackTar } from 'modern-tar';
import * as npmTar from 'tar';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  buildLayer,
  gunzipStream,
  gzipStream,
  readArchive,
  tarStream,
  type TarEntry,
} from '../../src/archive/index.ts';
import { bytesSource, streamOf } from '../../src/bytes/source.ts';
import { membersOf, wholeOf, type ReadMember } from './reading.ts';

const run = promisify(execFile);
const hasGnuTar = await run('tar', ['--version']).then(
  ({ stdout }) => stdout.includes('GNU tar'),
  () => false,
);

const body = Uint8Array.from({ length: 100_000 }, (_, index) => (index * index) >>> 8);
const longName = `${'folder/'.repeat(20)}${'n'.repeat(150)}`;
const tree: TarEntry[] = [
  { path: 'a', type: 'directory' },
  { path: 'a/run', type: 'file', executable: true, source: bytesSource(body), mtime: 1_600_000_000 },
  { path: longName, type: 'file', source: bytesSource(Uint8Array.of(1, 2)) },
  { path: 'link', type: 'symlink', target: 'a/run' },
  { path: 'same', type: 'hardlink', target: 'a/run' },
  { path: 'ünïcode', type: 'file' },
];

let folder = '';
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'packwright-'))));
afterAll(() => rm(folder, { recursive: true }));

const scratch = async (name: string): Promise<string> => {
  await mkdir(join(folder, name), { recursive: true });
  return join(folder, name);
};

describe('what we write is read by others', () => {
  it.runIf(hasGnuTar)('GNU tar unpacks it', async () => {
    const to = await scratch('gnu-out');
    const { stream } = buildLayer(tree, { compression: 'gzip' });
    await writeFile(join(folder, 'ours.tar.gz'), await wholeOf(stream));
    await run('tar', ['-xzf', join(folder, 'ours.tar.gz'), '-C', to]);
    expect(new Uint8Array(await readFile(join(to, 'same')))).toEqual(body);
    expect((await stat(join(to, 'a/run'))).mode & 0o100).toBe(0o100);
    expect((await readFile(join(to, longName))).length).toBe(2);
    expect((await stat(join(to, 'ünïcode'))).size).toBe(0);
  });

  it("npm's tar unpacks it", async () => {
    const to = await scratch('npm-out');
    await writeFile(join(folder, 'ours.tar'), await wholeOf(tarStream(tree)));
    await npmTar.extract({ file: join(folder, 'ours.tar'), cwd: to, strict: true });
    expect(new Uint8Array(await readFile(join(to, 'link')))).toEqual(body);
    expect((await stat(join(to, longName))).size).toBe(2);
  });

  it('modern-tar reads it', async () => {
    const entries = await unpackTar(await wholeOf(tarStream(tree)));
    expect(entries.map(({ header }) => header.name.replace(/\/$/, ''))).toEqual(tree.map(({ path }) => path));
    expect(entries[1]?.data).toEqual(body);
  });

  it('zlib inflates it', async () => {
    expect(Buffer.compare(gunzipSync(await gzipped(body)), body)).toBe(0);
  });

  it('zlib inflates it, whatever runs, repetitions and noise it holds', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 60 }), async (pieces) => {
        const content = Buffer.concat(pieces.map(([what, length, seed]) => bytesFor(what, length, seed)));
        expect(Buffer.compare(gunzipSync(await gzipped(content)), content)).toBe(0);
      }),
      { numRuns: 60 },
    );
  });
});

const gzipped = (bytes: Uint8Array): Promise<Uint8Array> => wholeOf(streamOf(bytes).pipeThrough(gzipStream()));

const piece = fc.tuple(fc.constantFrom('zeros', 'noise', 'squares', 'text'), fc.nat(5000), fc.nat(1000));

function bytesFor(what: 'zeros' | 'noise' | 'squares' | 'text', length: number, seed: number): Buffer {
  if (what === 'zeros') return Buffer.alloc(length);
  if (what === 'text') return Buffer.alloc(length, `line ${seed} of some text\n`);
  const shift = what === 'noise' ? 13 : 8;
  const factor = what === 'noise' ? 2654435761 : 1;
  return Buffer.from(
    Uint8Array.from({ length }, (_, index) => Math.imul(Math.imul(index, index), factor + seed) >>> shift),
  );
}

/** The same tree on disk, for others to pack. */
async function onDisk(): Promise<string> {
  const from = await scratch('tree');
  await mkdir(join(from, 'a'));
  await writeFile(join(from, 'a/run'), body);
  await chmod(join(from, 'a/run'), 0o755);
  await mkdir(join(from, longName, '..'), { recursive: true });
  await writeFile(join(from, longName), Uint8Array.of(1, 2));
  await symlink('a/run', join(from, 'link'));
  await link(join(from, 'a/run'), join(from, 'same'));
  await writeFile(join(from, 'ünïcode'), '');
  return from;
}

function expectTree(members: readonly ReadMember[]): void {
  const byPath = new Map(members.map((member) => [member.path, member]));
  // Of two hard links, either may be the file.
  const file = byPath.get('a/run')?.type === 'file' ? 'a/run' : 'same';
  expect(byPath.get(file)).toMatchObject({ type: 'file', content: body, executable: true });
  expect(byPath.get(file === 'same' ? 'a/run' : 'same')).toMatchObject({ type: 'hardlink', target: file });
  expect(byPath.get(longName)).toMatchObject({ type: 'file', content: Uint8Array.of(1, 2), executable: false });
  expect(byPath.get('link')).toMatchObject({ type: 'symlink', target: 'a/run' });
  expect(byPath.get('ünïcode')).toMatchObject({ type: 'file', size: 0 });
  expect(byPath.get('a')).toMatchObject({ type: 'directory' });
}

describe('what others write is read by us', () => {
  let from = '';
  beforeAll(async () => void (from = await onDisk()));

  it.runIf(hasGnuTar).each(['gnu', 'oldgnu', 'pax'])('GNU tar, format %s', async (format) => {
    const { stdout } = await run('tar', ['-C', from, `--format=${format}`, '-czf', '-', '.'], { encoding: 'buffer' });
    expectTree(await membersOf(readArchive(streamOf(stdout))));
  });

  it.runIf(hasGnuTar).each(['ustar', 'v7'])('GNU tar, format %s, which has no long names', async (format) => {
    const args = ['-C', from, `--format=${format}`, '-cf', '-', 'a', 'link'];
    const { stdout } = await run('tar', args, { encoding: 'buffer', maxBuffer: 1 << 22 });
    const members = await membersOf(readArchive(streamOf(stdout)));
    expect(members.map(({ path, type }) => `${type} ${path}`)).toEqual(['directory a', 'file a/run', 'symlink link']);
  });

  it.runIf(hasGnuTar)('GNU tar with extended attributes and times below a second', async () => {
    const args = ['-C', from, '--format=pax', '--xattrs', '--acls', '-cf', '-', 'a'];
    const { stdout } = await run('tar', args, { encoding: 'buffer', maxBuffer: 1 << 22 });
    expect(await membersOf(readArchive(streamOf(stdout)))).toHaveLength(2);
  });

  it.each([true, false])("npm's tar, portable: %s", async (portable) => {
    const file = join(folder, `npm-${portable}.tgz`);
    await npmTar.create({ file, cwd: from, gzip: true, portable }, ['.']);
    expectTree(await membersOf(readArchive(streamOf(await readFile(file)))));
  });

  it('modern-tar', async () => {
    const packed = await packTar([
      { header: { name: 'a', type: 'directory', size: 0 } },
      { header: { name: longName, type: 'file', size: body.length, mode: 0o755 }, body },
      { header: { name: 'link', type: 'symlink', size: 0, linkname: 'a' } },
    ]);
    const members = await membersOf(readArchive(streamOf(packed)));
    expect(members).toMatchObject([{ path: 'a' }, { path: longName, content: body }, { target: 'a' }]);
  });

  it.each([
    ['stored', { level: 0 }],
    ['fast', { level: 1 }],
    ['best', { level: 9 }],
    ['Huffman only', { strategy: constants.Z_HUFFMAN_ONLY }],
    ['fixed codes', { strategy: constants.Z_FIXED }],
    ['run lengths', { strategy: constants.Z_RLE }],
    ['a small window', { windowBits: 9, memLevel: 1 }],
  ])('zlib, %s', async (_what, options) => {
    for (const bytes of [body, new Uint8Array(300_000), new Uint8Array(0)]) {
      const inflated = await wholeOf(streamOf(gzipSync(bytes, options)).pipeThrough(gunzipStream()));
      expect(Buffer.compare(inflated, bytes)).toBe(0);
    }
  });
});
