import { describe, expect, it } from 'vitest';
import { tufClient, type TufClient, type TufClientOptions } from '../../../src/adapters/trust/tuf.ts';
import { utf8 } from '../../../src/bytes/encoding.ts';
import { digestOf, hexOf } from '../../../src/digest/digest.ts';
import { ed25519Key, TestRepository, testTime, type TestKey, type TestSignature } from './tuf-repository.ts';

const roles = ['root', 'timestamp', 'snapshot', 'targets'] as const;
const all = ['root', 'targets', 'snapshot', 'timestamp'] as const;

/** A repository, a client that has refreshed once, and another one over the same store. */
async function trusted(): Promise<{ repository: TestRepository; options: TufClientOptions; next: () => TufClient }> {
  const repository = await TestRepository.create();
  await repository.publish(...all);
  const options = repository.options({ root: repository.root(1) });
  await tufClient(options).refresh();
  return { repository, options, next: () => tufClient(options) };
}

const code = (expected: string): object => expect.objectContaining({ code: expected }) as object;

describe('signatures', () => {
  it.each(roles)('are demanded of the %s', async (role) => {
    const repository = await TestRepository.create();
    repository.holdersOf(role).signers = [await ed25519Key()];
    await repository.publish(...all);
    await expect(tufClient(repository.options()).refresh()).rejects.toEqual(code('ERR_TUF_SIGNATURE'));
  });

  it('are demanded of the root that the caller trusts', async () => {
    const repository = await TestRepository.create();
    const root = JSON.parse(new TextDecoder().decode(repository.root())) as { signed: { expires: string } };
    root.signed.expires = '2032-01-01T00:00:00Z';
    await expect(tufClient(repository.options({ root })).refresh()).rejects.toEqual(code('ERR_TUF_SIGNATURE'));
    expect(repository.requests).toEqual([]);
  });

  it.each(['old', 'new'])('of the %s keys alone do not make a root', async (which) => {
    const repository = await TestRepository.create();
    const { keys: before } = repository.holdersOf('root');
    const keys = [await ed25519Key()];
    repository.holders['root'] = { keys, threshold: 1, signers: which === 'old' ? before : keys };
    await repository.publish('root');
    await expect(tufClient(repository.options()).refresh()).rejects.toEqual(code('ERR_TUF_SIGNATURE'));
  });

  it('of fewer keys than the old threshold do not make a root that lowers it', async () => {
    const repository = await TestRepository.create();
    const keys = [...repository.holdersOf('root').keys, await ed25519Key()];
    repository.holders['root'] = { keys, threshold: 2 };
    await repository.publish('root');
    repository.holders['root'] = { keys, threshold: 1, signers: keys.slice(0, 1) };
    await repository.publish('root');
    await expect(tufClient(repository.options({ root: repository.root(2) })).refresh()).rejects.toEqual(
      code('ERR_TUF_SIGNATURE'),
    );
  });

  it('by one key under two ids count once', async () => {
    const repository = await TestRepository.create();
    const [key] = repository.holdersOf('timestamp').keys as [TestKey];
    repository.holders['timestamp'] = { keys: [key, { ...key, id: 'another-name' }], threshold: 2 };
    await repository.publish(...all);
    await expect(tufClient(repository.options()).refresh()).rejects.toMatchObject({
      code: 'ERR_TUF_SIGNATURE',
      details: { signed: 1, threshold: 2 },
    });
  });

  it('under one id twice are refused', async () => {
    const repository = await TestRepository.create();
    repository.alter = (role, document) => {
      if (role === 'timestamp') document.signatures.push(document.signatures[0] as TestSignature);
    };
    await repository.publish(...all);
    await expect(tufClient(repository.options()).refresh()).rejects.toEqual(code('ERR_TUF_INVALID'));
  });

  it('by a key id that the role does not list count for nothing', async () => {
    const repository = await TestRepository.create();
    repository.alter = (role, document) => {
      if (role === 'timestamp') Object.assign(document.signatures[0] as TestSignature, { keyid: 'other' });
    };
    await repository.publish(...all);
    await expect(tufClient(repository.options()).refresh()).rejects.toEqual(code('ERR_TUF_SIGNATURE'));
  });

  it('under the id of another key count for nothing', async () => {
    const repository = await TestRepository.create();
    const [key] = repository.holdersOf('snapshot').keys as [TestKey];
    const [other] = repository.holdersOf('timestamp').keys as [TestKey];
    repository.holdersOf('timestamp').signers = [{ ...key, id: other.id }];
    await repository.publish(...all);
    await expect(tufClient(repository.options()).refresh()).rejects.toEqual(code('ERR_TUF_SIGNATURE'));
  });

  it.each(['', 'zz', 'abc', '00'])('that are %j count for nothing, and the others do', async (sig) => {
    const repository = await TestRepository.create();
    const strange = await ed25519Key();
    const { keys } = repository.holdersOf('timestamp');
    repository.holders['timestamp'] = { keys: [strange, ...keys], threshold: 1, signers: [strange, ...keys] };
    repository.alter = (role, document) => {
      if (role === 'timestamp') Object.assign(document.signatures[0] as TestSignature, { sig });
    };
    await repository.publish(...all);
    expect((await tufClient(repository.options()).refresh()).timestamp.version).toBe(2);
  });

  it.each([
    ['type', { keytype: 'sigstore-oidc' }],
    ['scheme', { scheme: 'constructor' }],
    ['scheme of another type', { keytype: 'ecdsa', scheme: 'ed25519' }],
    ['key without text', { keyval: { identity: 'a@example' } }],
    ['key that is neither PEM nor hexadecimal', { keyval: { public: 'key' } }],
    ['key of another length', { keyval: { public: '00' } }],
    ['PEM that is none', { keyval: { public: '-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----' } }],
  ])('by an unknown %s count for nothing, and the others do', async (_what, change) => {
    const repository = await TestRepository.create();
    const [known, strange] = [repository.holdersOf('timestamp').keys[0] as TestKey, await ed25519Key()];
    const listed = { ...strange, listed: { ...strange.listed, ...change } };
    repository.holders['timestamp'] = { keys: [listed, known], threshold: 1 };
    await repository.publish(...all);
    expect((await tufClient(repository.options()).refresh()).timestamp.version).toBe(2);
    repository.holders['timestamp'] = { keys: [listed, known], threshold: 2 };
    await repository.publish(...all);
    await expect(tufClient(repository.options()).refresh()).rejects.toMatchObject({
      code: 'ERR_TUF_SIGNATURE',
      hint: expect.stringContaining('not counted') as string,
    });
  });

  it('by keys that nobody lists cannot reach a threshold above the number of keys', async () => {
    const repository = await TestRepository.create();
    repository.holdersOf('timestamp').threshold = 2;
    await repository.publish(...all);
    await expect(tufClient(repository.options()).refresh()).rejects.toEqual(code('ERR_TUF_SIGNATURE'));
  });

  it('over what was changed afterwards are wrong', async () => {
    const repository = await TestRepository.create();
    repository.alter = (role, document) => {
      if (role === 'timestamp') document.signed['unknown'] = true;
    };
    await repository.publish(...all);
    await expect(tufClient(repository.options()).refresh()).rejects.toEqual(code('ERR_TUF_SIGNATURE'));
  });
});

describe('a rollback', () => {
  it('of the root is refused', async () => {
    const { repository, next } = await trusted();
    repository.files.set('3.root.json', repository.root(2));
    await expect(next().refresh()).rejects.toEqual(code('ERR_TUF_ROLLBACK'));
  });

  it('of the root by a mirror that has only old ones changes nothing', async () => {
    const { repository, next } = await trusted();
    repository.files.delete('2.root.json');
    expect((await next().refresh()).root.version).toBe(2);
  });

  it('of the timestamp is refused', async () => {
    const { repository, next } = await trusted();
    repository.part('timestamp').version = 1;
    await repository.write('timestamp');
    await expect(next().refresh()).rejects.toEqual(code('ERR_TUF_ROLLBACK'));
  });

  it('of the snapshot in a newer timestamp is refused', async () => {
    const { repository, next } = await trusted();
    repository.part('snapshot').version = 1;
    await repository.write('snapshot');
    await repository.publish('timestamp');
    await expect(next().refresh()).rejects.toEqual(code('ERR_TUF_ROLLBACK'));
  });

  it('of the targets in a newer snapshot is refused', async () => {
    const { repository, next } = await trusted();
    repository.part('targets').version = 1;
    await repository.write('targets');
    await repository.publish('snapshot', 'timestamp');
    await expect(next().refresh()).rejects.toEqual(code('ERR_TUF_ROLLBACK'));
  });

  it('of a delegated role is refused', async () => {
    const repository = await TestRepository.create();
    await repository.delegate('targets', 'inner');
    await repository.publish('inner', 'inner');
    await repository.publishTargets();
    const options = repository.options();
    await tufClient(options).target('a');
    repository.part('inner').version = 1;
    await repository.write('inner');
    await repository.publish('snapshot', 'timestamp');
    await expect(tufClient(options).target('a')).rejects.toEqual(code('ERR_TUF_ROLLBACK'));
  });

  it('that leaves a role out of the snapshot is refused', async () => {
    const repository = await TestRepository.create();
    await repository.delegate('targets', 'inner');
    await repository.publishTargets('inner');
    const options = repository.options();
    await tufClient(options).refresh();
    delete repository.part('snapshot', 'meta')['inner.json'];
    await repository.publish('snapshot', 'timestamp');
    await expect(tufClient(options).refresh()).rejects.toEqual(code('ERR_TUF_ROLLBACK'));
  });

  it('leaves what was trusted as it was', async () => {
    const { repository, options, next } = await trusted();
    const before = await options.store.get('tuf/timestamp');
    repository.part('timestamp').version = 1;
    await repository.write('timestamp');
    await next()
      .refresh()
      .catch(() => undefined);
    expect(await options.store.get('tuf/timestamp')).toEqual(before);
  });
});

describe('after a fast-forward attack', () => {
  const far = 1_000_000;

  it.each(['timestamp', 'snapshot'])('new keys of the %s let versions begin again', async (role) => {
    const { repository, next } = await trusted();
    for (const each of ['snapshot', 'timestamp']) {
      repository.part(each).version = far;
      await repository.write(each);
    }
    await next().refresh();
    repository.holders[role] = { keys: [await ed25519Key()], threshold: 1 };
    await repository.publish('root');
    for (const each of ['snapshot', 'timestamp']) repository.part(each).version = 5;
    await repository.publish('snapshot', 'timestamp');
    expect((await next().refresh()).snapshot.version).toBe(6);
  });

  it('new keys of the snapshot let targets begin again', async () => {
    const { repository, next } = await trusted();
    repository.part('targets').version = far;
    await repository.publishTargets();
    await next().refresh();
    repository.holders['snapshot'] = { keys: [await ed25519Key()], threshold: 1 };
    repository.part('targets').version = 5;
    await repository.publish(...all);
    expect((await next().refresh()).targets.version).toBe(6);
  });

  it('a key that is added, while all others stay, does not let versions begin again', async () => {
    const { repository, next } = await trusted();
    repository.holdersOf('timestamp').keys.push(await ed25519Key());
    repository.part('timestamp').version = 0;
    await repository.publish('root', 'timestamp');
    await expect(next().refresh()).rejects.toEqual(code('ERR_TUF_ROLLBACK'));
  });
});

describe('a freeze', () => {
  it.each(roles)('by an expired %s is refused', async (role) => {
    const repository = await TestRepository.create();
    repository.part(role).expires = new Date(testTime).toISOString().replace('.000', '');
    await repository.publish(...all);
    await expect(tufClient(repository.options()).refresh()).rejects.toEqual(code('ERR_TUF_EXPIRED'));
  });

  it('by metadata that was kept and expires is refused', async () => {
    const { options } = await trusted();
    const later = { ...options, now: () => Date.parse('2035-01-01T00:00:00Z') };
    await expect(tufClient(later).refresh()).rejects.toEqual(code('ERR_TUF_EXPIRED'));
  });

  it('by a timestamp of the version that was kept, and expires, is refused', async () => {
    const repository = await TestRepository.create();
    repository.part('timestamp').expires = '2030-01-02T00:00:00Z';
    await repository.publish('timestamp');
    const options = repository.options();
    await tufClient(options).refresh();
    const later = { ...options, now: () => Date.parse('2030-01-03T00:00:00Z') };
    await expect(tufClient(later).refresh()).rejects.toEqual(code('ERR_TUF_EXPIRED'));
  });

  it('by an expired delegated role ends the search', async () => {
    const repository = await TestRepository.create();
    await repository.delegate('targets', 'inner');
    repository.part('inner').expires = '2029-01-01T00:00:00Z';
    await repository.publishTargets('inner');
    await expect(tufClient(repository.options()).target('a')).rejects.toEqual(code('ERR_TUF_EXPIRED'));
  });

  it('by a root keeps the root that was reached', async () => {
    const { repository, options, next } = await trusted();
    repository.part('root').expires = '2029-01-01T00:00:00Z';
    await repository.publish('root');
    await expect(next().refresh()).rejects.toEqual(code('ERR_TUF_EXPIRED'));
    expect((await options.store.get('tuf/root/3'))?.value).toEqual(repository.root(3));
  });
});

describe('mixing and matching', () => {
  it.each(['timestamp', 'snapshot'])('what the %s names has to have its hash', async (by) => {
    const repository = await TestRepository.create();
    repository.hashes = true;
    await repository.publish(...all);
    const named = by === 'timestamp' ? 'snapshot' : 'targets';
    const other = new Uint8Array(repository.files.get(`2.${named}.json`) as Uint8Array);
    other[0] = 0x20;
    repository.files.set(`2.${named}.json`, other);
    await expect(tufClient(repository.options()).refresh()).rejects.toEqual(code('ERR_TUF_MISMATCH'));
  });

  it.each(['timestamp', 'snapshot'])('what the %s names has to have its length', async (by) => {
    const repository = await TestRepository.create();
    repository.hashes = true;
    await repository.publish(...all);
    const named = by === 'timestamp' ? 'snapshot' : 'targets';
    repository.files.set(`2.${named}.json`, (repository.files.get(`2.${named}.json`) as Uint8Array).slice(1));
    await expect(tufClient(repository.options()).refresh()).rejects.toEqual(code('ERR_TUF_MISMATCH'));
  });

  it.each(['timestamp', 'snapshot'])('what the %s names has to have its version', async (by) => {
    const repository = await TestRepository.create();
    await repository.publish(...all);
    const named = by === 'timestamp' ? 'snapshot' : 'targets';
    repository.files.set(`2.${named}.json`, repository.files.get(`1.${named}.json`) as Uint8Array);
    await expect(tufClient(repository.options()).refresh()).rejects.toEqual(code('ERR_TUF_MISMATCH'));
  });

  it('a snapshot under the keys of the timestamp is no timestamp', async () => {
    const repository = await TestRepository.create();
    repository.holders['snapshot'] = repository.holdersOf('timestamp');
    repository.part('snapshot', 'meta')['snapshot.json'] = { version: 1 };
    await repository.publish('root', 'snapshot');
    repository.files.set('timestamp.json', repository.files.get('2.snapshot.json') as Uint8Array);
    await expect(tufClient(repository.options()).refresh()).rejects.toEqual(code('ERR_TUF_INVALID'));
  });

  it('a role that the snapshot does not list is not asked for', async () => {
    const repository = await TestRepository.create();
    await repository.delegate('targets', 'inner');
    await repository.write('inner');
    delete repository.part('snapshot', 'meta')['inner.json'];
    await repository.publishTargets();
    await expect(tufClient(repository.options()).target('a')).rejects.toEqual(code('ERR_TUF_MISMATCH'));
    expect(repository.requests.join()).not.toContain('inner');
  });
});

describe('a target', () => {
  const path = `targets/${hexOf(digestOf(utf8('content')))}.a`;

  async function withTarget(): Promise<TestRepository> {
    const repository = await TestRepository.create();
    repository.addTarget('targets', 'a', 'content');
    await repository.publishTargets();
    return repository;
  }

  it.each([
    ['other bytes', 'ERR_TUF_MISMATCH', utf8('CONTENT')],
    ['too few bytes', 'ERR_TUF_MISMATCH', utf8('conten')],
    ['too many bytes', 'ERR_LIMIT_EXCEEDED', utf8('content!')],
    ['no bytes', 'ERR_TUF_UNAVAILABLE', undefined],
  ])('with %s is refused with %s', async (_what, expected, bytes) => {
    const repository = await withTarget();
    if (bytes === undefined) repository.files.delete(path);
    else repository.files.set(path, bytes);
    await expect(tufClient(repository.options()).target('a')).rejects.toEqual(code(expected));
  });

  it('has to have all its hashes', async () => {
    const repository = await withTarget();
    repository.part('targets', 'targets', 'a', 'hashes').sha512 = '0'.repeat(128);
    await repository.publishTargets();
    await expect(tufClient(repository.options()).target('a')).rejects.toEqual(code('ERR_TUF_MISMATCH'));
  });

  it('with hashes by unknown algorithms only is not fetched', async () => {
    const repository = await withTarget();
    repository.part('targets', 'targets', 'a').hashes = { md5: 'd41d8cd98f00b204e9800998ecf8427e' };
    await repository.publishTargets();
    await expect(tufClient(repository.options()).target('a')).rejects.toEqual(code('ERR_TUF_MISMATCH'));
    expect(repository.requests).not.toContain(path);
  });

  it('that is too large is not fetched', async () => {
    const repository = await withTarget();
    const client = tufClient(repository.options({ limits: { targetBytes: 6 } }));
    await expect(client.target('a')).rejects.toEqual(code('ERR_LIMIT_EXCEEDED'));
    expect(repository.requests).not.toContain(path);
  });

  it.each(['../a', 'a/../../b', './a', '..', '', '\ud800'])('is not looked for under %j', async (name) => {
    const repository = await TestRepository.create();
    if (name.isWellFormed())
      repository.part('targets', 'targets')[name] = {
        length: 1,
        hashes: { sha256: '0'.repeat(64) },
      };
    await repository.publishTargets();
    const client = tufClient(repository.options());
    await expect(client.target(name)).rejects.toEqual(code('ERR_UNSAFE_PATH'));
    await expect(client.find(name)).rejects.toEqual(code('ERR_UNSAFE_PATH'));
    expect(repository.requests).toEqual([]);
  });

  it.each(['C:\\a', '%2e%2e/a', 'a?b#c', '/etc/passwd', 'a//b', '\0'])(
    'of the name %j stays below the folder',
    async (name) => {
      const repository = await TestRepository.create({ consistent: false });
      repository.addTarget('targets', name, 'content');
      await repository.publishTargets();
      await tufClient(repository.options()).target(name);
      const asked = repository.requests.at(-1) ?? '';
      const base = 'https://mirror.example/folder/';
      expect(new URL(base + asked).pathname.startsWith('/folder/targets/')).toBe(true);
      expect(new URL(base + asked).search + new URL(base + asked).hash).toBe('');
    },
  );

  it.each(['hashes that are no digest', 'no hashes', 'no length', 'a negative length'])(
    'with %s is malformed',
    async (what) => {
      const repository = await withTarget();
      const target = repository.part('targets', 'targets', 'a');
      if (what === 'no hashes') target.hashes = {};
      else if (what === 'hashes that are no digest') target.hashes = { sha256: '../../a' };
      else if (what === 'no length') delete target.length;
      else target.length = -1;
      await repository.publishTargets();
      await expect(tufClient(repository.options()).target('a')).rejects.toEqual(code('ERR_TUF_INVALID'));
    },
  );
});

describe('a mirror that sends too much', () => {
  it.each([
    ['root', 'rootBytes'],
    ['timestamp', 'timestampBytes'],
    ['snapshot', 'snapshotBytes'],
    ['targets', 'targetsBytes'],
  ])('of the %s is refused at its limit', async (role, limit) => {
    const repository = await TestRepository.create();
    await repository.publish(...all);
    const name = role === 'timestamp' ? 'timestamp.json' : `2.${role}.json`;
    const size = (repository.files.get(name) as Uint8Array).length;
    const within = tufClient(repository.options({ limits: { [limit]: size } }));
    expect((await within.refresh()).root.version).toBe(2);
    const beyond = tufClient(repository.options({ limits: { [limit]: size - 1 } }));
    await expect(beyond.refresh()).rejects.toEqual(code('ERR_LIMIT_EXCEEDED'));
  });

  it('is told how much is wanted', async () => {
    const repository = await TestRepository.create();
    repository.hashes = true;
    await repository.publish(...all);
    const asked: Record<string, number> = {};
    const metadata: TufClientOptions['metadata'] = (path, options) => {
      asked[path] = options.maxBytes;
      return repository.mirror(path, options);
    };
    await tufClient(repository.options({ metadata })).refresh();
    expect(asked).toEqual({
      '2.root.json': 512_000,
      '3.root.json': 512_000,
      'timestamp.json': 16_384,
      '2.snapshot.json': repository.files.get('2.snapshot.json')?.length,
      '2.targets.json': repository.files.get('2.targets.json')?.length,
    });
  });

  it('cannot raise the limit by a length that it says itself', async () => {
    const repository = await TestRepository.create();
    repository.part('timestamp', 'meta', 'snapshot.json').length = 3_000_000;
    await repository.publish('timestamp');
    await expect(tufClient(repository.options()).refresh()).rejects.toEqual(code('ERR_LIMIT_EXCEEDED'));
    expect(repository.requests).not.toContain('1.snapshot.json');
  });

  it('of roots is followed for 256 of them, and further the next time', async () => {
    const repository = await TestRepository.create();
    await repository.publish(...Array.from({ length: 260 }, () => 'root'));
    const options = repository.options();
    expect((await tufClient(options).refresh()).root.version).toBe(257);
    expect((await tufClient(options).refresh()).root.version).toBe(261);
  });

  it('with a gap between roots is not followed over it', async () => {
    const repository = await TestRepository.create();
    await repository.publish('root', 'root');
    repository.files.delete('2.root.json');
    expect((await tufClient(repository.options()).refresh()).root.version).toBe(1);
  });

  it('with a root of a later version in the place of the next is refused', async () => {
    const repository = await TestRepository.create();
    await repository.publish('root', 'root');
    repository.files.set('2.root.json', repository.root(3));
    await expect(tufClient(repository.options()).refresh()).rejects.toEqual(code('ERR_TUF_ROLLBACK'));
  });
});

describe('a store that somebody else writes to', () => {
  it('cannot put a root of its own between', async () => {
    const { repository, options, next } = await trusted();
    const forged = await TestRepository.create();
    await forged.publish('root');
    const version = (await options.store.get('tuf/root/2'))?.version ?? null;
    await options.store.put('tuf/root/2', forged.root(2), { ifVersion: version });
    expect((await next().refresh()).root.version).toBe(2);
    expect((await options.store.get('tuf/root/2'))?.value).toEqual(repository.root(2));
  });

  it.each(['timestamp', 'snapshot', 'targets'])('cannot put a %s of its own there', async (role) => {
    const { repository, options, next } = await trusted();
    const forged = await TestRepository.create();
    forged.part(role).version = 1000;
    await forged.write(role);
    const name = role === 'timestamp' ? 'timestamp.json' : `1000.${role}.json`;
    const version = (await options.store.get(`tuf/${role}`))?.version ?? null;
    await options.store.put(`tuf/${role}`, forged.files.get(name) as Uint8Array, { ifVersion: version });
    await repository.publish(...all);
    expect(await next().refresh()).toMatchObject({ timestamp: { version: 3 }, targets: { version: 3 } });
  });
});
