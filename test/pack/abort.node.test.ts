import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { layoutRepository } from '../../src/adapters/registry/layout.ts';
import { fsSink } from '../../src/adapters/sink/fs.ts';
import { bytesSource, createPackService, type PackEvent, type PackInput } from '../../src/index.ts';
import { temporaryFolder } from '../adapters/node/temporary-folder.ts';
import { lockfileOf, someBytes, somePackages, sourceOf } from './fixtures.ts';

const packages = [...somePackages(12), { name: 'large', bytes: someBytes(2_500_000) }];
const service = createPackService({ sources: [sourceOf(packages)] });
const lock: PackInput = { lockfile: { name: 'package-lock.json', bytes: lockfileOf(packages) } };
const files: PackInput = {
  files: packages.map(({ name, bytes }) => ({ path: name, source: bytesSource(bytes) })),
  folders: [{ path: 'folder', entries: [{ path: 'x', type: 'file', source: bytesSource(someBytes(1_500_000)) }] }],
};

/** A signal that fires at the event with this number, and a listener that counts. */
function abortAt(number: number): { signal: AbortSignal; onEvent: (event: PackEvent) => void; reason: Error } {
  const controller = new AbortController();
  const reason = new Error('stopped by the test');
  let seen = 0;
  const onEvent = (): void => {
    if (seen++ === number) controller.abort(reason);
  };
  return { signal: controller.signal, onEvent, reason };
}

describe('an abort at any point', () => {
  it.each([
    ['a lock', lock],
    ['a lock in one tar', { ...lock, grouping: 'tar' as const }],
    ['files', files],
  ])(
    'of a pack of %s leaves no layout, and the next run finishes',
    async (_, input) => {
      await fc.assert(
        fc.asyncProperty(fc.nat(60), async (number) => {
          const directory = join(temporaryFolder(), 'layout');
          const { reason, ...options } = abortAt(number);
          const to = { repository: layoutRepository({ directory }), reference: 'v1' };
          const outcome = await service.pack(input, to, options).catch((error: unknown) => error);
          if (outcome instanceof Error) {
            expect(outcome).toBe(reason);
            expect(existsSync(join(directory, 'index.json'))).toBe(false);
          }
          const packed = await service.pack(input, to);
          expect((await service.resolve(to)).digest).toBe(packed.digest);
        }),
        { numRuns: 8 },
      );
    },
    30_000,
  );

  it('of an unpack leaves no trace of the target', async () => {
    const repository = layoutRepository({ directory: join(temporaryFolder(), 'layout') });
    await service.pack(files, { repository, reference: 'v1' });
    await fc.assert(
      fc.asyncProperty(fc.nat(60), async (number) => {
        const parent = temporaryFolder();
        const { reason, ...options } = abortAt(number);
        const sink = fsSink({ directory: join(parent, 'out') });
        const outcome = await service.unpack({ repository }, sink, options).catch((error: unknown) => error);
        if (!(outcome instanceof Error)) return;
        expect(outcome).toBe(reason);
        expect(await readdir(parent)).toEqual([]);
      }),
      { numRuns: 8 },
    );
  }, 30_000);

  it('before the start does nothing at all', async () => {
    const directory = join(temporaryFolder(), 'layout');
    const to = { repository: layoutRepository({ directory }), reference: 'v1' };
    const signal = AbortSignal.abort(new Error('never'));
    await expect(service.pack(lock, to, { signal })).rejects.toThrow('never');
    await expect(service.pack(files, to, { signal })).rejects.toThrow('never');
    await expect(createPackService({ signal }).pack(files, to)).rejects.toThrow('never');
    expect(existsSync(directory)).toBe(false);
  });
});
