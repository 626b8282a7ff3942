import { existsSync, mkdirSync, readdirSync, rmSync, statSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { withLock } from '../../../src/adapters/node/folder-lock.ts';
import {
  createClaim,
  isStale,
  newClaim,
  readClaim,
  removeClaim,
  sweepLock,
  touchClaim,
} from '../../../src/adapters/node/lock-file.ts';
import { currentOwner, formatOwner, type Owner } from '../../../src/adapters/node/owner.ts';
import { temporaryFolder } from './temporary-folder.ts';

const me = currentOwner();
const dead: Owner = { ...me, pid: 2 ** 30 };
const foreign: Owner = { ...me, space: me.space + 1 };

function newLock(): string {
  return join(temporaryFolder(), 'the.lock');
}

function plant(path: string, owner: Owner, age = 0, nonce = '0123456789abcdef'): string {
  writeFileSync(path, `{"owner":"${formatOwner(owner)}","nonce":"${nonce}"}\n`);
  makeOld(path, age);
  return nonce;
}

function makeOld(path: string, milliseconds: number): void {
  const then = (Date.now() - milliseconds) / 1000;
  utimesSync(path, then, then);
}

const impatient = { timeout: 100 };

describe('withLock', () => {
  it('gives back what the task gives, and lets what it throws through', async () => {
    const lock = newLock();
    expect(await withLock(lock, () => 5)).toBe(5);
    await expect(withLock(lock, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    expect(await withLock(lock, () => Promise.resolve('again'))).toBe('again');
  });

  it('runs tasks of one process one by one, in the order in which they came', async () => {
    const lock = newLock();
    const log: number[] = [];
    const task = (index: number) => async (): Promise<void> => {
      log.push(index);
      await sleep(1);
      log.push(index);
    };
    await Promise.all([0, 1, 2, 3].map((index) => withLock(lock, task(index))));
    expect(log).toEqual([0, 0, 1, 1, 2, 2, 3, 3]);
  });

  it('makes the folder, holds a file in it while the task runs, and leaves none', async () => {
    const lock = join(temporaryFolder(), 'a', 'b', 'the.lock');
    await withLock(lock, () => {
      expect(readClaim(lock)?.owner).toEqual(me);
    });
    expect(existsSync(lock)).toBe(false);
  });

  it('gives up in the queue after the time given, and the queue goes on', async () => {
    const lock = newLock();
    const first = withLock(lock, () => sleep(150));
    await expect(withLock(lock, () => 'second', { timeout: 20 })).rejects.toMatchObject({ code: 'ERR_CONFLICT' });
    expect(await withLock(lock, () => 'third')).toBe('third');
    await first;
  });

  it('leaves the queue when the signal says so', async () => {
    const lock = newLock();
    const reason = new Error('enough');
    const controller = new AbortController();
    const first = withLock(lock, () => sleep(50));
    const second = withLock(lock, () => 'second', { signal: controller.signal });
    controller.abort(reason);
    await expect(second).rejects.toBe(reason);
    await expect(withLock(lock, () => 'late', { signal: controller.signal })).rejects.toBe(reason);
    await first;
  });

  it('takes the lock of a dead process', async () => {
    const lock = newLock();
    plant(lock, dead);
    expect(await withLock(lock, () => 'in', impatient)).toBe('in');
  });

  it('takes a lock of another container when it was not touched for long, not before', async () => {
    const lock = newLock();
    plant(lock, foreign, 10_000);
    await expect(withLock(lock, () => 'in', impatient)).rejects.toMatchObject({ code: 'ERR_CONFLICT' });
    plant(lock, foreign, 30_000);
    expect(await withLock(lock, () => 'in', impatient)).toBe('in');
  });

  it.each(['', 'not a claim', '{"owner":"","nonce":"0123456789abcdef"}\n'])(
    'takes a lock with the content %j when it is old, not before',
    async (content) => {
      const lock = newLock();
      writeFileSync(lock, content);
      await expect(withLock(lock, () => 'in', impatient)).rejects.toMatchObject({ code: 'ERR_CONFLICT' });
      makeOld(lock, 30_000);
      expect(await withLock(lock, () => 'in', impatient)).toBe('in');
    },
  );

  it('takes a dead lock that a process died taking', async () => {
    const lock = newLock();
    const nonce = plant(lock, dead);
    plant(`${lock}.take-${nonce}`, dead, 0, 'fedcba9876543210');
    expect(await withLock(lock, () => 'in', impatient)).toBe('in');
    expect(readdirSync(join(lock, '..'))).toEqual([]);
  });

  it('leaves a dead lock to the live process that is taking it', async () => {
    const lock = newLock();
    const nonce = plant(lock, dead);
    plant(`${lock}.take-${nonce}`, { ...me, pid: 1, start: 0 }, 0, 'fedcba9876543210');
    await expect(withLock(lock, () => 'in', impatient)).rejects.toMatchObject({ code: 'ERR_CONFLICT' });
  });

  it('clears what dead processes left around it', async () => {
    const lock = newLock();
    plant(`${lock}.take-0000000000000000`, dead);
    plant(`${lock}-abc1~${formatOwner(dead)}`, dead);
    plant(`${lock}-abc2~${formatOwner({ ...me, pid: 1, start: 0 })}`, dead);
    plant(`${lock}.take-1111111111111111`, { ...me, pid: 1, start: 0 });
    await withLock(lock, () => undefined);
    expect(readdirSync(join(lock, '..'))).toHaveLength(2);
  });

  it('does not remove the lock of another one that came after it', async () => {
    const lock = newLock();
    await withLock(lock, () => {
      unlinkSync(lock);
      plant(lock, dead);
    });
    expect(readClaim(lock)?.owner).toEqual(dead);
  });

  it('is touched every few seconds, so that other machines see that its holder lives', async () => {
    const lock = newLock();
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    onTestFinished(() => void vi.useRealTimers());
    await withLock(lock, () => {
      makeOld(lock, 30_000);
      vi.advanceTimersByTime(6000);
      expect(Date.now() - statSync(lock).mtimeMs).toBeLessThan(10_000);
      unlinkSync(lock);
      vi.advanceTimersByTime(6000);
      expect(existsSync(lock)).toBe(false);
    });
  });

  it('of a holder that was silent for long is given back with care', async () => {
    const lock = newLock();
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
    onTestFinished(() => void vi.useRealTimers());
    await withLock(lock, () => void vi.setSystemTime(Date.now() + 60_000));
    expect(readdirSync(join(lock, '..'))).toEqual([]);
  });

  it('keeps the result of a task that removed the folder', async () => {
    const lock = newLock();
    expect(await withLock(lock, () => (rmSync(join(lock, '..'), { recursive: true }), 'done'))).toBe('done');
  });

  it('fails with ERR_STORE_WRITE where no lock can be made', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'file'), '');
    await expect(withLock(join(folder, 'file', 'the.lock'), () => 'in')).rejects.toMatchObject({
      code: 'ERR_STORE_WRITE',
    });
    mkdirSync(join(folder, 'the.lock'));
    await expect(withLock(join(folder, 'the.lock'), () => 'in', impatient)).rejects.toMatchObject({
      code: 'ERR_STORE_WRITE',
    });
  });
});

describe('a lock file', () => {
  it('is made once', () => {
    const lock = newLock();
    expect(createClaim(lock, newClaim().text)).toBe(true);
    expect(createClaim(lock, newClaim().text)).toBe(false);
    expect(readdirSync(join(lock, '..'))).toEqual(['the.lock']);
  });

  it('is not removed in the name of another claim', () => {
    const lock = newLock();
    plant(lock, dead);
    removeClaim(lock, 'fedcba9876543210');
    expect(existsSync(lock)).toBe(true);
    removeClaim(lock, '0123456789abcdef');
    expect(existsSync(lock)).toBe(false);
  });

  it('of this process is stale only when it was not touched for long', () => {
    const lock = newLock();
    const claim = newClaim();
    createClaim(lock, claim.text);
    const read = readClaim(lock) ?? { owner: undefined, nonce: '' };
    expect(isStale(lock, read)).toBe(false);
    makeOld(lock, 30_000);
    expect(isStale(lock, read)).toBe(true);
    touchClaim(lock, claim.nonce, claim.text);
    expect(isStale(lock, read)).toBe(false);
    unlinkSync(lock);
    expect(isStale(lock, read)).toBe(false);
  });

  it('is touched only by the one who holds it', () => {
    const lock = newLock();
    plant(lock, foreign, 30_000);
    touchClaim(lock, newClaim().nonce, newClaim().text);
    expect(readClaim(lock)).toEqual({ owner: foreign, nonce: '0123456789abcdef' });
    expect(isStale(lock, { owner: foreign, nonce: '0123456789abcdef' })).toBe(true);
  });

  it('leaves other files of its folder alone', () => {
    const lock = newLock();
    for (const name of ['the.lock', 'the.lock.other', 'other.lock.take-0000000000000000', 'index.json']) {
      plant(join(lock, '..', name), dead);
    }
    sweepLock(lock);
    expect(readdirSync(join(lock, '..'))).toHaveLength(4);
  });
});
