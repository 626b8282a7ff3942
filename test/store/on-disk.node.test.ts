import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { fsBlobStore, fsRecordStore } from '../../src/adapters/blob-store/fs.ts';
import { memoryBlobStore } from '../../src/adapters/blob-store/memory.ts';
import { registryServer } from '../../src/adapters/registry/server.ts';
import { memorySink } from '../../src/adapters/sink/memory.ts';
import { bytesSource } from '../../src/bytes/source.ts';
import { digestOf, integrityOf } from '../../src/digest/index.ts';
import { createPackService } from '../../src/index.ts';
import type { BlobStore } from '../../src/ports/blob-store.ts';
import type { RecordStore } from '../../src/ports/record-store.ts';
import { storeRegistry } from '../../src/registry/index.ts';
import {
  collectGarbage,
  fallbackBlobStore,
  leasedBlobStore,
  migrateBlobs,
  readOnlyBlobStore,
  sriIndex,
  storeWithIntegrity,
  tieredBlobStore,
} from '../../src/store/index.ts';
import { contentOf, someBytes } from '../../src/testing/bytes.ts';
import { bytesOf, digestsIn, keysIn, putBlob } from './wrapped-stores.ts';

async function folder(): Promise<{ blobs: BlobStore; records: RecordStore; directory: string }> {
  const directory = await mkdtemp(join(tmpdir(), 'packwright-store-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return { blobs: fsBlobStore({ directory }), records: fsRecordStore({ directory }), directory };
}

describe('on a disk', () => {
  it('migrates more blobs than one record of notes has, and goes on where it was stopped', async () => {
    const [from, to] = [memoryBlobStore(), await folder()];
    for (let size = 1; size <= 620; size++) await putBlob(from, size);
    const controller = new AbortController();
    const reason = new Error('enough');
    const stopping: BlobStore = {
      ...from,
      get: async (digest, options) => {
        if ((await keysIn(to.records, 'migrations/')).length > 2) controller.abort(reason);
        return from.get(digest, options);
      },
    };
    const names = { from: 'memory', to: 'folder' };
    const options = { to: to.blobs, records: to.records, names, deleteSource: true };
    await expect(migrateBlobs({ ...options, from: stopping, signal: controller.signal })).rejects.toBe(reason);
    const report = await migrateBlobs({ ...options, from });
    expect(report).toMatchObject({ complete: true, flipped: true, deleted: 620 });
    expect(report.resumed).toBeGreaterThan(500);
    expect((await digestsIn(to.blobs)).size).toBe(620);
  }, 30_000);

  it('collects garbage by marks', async () => {
    const { blobs, records } = await folder();
    const kept = await putBlob(blobs, 10, 1);
    await putBlob(blobs, 10, 2);
    const day = 24 * 60 * 60 * 1000;
    const gc = { blobs, records, roots: [kept] };
    expect(await collectGarbage({ ...gc, now: Date.now() + day })).toMatchObject({ marked: 1, deleted: 0 });
    expect(await collectGarbage({ ...gc, now: Date.now() + 3 * day })).toMatchObject({ deleted: 1 });
    expect(await digestsIn(blobs)).toEqual(new Set([kept]));
  });

  it('caches what readers with signals read', async () => {
    const [store, cache] = [memoryBlobStore(), (await folder()).blobs];
    const digest = await putBlob(store, 3_000_000);
    const tiered = tieredBlobStore({ cache, store, maxBytes: 10_000_000 });
    const { signal } = new AbortController();
    for (let round = 0; round < 2; round++) {
      const both = [await tiered.get(digest, { signal }), await tiered.get(digest, { signal })];
      for (const blob of both) {
        const stream = await blob?.open({ signal });
        expect(digestOf(await contentOf(stream as ReadableStream<Uint8Array>))).toBe(digest);
      }
    }
    expect(await digestsIn(cache)).toEqual(new Set([digest]));
  });

  it('has an end of changed bytes for nobody who reads them, in whichever way (W3)', async () => {
    const { blobs, records, directory } = await folder();
    const repository = storeRegistry({ blobs, records }).repository('app');
    const files = [{ path: 'a', source: bytesSource(someBytes(300_000)) }];
    await createPackService().pack({ files }, { repository, reference: '1' });
    const integrity = integrityOf(digestOf(someBytes(300_000), 'sha512'));
    const index = sriIndex({ records });
    const digest = digestOf(someBytes(300_000));
    await index.add(digest, [integrity]);
    const hex = digest.slice('sha256:'.length);
    const path = join(directory, 'blobs', 'sha256', hex.slice(0, 2), hex.slice(2));
    await chmod(path, 0o644);
    await writeFile(path, someBytes(300_000, 2));
    const serve = registryServer({ blobs, records });
    const found = (store: Pick<BlobStore, 'get'>): Promise<unknown> => bytesOf(store, digest);
    const other = memoryBlobStore();
    const ways: Record<string, () => Promise<unknown>> = {
      store: () => found(blobs),
      'read only': () => found(readOnlyBlobStore(blobs)),
      leased: () => found(leasedBlobStore({ blobs, records })),
      fallback: () => found(fallbackBlobStore({ stores: [memoryBlobStore(), blobs] })),
      tiered: () => found(tieredBlobStore({ cache: memoryBlobStore(), store: blobs, maxBytes: 1e9 })),
      integrity: () => found({ get: () => storeWithIntegrity({ blobs, index }).get(integrity) }),
      unpack: () => createPackService().unpack({ repository, reference: '1' }, memorySink()),
    };
    for (const [way, read] of Object.entries(ways)) {
      await expect(read(), way).rejects.toMatchObject({ code: 'ERR_DIGEST_MISMATCH' });
    }
    const answer = await serve(new Request(`http://registry.example/v2/app/blobs/${digest}`));
    await expect(answer.arrayBuffer()).rejects.toThrow();
    const { complete, errors } = await migrateBlobs({ from: blobs, to: other });
    expect([complete, errors.map(({ code }) => code)]).toEqual([false, ['ERR_DIGEST_MISMATCH']]);
    expect(await other.stat(digest)).toBeUndefined();
  });
});
