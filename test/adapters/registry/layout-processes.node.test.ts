import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { layoutRepository, openLayout } from '../../../src/adapters/registry/layout.ts';
import { auditBlobs, collectGarbage } from '../../../src/store/index.ts';
import { listed, putManifest } from '../../../src/testing/registry-fixtures.ts';
import { workers, type Workers } from '../node/child-process.ts';
import { temporaryFolder } from '../node/temporary-folder.ts';

// The full figures (20 rounds, 200 kills) are those of the soak run.
const rounds = Number(process.env['PACKWRIGHT_ROUNDS'] ?? 1);
const tags = Array.from({ length: 20 }, (_, index) => `v${String(index).padStart(2, '0')}`);

let others: Workers;
beforeAll(async () => {
  others = await workers(join(import.meta.dirname, 'layout-worker.ts'));
});
afterAll(() => others.dispose());

/** Fails unless everything that the index leads to is there, whole. */
async function expectSound(directory: string): Promise<void> {
  const { blobs, reachable } = openLayout({ directory, readOnly: true });
  expect(await auditBlobs({ blobs, reachable: await listed(reachable()) })).toMatchObject({ ok: true });
}

describe('processes that write to one layout', () => {
  it('lose no tag of 20, each complete', { timeout: 60_000 * rounds }, async () => {
    for (let round = 0; round < rounds; round++) {
      const directory = join(temporaryFolder(), 'layout');
      await Promise.all(tags.map((tag) => others.run('put', directory, tag)));
      expect(await listed(layoutRepository({ directory }).tags())).toEqual(tags);
      await expectSound(directory);
      expect(readdirSync(directory).sort()).toEqual(['blobs', 'index.json', 'oci-layout']);
    }
  });

  it(
    'leave a sound layout when they are killed, and the next one clears up',
    { timeout: 60_000 * rounds },
    async () => {
      for (let round = 0; round < rounds; round++) {
        const directory = join(temporaryFolder(), 'layout');
        for (let kill = 0; kill < 4; kill++) {
          const victims = await Promise.all(['a', 'b'].map((tag) => others.start('putMany', directory, tag)));
          await sleep(Math.random() * 60);
          for (const victim of victims) await victim.kill();
          await expectSound(directory);
        }
        const { repository } = openLayout({ directory });
        const last = await putManifest(repository, 'last', { tag: 'last' });
        expect(await repository.resolve('last')).toEqual(last);
        expect(readdirSync(directory).sort()).toEqual(['blobs', 'index.json', 'oci-layout']);
      }
    },
  );

  it('leave no half of a blob for longer than to the next pack', { timeout: 60_000 }, async () => {
    const directory = join(temporaryFolder(), 'layout');
    const victim = await others.start('hangInIngest', directory);
    await victim.kill();
    expect(readdirSync(directory)).toContain('.packwright');
    await others.run('put', directory, 'next');
    expect(readdirSync(directory).sort()).toEqual(['blobs', 'index.json', 'oci-layout']);
  });

  it('lose nothing to a sweep that runs between them', { timeout: 60_000 }, async () => {
    const directory = join(temporaryFolder(), 'layout');
    const layout = openLayout({ directory });
    await putManifest(layout.repository, 'first', { tag: 'first' });
    const writing = Promise.all(tags.slice(0, 4).map((tag) => others.run('put', directory, tag)));
    let done = false;
    void writing.finally(() => (done = true));
    while (!(done as boolean)) {
      await layout.exclusively(async () => {
        const roots = (await listed(layout.reachable())).map(({ digest }) => digest);
        await collectGarbage({ blobs: layout.blobs, roots, graceSeconds: 30 });
      });
      await sleep(5);
    }
    await writing;
    await expectSound(directory);
    expect(await listed(layout.repository.tags())).toEqual(['first', ...tags.slice(0, 4)]);
  });
});
