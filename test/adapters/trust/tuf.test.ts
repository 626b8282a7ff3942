import { describe, expect, it } from 'vitest';
import { memoryBlobStore } from '../../../src/adapters/memory/memory-blob-store.ts';
import { memoryRecordStore } from '../../../src/adapters/memory/memory-record-store.ts';
import { tufClient, type TufClientOptions } from '../../../src/adapters/trust/tuf.ts';
import { fromUtf8, utf8 } from '../../../src/bytes/encoding.ts';
import { digestOf, hexOf } from '../../../src/digest/digest.ts';
import { ed25519Key, TestRepository, testTime } from './tuf-repository.ts';

const text = (bytes: Uint8Array | undefined): string | undefined => bytes && fromUtf8(bytes);

describe('a refresh', () => {
  it('asks for the next root, the timestamp, and the versions that are named', async () => {
    const repository = await TestRepository.create();
    const state = await tufClient(repository.options()).refresh();
    expect(repository.requests).toEqual(['2.root.json', 'timestamp.json', '1.snapshot.json', '1.targets.json']);
    expect(state.targets).toEqual({ version: 1, expires: Date.parse('2031-01-01T00:00:00Z') });
  });

  it('asks for files without versions where snapshots are not consistent', async () => {
    const repository = await TestRepository.create({ consistent: false });
    repository.addTarget('targets', 'a/b', 'content');
    await repository.publishTargets();
    const client = tufClient(repository.options());
    expect(text((await client.target('a/b'))?.bytes)).toBe('content');
    expect(repository.requests).toEqual([
      '2.root.json',
      'timestamp.json',
      'snapshot.json',
      'targets.json',
      'targets/a/b',
    ]);
  });

  it('fetches nothing again that it has kept and that is still named', async () => {
    const repository = await TestRepository.create();
    const options = repository.options();
    await tufClient(options).refresh();
    repository.requests.length = 0;
    await tufClient(options).refresh();
    expect(repository.requests).toEqual(['2.root.json', 'timestamp.json']);
  });

  it('walks from root to root, by the keys of the old and the new one', async () => {
    const repository = await TestRepository.create();
    const [old] = repository.holdersOf('root').keys;
    const fresh = await ed25519Key();
    repository.holders['root'] = { keys: [fresh], threshold: 1, signers: [fresh, old as typeof fresh] };
    await repository.publish('root');
    repository.holders['root'] = { keys: [fresh], threshold: 1 };
    await repository.publish('root');
    expect((await tufClient(repository.options()).refresh()).root.version).toBe(3);
  });

  it('takes kept roots from the store, verified again from the first one on', async () => {
    const repository = await TestRepository.create();
    await repository.publish('root', 'root');
    const options = repository.options();
    await tufClient(options).refresh();
    repository.requests.length = 0;
    expect((await tufClient(options).refresh()).root.version).toBe(3);
    expect(repository.requests[0]).toBe('4.root.json');
  });

  it('takes a newer root of the caller over what was kept', async () => {
    const repository = await TestRepository.create();
    const options = repository.options();
    await tufClient(options).refresh();
    await repository.publish('root');
    expect((await tufClient({ ...options, root: repository.root(2) }).refresh()).root.version).toBe(2);
  });

  it('replaces a kept root that is damaged', async () => {
    const repository = await TestRepository.create();
    await repository.publish('root');
    const options = repository.options();
    await options.store.put('tuf/root/2', utf8('{}'), { ifVersion: null });
    expect((await tufClient(options).refresh()).root.version).toBe(2);
    expect((await options.store.get('tuf/root/2'))?.value).toEqual(repository.root(2));
  });

  it('takes metadata whose expired versions were replaced', async () => {
    const repository = await TestRepository.create();
    const options = repository.options();
    await tufClient(options).refresh();
    repository.part('root').expires = '2040-01-01T00:00:00Z';
    for (const role of ['timestamp', 'snapshot', 'targets']) repository.part(role).expires = '2040-01-01T00:00:00Z';
    await repository.publish('root', 'targets', 'snapshot', 'timestamp');
    const later = { ...options, now: () => Date.parse('2035-01-01T00:00:00Z') };
    expect((await tufClient(later).refresh()).timestamp.version).toBe(2);
  });

  it('keeps a timestamp of the same version as it was, whatever comes under that version', async () => {
    const repository = await TestRepository.create();
    const options = repository.options();
    await tufClient(options).refresh();
    repository.part('timestamp', 'meta', 'snapshot.json').version = 100;
    await repository.write('timestamp');
    expect((await tufClient(options).refresh()).snapshot.version).toBe(1);
  });

  it('goes on after a run that ended behind the timestamp', async () => {
    const repository = await TestRepository.create();
    const options = repository.options();
    const snapshot = repository.files.get('1.snapshot.json') as Uint8Array;
    repository.files.delete('1.snapshot.json');
    await expect(tufClient(options).refresh()).rejects.toMatchObject({ code: 'ERR_TUF_UNAVAILABLE' });
    repository.files.set('1.snapshot.json', snapshot);
    expect((await tufClient(options).refresh()).snapshot.version).toBe(1);
  });

  it('fetches again what was kept under the version that is named, but has another hash', async () => {
    const repository = await TestRepository.create();
    repository.hashes = true;
    await repository.publish('targets', 'snapshot', 'timestamp');
    const options = repository.options();
    await tufClient(options).refresh();
    for (const role of ['snapshot', 'targets']) {
      const kept = await options.store.get(`tuf/${role}`);
      const spaced = utf8(`${fromUtf8(kept?.value as Uint8Array)} `);
      await options.store.put(`tuf/${role}`, spaced, { ifVersion: kept?.version ?? null });
    }
    repository.requests.length = 0;
    await tufClient(options).refresh();
    expect(repository.requests.slice(2)).toEqual(['2.snapshot.json', '2.targets.json']);
  });

  it('fails with what its store fails with', async () => {
    const repository = await TestRepository.create();
    const options = repository.options();
    const cause = new Error('disk');
    const store = { ...options.store, get: () => Promise.reject(cause) };
    await expect(tufClient({ ...options, store }).refresh()).rejects.toBe(cause);
  });

  it('keeps the bytes as they came', async () => {
    const repository = await TestRepository.create();
    const bytes = utf8(`${fromUtf8(repository.files.get('timestamp.json') as Uint8Array)} \n`);
    repository.files.set('timestamp.json', bytes);
    const options = repository.options();
    await tufClient(options).refresh();
    expect((await options.store.get('tuf/timestamp'))?.value).toEqual(bytes);
  });

  it('keeps repositories of different names apart', async () => {
    const [one, other] = [await TestRepository.create(), await TestRepository.create()];
    const store = memoryRecordStore();
    await tufClient(one.options({ store, name: 'one' })).refresh();
    await tufClient(other.options({ store, name: 'other' })).refresh();
    expect(await store.get('one/timestamp')).not.toEqual(await store.get('other/timestamp'));
  });

  it('signs over members that nobody knows', async () => {
    const repository = await TestRepository.create();
    repository.part('targets').later = { 'ü"\\': [true, null, -1, 'line\nbreak'], '￿': 1, '😀': 2 };
    await repository.publishTargets();
    expect((await tufClient(repository.options()).refresh()).targets.version).toBe(2);
  });

  it.each(['bytes', 'text', 'object'])('begins with a root that is %s', async (form) => {
    const repository = await TestRepository.create();
    const json = fromUtf8(repository.root());
    const root = form === 'bytes' ? repository.root() : form === 'text' ? json : (JSON.parse(json) as object);
    expect((await tufClient(repository.options({ root })).refresh()).root.version).toBe(1);
  });

  it('sees the same time from its beginning to its end', async () => {
    const repository = await TestRepository.create();
    let times = 0;
    await tufClient(repository.options({ now: () => testTime + times++ * 1e12 })).refresh();
    expect(times).toBe(1);
  });
});

describe('a store that two clients share', () => {
  it('never goes back where one of them is slow', async () => {
    const repository = await TestRepository.create();
    const store = memoryRecordStore();
    const slow = tufClient(
      repository.options({
        store,
        metadata: async (path, options) => {
          const bytes = await repository.mirror(path, options);
          if (path !== 'timestamp.json' || Number(repository.part('timestamp').version) > 1) return bytes;
          await repository.publish('snapshot', 'timestamp');
          await tufClient(repository.options({ store })).refresh();
          return bytes;
        },
      }),
    );
    expect((await slow.refresh()).timestamp.version).toBe(2);
  });

  it('gives up where it is changed all the time', async () => {
    const repository = await TestRepository.create();
    const store = { ...memoryRecordStore(), put: () => Promise.resolve('conflict' as const) };
    const refresh = tufClient(repository.options({ store })).refresh();
    await expect(refresh).rejects.toMatchObject({ code: 'ERR_CONFLICT', retryable: true });
  });

  it('lets a run begin again where keys were replaced meanwhile', async () => {
    const repository = await TestRepository.create();
    const inner = memoryRecordStore();
    const options = repository.options({ store: inner });
    await tufClient(options).refresh();
    repository.holders['timestamp'] = { keys: [await ed25519Key()], threshold: 1 };
    await repository.publish('root', 'timestamp');
    let conflicts = 0;
    const store: TufClientOptions['store'] = {
      ...inner,
      delete: (key, given) => (conflicts++ === 0 ? Promise.resolve('conflict') : inner.delete(key, given)),
    };
    expect((await tufClient({ ...options, store }).refresh()).timestamp.version).toBe(2);
    expect(conflicts).toBe(3);
  });
});

describe('metadata that is too large for a record', () => {
  const large = async (): Promise<TestRepository> => {
    const repository = await TestRepository.create();
    repository.part('targets').padding = 'x'.repeat(1_100_000);
    await repository.publishTargets();
    return repository;
  };

  it('is kept in the blob store', async () => {
    const repository = await large();
    const options = repository.options({ blobs: memoryBlobStore() });
    await tufClient(options).refresh();
    repository.requests.length = 0;
    await tufClient(options).refresh();
    expect(repository.requests).toEqual(['2.root.json', 'timestamp.json']);
  });

  it('is fetched again where the blob is gone', async () => {
    const repository = await large();
    const options = repository.options({ blobs: memoryBlobStore() });
    await tufClient(options).refresh();
    repository.requests.length = 0;
    await tufClient({ ...options, blobs: memoryBlobStore() }).refresh();
    expect(repository.requests).toContain('2.targets.json');
  });

  it('is as good as not there where it is larger than any that is taken', async () => {
    const repository = await large();
    const options = repository.options({ blobs: memoryBlobStore() });
    await tufClient(options).refresh();
    const limits = { targetsBytes: 1000, snapshotBytes: 1000, rootBytes: 3000 };
    await expect(tufClient({ ...options, limits }).refresh()).rejects.toMatchObject({ code: 'ERR_LIMIT_EXCEEDED' });
  });

  it('is refused without a blob store', async () => {
    const refresh = tufClient((await large()).options()).refresh();
    await expect(refresh).rejects.toMatchObject({ code: 'ERR_LIMIT_EXCEEDED' });
  });
});

describe('a target', () => {
  it('comes with what is said of it', async () => {
    const repository = await TestRepository.create();
    repository.addTarget('targets', 'dir/some file#1', 'content');
    repository.part('targets', 'targets', 'dir/some file#1').custom = { usage: 'test' };
    await repository.publishTargets();
    const found = await tufClient(repository.options()).target('dir/some file#1');
    const digest = digestOf(utf8('content'));
    expect(found).toEqual({
      name: 'dir/some file#1',
      length: 7,
      digests: [digest],
      custom: { usage: 'test' },
      role: 'targets',
      bytes: utf8('content'),
    });
    expect(repository.requests.at(-1)).toBe(`targets/dir/${hexOf(digest)}.some%20file%231`);
  });

  it('may have any name that is a path', async () => {
    const repository = await TestRepository.create({ consistent: false });
    repository.addTarget('targets', "it's (a) *!", 'content');
    await repository.publishTargets();
    await tufClient(repository.options())
      .target("it's (a) *!")
      .catch(() => undefined);
    expect(repository.requests.at(-1)).toBe('targets/it%27s%20%28a%29%20%2A%21');
  });

  it('is undefined where no role lists it', async () => {
    const repository = await TestRepository.create();
    expect(await tufClient(repository.options()).target('missing')).toBeUndefined();
    expect(await tufClient(repository.options()).find('constructor')).toBeUndefined();
  });

  it('is found without being fetched', async () => {
    const repository = await TestRepository.create();
    repository.addTarget('targets', 'a', 'content');
    await repository.publishTargets();
    expect(await tufClient(repository.options()).find('a')).toMatchObject({ length: 7 });
    expect(repository.requests.filter((path) => path.startsWith('targets/'))).toEqual([]);
  });

  it('comes from a mirror of its own', async () => {
    const repository = await TestRepository.create();
    repository.addTarget('targets', 'a', 'content');
    await repository.publishTargets();
    const asked: string[] = [];
    const targets: TufClientOptions['targets'] = (path) => {
      asked.push(path);
      return Promise.resolve(utf8('content'));
    };
    expect(text((await tufClient(repository.options({ targets })).target('a'))?.bytes)).toBe('content');
    expect(asked).toEqual([`${hexOf(digestOf(utf8('content')))}.a`]);
  });

  it('is looked for under each of its hashes', async () => {
    const repository = await TestRepository.create();
    repository.addTarget('targets', 'a', 'content', ['sha512', 'sha256']);
    repository.files.delete(`targets/${hexOf(digestOf(utf8('content'), 'sha512'))}.a`);
    await repository.publishTargets();
    expect(text((await tufClient(repository.options()).target('a'))?.bytes)).toBe('content');
  });

  it('is fetched once where there is a blob store', async () => {
    const repository = await TestRepository.create();
    repository.addTarget('targets', 'a', 'content');
    await repository.publishTargets();
    const options = repository.options({ blobs: memoryBlobStore() });
    await tufClient(options).target('a');
    repository.files.delete(repository.requests.at(-1) ?? '');
    expect(text((await tufClient(options).target('a'))?.bytes)).toBe('content');
  });

  it('does not need hashes by algorithms that nobody knows, where another holds', async () => {
    const repository = await TestRepository.create();
    repository.addTarget('targets', 'a', 'content');
    repository.part('targets', 'targets', 'a', 'hashes')['blake2b-256'] = 'ff';
    await repository.publishTargets();
    expect(text((await tufClient(repository.options()).target('a'))?.bytes)).toBe('content');
  });

  it('is looked for after a refresh that failed only when the next one succeeds', async () => {
    const repository = await TestRepository.create();
    repository.addTarget('targets', 'a', 'content');
    await repository.publishTargets();
    const client = tufClient(repository.options());
    await client.refresh();
    const timestamp = repository.files.get('timestamp.json') as Uint8Array;
    repository.files.delete('timestamp.json');
    await expect(client.refresh()).rejects.toMatchObject({ code: 'ERR_TUF_UNAVAILABLE' });
    await expect(client.target('a')).rejects.toMatchObject({ code: 'ERR_TUF_UNAVAILABLE' });
    repository.files.set('timestamp.json', timestamp);
    expect(text((await client.target('a'))?.bytes)).toBe('content');
  });
});

describe('targets that are asked for at once', () => {
  it('share one refresh', async () => {
    const repository = await TestRepository.create();
    await repository.delegate('targets', 'inner');
    const names = Array.from({ length: 10 }, (_, index) => `target-${index}`);
    for (const name of names) repository.addTarget('inner', name, name);
    await repository.publishTargets('inner');
    const client = tufClient(repository.options());
    const found = await Promise.all(names.map((name) => client.target(name)));
    expect(found.map((target) => text(target?.bytes))).toEqual(names);
    expect(repository.requests.filter((path) => path === 'timestamp.json')).toHaveLength(1);
  });

  it('do not end with the one that began the refresh', async () => {
    const repository = await TestRepository.create();
    const controller = new AbortController();
    const metadata: TufClientOptions['metadata'] = (path, options) => {
      if (options.signal === controller.signal) controller.abort(new Error('stopped'));
      return repository.mirror(path, options);
    };
    const client = tufClient(repository.options({ metadata }));
    const first = client.target('a', { signal: controller.signal });
    const second = client.target('a');
    await expect(first).rejects.toThrow('stopped');
    expect(await second).toBeUndefined();
  });

  it('end with the refresh that they share where that fails', async () => {
    const repository = await TestRepository.create();
    const client = tufClient(repository.options({ metadata: () => Promise.resolve(undefined) }));
    const outcomes = await Promise.allSettled([client.target('a'), client.target('b')]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });
});

describe('a client', () => {
  it.each([
    ['metadata', { metadata: 'https://mirror.example' }],
    ['targets', { targets: 'https://mirror.example' }],
    ['store', { store: undefined }],
    ['name', { name: '../other' }],
    ['root', { root: 7 }],
    ['rootBytes', { limits: { rootBytes: 0 } }],
    ['misspelt', { limits: { misspelt: 1 } }],
    ['unknown', { unknown: true }],
  ])('refuses a wrong %s', async (argument, change) => {
    const options = { ...(await TestRepository.create()).options(), ...change } as unknown as TufClientOptions;
    expect(() => tufClient(options)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT', argument }));
  });

  it.each([NaN, Infinity, 1e16])('needs a clock that does not say %d', async (time) => {
    const client = tufClient((await TestRepository.create()).options({ now: () => time }));
    await expect(client.refresh()).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT', argument: 'now' });
  });

  it('ends with the reason of its signal', async () => {
    const repository = await TestRepository.create();
    const reason = new Error('stopped');
    const aborted = AbortSignal.abort(reason);
    await expect(tufClient(repository.options()).refresh({ signal: aborted })).rejects.toBe(reason);
    await expect(tufClient(repository.options()).target('a', { signal: aborted })).rejects.toBe(reason);
    const controller = new AbortController();
    const metadata: TufClientOptions['metadata'] = () => {
      controller.abort(reason);
      return Promise.reject(new Error('cut'));
    };
    await expect(tufClient(repository.options({ metadata })).refresh({ signal: controller.signal })).rejects.toBe(
      reason,
    );
  });

  // Only a page that is isolated from other origins has such memory.
  it.skipIf(typeof SharedArrayBuffer === 'undefined')(
    'copies what a mirror gives in memory that others can write to',
    async () => {
      const repository = await TestRepository.create();
      const metadata: TufClientOptions['metadata'] = (path) => {
        const bytes = repository.files.get(path);
        if (bytes === undefined) return Promise.resolve(undefined);
        const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
        shared.set(bytes);
        return Promise.resolve(shared);
      };
      expect((await tufClient(repository.options({ metadata })).refresh()).root.version).toBe(1);
    },
  );

  it('says that a mirror failed, whatever it fails with', async () => {
    const repository = await TestRepository.create();
    const cause = new Error('no network');
    const refresh = tufClient(repository.options({ metadata: () => Promise.reject(cause) })).refresh();
    await expect(refresh).rejects.toMatchObject({ code: 'ERR_TUF_UNAVAILABLE', retryable: true, cause });
  });
});
