import { describe, expect, it } from 'vitest';
import { memoryRecordStore } from '../../src/adapters/blob-store/memory.ts';
import type { RecordStore } from '../../src/ports/record-store.ts';
import { recordStoreContract } from '../../src/testing/index.ts';
import { failuresOf, firstFailureOf } from './collect-cases.ts';

/** A store that is right but for one thing. */
type Mutant = (store: RecordStore) => Partial<RecordStore>;

const mutants: Record<string, Mutant> = {
  'overwrites whatever is there': (store) => ({
    put: async (key, value, options) => {
      const found = await store.get(key);
      return store.put(key, value, { ...options, ifVersion: found?.version ?? null });
    },
  }),
  'deletes whatever version is there': (store) => ({
    delete: async (key) => {
      const found = await store.get(key);
      return found === undefined ? false : store.delete(key, { ifVersion: found.version });
    },
  }),
  'compares and sets in two steps': (store) => ({
    put: async (key, value, { ifVersion }) => {
      const found = await store.get(key);
      if ((found?.version ?? null) !== ifVersion) return 'conflict';
      await new Promise((resolve) => setTimeout(resolve, 1));
      const again = await store.get(key);
      return store.put(key, value, { ifVersion: again?.version ?? null });
    },
  }),
  'takes any key': (store) => ({ get: (key) => store.get(key).catch(() => undefined) }),
  'keeps keys apart by case only sometimes': (store) => ({
    get: (key, options) => store.get(key.replace('CON', 'con'), options),
    put: (key, value, options) => store.put(key.replace('CON', 'con'), value, options),
  }),
  'hands out its own array': (store) => {
    const given = new Map<string, Uint8Array>();
    return {
      get: async (key, options) => {
        const found = await store.get(key, options);
        if (found === undefined) return undefined;
        const value = given.get(found.version) ?? found.value;
        given.set(found.version, value);
        return { ...found, value };
      },
    };
  },
  'ignores the limit': (store) => ({ list: (prefix, options) => store.list(prefix, { ...options, limit: undefined }) }),
  'ignores after': (store) => ({ list: (prefix, options) => store.list(prefix, { ...options, after: undefined }) }),
  'ignores the prefix': (store) => ({ list: (_prefix, options) => store.list('', options) }),
  'lists as folders lie': (store) => ({
    list: async function* (prefix, options) {
      const all: { key: string; version: string }[] = [];
      for await (const record of store.list(prefix, options)) all.push(record);
      const place = (key: string): string => key.replaceAll('/', '\0');
      yield* all.sort((a, b) => (place(a.key) < place(b.key) ? -1 : 1));
    },
  }),
};

describe('recordStoreContract', () => {
  it.each(Object.entries(mutants))('fails a store that %s', async (_name, mutate) => {
    const failed = await firstFailureOf((runner) => {
      recordStoreContract(runner, {
        name: 'mutant',
        create: () => {
          const store = memoryRecordStore();
          return Promise.resolve({ store: { ...store, ...mutate(store) } });
        },
      });
    });
    expect(failed).toBeTypeOf('string');
  });

  it('disposes of each store', async () => {
    let open = 0;
    const closeOne = (): Promise<void> => {
      open--;
      return Promise.resolve();
    };
    const failed = await failuresOf((runner) => {
      recordStoreContract(runner, {
        name: 'memory',
        create: () => {
          open++;
          return Promise.resolve({ store: memoryRecordStore(), dispose: closeOne });
        },
      });
    });
    expect([failed, open]).toEqual([[], 0]);
  });
});
