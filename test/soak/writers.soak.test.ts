import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { describeWithPeers, peer } from '../interop/peers.ts';
import { command, succeed, temporaryFolder } from './command.ts';
import { packageHost } from './package-host.ts';
import { figure, long } from './report.ts';

const rounds = long ? 20 : 2;
const names = Array.from({ length: 20 }, (_, index) => `v${String(index).padStart(2, '0')}`);

async function tagsOf(cwd: string): Promise<string[]> {
  const { stdout } = await succeed(['tags', 'oci:layout'], { cwd });
  return stdout.split('\n').filter((tag) => tag !== '');
}

/** Everything is there, and each tag can be copied whole. */
async function expectComplete(cwd: string, tags: readonly string[]): Promise<void> {
  await succeed(['audit', 'oci:layout'], { cwd });
  await Promise.all(tags.map((tag) => succeed(['copy', `oci:layout:${tag}`, `oci:copies/${tag}`], { cwd })));
}

describe(`20 processes that write to one layout, ${rounds} times`, () => {
  it('lose no tag, and each is complete', async () => {
    let slowest = 0;
    for (let round = 0; round < rounds; round++) {
      const cwd = temporaryFolder();
      for (const name of names) writeFileSync(join(cwd, name), `content of ${name} `.repeat(5000));
      writeFileSync(join(cwd, 'shared'), 'the same for all '.repeat(50_000));
      const all = names.map((name) => command(['pack', name, 'shared', '-o', `oci:layout:${name}`], { cwd }));
      for (const { code, stderr, took } of await Promise.all(all)) {
        expect(code, stderr).toBe(0);
        slowest = Math.max(slowest, took);
      }
      expect(await tagsOf(cwd)).toEqual(names);
      await expectComplete(cwd, names);
      expect(readdirSync(join(cwd, 'layout')).sort()).toEqual(['blobs', 'index.json', 'oci-layout']);
    }
    figure('writers', { rounds, processes: 20, 'tags lost': 0, slowest: `${slowest.toFixed(0)} ms` });
  });
});

describeWithPeers(`other programs that write in between, ${rounds} times`, () => {
  it('lose nothing to a pack that was under way', async () => {
    for (let round = 0; round < rounds; round++) {
      const cwd = temporaryFolder();
      writeFileSync(join(cwd, 'file'), 'content');
      await succeed(['pack', 'file', '-o', 'oci:layout:first'], { cwd });
      const { lockfile, asked, release } = await packageHost({ packages: 3, size: 50_000, hold: true });
      writeFileSync(join(cwd, 'package-lock.json'), lockfile);
      const pack = command(['pack', 'package-lock.json', '--cache', 'cache', '-o', 'oci:layout:ours'], { cwd });
      await asked;
      await peer('oras', ['push', '--oci-layout', 'layout:by-oras', 'file'], cwd);
      await peer('regctl', ['image', 'copy', 'ocidir://layout:first', 'ocidir://layout:by-regctl'], cwd);
      await peer('skopeo', ['copy', '-q', 'oci:layout:first', 'oci:layout:by-skopeo'], cwd).catch(() => undefined);
      const before = await tagsOf(cwd);
      release();
      expect((await pack).code, (await pack).stderr).toBe(0);
      const after = await tagsOf(cwd);
      expect(after).toEqual([...before, 'ours'].sort());
      expect(after).toEqual(expect.arrayContaining(['by-oras', 'by-regctl', 'first']));
      await expectComplete(cwd, after);
    }
    figure('foreign writers', { rounds, 'of theirs lost': 0 });
  });
});
