import { utf8 } from '../bytes/encoding.ts';
import type { FileSink, FileTransaction } from '../ports/file-sink.ts';
import { bytesEqual, equal, errorOf, holds, rejectsWith, type TestRunner } from './assert.ts';
import { chunkedSource, failingSource, hangingSource, someBytes } from './bytes.ts';
import { defineCase, type DefineCase, type Disposable, type Subject } from './define-case.ts';

/** Something that a sink made visible. */
export type SunkEntry =
  | { readonly type: 'file'; readonly bytes: Uint8Array; readonly executable: boolean }
  | { readonly type: 'directory' }
  | { readonly type: 'symlink'; readonly target: string };

/** A sink to be tested, new, on a target that is empty. */
export interface FileSinkUnderTest extends Disposable {
  readonly sink: FileSink;
  /** Everything visible in the target by path, folders too; nothing where there is no target. */
  readonly read: () => Promise<ReadonlyMap<string, SunkEntry>>;
  /** What lies about besides the target, which should be nothing after the end of a transaction. */
  readonly leftovers?: (() => Promise<readonly string[]>) | undefined;
}

/** The adapter that the suite is run on. */
export type FileSinkSubject = Subject<FileSinkUnderTest>;

type Case = DefineCase<FileSinkUnderTest>;

/**
 * Tests that an adapter keeps the contract of `FileSink`.
 *
 * @example
 * ```ts
 * fileSinkContract({ describe, it }, { name: 'my sink', create: async () => ({ sink, read: async () => sink.files() }) });
 * ```
 */
export function fileSinkContract(runner: TestRunner, subject: FileSinkSubject): void {
  const define = defineCase(runner, subject);
  runner.describe(`${subject.name} keeps the contract of a file sink`, () => {
    writeCases(define);
    endCases(define);
    refusalCases(define);
    linkCases(define);
  });
}

function writeCases(define: Case): void {
  define('shows nothing before the commit, and everything after it', async ({ sink, read, leftovers }) => {
    const tx = await sink.begin();
    await tx.file('a/b/c.txt', utf8('text'));
    await tx.file('run', utf8('#!'), { executable: true });
    await tx.file('none', new Uint8Array());
    await tx.directory('empty/folder');
    equal((await read()).size, 0, 'entries before the commit');
    await tx.commit();
    const tree = await read();
    equal([...tree.keys()].sort(), ['a', 'a/b', 'a/b/c.txt', 'empty', 'empty/folder', 'none', 'run']);
    equal(shown(tree.get('a/b/c.txt')), 'file text');
    equal(shown(tree.get('run')), 'program #!');
    equal(shown(tree.get('none')), 'file ');
    equal(shown(tree.get('empty/folder')), 'directory');
    equal(await leftovers?.(), leftovers && [], 'what is left over');
  });

  define('takes a folder that is there by then, and one after what lies in it', async ({ sink, read }) => {
    const tx = await sink.begin();
    await tx.directory('a');
    await tx.directory('a');
    await tx.file('b/c', utf8('x'));
    await tx.directory('b');
    await tx.commit();
    equal([...(await read()).keys()].sort(), ['a', 'b', 'b/c']);
  });

  define('writes a stream byte for byte', async ({ sink, read }) => {
    const bytes = someBytes(200_000);
    const tx = await sink.begin();
    await tx.file('big', await chunkedSource(bytes).open(), { executable: true });
    await tx.commit();
    const entry = (await read()).get('big');
    holds(entry?.type === 'file' && entry.executable, 'it is an executable file');
    bytesEqual(entry.bytes, bytes);
  });

  define('has taken the bytes when the call is over', async ({ sink, read }) => {
    const bytes = utf8('before');
    const tx = await sink.begin();
    await tx.file('a', bytes);
    bytes.fill(0);
    await tx.commit();
    equal(shown((await read()).get('a')), 'file before');
  });

  define('keeps apart what only looks alike to some systems', async ({ sink, read }) => {
    const tx = await sink.begin();
    await tx.file('__proto__', utf8('1'));
    await tx.file('constructor/x', utf8('2'));
    await tx.commit();
    equal(shown((await read()).get('__proto__')), 'file 1');
    equal(shown((await read()).get('constructor/x')), 'file 2');
  });
}

function endCases(define: Case): void {
  define('leaves nothing after a rollback, however often it is called', async ({ sink, read, leftovers }) => {
    const tx = await sink.begin();
    await tx.file('a/b', utf8('x'));
    await tx.rollback();
    await tx.rollback();
    equal((await read()).size, 0, 'entries after the rollback');
    equal(await leftovers?.(), leftovers && [], 'what is left over');
    await rejectsWith('ERR_STORE_WRITE', () => tx.commit());
  });

  define('takes another tree after a rollback', async ({ sink, read }) => {
    await (await sink.begin()).rollback();
    const tx = await sink.begin();
    await tx.file('a', utf8('x'));
    await tx.commit();
    equal([...(await read()).keys()], ['a']);
  });

  define('keeps everything when a rollback follows a commit, and takes nothing more', async ({ sink, read }) => {
    const tx = await sink.begin();
    await tx.file('a', utf8('x'));
    await tx.commit();
    await tx.rollback();
    await rejectsWith(
      'ERR_STORE_WRITE',
      attempt(() => tx.file('b', utf8('x'))),
    );
    await rejectsWith('ERR_STORE_WRITE', () => tx.commit());
    equal([...(await read()).keys()], ['a']);
  });

  define('refuses a second tree in a target that has one', async ({ sink, read }) => {
    const first = await sink.begin();
    await first.file('a', utf8('1'));
    const second = await sink.begin();
    await second.file('b', utf8('2'));
    await first.commit();
    await rejectsWith('ERR_CONFLICT', () => second.commit());
    await second.rollback();
    await rejectsWith('ERR_CONFLICT', () => sink.begin());
    equal([...(await read()).keys()], ['a']);
  });

  define('passes on what a stream fails with, and commits nothing after it', async ({ sink, read, leftovers }) => {
    const reason = new Error('the stream failed');
    const tx = await sink.begin();
    await tx.file('good', utf8('x'));
    const stream = await failingSource(someBytes(10), reason).open();
    holds((await errorOf(attempt(() => tx.file('bad', stream)))) === reason, 'the error is the one of the stream');
    await rejectsWith('ERR_STORE_WRITE', () => tx.commit());
    await tx.rollback();
    equal((await read()).size, 0, 'visible entries');
    equal(await leftovers?.(), leftovers && [], 'what is left over');
  });

  define('ends with the reason of a signal', async ({ sink, read }) => {
    const reason = new Error('enough');
    const aborted = AbortSignal.abort(reason);
    holds((await errorOf(() => sink.begin({ signal: aborted }))) === reason, 'the begin ends with the reason');
    const tx = await sink.begin();
    const controller = new AbortController();
    const stream = await hangingSource(someBytes(10), () => controller.abort(reason)).open();
    const writing = attempt(() => tx.file('a', stream, { signal: controller.signal }));
    holds((await errorOf(writing)) === reason, 'the file ends with the reason');
    await tx.rollback();
    equal((await read()).size, 0, 'visible entries');
  });
}

const unsafePaths = ['', '/x', '../x', 'a/../x', 'a//x', './x', 'a/', 'a\\x', 'a\0x', 'c:x'];

function refusalCases(define: Case): void {
  const refused = (name: string, run: (tx: FileTransaction) => unknown): void => {
    define(`refuses ${name}, and to commit after it`, async ({ sink, read }) => {
      const tx = await sink.begin();
      await tx.file('file', utf8('1'));
      await tx.directory('folder');
      await tx.symlink('link', 'folder');
      await rejectsWith(
        'ERR_UNSAFE_PATH',
        attempt(() => run(tx)),
      );
      await rejectsWith('ERR_STORE_WRITE', () => tx.commit());
      await tx.rollback();
      equal((await read()).size, 0, 'visible entries');
    });
  };
  const content = utf8('2');
  refused('a file twice', (tx) => tx.file('file', content));
  refused('a stream where a file is', async (tx) => tx.file('file', await chunkedSource(content).open()));
  refused('a file where a folder is', (tx) => tx.file('folder', content));
  refused('a file where a link is', (tx) => tx.file('link', content));
  refused('a file through a link', (tx) => tx.file('link/x', content));
  refused('a file below a file', (tx) => tx.file('file/x', content));
  refused('a folder where a file is', (tx) => tx.directory('file'));
  refused('a folder where a link is', (tx) => tx.directory('link'));
  refused('a link where a folder is', (tx) => tx.symlink('folder', 'file'));
  refused('a hard link where a file is', (tx) => tx.hardlink('file', 'file'));
  for (const path of unsafePaths) refused(`a file at ${JSON.stringify(path)}`, (tx) => tx.file(path, content));
  refused('a folder outside', (tx) => tx.directory('../x'));
  refused('a link at a place outside', (tx) => tx.symlink('../x', 'file'));
  refused('a hard link at a place outside', (tx) => tx.hardlink('../x', 'file'));
}

const unsafeTargets = ['', '/etc', '..', 'a/../../x', 'c:x', 'a\\x', 'a\0x'];

function linkCases(define: Case): void {
  define('keeps links as they are', async ({ sink, read }) => {
    const tx = await sink.begin();
    await tx.symlink('a/up', '../b');
    await tx.symlink('missing', 'nowhere');
    await tx.commit();
    const tree = await read();
    equal(shown(tree.get('a/up')), 'symlink ../b');
    equal(shown(tree.get('missing')), 'symlink nowhere');
  });

  define('makes hard links to files of the tree', async ({ sink, read }) => {
    const tx = await sink.begin();
    await tx.file('a', utf8('x'), { executable: true });
    await tx.hardlink('b/c', 'a');
    await tx.hardlink('d', 'b/c');
    await tx.commit();
    const tree = await read();
    equal([shown(tree.get('b/c')), shown(tree.get('d'))], ['program x', 'program x']);
  });

  for (const target of unsafeTargets) {
    define(`refuses a link to ${JSON.stringify(target)}`, async ({ sink }) => {
      const tx = await sink.begin();
      await rejectsWith(
        'ERR_UNSAFE_PATH',
        attempt(() => tx.symlink('link', target)),
      );
      await tx.rollback();
    });
  }

  for (const target of ['missing', 'folder', 'link', '../x', '/etc/passwd']) {
    define(`refuses a hard link to ${JSON.stringify(target)}`, async ({ sink }) => {
      const tx = await sink.begin();
      await tx.directory('folder');
      await tx.symlink('link', 'folder');
      await rejectsWith(
        'ERR_UNSAFE_PATH',
        attempt(() => tx.hardlink('hard', target)),
      );
      await tx.rollback();
    });
  }

  define('does not commit links that lead outside together', async ({ sink, read }) => {
    const tx = await sink.begin();
    await tx.symlink('a/b/up', '../..');
    const both = attempt(async () => {
      await tx.symlink('out', 'a/b/up/../x');
      await tx.commit();
    });
    await rejectsWith('ERR_UNSAFE_PATH', both);
    await tx.rollback();
    equal((await read()).size, 0, 'visible entries');
  });
}

/** A call as a promise, whether it throws at once or rejects. */
function attempt(run: () => unknown): () => Promise<unknown> {
  return async () => await run();
}

function shown(entry: SunkEntry | undefined): string {
  if (entry?.type === 'symlink') return `symlink ${entry.target}`;
  if (entry?.type !== 'file') return String(entry?.type);
  return `${entry.executable ? 'program' : 'file'} ${new TextDecoder().decode(entry.bytes)}`;
}
