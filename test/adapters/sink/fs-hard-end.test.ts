import { execFileSync, spawn, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fsSink } from '../../../src/adapters/sink/fs.ts';
import { utf8 } from '../../../src/bytes/encoding.ts';
import { chunkedSource, someBytes } from '../../../src/testing/bytes.ts';

let root: string;
let target: string;

beforeEach(() => {
  root = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), 'packwright-test-')));
  target = join(root, 'out');
});

afterEach(() => {
  fs.rmSync(root, { recursive: true, force: true });
});

/** True where a small disk of its own can be mounted, which takes the rights of root. */
function canMount(): boolean {
  const folder = fs.mkdtempSync(join(tmpdir(), 'packwright-test-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', 'tmpfs', folder]).status === 0;
  if (mounted) execFileSync('umount', [folder]);
  fs.rmdirSync(folder);
  return mounted;
}

describe.skipIf(!canMount())('fsSink on a small disk of its own', () => {
  beforeEach(() => {
    fs.mkdirSync(target);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', target]);
  });

  afterEach(() => {
    execFileSync('umount', [target]);
  });

  it('moves the tree into a mount point', async () => {
    const tx = await fsSink({ directory: target, durable: true }).begin();
    await tx.file('a/b', utf8('new'));
    await tx.commit();
    expect(fs.readFileSync(join(target, 'a/b'), 'utf8')).toBe('new');
    expect(fs.readdirSync(target)).toEqual(['a']);
  });

  it.each(['bytes', 'stream'])('says that the disk is full, and leaves nothing (%s)', async (what) => {
    const bytes = someBytes(2_500_000);
    const tx = await fsSink({ directory: target }).begin();
    const content = what === 'bytes' ? bytes : await chunkedSource(bytes).open();
    await expect(async () => tx.file('big', content)).rejects.toMatchObject({
      code: 'ERR_STORE_QUOTA',
      hint: expect.stringContaining('free') as string,
    });
    await expect(tx.commit()).rejects.toMatchObject({ code: 'ERR_STORE_WRITE' });
    await tx.rollback();
    expect(fs.readdirSync(target)).toEqual([]);
  });
});

describe('fsSink when its process is killed', () => {
  it('leaves the target as it was or whole, and nothing that the next run does not clear', async () => {
    const sink = new URL('../../../src/adapters/sink/fs.ts', import.meta.url).href;
    const script = `
      import { fsSink } from ${JSON.stringify(sink)};
      const tx = await fsSink({ directory: ${JSON.stringify(target)} }).begin();
      console.log('begun');
      for (let i = 0; i < 2000; i++) await tx.file('d' + (i % 50) + '/f' + i, new Uint8Array(2000));
      await tx.commit();`;
    for (const delay of [0, 10, 40]) {
      const args = ['--experimental-strip-types', '--no-warnings', '--input-type=module', '-e', script];
      const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
      const ended = new Promise((resolve) => child.on('exit', resolve));
      await new Promise((resolve) => child.stdout.once('data', resolve));
      await new Promise((resolve) => setTimeout(resolve, delay));
      child.kill('SIGKILL');
      await ended;
      if (fs.existsSync(target)) {
        expect(fs.readdirSync(target)).toHaveLength(50);
        fs.rmSync(target, { recursive: true });
      }
      await (await fsSink({ directory: target }).begin()).rollback();
      expect(fs.readdirSync(root)).toEqual([]);
    }
  });
});
