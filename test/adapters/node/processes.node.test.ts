import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fsBlobStore, fsRecordStore } from '../../../src/adapters/blob-store/fs.ts';
import { withLock } from '../../../src/adapters/node/folder-lock.ts';
import { fromUtf8, utf8 } from '../../../src/bytes/encoding.ts';
import { bytesSource } from '../../../src/bytes/source.ts';
import { digestOf } from '../../../src/digest/digest.ts';
import { auditBlobs } from '../../../src/store/audit-blobs.ts';
import { someBytes } from '../../../src/testing/bytes.ts';
import { workers, type Workers } from './child-process.ts';
import { temporaryFolder } from './temporary-folder.ts';

let others: Workers;

beforeAll(async () => {
  others = await workers();
});
afterAll(() => others.dispose());

const twenty = Array.from({ length: 20 }, (_, index) => index);

describe('a lock', () => {
  it('lets 20 processes in one by one, also when its former holder was killed', { timeout: 60_000 }, async () => {
    const folder = temporaryFolder();
    const [lock, file] = [join(folder, 'the.lock'), join(folder, 'number')];
    writeFileSync(file, '0');
    const dead = await others.start('holdLock', lock);
    await dead.kill();
    expect(readdirSync(folder)).toEqual(['number', 'the.lock']);
    await Promise.all(twenty.map(() => others.run('count', lock, file, '3')));
    expect(readFileSync(file, 'utf8')).toBe('60');
    expect(readdirSync(folder)).toEqual(['number']);
  });

  it('of a live process is never taken, and the one that waits is told who has it', async () => {
    const lock = join(temporaryFolder(), 'the.lock');
    const holder = await others.start('holdLock', lock);
    await expect(withLock(lock, () => 'in', { timeout: 200 })).rejects.toMatchObject({
      code: 'ERR_CONFLICT',
      retryable: true,
    });
    await holder.kill();
    expect(await withLock(lock, () => 'in', { timeout: 200 })).toBe('in');
  });

  it('stops waiting when the signal says so', async () => {
    const lock = join(temporaryFolder(), 'the.lock');
    const holder = await others.start('holdLock', lock);
    const reason = new Error('enough');
    const controller = new AbortController();
    setTimeout(() => controller.abort(reason), 50);
    await expect(withLock(lock, () => 'in', { signal: controller.signal })).rejects.toBe(reason);
    await holder.kill();
  });
});

describe('a record store', () => {
  it('loses no increment of 8 processes', { timeout: 60_000 }, async () => {
    const directory = temporaryFolder();
    await Promise.all(twenty.slice(0, 8).map(() => others.run('increment', directory, '10')));
    const found = await fsRecordStore({ directory }).get('counter');
    expect(fromUtf8(found?.value ?? new Uint8Array())).toBe('80');
    expect(readdirSync(directory)).toEqual(['records']);
  });
});

describe('a blob store', () => {
  it('takes the same blobs from 6 processes at once', { timeout: 60_000 }, async () => {
    const directory = temporaryFolder();
    await Promise.all(twenty.slice(0, 6).map(() => others.run('putMany', directory, '0', '12')));
    expect(await auditBlobs({ blobs: fsBlobStore({ directory }) })).toMatchObject({ ok: true, checked: 12 });
    expect(readdirSync(directory)).toEqual(['blobs']);
  });

  it('is whole after kills at any time, and the next writer clears what they left', { timeout: 60_000 }, async () => {
    const directory = temporaryFolder();
    for (let round = 0; round < 12; round++) {
      const victim = await others.start('putMany', directory, String(round * 1000), '500');
      await sleep(Math.random() * 40);
      await victim.kill();
      expect(await auditBlobs({ blobs: fsBlobStore({ directory }) })).toMatchObject({ ok: true });
    }
    await fsBlobStore({ directory }).put(digestOf(utf8('x')), bytesSource(utf8('x')));
    expect(readdirSync(directory)).toEqual(['blobs']);
  });

  it('clears the half of a blob whose writer was killed', async () => {
    const directory = temporaryFolder();
    const victim = await others.start('hangInPut', directory);
    await fsBlobStore({ directory }).put(digestOf(utf8('x')), bytesSource(utf8('x')));
    expect(readdirSync(join(directory, 'tmp'))).toHaveLength(1);
    await victim.kill();
    await fsBlobStore({ directory }).put(digestOf(utf8('y')), bytesSource(utf8('y')));
    expect(readdirSync(directory)).toEqual(['blobs']);
  });

  it('gives an ingest to another process only when the first is dead', async () => {
    const directory = temporaryFolder();
    const store = fsBlobStore({ directory });
    const owner = await others.start('hangInIngest', directory, '1000');
    await expect(store.ingest?.(owner.said)).rejects.toMatchObject({ code: 'ERR_CONFLICT', retryable: true });
    await owner.kill();
    const ingest = await store.ingest?.(owner.said);
    expect(ingest?.offset).toBe(1000);
    const bytes = someBytes(2000);
    await ingest?.append(bytesSource(bytes.subarray(1000)));
    expect(await ingest?.commit('sha256')).toEqual({ created: true, digest: digestOf(bytes), size: 2000 });
    expect(readdirSync(directory)).toEqual(['blobs']);
  });

  it('keeps the ingest of a dead process for its lifetime, and no longer', async () => {
    const directory = temporaryFolder();
    const owner = await others.start('hangInIngest', directory, '10');
    await owner.kill();
    const put = (name: string, ingestLifetime?: number): Promise<unknown> =>
      fsBlobStore({ directory, ingestLifetime }).put(digestOf(utf8(name)), bytesSource(utf8(name)));
    await put('a');
    expect(readdirSync(join(directory, 'tmp'))).toHaveLength(1);
    await put('b', 0);
    await expect(fsBlobStore({ directory }).ingest?.(owner.said)).rejects.toMatchObject({ code: 'ERR_BLOB_NOT_FOUND' });
    expect(readdirSync(directory)).toEqual(['blobs']);
  });

  it('names the folder and what to do where it may not write', async () => {
    const directory = join(temporaryFolder(), 'store');
    const error = JSON.parse(await others.run('putAsNobody', directory)) as { code: string; hint: string };
    expect(error).toMatchObject({ code: 'ERR_STORE_WRITE' });
    expect(error.hint).toContain(directory);
  });
});
