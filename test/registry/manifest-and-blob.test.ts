import { describe, expect, it } from 'vitest';
import { memoryBlobStore, memoryRecordStore } from '../../src/adapters/blob-store/memory.ts';
import { utf8 } from '../../src/bytes/encoding.ts';
import { bytesSource } from '../../src/bytes/source.ts';
import { digestOf } from '../../src/digest/digest.ts';
import type { RecordStore } from '../../src/ports/record-store.ts';
import type { Repository } from '../../src/ports/registry.ts';
import { storeRegistry } from '../../src/registry/index.ts';

const layer = utf8('a layer');
const entry = { mediaType: 'text/plain', digest: digestOf(layer), size: layer.length };
const mediaType = 'application/vnd.oci.image.manifest.v1+json';
const artifactType = 'application/vnd.example.thing';
const manifest = utf8(JSON.stringify({ schemaVersion: 2, mediaType, artifactType, config: entry, layers: [entry] }));

/** A record store where something else happens just before or just after a record of a kind is written or deleted. */
function interrupted(
  inner: RecordStore,
  at: (verb: 'put' | 'delete', key: string, moment: 'before' | 'after') => Promise<void>,
): RecordStore {
  return {
    ...inner,
    put: async (key, value, options) => {
      await at('put', key, 'before');
      const written = await inner.put(key, value, options);
      await at('put', key, 'after');
      return written;
    },
    delete: async (key, options) => {
      await at('delete', key, 'before');
      const dropped = await inner.delete(key, options);
      await at('delete', key, 'after');
      return dropped;
    },
  };
}

interface Race {
  readonly verb: 'put' | 'delete';
  readonly key: RegExp;
  readonly moment: 'before' | 'after';
}

/** Two on the same stores: the second acts once, in the middle of what the first does. */
async function race(when: Race, other: (repository: Repository) => Promise<unknown>): Promise<Repository> {
  const [blobs, records] = [memoryBlobStore(), memoryRecordStore()];
  const second = storeRegistry({ blobs, records }).repository('team/app');
  await second.blob.put(entry, bytesSource(layer));
  let acted = false;
  const first = interrupted(records, async (verb, key, moment) => {
    if (acted || verb !== when.verb || moment !== when.moment || !when.key.test(key)) return;
    acted = true;
    await other(second);
  });
  return storeRegistry({ blobs, records: first }).repository('team/app');
}

/** Whatever the tag points at is complete. */
async function expectNoHole(repository: Repository): Promise<void> {
  if ((await repository.manifest.get('v1')) === undefined) return;
  expect(await repository.blob.stat(entry.digest)).toEqual({ size: layer.length });
}

const put = (repository: Repository): Promise<unknown> => repository.manifest.put(manifest, { mediaType, tag: 'v1' });
const remove = (repository: Repository): Promise<boolean> =>
  repository.blob.delete?.(entry.digest) ?? Promise.resolve(false);

describe('a manifest that comes while its blob is deleted', () => {
  it.each([
    { verb: 'put', key: /manifests/, moment: 'before' },
    { verb: 'put', key: /manifests/, moment: 'after' },
    { verb: 'put', key: /tags/, moment: 'before' },
  ] as const)('is refused, or keeps it: deleted $moment the $verb of $key', async (when) => {
    const repository = await race(when, (other) => remove(other).catch(() => undefined));
    await put(repository).catch(() => undefined);
    await expectNoHole(repository);
  });

  it.each(['before', 'after'] as const)(
    'is taken and the blob stays: it came %s the blob was forgotten',
    async (moment) => {
      const outcome: unknown[] = [];
      const repository = await race({ verb: 'delete', key: /blobs/, moment }, (other) =>
        put(other).then(
          () => outcome.push('taken'),
          () => outcome.push('refused'),
        ),
      );
      const deleted = await remove(repository).catch((error: unknown) => error);
      if (outcome[0] === 'taken') expect(deleted).toMatchObject({ code: 'ERR_CONFLICT' });
      else expect(deleted).toBe(true);
      await expectNoHole(repository);
    },
  );

  it('leaves nothing where it is refused', async () => {
    const when = { verb: 'put', key: /manifests/, moment: 'before' } as const;
    const repository = await race(when, (other) => remove(other));
    await expect(put(repository)).rejects.toMatchObject({ code: 'ERR_MANIFEST_INVALID' });
    expect(await repository.manifest.get(digestOf(manifest))).toBeUndefined();
  });

  it('that was there before stays where it is put again', async () => {
    const repository = await race({ verb: 'put', key: /nothing/, moment: 'after' }, () => Promise.resolve());
    await put(repository);
    await put(repository);
    expect((await repository.manifest.get('v1'))?.descriptor.digest).toBe(digestOf(manifest));
    await expect(remove(repository)).rejects.toMatchObject({ code: 'ERR_CONFLICT' });
  });
});
