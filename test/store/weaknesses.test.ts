import { describe, expect, it } from 'vitest';
import { memoryBlobStore, memoryRecordStore } from '../../src/adapters/blob-store/memory.ts';
import { memoryRegistry } from '../../src/adapters/registry/memory.ts';
import { memorySink } from '../../src/adapters/sink/memory.ts';
import { httpSource } from '../../src/adapters/source/http.ts';
import { canonicalJson } from '../../src/bytes/canonical-json.ts';
import { utf8 } from '../../src/bytes/encoding.ts';
import { bytesSource } from '../../src/bytes/source.ts';
import { chunksOf } from '../../src/bytes/stream.ts';
import { digestOf, integrityOf, type Digest } from '../../src/digest/index.ts';
import { createHash } from '../../src/digest/hash.ts';
import { createPackService } from '../../src/index.ts';
import { storeRegistry } from '../../src/registry/index.ts';
import type { BlobStore, Registry, RecordStore } from '../../src/ports/index.ts';
import {
  fallbackBlobStore,
  leasedBlobStore,
  migrateBlobs,
  rebuildSriIndex,
  sriIndex,
  storeWithIntegrity,
} from '../../src/store/index.ts';
import { lockfileOf, somePackages, sourceOf, type Package } from '../pack/fixtures.ts';
import { bytesOf, digestsIn, Killed, killableBlobs, killableRecords } from './wrapped-stores.ts';

/** What the predecessor did wrong, and no other test shows to be right here. */
describe('two producers of one package', () => {
  const names = ['lib/b.js', 'lib/a.js', 'package.json'];
  const packed = async (registry: Registry, order: readonly string[]): Promise<Digest> => {
    const files = order.map((path) => ({ path, source: bytesSource(utf8(path)) }));
    return (await createPackService().pack({ files }, { repository: registry.repository('p'), reference: '1' })).digest;
  };

  it('come to the same bytes under the same digest, and the second writes nothing (W2)', async () => {
    const blobs = memoryBlobStore();
    const made: boolean[] = [];
    const put: BlobStore['put'] = async (...args) => {
      const answer = await blobs.put(...args);
      made.push(answer.created);
      return answer;
    };
    const registry = (): Registry => storeRegistry({ blobs: { ...blobs, put }, records: memoryRecordStore() });
    const first = await packed(registry(), names);
    const stored = await digestsIn(blobs);
    made.length = 0;
    expect(await packed(registry(), [...names].reverse())).toBe(first);
    expect(await digestsIn(blobs)).toEqual(stored);
    expect(made).not.toContain(true);
  });

  it('cannot put other bytes under the digest of the first (W2)', async () => {
    const blobs = memoryBlobStore();
    const digest = digestOf(utf8('first'));
    const other = bytesSource(utf8('other'));
    await expect(blobs.put(digest, other)).rejects.toMatchObject({ code: 'ERR_DIGEST_MISMATCH' });
    await blobs.put(digest, bytesSource(utf8('first')));
    await blobs.put(digest, other).catch(() => undefined);
    expect(await bytesOf(blobs, digest)).toEqual(utf8('first'));
  });
});

describe('a large blob', () => {
  const chunk = new Uint8Array(64 * 1024).fill(7);
  const chunks = 512;
  const size = chunk.length * chunks;
  const hash = createHash('sha256');
  for (let index = 0; index < chunks; index++) hash.update(chunk);
  const digest = hash.digest();

  it('flows from store to store and back, and is never held whole (W4)', async () => {
    const flow = { made: 0, taken: 0, most: 0 };
    const open = (): Promise<ReadableStream<Uint8Array>> => {
      let left = chunks;
      const pull = (controller: ReadableStreamDefaultController<Uint8Array>): void => {
        if (left-- === 0) {
          controller.close();
          return;
        }
        controller.enqueue(chunk.slice());
        flow.made += chunk.length;
        flow.most = Math.max(flow.most, flow.made - flow.taken);
      };
      return Promise.resolve(new ReadableStream({ pull }, { highWaterMark: 0 }));
    };
    const blob = { size, open, openUnverifiedRange: open };
    const from: BlobStore = {
      ...memoryBlobStore(),
      get: () => Promise.resolve(blob),
      stat: () => Promise.resolve({ digest, size }),
      list: async function* () {
        yield await Promise.resolve({ digest, size });
      },
    };
    const drain = async (stream: ReadableStream<Uint8Array>): Promise<void> => {
      for await (const { length } of chunksOf(stream)) flow.taken += length;
    };
    let there = false;
    const to: BlobStore = {
      ...memoryBlobStore(),
      abilities: { ingest: false, range: true, list: true },
      put: async (_, source) => {
        await drain(await source.open());
        there = true;
        return { created: true };
      },
      get: () => Promise.resolve(there ? blob : undefined),
      stat: () => Promise.resolve(there ? { digest, size } : undefined),
    };
    Reflect.deleteProperty(to, 'ingest');
    const leased = leasedBlobStore({ blobs: to, records: memoryRecordStore() });
    const report = await migrateBlobs({ from: fallbackBlobStore({ stores: [from] }), to: leased });
    expect(report).toMatchObject({ complete: true, verified: 1, bytes: size });
    // A fallback store reads a large blob once to judge it; that reading takes everything itself.
    expect(flow.made).toBeGreaterThanOrEqual(2 * size);
    flow.made = flow.taken = flow.most = 0;
    await drain((await (await leased.get(digest))?.open()) as ReadableStream<Uint8Array>);
    expect(flow.taken).toBe(size);
    expect(flow.most).toBeLessThan(1024 * 1024);
  });
});

describe('a blob and its note in the index', () => {
  it('are put right by one rebuild, wherever a writer was killed between them (W7)', async () => {
    const bytes = utf8('package');
    const integrity = integrityOf(digestOf(bytes, 'sha512'));
    for (let steps = 0, killed = true; killed; steps++) {
      const [blobs, records]: [BlobStore, RecordStore] = [memoryBlobStore(), memoryRecordStore()];
      const kill = new Killed(steps);
      const dying = storeWithIntegrity({
        blobs: killableBlobs(blobs, kill),
        index: sriIndex({ records: killableRecords(records, kill) }),
      });
      killed = await dying.put(integrity, bytesSource(bytes)).then(
        () => false,
        () => true,
      );
      const index = sriIndex({ records });
      const there = await digestsIn(blobs);
      await rebuildSriIndex({ blobs, index });
      expect(await index.find(integrity)).toBe([...there][0]);
      const store = storeWithIntegrity({ blobs, index });
      expect(await store.put(integrity, bytesSource(bytes))).toEqual({
        created: there.size === 0,
        digest: digestOf(bytes),
      });
    }
  });
});

describe('a limit of size', () => {
  const packages = somePackages(3);
  const lockfile = { name: 'package-lock.json', bytes: lockfileOf(packages) };

  /** A registry that counts what comes to be in its store. */
  const watched = () => {
    const blobs = memoryBlobStore();
    const location = {
      repository: storeRegistry({ blobs, records: memoryRecordStore() }).repository('app'),
      reference: '1',
    };
    return { location, puts: async () => (await digestsIn(blobs)).size };
  };

  it.each([{ artifactBytes: 101 }, { totalBytes: 250 }])(
    'is judged before anything is put: %j (W13)',
    async (limits) => {
      const { location, puts } = watched();
      const service = createPackService({ sources: [sourceOf(packages)], limits });
      await expect(service.pack({ lockfile }, location)).rejects.toMatchObject({ code: 'ERR_LIMIT_EXCEEDED' });
      expect(await puts()).toBe(0);
    },
  );

  it.each([{ artifactBytes: 101 }, { totalBytes: 250 }])(
    'is judged from a lock before anything is fetched: %j (W13)',
    async (limits) => {
      const known = createPackService({ sources: [sourceOf(packages)] });
      const { lock } = await known.pack({ lockfile }, watched().location);
      const source = sourceOf(packages);
      const { location, puts } = watched();
      const packing = createPackService({ sources: [source], limits }).pack(
        { lockfile, frozen: canonicalJson(lock) },
        location,
      );
      await expect(packing).rejects.toMatchObject({ code: 'ERR_LIMIT_EXCEEDED' });
      expect([source.asked, await puts()]).toEqual([[], 0]);
    },
  );

  it('is judged from a pack before any of its files is fetched (W13)', async () => {
    const repository = memoryRegistry().repository('app');
    const files = [10, 20, 30].map((size) => ({ path: `${size}`, source: bytesSource(new Uint8Array(size)) }));
    await createPackService().pack({ files }, { repository, reference: '1' });
    const read: Digest[] = [];
    const get: typeof repository.blob.get = (digest, options) => {
      read.push(digest);
      return repository.blob.get(digest, options);
    };
    const location = { repository: { ...repository, blob: { ...repository.blob, get } }, reference: '1' };
    const sink = memorySink();
    const unpacking = createPackService({ limits: { totalBytes: 59 } }).unpack(location, sink);
    await expect(unpacking).rejects.toMatchObject({ code: 'ERR_LIMIT_EXCEEDED' });
    expect([read, sink.files().size]).toEqual([[], 0]);
    await createPackService({ limits: { totalBytes: 60 } }).unpack(location, sink);
    expect(sink.files().size).toBe(3);
  });
});

describe('the token of one registry', () => {
  it('goes to exactly that host, whatever other hosts a lock names (W19)', async () => {
    const packages = somePackages(4);
    const hosts = ['corp.example', 'corp.example:8443', 'sub.corp.example', 'corp.example.evil.example'];
    const sent = new Map<string, string | null>();
    const fetch = (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
      const url = new URL(input instanceof Request ? input.url : input);
      sent.set(url.host, new Headers(input instanceof Request ? input.headers : init?.headers).get('authorization'));
      const { bytes } = packages[hosts.indexOf(url.host)] as Package;
      return Promise.resolve(new Response(bytes as Uint8Array<ArrayBuffer>));
    };
    const authorize = ({ host }: URL): Record<string, string> =>
      host === 'corp.example' ? { authorization: 'Bearer t1' } : {};
    const text = new TextDecoder().decode(lockfileOf(packages));
    let index = 0;
    const bytes = utf8(
      text.replace(/https:\/\/registry\.example\/(?=p\d\/-)/g, () => `https://${hosts[index++] ?? ''}/@corp/`),
    );
    const service = createPackService({ sources: [httpSource({ fetch, authorize })] });
    const location = { repository: memoryRegistry().repository('app'), reference: '1' };
    await service.pack({ lockfile: { name: 'package-lock.json', bytes } }, location);
    expect(Object.fromEntries(sent)).toEqual(
      Object.fromEntries(hosts.map((host) => [host, host === 'corp.example' ? 'Bearer t1' : null])),
    );
  });
});
