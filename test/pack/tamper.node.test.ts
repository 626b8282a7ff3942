import { cp, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { layoutRepository } from '../../src/adapters/registry/layout.ts';
import { fsSink } from '../../src/adapters/sink/fs.ts';
import { memoryRegistry } from '../../src/adapters/registry/memory.ts';
import { bytesSource, createPackService, exitCodeOf, type PackInput } from '../../src/index.ts';
import { temporaryFolder } from '../adapters/node/temporary-folder.ts';
import { lockfileOf, memorySink, someBytes, somePackages, sourceOf } from './fixtures.ts';

const packages = [...somePackages(4), { name: 'large', bytes: someBytes(1_500_000) }];
const lockfile = { name: 'package-lock.json', bytes: lockfileOf(packages) };
const inputs: Readonly<Record<string, PackInput>> = {
  'a lock': { lockfile },
  'a lock in one tar': { lockfile, grouping: 'tar' },
  'files and a folder': {
    files: [{ path: 'a.bin', source: bytesSource(someBytes(3000)), executable: true }],
    folders: [
      {
        path: 'folder',
        entries: [
          { path: 'b/c', type: 'file', source: bytesSource(someBytes(2000)) },
          { path: 'd', type: 'symlink', target: 'b/c' },
        ],
      },
    ],
  },
};
const service = createPackService({ sources: [sourceOf(packages)] });

/** One byte flipped, cut or added. */
function damage(bytes: Buffer, how: 'flip' | 'cut' | 'add', position: number): Buffer {
  const at = position % bytes.length;
  if (how === 'cut') return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)]);
  if (how === 'add') return Buffer.concat([bytes.subarray(0, at), Buffer.from([0x20]), bytes.subarray(at)]);
  const flipped = Buffer.from(bytes);
  flipped[at] = (flipped[at] ?? 0) ^ (1 << (position % 8));
  return flipped;
}

describe.each(Object.keys(inputs))('a layout with a pack of %s', (name) => {
  async function packed(): Promise<{ folder: string; blobs: string[] }> {
    const folder = join(temporaryFolder(), 'layout');
    await service.pack(inputs[name] as PackInput, {
      repository: layoutRepository({ directory: folder }),
      reference: 'v1',
    });
    return { folder, blobs: (await readdir(join(folder, 'blobs/sha256'))).sort() };
  }

  it('is refused by unpack and copy, by code, when any byte of any blob is wrong, and nothing is written', async () => {
    const { folder, blobs } = await packed();
    const how = fc.constantFrom('flip', 'cut', 'add');
    await fc.assert(
      fc.asyncProperty(fc.nat(blobs.length - 1), how, fc.nat(2_000_000), async (index, kind, position) => {
        const path = join(folder, 'blobs/sha256', blobs[index] as string);
        const good = await readFile(path);
        await writeFile(path, damage(good, kind, position));
        try {
          // A new repository each time: none may remember what it read before.
          const from = { repository: layoutRepository({ directory: folder }), reference: 'v1' };
          const sink = memorySink();
          const unpacked = await service.unpack(from, sink).catch((error: unknown) => error);
          const target = memoryRegistry().repository('copy');
          const copied = await service
            .copy(from, { repository: target, reference: 'v1' })
            .catch((error: unknown) => error);
          // The two bytes of an empty config are in the manifest too, and nobody unpacks them.
          const unread = good.length === 2;
          if (!unread) expect([exitCodeOf(unpacked), exitCodeOf(copied)]).toEqual([30, 30]);
          if (!unread) expect(sink.files().size).toBe(0);
          if (!unread) expect(await target.resolve('v1')).toBeUndefined();
        } finally {
          await writeFile(path, good);
        }
      }),
      { numRuns: 25 },
    );
  }, 30_000);

  it('leaves the target folder untouched when it is refused', async () => {
    const { folder, blobs } = await packed();
    const broken = join(temporaryFolder(), 'broken');
    await cp(folder, broken, { recursive: true });
    const sizes = await Promise.all(blobs.map(async (blob) => (await stat(join(folder, 'blobs/sha256', blob))).size));
    const path = join(broken, 'blobs/sha256', blobs[sizes.indexOf(Math.max(...sizes))] as string);
    await writeFile(path, damage(await readFile(path), 'flip', 1_000_000));
    const parent = temporaryFolder();
    const from = { repository: layoutRepository({ directory: broken }) };
    await expect(service.unpack(from, fsSink({ directory: join(parent, 'out') }))).rejects.toThrow();
    expect(await readdir(parent)).toEqual([]);
  });
});
