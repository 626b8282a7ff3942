import { existsSync, mkdirSync, readdirSync, renameSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fsBlobStore } from '../../../src/adapters/blob-store/fs.ts';
import { BlobFolder } from '../../../src/adapters/node/blob-folder.ts';
import { currentOwner, formatOwner, type Owner } from '../../../src/adapters/node/owner.ts';
import { leavePartial, openPartial } from '../../../src/adapters/node/partial-file.ts';
import { layoutRegistry, openLayout } from '../../../src/adapters/registry/layout.ts';
import { bytesSource, type ByteSource, type OpenOptions } from '../../../src/bytes/source.ts';
import { digestOf, hexOf } from '../../../src/digest/digest.ts';
import { someBytes } from '../../../src/testing/bytes.ts';
import { workers, type Workers } from './child-process.ts';
import { temporaryFolder } from './temporary-folder.ts';

const bytes = someBytes(6_000_000);
const digest = digestOf(bytes);
const me = currentOwner();
const dead: Owner = { ...me, pid: 2 ** 30 };
const foreign: Owner = { ...me, space: me.space + 1 };

/** The bytes as a source that writes down from where it is read, and breaks where it is told. */
function source(breaksAt = Infinity): ByteSource & { readonly starts: number[] } {
  const starts: number[] = [];
  return {
    size: bytes.length,
    starts,
    open: ({ start = 0 }: OpenOptions = {}) => {
      starts.push(start);
      let position = start;
      return Promise.resolve(
        new ReadableStream<Uint8Array>(
          {
            pull(controller) {
              if (position >= breaksAt) throw new Error('cut');
              const end = Math.min(position + 500_000, bytes.length, breaksAt);
              if (position < end) controller.enqueue(bytes.slice(position, end));
              if (end === bytes.length) controller.close();
              position = end;
            },
          },
          { highWaterMark: 0 },
        ),
      );
    },
  };
}

function temporaries(directory: string): string[] {
  const folder = join(directory, 'tmp');
  return existsSync(folder) ? readdirSync(folder) : [];
}

function plant(directory: string, content: Uint8Array, owner: Owner, label = ''): string {
  mkdirSync(join(directory, 'tmp'), { recursive: true });
  const path = join(directory, 'tmp', `partial-sha256-${hexOf(digest)}-${label}0~${formatOwner(owner)}`);
  writeFileSync(path, content);
  return path;
}

describe('a put of a large blob that was cut', () => {
  it('goes on where it was, and leaves nothing when it is done', async () => {
    const directory = temporaryFolder();
    const store = fsBlobStore({ directory });
    await expect(store.put(digest, source(3_000_000))).rejects.toThrow('cut');
    expect(await store.stat(digest)).toBeUndefined();
    expect(temporaries(directory)).toHaveLength(1);
    await expect(fsBlobStore({ directory }).put(digest, source(5_000_000))).rejects.toThrow('cut');
    const last = source();
    expect(await fsBlobStore({ directory }).put(digest, last)).toEqual({ created: true });
    expect(last.starts).toEqual([5_000_000]);
    expect(await store.stat(digest)).toMatchObject({ size: bytes.length });
    expect(temporaries(directory)).toEqual([]);
  });

  it('goes on after an abort', async () => {
    const directory = temporaryFolder();
    const controller = new AbortController();
    const slow = source();
    const aborting: ByteSource = {
      size: bytes.length,
      open: async (options) => {
        const stream = await slow.open(options);
        let left = 6;
        const stop = new TransformStream<Uint8Array, Uint8Array>({
          transform(chunk, to) {
            if (left-- === 0) controller.abort(new Error('enough'));
            else to.enqueue(chunk);
          },
        });
        return stream.pipeThrough(stop);
      },
    };
    const store = fsBlobStore({ directory });
    await expect(store.put(digest, aborting, { signal: controller.signal })).rejects.toThrow('enough');
    const last = source();
    await store.put(digest, last);
    expect(last.starts[0]).toBeGreaterThan(0);
    expect(temporaries(directory)).toEqual([]);
  });

  it('goes on with what a dead process left, the longest first, and asks for nothing where all is there', async () => {
    const directory = temporaryFolder();
    plant(directory, bytes.subarray(0, 1000), dead);
    plant(directory, bytes, dead, 'b');
    const whole = source();
    expect(await fsBlobStore({ directory }).put(digest, whole)).toEqual({ created: true });
    expect(whole.starts).toEqual([]);
    expect(temporaries(directory)).toEqual([]);
  });

  it('begins anew where what is left is wrong, or too long', async () => {
    for (const wrong of [someBytes(5_000_000, 7), someBytes(7_000_000)]) {
      const directory = temporaryFolder();
      plant(directory, wrong, dead);
      const again = source();
      expect(await fsBlobStore({ directory }).put(digest, again)).toEqual({ created: true });
      expect(again.starts.at(-1)).toBe(0);
      expect(temporaries(directory)).toEqual([]);
    }
  });

  it('keeps nothing of wrong bytes, nor of a few', async () => {
    const directory = temporaryFolder();
    const store = fsBlobStore({ directory });
    await expect(store.put(digestOf(bytes.subarray(1)), bytesSource(bytes))).rejects.toMatchObject({
      code: 'ERR_DIGEST_MISMATCH',
    });
    await expect(store.put(digest, source(100_000))).rejects.toThrow('cut');
    expect(temporaries(directory)).toEqual([]);
  });

  it('leaves alone what another writer has, here or where nobody can tell', async () => {
    const directory = temporaryFolder();
    const store = fsBlobStore({ directory });
    plant(directory, bytes.subarray(0, 4_000_000), me);
    const young = plant(directory, bytes.subarray(0, 5_000_000), foreign);
    const own = source();
    await store.put(digest, own);
    expect(own.starts).toEqual([0]);
    expect(temporaries(directory)).toHaveLength(2);
    const then = Date.now() / 1000 - 120;
    utimesSync(young, then, then);
    await store.delete(digest);
    const next = source();
    await store.put(digest, next);
    expect(next.starts).toEqual([5_000_000]);
    expect(temporaries(directory)).toHaveLength(1);
  });

  it('keeps nothing on a full disk', () => {
    const directory = temporaryFolder();
    const folder = new BlobFolder({
      id: 'x',
      directory: join(directory, 'blobs'),
      temporary: join(directory, 'tmp'),
      pathOf: () => 'x',
    });
    plant(directory, bytes.subarray(0, 4_000_000), me, 'idle-');
    const [first, second] = [openPartial(folder, digest), openPartial(folder, digest)];
    expect([first.size, second.size]).toEqual([4_000_000, 0]);
    const full = Object.assign(new Error('full'), { code: 'ENOSPC', syscall: 'write' });
    leavePartial(folder, second, digest, full);
    leavePartial(folder, first, digest, new Error('stopped, because the other failed'));
    expect(temporaries(directory)).toEqual([]);
  });

  it('is swept a day later by whoever writes', async () => {
    const directory = temporaryFolder();
    const day = 86_400;
    for (const [label, owner, age] of [
      ['idle-a', me, day + 60],
      ['idle-b', me, day - 60],
      ['c', dead, day + 60],
      ['d', dead, day - 60],
    ] as const) {
      const path = plant(directory, bytes.subarray(0, 10), owner, label);
      const then = Date.now() / 1000 - age;
      utimesSync(path, then, then);
    }
    await fsBlobStore({ directory }).put(digestOf(new Uint8Array(3)), bytesSource(new Uint8Array(3)));
    expect(
      temporaries(directory)
        .map((name) => /-(idle-b0|d0)~/.exec(name)?.[1])
        .sort(),
    ).toEqual(['d0', 'idle-b0']);
  });
});

describe('a process that is killed in a put', () => {
  let others: Workers;
  beforeAll(async () => {
    others = await workers();
  });
  afterAll(() => others.dispose());

  it('has its bytes taken over by the next one', async () => {
    const directory = temporaryFolder();
    const killed = await others.start('hangInLargePut', directory, '3000000', '6000000');
    await killed.kill();
    expect(temporaries(directory)).toHaveLength(1);
    const next = source();
    expect(await fsBlobStore({ directory }).put(digest, next)).toEqual({ created: true });
    expect(next.starts[0]).toBeGreaterThanOrEqual(1_000_000);
    expect(temporaries(directory)).toEqual([]);
  });
});

describe('an upload into a layout', () => {
  it('goes on in another process where the layout is served, and is cleared where it is packed into', async () => {
    const directory = temporaryFolder();
    const name = 'team/app';
    const asDead = (): void => {
      const folder = join(directory, name, '.packwright');
      for (const file of readdirSync(folder)) {
        renameSync(join(folder, file), join(folder, file.replace(/~.*/, `~${formatOwner(dead)}`)));
      }
    };
    const served = layoutRegistry({ directory }).repository(name);
    const ingest = await served.blob.ingest?.();
    await ingest?.append(bytesSource(bytes.subarray(0, 1000)));
    asDead();
    const packing = openLayout({ directory: join(directory, name) }).repository;
    const own = await packing.blob.ingest?.();
    await own?.append(bytesSource(bytes.subarray(0, 1000)));
    const again = await layoutRegistry({ directory }).repository(name).blob.ingest?.(ingest?.id);
    expect(again?.offset).toBe(1000);
    await again?.append(bytesSource(bytes.subarray(1000)));
    asDead();
    const config = { mediaType: 'application/vnd.oci.empty.v1+json', digest: digestOf(new Uint8Array(2)), size: 2 };
    await openLayout({ directory: join(directory, name) }).repository.blob.put(config, bytesSource(new Uint8Array(2)));
    expect(readdirSync(join(directory, name, '.packwright')).map((file) => file.split('-')[0])).toEqual(['ingest']);
    const last = await layoutRegistry({ directory }).repository(name).blob.ingest?.(ingest?.id);
    expect(await last?.commit(digest)).toMatchObject({ created: true });
    expect(existsSync(join(directory, name, '.packwright'))).toBe(false);
  });
});
