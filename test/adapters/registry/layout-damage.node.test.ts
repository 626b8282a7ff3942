import { readdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openLayout, type Layout } from '../../../src/adapters/registry/layout.ts';
import { isPackError } from '../../../src/errors.ts';
import type { Descriptor } from '../../../src/oci/descriptor.ts';
import { walkGraph } from '../../../src/oci/graph.ts';
import type { Repository } from '../../../src/ports/registry.ts';
import { present } from '../../../src/testing/assert.ts';
import { contentOf } from '../../../src/testing/bytes.ts';
import { listed, putIndex, putManifest, rootsOf } from '../../../src/testing/registry-fixtures.ts';
import { temporaryFolder } from '../node/temporary-folder.ts';

/** What may become of a file: a bit flipped, a byte left out or put in between, the rest cut off. */
function* damaged(bytes: Buffer, step: number): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += step) {
    const flipped = Buffer.from(bytes);
    flipped[at] = (flipped[at] ?? 0) ^ (1 << (at % 8));
    yield flipped;
    if (at % (4 * step) !== 0) continue;
    yield Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)]);
    yield bytes.subarray(0, at);
    yield Buffer.concat([bytes.subarray(0, at), Buffer.from([0x31]), bytes.subarray(at)]);
  }
  yield Buffer.concat([bytes, Buffer.from([0])]);
}

/** Reads everything that a manifest leads to. */
async function readGraph(repository: Repository, root: Descriptor): Promise<void> {
  const load = async ({ digest }: Descriptor): Promise<Uint8Array | undefined> =>
    (await repository.manifest.get(digest))?.bytes;
  for await (const { kind, descriptor } of walkGraph(root, load)) {
    if (kind === 'manifest') continue;
    const blob = await repository.blob.get(descriptor.digest);
    if (blob?.size !== descriptor.size) throw new Error('a blob is missing or has another size');
    await contentOf(await blob.open());
  }
}

/** A layout with an index, its one manifest, and a signature. */
async function someLayout(): Promise<Layout & { readonly directory: string; readonly root: Descriptor }> {
  const directory = temporaryFolder();
  const layout = openLayout({ directory });
  const child = await putManifest(layout.repository, 'some content of a layer');
  const root = await putIndex(layout.repository, [child], 'v1');
  const artifactType = 'application/vnd.example.signature';
  await putManifest(layout.repository, 'signature', { subject: root, artifactType });
  return { ...layout, directory, root };
}

/** Reads everything that the index of a layout leads to. */
async function readAll({ repository, reachable }: Layout): Promise<number> {
  const all = await listed(reachable());
  for (const { digest } of all) await contentOf(await present(await repository.blob.get(digest)).open());
  return all.length;
}

describe('damage in a layout', () => {
  it('in a blob or a manifest is found wherever it is', async () => {
    const layout = await someLayout();
    const folder = join(layout.directory, 'blobs', 'sha256');
    expect(await readAll(layout)).toBe(6);
    for (const name of readdirSync(folder)) {
      const path = join(folder, name);
      const bytes = readFileSync(path);
      for (const wrong of damaged(bytes, 11)) {
        writeFileSync(path, wrong);
        await expect(readAll(layout), wrong.toString('latin1')).rejects.toThrow();
      }
      writeFileSync(path, bytes);
    }
    expect(await readAll(layout)).toBe(6);
  });

  it('in index.json is a typed error, nothing at all, or does no harm', async () => {
    const { repository, directory, root } = await someLayout();
    const path = join(directory, 'index.json');
    const bytes = readFileSync(path);
    const outcomes = { same: 0, refused: 0, missing: 0 };
    const digestFrom = async (find: () => Promise<Descriptor | undefined>): Promise<void> => {
      try {
        const found = await find();
        if (found === undefined) {
          outcomes.missing++;
          return;
        }
        expect(found.digest).toBe(root.digest);
        await readGraph(repository, found);
        outcomes.same++;
      } catch (error) {
        if (!isPackError(error)) throw error;
        outcomes.refused++;
      }
    };
    for (const wrong of damaged(bytes, 2)) {
      writeFileSync(path, wrong);
      await digestFrom(() => repository.resolve('v1'));
      await digestFrom(() => onlyRoot(repository));
    }
    expect(outcomes.same).toBeGreaterThan(0);
    expect(outcomes.refused).toBeGreaterThan(outcomes.same);
  });

  it('that takes index.json away leaves a layout that lists nothing', async () => {
    const { repository, directory, root } = await someLayout();
    unlinkSync(join(directory, 'index.json'));
    expect(await repository.resolve('v1')).toBeUndefined();
    expect(await rootsOf(repository)).toEqual([]);
    expect(await repository.resolve(root.digest)).toEqual(root);
  });
});

/** As a reference without a tag is resolved: the only manifest that is there. */
async function onlyRoot(repository: Repository): Promise<Descriptor | undefined> {
  const roots = await rootsOf(repository);
  return roots.length === 1 ? roots[0] : undefined;
}
