import * as fs from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { layoutRepository } from '../../../src/adapters/registry/layout.ts';
import { fsSink } from '../../../src/adapters/sink/fs.ts';
import { syncTree, treeReadiness } from '../../../src/adapters/sync/fs.ts';
import { utf8 } from '../../../src/bytes/encoding.ts';
import { bytesSource } from '../../../src/bytes/source.ts';
import type { Digest } from '../../../src/digest/digest.ts';
import { createPackService } from '../../../src/index.ts';
import { workers, type Workers } from '../node/child-process.ts';
import { temporaryFolder } from '../node/temporary-folder.ts';

// The soak asks for more.
const rounds = Number(process.env['PACKWRIGHT_ROUNDS'] ?? 1);
const names = ['a', 'b', 'c'];
const paths = Array.from({ length: 12 }, (_, index) => `d${index % 3}/f${index}.txt`);

let others: Workers;
beforeAll(async () => {
  others = await workers(join(import.meta.dirname, 'sync-worker.ts'));
});
afterAll(() => others.dispose());

/** A layout with three packs, each with its name in every file, and where their trees go. */
async function packs(): Promise<{ layout: string; directory: string; digests: ReadonlyMap<Digest, string> }> {
  const parent = temporaryFolder();
  const layout = join(parent, 'layout');
  const repository = layoutRepository({ directory: layout });
  const digests = new Map<Digest, string>();
  for (const name of names) {
    const files = paths.map((path) => ({ path, source: bytesSource(utf8(`${name} ${path}`)) }));
    digests.set((await createPackService().pack({ files }, { repository, reference: name })).digest, name);
  }
  return { layout, directory: join(parent, 'host'), digests };
}

/** Fails unless a tree has every file of one pack, and no other. */
function expectWhole(tree: string, name: string | undefined): void {
  const found = fs.readdirSync(tree, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  expect(found).toHaveLength(paths.length);
  for (const path of paths) expect(fs.readFileSync(join(tree, path), 'utf8')).toBe(`${name ?? ''} ${path}`);
}

/** The pack whose tree is in place; every tree that has the name of one is whole, too. */
function expectSound(directory: string, digests: ReadonlyMap<Digest, string>): void {
  const ready = treeReadiness({ directory });
  expect(ready.state).toBe('ready');
  if (ready.state === 'ready') expectWhole(ready.path, digests.get(ready.digest));
  for (const [digest, name] of digests) {
    const tree = join(directory, 'trees', digest.replace(':', '-'));
    if (fs.existsSync(tree)) expectWhole(tree, name);
  }
}

describe('a folder that other processes sync', () => {
  it(
    'has the former tree or the next one, whole, whenever they are killed, and the next run goes on',
    { timeout: 60_000 * rounds },
    async () => {
      const { layout, directory, digests } = await packs();
      for (let kill = 0; kill < 6 * rounds; kill++) {
        const start = (): ReturnType<Workers['start']> => others.start(layout, directory, '0', ...names);
        const victims = await Promise.all(kill % 2 === 0 ? [start()] : [start(), start()]);
        await sleep(Math.random() * 60);
        for (const victim of victims) await victim.kill();
        expectSound(directory, digests);
      }
      const location = { repository: layoutRepository({ directory: layout }), reference: 'a' };
      const sink = (place: string): ReturnType<typeof fsSink> => fsSink({ directory: place });
      const options = { directory, service: createPackService(), sink, graceSeconds: 0 };
      const { digest, path } = await syncTree(location, options);
      expect(treeReadiness({ directory, expected: digest })).toEqual({ state: 'ready', digest, path });
      expectSound(directory, digests);
      await syncTree(location, options);
      expect(fs.readdirSync(directory).sort()).toEqual(['current', 'trees']);
      expect(fs.readdirSync(join(directory, 'trees'))).toEqual([digest.replace(':', '-')]);
    },
  );

  it('shows whoever reads one whole tree or another while two processes flip it', { timeout: 60_000 }, async () => {
    const { layout, directory, digests } = await packs();
    const start = (): ReturnType<Workers['start']> => others.start(layout, directory, '3600', ...names);
    const flipping = await Promise.all([start(), start()]);
    const seen = new Set<string>();
    try {
      for (const end = Date.now() + 400; Date.now() < end || seen.size < 2;) {
        const tree = fs.realpathSync(join(directory, 'current'));
        const name = fs.readFileSync(join(tree, paths[0] ?? ''), 'utf8').charAt(0);
        expectWhole(tree, name);
        seen.add(name);
        expect(treeReadiness({ directory }).state).toBe('ready');
        await sleep(1);
      }
    } finally {
      for (const worker of flipping) await worker.kill();
    }
    expectSound(directory, digests);
  });
});
