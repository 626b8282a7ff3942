import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { treeSyncer, type SyncStatus, type TreeFolderOptions } from '../../../src/adapters/sync/fs.ts';
import { someScene } from './some-packs.ts';

/** Options that count how many runs there are, and how many at a time. */
function counted(options: TreeFolderOptions): { options: TreeFolderOptions; runs: () => number; most: () => number } {
  let [runs, now, most] = [0, 0, 0];
  const { service } = options;
  const resolve: typeof service.resolve = async (...args) => {
    runs++;
    most = Math.max(most, ++now);
    await new Promise((done) => setTimeout(done, 5));
    return service.resolve(...args).finally(() => now--);
  };
  const watched = { ...service, resolve };
  return { options: { ...options, service: watched }, runs: () => runs, most: () => most };
}

describe('treeSyncer', () => {
  it('answers five requests in two runs, one at a time, and the last target wins', async () => {
    const { directory, options, digests, at } = await someScene('a', 'b', 'c', 'd', 'e');
    const watched = counted(options);
    const syncer = treeSyncer(watched.options);
    const trees = await Promise.all(['a', 'b', 'c', 'd', 'e'].map((name) => syncer.request(at(name))));
    expect(trees.map(({ digest }) => digest)).toEqual([digests['a'], ...Array<unknown>(4).fill(digests['e'])]);
    expect([watched.runs(), watched.most()]).toEqual([2, 1]);
    expect(readFileSync(join(directory, 'current', 'name.txt'), 'utf8')).toBe('e');
    expect(await syncer.request(at('b'))).toMatchObject({ digest: digests['b'] });
    expect(watched.runs()).toBe(3);
  });

  it('tells each status, and has the last of them', async () => {
    const { options, at } = await someScene('a', 'b');
    const told: SyncStatus[] = [];
    const syncer = treeSyncer({ ...options, onStatus: (status) => told.push(status) });
    expect(syncer.status).toEqual({ state: 'idle' });
    const first = syncer.request(at('a'));
    const second = syncer.request(at('b'));
    await Promise.all([first, second]);
    expect(told.map((status) => [status.state, 'target' in status && status.target.split(' ').at(-1)])).toEqual([
      ['syncing', 'a'],
      ['syncing', 'a'],
      ['ready', 'a'],
      ['syncing', 'b'],
      ['ready', 'b'],
    ]);
    expect(syncer.status).toMatchObject({ state: 'ready', tree: { changed: true } });
  });

  it('goes on after a run that failed, and keeps the tree that was in place', async () => {
    const { directory, options, at } = await someScene('a', 'b');
    const syncer = treeSyncer({
      ...options,
      onStatus: () => {
        throw new Error('not the concern of the syncer');
      },
    });
    await syncer.request(at('a'));
    const failing = syncer.request(at('unknown'));
    const next = syncer.request(at('b'));
    await expect(failing).rejects.toMatchObject({ code: 'ERR_REGISTRY_NOT_FOUND' });
    expect(readFileSync(join(directory, 'current', 'name.txt'), 'utf8')).toBe('a');
    await next;
    await expect(syncer.request(at('unknown'))).rejects.toMatchObject({ code: 'ERR_REGISTRY_NOT_FOUND' });
    expect(syncer.status).toMatchObject({ state: 'error', error: { code: 'ERR_REGISTRY_NOT_FOUND' } });
    expect(readFileSync(join(directory, 'current', 'name.txt'), 'utf8')).toBe('b');
  });

  it('lets one who waits go, and does the work all the same', async () => {
    const { options, digests, at } = await someScene('a');
    const syncer = treeSyncer(options);
    const stop = new AbortController();
    const impatient = syncer.request(at('a'), { signal: stop.signal });
    stop.abort(new Error('enough'));
    await expect(impatient).rejects.toThrow('enough');
    expect(await syncer.request(at('a'))).toMatchObject({ digest: digests['a'], reused: true });
  });

  it('ends with the signal of its options, and refuses an option that it does not know', async () => {
    const { options, at } = await someScene('a');
    const syncer = treeSyncer({ ...options, signal: AbortSignal.abort(new Error('over')) });
    await expect(syncer.request(at('a'))).rejects.toThrow('over');
    await expect(syncer.request(at('a'))).rejects.toThrow('over');
    expect(() => treeSyncer({ ...options, parent: '1' } as TreeFolderOptions)).toThrow(/unknown option/);
  });
});
