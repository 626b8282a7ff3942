import { describe, expect, it } from 'vitest';
import { memoryBlobStore, memoryRecordStore } from '../../src/adapters/blob-store/memory.ts';
import { utf8 } from '../../src/bytes/encoding.ts';
import { bytesSource } from '../../src/bytes/source.ts';
import { digestOf, type Digest } from '../../src/digest/index.ts';
import { emptyDescriptor } from '../../src/oci/empty.ts';
import type { BlobStore, RecordStore, Repository } from '../../src/ports/index.ts';
import {
  registryRoots,
  releaseUnnamedBlobs,
  storeRegistry,
  type RegistryRootsOptions,
} from '../../src/registry/index.ts';
import { collectGarbage } from '../../src/store/index.ts';

interface Stores {
  readonly blobs: BlobStore;
  readonly records: RecordStore;
  repository(name: string): Repository;
}

function someStores(): Stores {
  const stores = { blobs: memoryBlobStore(), records: memoryRecordStore() };
  return { ...stores, repository: (name) => storeRegistry(stores).repository(name) };
}

async function putBlob(repository: Repository, text: string): Promise<Digest> {
  const bytes = utf8(text);
  const digest = digestOf(bytes);
  await repository.blob.put({ mediaType: 'text/plain', digest, size: bytes.length }, bytesSource(bytes));
  return digest;
}

/** A manifest with one layer of that text. */
async function putManifest(
  repository: Repository,
  text: string,
  tag?: string,
): Promise<[manifest: Digest, layer: Digest]> {
  const layer = await putBlob(repository, text);
  await repository.blob.put(emptyDescriptor, bytesSource(utf8('{}')));
  const { mediaType, digest, size } = emptyDescriptor;
  const manifest = {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    artifactType: 'application/vnd.example',
    config: { mediaType, digest, size },
    layers: [{ mediaType: 'text/plain', digest: layer, size: text.length }],
  };
  const stored = await repository.manifest.put(utf8(JSON.stringify(manifest)), { mediaType: manifest.mediaType, tag });
  return [stored.digest, layer];
}

async function rootsOf({ blobs, records }: Stores, options: Partial<RegistryRootsOptions> = {}): Promise<Set<string>> {
  const roots = new Set<string>();
  for await (const { repository, digest } of registryRoots({ blobs, records, ...options })) {
    roots.add(`${repository} ${digest}`);
  }
  return roots;
}

async function* digests(stores: Stores): AsyncGenerator<Digest> {
  for await (const { digest } of registryRoots({ blobs: stores.blobs, records: stores.records })) yield digest;
}

async function sweep(stores: Stores): ReturnType<typeof collectGarbage> {
  return collectGarbage({ blobs: stores.blobs, records: stores.records, roots: digests(stores), graceSeconds: 0 });
}

describe('registryRoots', () => {
  it('names manifests, what they name, and blobs that no manifest names yet, for each repository', async () => {
    const stores = someStores();
    const [manifest, layer] = await putManifest(stores.repository('team/app'), 'a', 'latest');
    const loose = await putBlob(stores.repository('other'), 'loose');
    const config = emptyDescriptor.digest;
    expect(await rootsOf(stores)).toEqual(
      new Set([...[manifest, layer, config].map((digest) => `team/app ${digest}`), `other ${loose}`]),
    );
  });

  it('names everything of more manifests than are read at a time', async () => {
    const stores = someStores();
    const wanted: Digest[] = [];
    for (let index = 0; index < 40; index++) {
      wanted.push(...(await putManifest(stores.repository('app'), `layer ${index}`, `v${index}`)));
    }
    const found = await rootsOf(stores);
    expect(wanted.filter((digest) => !found.has(`app ${digest}`))).toEqual([]);
  });

  it('fails for a manifest that is gone, so that nothing of it is swept, and tells it to an audit', async () => {
    const stores = someStores();
    const [manifest, layer] = await putManifest(stores.repository('app'), 'a');
    await stores.blobs.delete(manifest);
    await expect(rootsOf(stores)).rejects.toMatchObject({ code: 'ERR_BLOB_NOT_FOUND', digest: manifest });
    await expect(sweep(stores)).rejects.toMatchObject({ code: 'ERR_BLOB_NOT_FOUND' });
    expect(await stores.blobs.stat(layer)).toBeDefined();
    expect(await rootsOf(stores, { skipDamaged: true })).toContain(`app ${manifest}`);
  });

  it('passes an abort on, also where damage is skipped', async () => {
    const stores = someStores();
    await putManifest(stores.repository('app'), 'a');
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(rootsOf(stores, { signal, skipDamaged: true })).rejects.toThrow('enough');
  });

  it('refuses an option that it does not know', async () => {
    const stores = someStores();
    await expect(rootsOf(stores, { repository: 'a' } as object)).rejects.toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
    });
  });
});

describe('releaseUnnamedBlobs', () => {
  it('lets go of what only a deleted manifest named, and then a sweep deletes it', async () => {
    const stores = someStores();
    const app = stores.repository('app');
    const [old, oldLayer] = await putManifest(app, 'old', 'old');
    const [kept, keptLayer] = await putManifest(app, 'kept', 'kept');
    await app.delete(old);
    expect(await releaseUnnamedBlobs({ ...storesOf(stores), graceSeconds: 0 })).toEqual({
      dryRun: false,
      candidates: 1,
      released: 1,
    });
    await sweep(stores);
    const there = await Promise.all([old, oldLayer, kept, keptLayer].map((digest) => stores.blobs.stat(digest)));
    expect(there.map((stat) => stat !== undefined)).toEqual([false, false, true, true]);
    expect((await app.manifest.get('kept'))?.descriptor.digest).toBe(kept);
  });

  it('keeps a blob that another repository still names', async () => {
    const stores = someStores();
    const [old, layer] = await putManifest(stores.repository('a'), 'shared');
    await putManifest(stores.repository('b'), 'shared');
    await stores.repository('a').delete(old);
    await releaseUnnamedBlobs({ ...storesOf(stores), graceSeconds: 0 });
    await sweep(stores);
    expect(await stores.repository('a').blob.stat(layer)).toBeUndefined();
    expect(await stores.repository('b').blob.stat(layer)).toBeDefined();
  });

  it('leaves a blob of a push that has not come to its manifest, within the grace', async () => {
    const stores = someStores();
    const loose = await putBlob(stores.repository('a'), 'loose');
    const now = Date.now() + 60_000;
    expect(await releaseUnnamedBlobs({ ...storesOf(stores), graceSeconds: 3600, now })).toMatchObject({ released: 0 });
    const later = now + 3_600_000;
    const dry = { ...storesOf(stores), graceSeconds: 3600, now: later, dryRun: true };
    const told: unknown[] = [];
    const onReleased = (blob: unknown): unknown => told.push(blob);
    expect(await releaseUnnamedBlobs({ ...dry, onReleased })).toMatchObject({ candidates: 1, released: 1 });
    expect(told).toEqual([{ repository: 'a', digest: loose }]);
    expect(await stores.repository('a').blob.stat(loose)).toBeDefined();
    await releaseUnnamedBlobs({ ...storesOf(stores), graceSeconds: 3600, now: later });
    expect(await stores.repository('a').blob.stat(loose)).toBeUndefined();
  });

  it('keeps a blob whose manifest comes in the moment of the release', async () => {
    const stores = someStores();
    const app = stores.repository('app');
    const layer = await putBlob(app, 'late');
    let pushed = false;
    const records: RecordStore = {
      ...stores.records,
      get: (key, options) => stores.records.get(key, options),
      put: (key, value, options) => stores.records.put(key, value, options),
      list: (prefix, options) => stores.records.list(prefix, options),
      delete: async (key, options) => {
        if (!pushed) await putManifest(app, 'late', 'late');
        pushed = true;
        return stores.records.delete(key, options);
      },
    };
    const report = await releaseUnnamedBlobs({ blobs: stores.blobs, records, graceSeconds: 0 });
    expect(report).toMatchObject({ candidates: 1, released: 0 });
    expect(await app.blob.stat(layer)).toBeDefined();
  });

  it('stops at a manifest that is gone, and refuses a grace that is no number of seconds', async () => {
    const stores = someStores();
    const [manifest] = await putManifest(stores.repository('app'), 'a');
    await stores.blobs.delete(manifest);
    await expect(releaseUnnamedBlobs(storesOf(stores))).rejects.toMatchObject({ code: 'ERR_BLOB_NOT_FOUND' });
    await expect(releaseUnnamedBlobs({ ...storesOf(stores), graceSeconds: -1 })).rejects.toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
    });
  });
});

function storesOf({ blobs, records }: Stores): { blobs: BlobStore; records: RecordStore } {
  return { blobs, records };
}
