import { describe, expect, it } from 'vitest';
import { memorySink } from '../../src/adapters/sink/memory.ts';
import type { FileTransaction } from '../../src/ports/file-sink.ts';
import { fileSinkContract, type SunkEntry, type TestRunner } from '../../src/testing/index.ts';
import { failuresOf, firstFailureOf } from './collect-cases.ts';

/** A transaction that is right but for one thing. */
type Mutant = (tx: FileTransaction, tree: Map<string, SunkEntry>) => Partial<FileTransaction>;

const swallow = (run: () => unknown): undefined => {
  try {
    run();
  } catch {
    // The mutant says nothing.
  }
};

const mutants: Record<string, Mutant> = {
  'forgets the executable bit': (tx) => ({ file: (path, content) => tx.file(path, content) }),
  'makes no empty folders': () => ({ directory: () => undefined }),
  'shows a file before the commit': (tx, tree) => ({
    file: (path, content, options) => {
      tree.set('early', { type: 'directory' });
      return tx.file(path, content, options);
    },
  }),
  'keeps what was rolled back': (tx) => ({ rollback: () => tx.commit().catch(() => undefined) }),
  'follows a link to a file of the same name': (tx) => ({
    file: (path, content, options) => tx.file(path.replace('link/', 'folder/'), content, options),
  }),
  'skips a path that is taken': (tx) => ({ directory: (path) => swallow(() => tx.directory(path)) }),
  'takes any path': (tx) => ({ file: (path, content, options) => tx.file(path.replace('../', ''), content, options) }),
  'takes any target': (tx) => ({ symlink: (path, target) => tx.symlink(path, target.replace('/etc', 'etc')) }),
  'links to anything': (tx) => ({ hardlink: (path, target) => swallow(() => tx.hardlink(path, target)) }),
  'wraps the error of a stream': (tx) => ({
    file: (path, content, options) =>
      tx.file(path, content, options)?.catch((cause: unknown) => {
        throw new Error('wrapped', { cause });
      }),
  }),
  'takes the bytes later': (tx) => {
    const later: [string, Uint8Array][] = [];
    return {
      file: (path, content, options) => {
        if (path !== 'a' || !ArrayBuffer.isView(content)) return tx.file(path, content, options);
        later.push([path, content]);
        return undefined;
      },
      commit: async () => {
        for (const [path, content] of later) await tx.file(path, content);
        await tx.commit();
      },
    };
  },
};

const suiteFor =
  (mutant: Mutant) =>
  (runner: TestRunner): void => {
    const create = (): ReturnType<Parameters<typeof fileSinkContract>[1]['create']> => {
      const inner = memorySink();
      const tree = new Map<string, SunkEntry>();
      const begin: typeof inner.begin = async (options) => {
        const tx = await inner.begin(options);
        const bound: FileTransaction = {
          directory: (path) => tx.directory(path),
          file: (path, content, opening) => tx.file(path, content, opening),
          symlink: (path, target) => tx.symlink(path, target),
          hardlink: (path, target) => tx.hardlink(path, target),
          commit: () => tx.commit(),
          rollback: () => tx.rollback(),
        };
        return { ...bound, ...mutant(bound, tree) };
      };
      return Promise.resolve({ sink: { begin }, read: () => Promise.resolve(new Map([...tree, ...inner.files()])) });
    };
    fileSinkContract(runner, { name: 'mutant', create });
  };

describe('fileSinkContract', () => {
  it('lets a sink pass that keeps it', async () => {
    expect(await failuresOf(suiteFor(() => ({})))).toEqual([]);
  });

  it.each(Object.entries(mutants))('catches a sink that %s', async (_, mutant) => {
    expect(await firstFailureOf(suiteFor(mutant))).toBeDefined();
  });
});
