import { utf8 } from '../bytes/encoding.ts';
import type { RecordStore } from '../ports/record-store.ts';
import { bytesEqual, equal, errorOf, holds, present, rejectsWith, type TestRunner } from './assert.ts';
import { someBytes } from './bytes.ts';
import { defineCase, type DefineCase, type Disposable, type Subject } from './define-case.ts';

/** A store to be tested, new and empty. */
export interface RecordStoreUnderTest extends Disposable {
  readonly store: RecordStore;
  /** Another store on the same records, as another process would open it. */
  readonly reopen?: (() => Promise<RecordStore>) | undefined;
}

/** The adapter that a suite is run on. */
export type RecordStoreSubject = Subject<RecordStoreUnderTest>;

type Case = DefineCase<RecordStoreUnderTest>;

/** Tests that an adapter keeps the contract of `RecordStore`. */
export function recordStoreContract(runner: TestRunner, subject: RecordStoreSubject): void {
  const define = defineCase(runner, subject);
  runner.describe(`${subject.name} keeps the contract of a record store`, () => {
    valueCases(define);
    versionCases(define);
    raceCases(define);
    keyCases(define);
    listCases(define);
  });
}

async function create(store: RecordStore, key: string, value: Uint8Array = utf8(key)): Promise<string> {
  const answer = await store.put(key, value, { ifVersion: null });
  holds(answer !== 'conflict', `${key} could be created`);
  return answer.version;
}

async function keysOf(
  store: RecordStore,
  prefix: string,
  options?: { readonly after?: string; readonly limit?: number },
): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list(prefix, options)) keys.push(key);
  return keys;
}

function valueCases(define: Case): void {
  define('gives back what was put', async ({ store }) => {
    equal(await store.get('a'), undefined, 'before');
    const version = await create(store, 'a', someBytes(5000));
    const found = present(await store.get('a'));
    bytesEqual(found.value, someBytes(5000));
    equal(found.version, version, 'version');
  });
  for (const size of [0, 1024 * 1024]) {
    define(`holds a value of ${size} bytes`, async ({ store }) => {
      await create(store, 'a', someBytes(size));
      bytesEqual(present(await store.get('a')).value, someBytes(size));
    });
  }
  define('refuses a value beyond 1 MiB', async ({ store }) => {
    const value = new Uint8Array(1024 * 1024 + 1);
    await rejectsWith('ERR_INVALID_ARGUMENT', () => store.put('a', value, { ifVersion: null }));
    equal(await store.get('a'), undefined);
  });
  define('copies values on their way in and out', async ({ store }) => {
    const value = someBytes(100);
    await create(store, 'a', value);
    value.fill(0);
    const first = present(await store.get('a')).value;
    bytesEqual(first, someBytes(100));
    first.fill(0);
    bytesEqual(present(await store.get('a')).value, someBytes(100));
  });
  define('is seen by another store on the same records', async ({ store, reopen }) => {
    if (reopen === undefined) return;
    const version = await create(store, 'a');
    const other = await reopen();
    equal((await other.get('a'))?.version, version, 'version');
    equal(await other.delete('a', { ifVersion: version }), true);
    equal(await store.get('a'), undefined);
  });
  define('does nothing when the signal was aborted before', async ({ store }) => {
    const reason = new Error('enough');
    const signal = AbortSignal.abort(reason);
    equal((await errorOf(store.put('a', utf8('a'), { ifVersion: null, signal }))) === reason, true, 'reason of put');
    equal((await errorOf(store.get('a', { signal }))) === reason, true, 'reason of get');
    equal((await errorOf(store.delete('a', { ifVersion: '1', signal }))) === reason, true, 'reason of delete');
    equal(await store.get('a'), undefined);
  });
}

function versionCases(define: Case): void {
  define('creates only what is not there', async ({ store }) => {
    const version = await create(store, 'a');
    equal(await store.put('a', utf8('x'), { ifVersion: null }), 'conflict');
    equal((await store.get('a'))?.version, version, 'version');
    bytesEqual(present(await store.get('a')).value, utf8('a'));
  });
  define('replaces only the version that it is told', async ({ store }) => {
    const first = await create(store, 'a');
    const second = await store.put('a', utf8('b'), { ifVersion: first });
    holds(second !== 'conflict' && second.version !== first, 'the version is new');
    equal(await store.put('a', utf8('c'), { ifVersion: first }), 'conflict');
    equal(await store.put('b', utf8('c'), { ifVersion: first }), 'conflict', 'answer for a record that is not there');
    bytesEqual(present(await store.get('a')).value, utf8('b'));
  });
  define('deletes only the version that it is told', async ({ store }) => {
    equal(await store.delete('a', { ifVersion: '1' }), false, 'nothing there');
    const first = await create(store, 'a');
    const second = await store.put('a', utf8('b'), { ifVersion: first });
    holds(second !== 'conflict', 'the record could be replaced');
    equal(await store.delete('a', { ifVersion: first }), 'conflict', 'old version');
    equal(await store.delete('a', { ifVersion: second.version }), true, 'current version');
    equal(await store.get('a'), undefined);
    await create(store, 'a');
  });
  define('never gives a version twice, so that a change and its undoing are seen', async ({ store }) => {
    const versions = new Set<string>();
    for (let round = 0; round < 5; round++) {
      const version = await create(store, 'a', utf8('same'));
      holds(!versions.has(version), 'the version is new');
      versions.add(version);
      equal(await store.delete('a', { ifVersion: version }), true);
    }
  });
}

function raceCases(define: Case): void {
  define('lets one of many creators win', async ({ store }) => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => store.put('a', utf8(String(index)), { ifVersion: null })),
    );
    equal(answers.filter((answer) => answer !== 'conflict').length, 1, 'winners');
  });
  define('loses none of many increments at once', async ({ store, reopen }) => {
    const stores = [store, (await reopen?.()) ?? store];
    await create(store, 'counter', utf8('0'));
    await Promise.all(Array.from({ length: 10 }, (_, index) => increment(present(stores[index % 2]), 5)));
    bytesEqual(present(await store.get('counter')).value, utf8('50'));
  });
}

async function increment(store: RecordStore, times: number): Promise<void> {
  for (let done = 0; done < times;) {
    const { value, version } = present(await store.get('counter'));
    const next = utf8(String(Number(new TextDecoder().decode(value)) + 1));
    if ((await store.put('counter', next, { ifVersion: version })) !== 'conflict') done++;
  }
}

const oddKeys: readonly string[] = [
  'A/b',
  'a/B',
  'a/b',
  'con',
  'CON',
  'nul.txt',
  'a.',
  'a',
  'a b',
  '.hidden',
  '...',
  'a/b/c',
  'a:b*c?d"e<f>g|h\\i',
  '%2e%2e',
  '=2e',
  '+a',
  '~',
  'a@r',
  'a@d',
  '__proto__',
  'constructor/prototype',
  `long/${'x'.repeat(500)}/${'Y'.repeat(300)}`,
  `long/${'x'.repeat(500)}`,
  'k'.repeat(1024),
];

function keyCases(define: Case): void {
  define('keeps keys apart that a file system may not', async ({ store }) => {
    for (const key of oddKeys) await create(store, key);
    for (const key of oddKeys) bytesEqual(present(await store.get(key), key).value, utf8(key));
    equal(await keysOf(store, ''), [...oddKeys].sort(), 'keys');
  });
  const bad = ['', '/', '/a', 'a/', 'a//b', '.', '..', 'a/./b', 'a/../b', 'a\0b', 'a\nb', 'é', 'x'.repeat(1025)];
  for (const key of bad) {
    define(`refuses the key ${JSON.stringify(key.slice(0, 20))}`, async ({ store }) => {
      await rejectsWith('ERR_INVALID_ARGUMENT', () => store.get(key));
      await rejectsWith('ERR_INVALID_ARGUMENT', () => store.put(key, utf8('x'), { ifVersion: null }));
      await rejectsWith('ERR_INVALID_ARGUMENT', () => store.delete(key, { ifVersion: '1' }));
    });
  }
}

function listCases(define: Case): void {
  // `-` and `.` sort before `/`, so the order of keys is not the order of a walk through folders.
  const keys = ['a', 'a-b', 'a.b', 'a/b', 'a/b-c', 'a/b/c', 'a0', 'aa', 'b', 'b/1', 'b/10', 'b/2', 'B', '-', '~'];
  const sorted = [...keys].sort();
  define('lists in bytewise order, with the versions', async ({ store }) => {
    const versions = new Map<string, string>();
    for (const key of keys) versions.set(key, await create(store, key));
    const found: [string, string][] = [];
    for await (const { key, version } of store.list('')) found.push([key, version]);
    equal(
      found,
      sorted.map((key) => [key, versions.get(key)]),
    );
  });
  define('lists by prefix, after a key, and up to a limit', async ({ store }) => {
    for (const key of keys) await create(store, key);
    for (const prefix of ['', 'a', 'a/', 'a/b', 'b/1', 'zz', 'a/b/c']) {
      for (const after of [undefined, ...sorted, 'a/', 'a/bb', 'zzz']) {
        const wanted = sorted.filter((key) => key.startsWith(prefix) && (after === undefined || key > after));
        const options = after === undefined ? {} : { after };
        equal(await keysOf(store, prefix, options), wanted, `list of ${prefix} after ${String(after)}`);
        equal(await keysOf(store, prefix, { ...options, limit: 2 }), wanted.slice(0, 2), 'list of two');
      }
    }
    equal(await keysOf(store, 'a', { limit: 0 }), [], 'list of none');
  });
  define('lists in order also where segments are long', async ({ store }) => {
    const base = 'x'.repeat(80);
    const long = [base, `${base}/1`, `${base}-`, `${base}0`, `${base}0/1`, `${base}${base}`, `${base}${base}/1`];
    for (const key of long) await create(store, key);
    equal(await keysOf(store, ''), [...long].sort());
    equal(await keysOf(store, `${base}${base}`), [`${base}${base}`, `${base}${base}/1`]);
    equal(await keysOf(store, '', { after: `${base}-` }), [...long].sort().slice(2));
  });
  define('ends a listing with the reason of the signal', async ({ store }) => {
    for (const key of keys) await create(store, key);
    const controller = new AbortController();
    const reason = new Error('enough');
    let seen = 0;
    const error = await errorOf(async () => {
      for await (const { key } of store.list('', { signal: controller.signal })) {
        seen += key.length;
        controller.abort(reason);
      }
    });
    equal([seen, error === reason], [1, true], 'one key, and the reason');
  });
}
