import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { formatOwner, currentOwner } from '../../../src/adapters/node/owner.ts';
import { fsSink, type FsSinkOptions } from '../../../src/adapters/sink/fs.ts';
import { utf8 } from '../../../src/bytes/encoding.ts';
import { streamFrom } from '../../../src/bytes/stream.ts';
import type { FileTransaction } from '../../../src/ports/index.ts';

let root: string;
let target: string;

beforeEach(() => {
  root = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), 'packwright-test-')));
  target = join(root, 'out');
});

afterEach(() => {
  fs.rmSync(root, { recursive: true, force: true });
});

const begin = (options: Partial<FsSinkOptions> = {}): Promise<FileTransaction> =>
  fsSink({ directory: target, ...options }).begin();

const modeOf = (path: string): number => fs.statSync(path).mode & 0o7777;
const read = (path: string): string => fs.readFileSync(join(target, path), 'utf8');

async function writeOne(tx: FileTransaction, path = 'a.txt', text = 'new'): Promise<void> {
  await tx.file(path, utf8(text));
}

describe('fsSink', () => {
  it('gives the target its name only at the commit, and leaves nothing beside it', async () => {
    const tx = await begin();
    await writeOne(tx);
    expect(fs.existsSync(target)).toBe(false);
    await tx.commit();
    expect(read('a.txt')).toBe('new');
    expect(fs.readdirSync(root)).toEqual(['out']);
    expect(modeOf(target)).toBe(0o755);
  });

  it('keeps its stage closed to others', async () => {
    const tx = await begin();
    const [stage = ''] = fs.readdirSync(root);
    expect(modeOf(join(root, stage))).toBe(0o700);
    await tx.rollback();
    expect(fs.readdirSync(root)).toEqual([]);
  });

  it('replaces an empty folder', async () => {
    fs.mkdirSync(target, { mode: 0o700 });
    const tx = await begin();
    await writeOne(tx);
    await tx.commit();
    expect(modeOf(target)).toBe(0o755);
    expect(fs.readdirSync(root)).toEqual(['out']);
  });

  it('makes the folders above the target, and removes them again at a rollback', async () => {
    const tx = await begin({ directory: join(target, 'deep/er') });
    await tx.rollback();
    expect(fs.readdirSync(root)).toEqual([]);
    const second = await begin({ directory: join(target, 'deep/er') });
    await writeOne(second);
    await second.commit();
    expect(read('deep/er/a.txt')).toBe('new');
  });

  it('writes through a link that names an empty folder', async () => {
    fs.mkdirSync(join(root, 'real'));
    fs.symlinkSync('real', target);
    const tx = await begin();
    await writeOne(tx);
    await tx.commit();
    expect(fs.readFileSync(join(root, 'real/a.txt'), 'utf8')).toBe('new');
    expect(fs.lstatSync(target).isSymbolicLink()).toBe(true);
  });

  it.each(['file', 'dangling link'])('refuses a target that is a %s', async (what) => {
    if (what === 'file') fs.writeFileSync(target, 'x');
    else fs.symlinkSync('nowhere', target);
    await expect(begin()).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT', argument: 'directory' });
    await expect(begin({ directory: join(target, 'below') })).rejects.toMatchObject({
      code: expect.stringMatching(/ERR_INVALID_ARGUMENT|ERR_STORE_WRITE/) as string,
    });
  });

  it('refuses a folder that is not empty, and leaves it as it is', async () => {
    fs.mkdirSync(target);
    fs.writeFileSync(join(target, 'mine'), 'x');
    await expect(begin()).rejects.toMatchObject({ code: 'ERR_CONFLICT' });
    expect(fs.readdirSync(root)).toEqual(['out']);
    expect(fs.readdirSync(target)).toEqual(['mine']);
  });

  it('fails the commit when the target was filled in between', async () => {
    const tx = await begin();
    await writeOne(tx);
    fs.mkdirSync(target);
    fs.writeFileSync(join(target, 'mine'), 'x');
    await expect(tx.commit()).rejects.toMatchObject({ code: 'ERR_CONFLICT' });
    await tx.rollback();
    expect(fs.readdirSync(root)).toEqual(['out']);
    expect(fs.readdirSync(target)).toEqual(['mine']);
  });

  it('refuses an option that it does not know', () => {
    expect(() => fsSink({ directory: target, force: true } as FsSinkOptions)).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }),
    );
  });

  it('does not begin, write or commit after an abort', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(fsSink({ directory: target }).begin({ signal })).rejects.toThrow('enough');
    const controller = new AbortController();
    const tx = await fsSink({ directory: target }).begin({ signal: controller.signal });
    await writeOne(tx);
    controller.abort(new Error('stop'));
    await expect(tx.commit()).rejects.toThrow('stop');
    await tx.rollback();
    expect(fs.readdirSync(root)).toEqual([]);
  });

  it('flushes to the disk when asked to', async () => {
    const tx = await begin({ durable: true });
    await writeOne(tx, 'a/b');
    await tx.commit();
    expect(read('a/b')).toBe('new');
  });

  it('gives the loop a turn every 64 files', async () => {
    const tx = await begin();
    const waits: number[] = [];
    for (let index = 1; index <= 130; index++) {
      const waiting = tx.file(`f${index}`, utf8('x'));
      if (waiting !== undefined) waits.push(index);
      await waiting;
    }
    await tx.rollback();
    expect(waits).toEqual([64, 128]);
  });

  it('writes long streams byte for byte, whatever their chunks', async () => {
    const bytes = new Uint8Array(3_500_000).map((_, index) => index * 7);
    const chunks = async function* (): AsyncGenerator<Uint8Array> {
      for (let at = 0, size = 1; at < bytes.length; at += size, size = (size * 3) % 200_001) {
        yield await Promise.resolve(bytes.slice(at, at + size));
      }
    };
    const tx = await begin();
    await tx.file('big', streamFrom(chunks()), { executable: true });
    const dots = async function* (): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < 3000; at++) yield await Promise.resolve(Uint8Array.of(at));
    };
    await tx.file('dots', streamFrom(dots()));
    await tx.commit();
    expect(fs.readFileSync(join(target, 'big')).equals(bytes)).toBe(true);
    expect(modeOf(join(target, 'big'))).toBe(0o755);
    expect(fs.statSync(join(target, 'dots')).size).toBe(3000);
  });
});

describe('fsSink into a folder that stays', () => {
  const previous = process.cwd();
  afterEach(() => {
    process.chdir(previous);
  });

  it('moves the tree into the current folder', async () => {
    fs.mkdirSync(target);
    const before = fs.statSync(target).ino;
    process.chdir(target);
    const tx = await begin({ directory: '.' });
    await writeOne(tx, 'deep/a.txt');
    await tx.commit();
    expect(read('deep/a.txt')).toBe('new');
    expect(fs.statSync(target).ino).toBe(before);
    expect(fs.readdirSync(root)).toEqual(['out']);
  });

  it('merges into a folder, replacing nothing', async () => {
    fs.mkdirSync(join(target, 'both'), { recursive: true });
    fs.writeFileSync(join(target, 'both/old'), 'old');
    const tx = await begin({ merge: true });
    await writeOne(tx, 'both/new');
    await writeOne(tx, 'other/new');
    await tx.commit();
    expect([read('both/old'), read('both/new'), read('other/new')]).toEqual(['old', 'new', 'new']);
    expect(fs.readdirSync(root)).toEqual(['out']);
  });

  it.each([
    ['a file', (): void => fs.writeFileSync(join(target, 'z'), 'old')],
    ['a folder', (): void => fs.mkdirSync(join(target, 'z'))],
    ['a link to elsewhere', (): void => fs.symlinkSync(root, join(target, 'z'))],
  ])('moves nothing when a merge meets %s in its way', async (_, put) => {
    fs.mkdirSync(target);
    put();
    const tx = await begin({ merge: true });
    await writeOne(tx, 'first');
    await writeOne(tx, 'z');
    await expect(tx.commit()).rejects.toMatchObject({ code: 'ERR_CONFLICT' });
    await tx.rollback();
    expect(fs.readdirSync(target)).toEqual(['z']);
    expect(fs.readdirSync(root)).toEqual(['out']);
  });

  it('does not go through a link that stands where a folder is wanted', async () => {
    fs.mkdirSync(target);
    fs.mkdirSync(join(root, 'elsewhere'));
    fs.symlinkSync('../elsewhere', join(target, 'dir'));
    const tx = await begin({ merge: true, overwrite: true });
    await writeOne(tx, 'dir/a');
    await expect(tx.commit()).rejects.toMatchObject({ code: 'ERR_CONFLICT' });
    await tx.rollback();
    expect(fs.readdirSync(join(root, 'elsewhere'))).toEqual([]);
  });

  it('replaces files and links only where overwriting was asked for', async () => {
    fs.mkdirSync(target);
    fs.writeFileSync(join(target, 'a'), 'old');
    fs.writeFileSync(join(root, 'precious'), 'old');
    fs.symlinkSync('../precious', join(target, 'b'));
    const tx = await begin({ merge: true, overwrite: true });
    await writeOne(tx, 'a');
    await writeOne(tx, 'b');
    await tx.commit();
    expect([read('a'), read('b'), fs.readFileSync(join(root, 'precious'), 'utf8')]).toEqual(['new', 'new', 'old']);
    expect(fs.readdirSync(root).sort()).toEqual(['out', 'precious']);
  });

  it('moves everything back when one move fails', async () => {
    fs.mkdirSync(target);
    const tx = await begin({ merge: true });
    await tx.directory('keep');
    await writeOne(tx);
    await writeOne(tx, 'b.txt');
    // A folder that appears between the look and the move cannot be told from one that fails for another reason.
    fs.rmSync(target, { recursive: true });
    fs.writeFileSync(target, 'a file now');
    await expect(tx.commit()).rejects.toMatchObject({ name: 'StoreError' });
    await tx.rollback();
    expect(fs.readdirSync(root)).toEqual(['out']);
  });
});

describe('what killed processes leave', () => {
  const deadOwner = (): string => formatOwner({ ...currentOwner(), pid: 2 ** 22 + 1 });
  const stage = (owner: string, folder = root, name = '.out'): string => {
    const path = join(folder, `${name}.packwright-0123456789abcdef~${owner}`);
    fs.mkdirSync(join(path, 'tree/x'), { recursive: true, mode: 0o700 });
    fs.chmodSync(path, 0o700);
    return path;
  };

  it('is removed when the same target is written to again', async () => {
    stage(deadOwner());
    await (await begin()).rollback();
    expect(fs.readdirSync(root)).toEqual([]);
  });

  it('does not make a target count as full, and is removed from it', async () => {
    fs.mkdirSync(target);
    stage(deadOwner(), target, '');
    await (await begin()).rollback();
    expect(fs.readdirSync(target)).toEqual([]);
  });

  it.each([
    ['its process lives', (): string => stage(formatOwner(currentOwner()))],
    ['it belongs to another target', (): string => stage(deadOwner(), root, '.other')],
    ['another machine may use it', (): string => stage(formatOwner({ ...currentOwner(), boot: '0'.repeat(12) }))],
    ['its name only looks like one', (): string => stage('1.2.3')],
  ])('stays when %s', async (_, make) => {
    const path = make();
    await (await begin()).rollback();
    expect(fs.existsSync(path)).toBe(true);
  });

  it('stays when others could have put something into it', async () => {
    const path = stage(deadOwner());
    fs.chmodSync(path, 0o777);
    await (await begin()).rollback();
    expect(fs.existsSync(path)).toBe(true);
  });
});

describe('modes', () => {
  it.each(['000', '022', '077', '777'])('are the same under umask %s', (umask) => {
    const script = `
      import { fsSink } from ${JSON.stringify(new URL('../../../src/adapters/sink/fs.ts', import.meta.url).href)};
      import { statSync } from 'node:fs';
      process.umask(0o${umask});
      const tx = await fsSink({ directory: ${JSON.stringify(target)} }).begin();
      await tx.file('d/plain', new Uint8Array(1));
      await tx.file('d/run', new Uint8Array(1), { executable: true });
      await tx.directory('e');
      await tx.commit();
      const modes = ['.', 'd', 'e', 'd/plain', 'd/run'].map((p) => (statSync(${JSON.stringify(target)} + '/' + p).mode & 0o7777).toString(8));
      console.log(modes.join());`;
    const args = ['--experimental-strip-types', '--no-warnings', '--input-type=module', '-e', script];
    expect(execFileSync(process.execPath, args, { encoding: 'utf8' }).trim()).toBe('755,755,755,644,755');
  });
});

describe.skipIf(process.getuid?.() === 0)('a folder without permission', () => {
  it('is a typed error with a hint', async () => {
    fs.mkdirSync(target, { mode: 0o500 });
    await expect(begin({ directory: join(target, 'x') })).rejects.toMatchObject({ code: 'ERR_STORE_WRITE' });
  });
});
