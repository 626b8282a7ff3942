import { describe, expect, it } from 'vitest';
import { tufClient } from '../../../src/adapters/trust/tuf.ts';
import { fromUtf8, utf8 } from '../../../src/bytes/encoding.ts';
import { digestOf, hexOf } from '../../../src/digest/digest.ts';
import { ed25519Key, TestRepository, type TestDelegation } from './tuf-repository.ts';

/** Which roles are asked about a target that nobody lists. */
async function asked(repository: TestRepository, name = 'a'): Promise<string[]> {
  repository.requests.length = 0;
  expect(await tufClient(repository.options()).target(name)).toBeUndefined();
  return repository.requests.slice(4).map((path) => path.replace(/^\d+\.|\.json$/g, ''));
}

/** A repository with delegations, each as `from to`. */
async function graph(...edges: readonly (readonly [string, string, TestDelegation?])[]): Promise<TestRepository> {
  const repository = await TestRepository.create();
  for (const [from, to, delegation] of edges) await repository.delegate(from, to, delegation);
  await repository.publishTargets(...new Set(edges.map(([, to]) => to)));
  return repository;
}

describe('delegations', () => {
  it('are asked depth first, in their order', async () => {
    const repository = await graph(['targets', 'A'], ['targets', 'B'], ['A', 'C'], ['C', 'D'], ['A', 'E']);
    expect(await asked(repository)).toEqual(['A', 'C', 'D', 'E', 'B']);
  });

  it('that go round are asked once', async () => {
    const repository = await graph(['targets', 'A'], ['A', 'B'], ['B', 'C'], ['C', 'A'], ['C', 'B']);
    expect(await asked(repository)).toEqual(['A', 'B', 'C']);
  });

  it('end at one that is terminating, and those below it', async () => {
    const end: TestDelegation = { paths: ['*'], terminating: true };
    const repository = await graph(['targets', 'A'], ['targets', 'B'], ['A', 'C', end], ['A', 'D'], ['C', 'E']);
    expect(await asked(repository)).toEqual(['A', 'C', 'E']);
  });

  it('are not ended by one that is not trusted with the target', async () => {
    const other: TestDelegation = { paths: ['other'], terminating: true };
    const repository = await graph(['targets', 'A', other], ['targets', 'B']);
    expect(await asked(repository)).toEqual(['B']);
  });

  it('are asked only about what every role above is trusted with', async () => {
    const repository = await graph(['targets', 'A', { paths: ['a/*'] }], ['A', 'B', { paths: ['b/*', 'a/x*'] }]);
    expect(await asked(repository, 'b/c')).toEqual([]);
    expect(await asked(repository, 'a/x1')).toEqual(['A', 'B']);
  });

  it('are chosen by the hash of the path', async () => {
    const hash = hexOf(digestOf(utf8('dir/a')));
    const repository = await graph(
      ['targets', 'A', { path_hash_prefixes: ['ffff', hash.slice(0, 2)] }],
      ['targets', 'B', { path_hash_prefixes: [hash.slice(1, 5)] }],
    );
    expect(await asked(repository, 'dir/a')).toEqual(['A']);
  });

  it('without paths are trusted with nothing', async () => {
    expect(await asked(await graph(['targets', 'A', {}]))).toEqual([]);
  });

  it('give what the first role says', async () => {
    const repository = await graph(['targets', 'A'], ['targets', 'B']);
    repository.addTarget('B', 'a', 'of B');
    repository.addTarget('A', 'a', 'of A');
    await repository.publishTargets('A', 'B');
    const found = await tufClient(repository.options()).target('a');
    expect([found?.role, found && fromUtf8(found.bytes)]).toEqual(['A', 'of A']);
  });

  it('are kept, and fetched again only when they change', async () => {
    const repository = await graph(['targets', 'A']);
    const options = repository.options();
    await tufClient(options).find('a');
    repository.requests.length = 0;
    await tufClient(options).find('a');
    expect(repository.requests).toEqual(['2.root.json', 'timestamp.json']);
    await repository.publishTargets('A');
    await tufClient(options).find('a');
    expect(repository.requests.at(-1)).toBe('2.A.json');
  });

  it('end after 32 roles', async () => {
    const names = Array.from({ length: 33 }, (_, index) => `role-${index}`);
    const within = await graph(...names.slice(0, 32).map((name) => ['targets', name] as const));
    expect(await asked(within)).toHaveLength(32);
    const beyond = await graph(...names.map((name) => ['targets', name] as const));
    await expect(tufClient(beyond.options()).target('a')).rejects.toMatchObject({ code: 'ERR_LIMIT_EXCEEDED' });
  });

  it('to one role are verified for each role that delegates to it', async () => {
    const [a, b] = [await ed25519Key(), await ed25519Key()];
    const repository = await TestRepository.create();
    await repository.delegate('targets', 'A', { paths: ['a/*'] });
    await repository.delegate('targets', 'B', { paths: ['b/*'] });
    await repository.delegate('A', 'shared', { paths: ['a/*'], keys: [a] });
    await repository.delegate('B', 'shared', { paths: ['b/*'], keys: [b] });
    repository.addTarget('shared', 'a/1', 'of A');
    repository.addTarget('shared', 'b/1', 'not of B');
    await repository.publishTargets('shared', 'A', 'B');
    const client = tufClient(repository.options());
    expect((await client.target('a/1'))?.role).toBe('shared');
    await expect(client.target('b/1')).rejects.toMatchObject({ code: 'ERR_TUF_SIGNATURE' });
  });

  it.each(['?', '#', '/a', '../a', 'a b', 'ä', 'constructor', '..'])(
    'to a role %j ask for one file, and keep one record',
    async (name) => {
      const repository = await graph(['targets', name]);
      const options = repository.options();
      const keys: string[] = [];
      const store: typeof options.store = {
        ...options.store,
        put: (key, ...rest) => {
          keys.push(key);
          return options.store.put(key, ...rest);
        },
      };
      await tufClient({ ...options, store }).find('a');
      expect(repository.requests.at(-1)).toBe(`1.${encodeURIComponent(name)}.json`);
      expect(keys.at(-1)).toBe(`tuf/roles/${hexOf(digestOf(utf8(name)))}`);
    },
  );

  it('to a role whose metadata is not there end the search', async () => {
    const repository = await graph(['targets', 'A'], ['targets', 'B']);
    repository.addTarget('B', 'a', 'content');
    await repository.publishTargets('B');
    repository.files.delete('1.A.json');
    await expect(tufClient(repository.options()).target('a')).rejects.toMatchObject({ code: 'ERR_TUF_UNAVAILABLE' });
  });
});

describe('delegations to hash bins', () => {
  async function bins(change: object = {}): Promise<TestRepository> {
    const repository = await TestRepository.create();
    const key = await ed25519Key();
    const succinct = { keyids: [key.id], threshold: 1, bit_length: 5, name_prefix: 'bin', ...change };
    repository.part('targets').delegations = { keys: { [key.id]: key.listed }, succinct_roles: succinct };
    for (let number = 0; number < 32; number++) {
      const name = `bin-${number.toString(16).padStart(2, '0')}`;
      repository.holders[name] = { keys: [key], threshold: 1 };
      repository.signed[name] = { ...repository.part('targets'), version: 0, targets: {} };
    }
    return repository;
  }

  it('are asked by the first bits of the hash of the path', async () => {
    const repository = await bins();
    const number = parseInt(hexOf(digestOf(utf8('dir/a'))).slice(0, 2), 16) >> 3;
    const bin = `bin-${number.toString(16).padStart(2, '0')}`;
    delete repository.part(bin).delegations;
    repository.addTarget(bin, 'dir/a', 'content');
    await repository.publishTargets(bin);
    const client = tufClient(repository.options());
    expect((await client.target('dir/a'))?.role).toBe(bin);
    expect(repository.requests.filter((path) => path.includes('bin'))).toEqual([`1.${bin}.json`]);
  });

  it.each([
    ['no bits', { bit_length: 0 }],
    ['too many bits', { bit_length: 33 }],
    ['no name', { name_prefix: undefined }],
    ['no threshold', { threshold: 0 }],
  ])('with %s are refused', async (_what, change) => {
    const repository = await bins(change);
    await repository.publishTargets();
    await expect(tufClient(repository.options()).refresh()).rejects.toMatchObject({ code: 'ERR_TUF_INVALID' });
  });

  it('beside a list of roles are refused', async () => {
    const repository = await bins();
    repository.part('targets', 'delegations').roles = [];
    await repository.publishTargets();
    await expect(tufClient(repository.options()).refresh()).rejects.toMatchObject({ code: 'ERR_TUF_INVALID' });
  });
});

describe('delegations that are malformed', () => {
  it.each<readonly [string, (role: Record<string, unknown>, all: unknown[]) => void]>([
    ['have the name of a top role', (role) => (role['name'] = 'snapshot')],
    ['have an empty name', (role) => (role['name'] = '')],
    ['stand twice', (role, all) => all.push({ ...role })],
    ['demand no signature', (role) => (role['threshold'] = 0)],
    ['list a key twice', (role) => (role['keyids'] = ['a', 'a'])],
    ['have paths and hash prefixes', (role) => (role['path_hash_prefixes'] = ['00'])],
    ['have a pattern that is no text', (role) => (role['paths'] = [1])],
    ['end the search or not', (role) => (role['terminating'] = 'no')],
  ])('because they %s are refused', async (_what, change) => {
    const repository = await TestRepository.create();
    const role = await repository.delegate('targets', 'A');
    change(role, repository.part('targets', 'delegations').roles as unknown[]);
    await repository.publishTargets('A');
    await expect(tufClient(repository.options()).refresh()).rejects.toMatchObject({ code: 'ERR_TUF_INVALID' });
  });

  it('do not end the search where they do not say so', async () => {
    const repository = await TestRepository.create();
    delete (await repository.delegate('targets', 'A'))['terminating'];
    await repository.delegate('targets', 'B');
    await repository.publishTargets('A', 'B');
    expect(await asked(repository)).toEqual(['A', 'B']);
  });
});
