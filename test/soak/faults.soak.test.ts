import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runProgram } from '../../src/cli/program.ts';
import { someBytes } from '../../src/testing/bytes.ts';
import { temporaryFolder } from './command.ts';
import { packageHost, writeTree } from './package-host.ts';
import { figure, long } from './report.ts';

/** Changes in all, spread evenly over every byte that there is. */
const changes = long ? 6000 : 300;

interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command line in this process: it is the same program, and a thousand times need no thousand processes. */
async function program(cwd: string, ...argv: string[]): Promise<Said> {
  const said = { stdout: '', stderr: '' };
  const code = await runProgram(argv, {
    cwd,
    env: {},
    home: cwd,
    now: Date.now,
    version: '0.0.0',
    stdout: { write: (text) => (said.stdout += Buffer.from(text).toString()) },
    stderr: { write: (text) => (said.stderr += Buffer.from(text).toString()) },
  });
  return { code, ...said };
}

/** A layout with packs of a lock and of files, under names that one byte tells apart. */
async function someLayout(): Promise<string> {
  const cwd = temporaryFolder();
  const { lockfile } = await packageHost({ packages: 3, size: 1000 });
  writeFileSync(join(cwd, 'package-lock.json'), lockfile);
  writeTree(join(cwd, 'tree'), 5);
  writeFileSync(join(cwd, 'file'), someBytes(2000));
  const commands = [
    ['pack', 'package-lock.json', '--cache', 'cache', '-o', 'oci:layout:v1'],
    ['pack', 'tree', 'file', '-o', 'oci:layout:v2'],
    ['pack', 'file', '-o', 'oci:layout:v1x'],
  ];
  for (const argv of commands) {
    const { code, stderr } = await program(cwd, ...argv);
    if (code !== 0) throw new Error(stderr);
  }
  return cwd;
}

const kinds = ['flipped', 'cut', 'added', 'replaced'] as const;

/** One byte flipped, cut, added or replaced by another that could stand there. */
function damaged(bytes: Buffer, at: number, kind: (typeof kinds)[number], turn: number): Buffer {
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
  const other = Buffer.from('12xv{}",:/ 0af');
  const byte = other.subarray(turn % other.length, (turn % other.length) + 1);
  if (kind === 'cut') return Buffer.concat([before, after.subarray(1)]);
  if (kind === 'added') return Buffer.concat([before, byte, after]);
  if (kind === 'replaced') return Buffer.concat([before, byte, after.subarray(1)]);
  return Buffer.concat([before, Buffer.of((after[0] ?? 0) ^ (1 << (turn % 8))), after.subarray(1)]);
}

/** Puts damaged bytes in place of good ones, and good ones back again. */
async function withDamage(path: string, wrong: Buffer, run: () => Promise<void>): Promise<void> {
  const good = readFileSync(path);
  if (wrong.equals(good)) return;
  writeFileSync(path, wrong);
  try {
    await run();
  } finally {
    writeFileSync(path, good);
  }
}

/** The digests of what a tag needs, all but that of the empty config, whose bytes stand in the manifest too. */
async function blobsOf(cwd: string, tag: string): Promise<string[]> {
  const { stdout } = await program(cwd, 'inspect', `oci:layout:${tag}`, '--raw');
  const { digest } = JSON.parse((await program(cwd, 'resolve', `oci:layout:${tag}`, '--json')).stdout) as Blob;
  const { config, layers } = JSON.parse(stdout) as { config: Blob; layers: Blob[] };
  const blobs = [{ digest, size: 0 }, config, ...layers].filter(({ size }) => size !== 2);
  return blobs.map((blob) => blob.digest.replace('sha256:', 'layout/blobs/sha256/'));
}

interface Blob {
  readonly digest: string;
  readonly size: number;
}

describe('one wrong byte', () => {
  it('in any blob or manifest is refused by code, and the target folder stays as it is', async () => {
    const cwd = await someLayout();
    let refused = 0;
    for (const tag of ['v1', 'v2']) {
      for (const blob of await blobsOf(cwd, tag)) {
        const path = join(cwd, blob);
        const bytes = readFileSync(path);
        const step = Math.max(1, Math.floor((bytes.length * 20) / changes));
        for (let turn = 0, at = 0; at < bytes.length; at += step, turn++) {
          const kind = kinds[turn % kinds.length] ?? 'cut';
          await withDamage(path, damaged(bytes, at, kind, turn), async () => {
            const { code, stderr } = await program(cwd, 'unpack', `oci:layout:${tag}`, '-o', 'out', '--json');
            const name = `${blob}: byte ${at} of ${bytes.length} ${kind}: ${stderr}`;
            expect(code, name).toBe(30);
            expect(lastError(stderr), name).toMatch(/^ERR_/);
            expect(existsSync(join(cwd, 'out')), name).toBe(false);
            refused++;
          });
        }
      }
    }
    expect(readdirSync(cwd).filter((name) => name.startsWith('.'))).toEqual([]);
    figure('faults in blobs', { changes: refused, refused });
  });

  it('in index.json is an error by code, or does no harm', async () => {
    const cwd = await someLayout();
    const tags = ['v1', 'v2', 'v1x'];
    const good = new Map<string, string>();
    for (const tag of tags) good.set(tag, (await program(cwd, 'resolve', `oci:layout:${tag}`)).stdout);
    const path = join(cwd, 'layout', 'index.json');
    const bytes = readFileSync(path);
    const sums = { same: 0, refused: 0 };
    const step = Math.max(1, Math.floor((bytes.length * kinds.length * tags.length) / (changes * 2)));
    for (let at = 0, turn = 0; at < bytes.length; at += step, turn++) {
      for (const kind of kinds) {
        await withDamage(path, damaged(bytes, at, kind, turn), async () => {
          for (const tag of tags) {
            const { code, stdout, stderr } = await program(cwd, 'resolve', `oci:layout:${tag}`, '--json');
            const name = `byte ${at} ${kind}, ${tag}: ${stderr}`;
            if (code === 0) expect(`${(JSON.parse(stdout) as Blob).digest}\n`, name).toBe(good.get(tag));
            else expect(lastError(stderr), name).toMatch(/^ERR_(?!INTERNAL)/);
            sums[code === 0 ? 'same' : 'refused']++;
          }
        });
      }
    }
    // Every byte of the names, replaced by every other one that a name can have.
    expect(sums.same).toBeGreaterThan(0);
    figure('faults in index.json', { ...sums, 'other bytes': 0 });
  });

  it('in a layout that was copied away is found by audit', async () => {
    const cwd = await someLayout();
    cpSync(join(cwd, 'layout'), join(cwd, 'copy'), { recursive: true });
    const [blob = ''] = await blobsOf(cwd, 'v2');
    const path = join(cwd, blob.replace('layout', 'copy'));
    writeFileSync(path, damaged(readFileSync(path), 10, 'flipped', 3));
    expect((await program(cwd, 'audit', 'oci:copy')).code).toBe(30);
    expect((await program(cwd, 'audit', 'oci:layout')).code).toBe(0);
  });
});

/** The code of the error, which is the last line that is said. */
function lastError(stderr: string): string {
  const line = stderr.trim().split('\n').at(-1) ?? '';
  return (JSON.parse(line) as { error: { code: string } }).error.code;
}
