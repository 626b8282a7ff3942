import { describe, expect, it } from 'vitest';
import { registryBlobStore } from '../../../../src/adapters/blob-store/registry.ts';
import { pinOf, tagOf } from '../../../../src/adapters/blob-store/registry/pin.ts';
import { memoryBlobStore, memoryRecordStore } from '../../../../src/adapters/blob-store/memory.ts';
import { httpRegistry } from '../../../../src/adapters/registry/http.ts';
import { memoryRegistry } from '../../../../src/adapters/registry/memory.ts';
import { registryServer } from '../../../../src/adapters/registry/server.ts';
import { utf8 } from '../../../../src/bytes/encoding.ts';
import { bytesSource, streamSource } from '../../../../src/bytes/source.ts';
import { readAll } from '../../../../src/bytes/stream.ts';
import { digestOf, type Digest } from '../../../../src/digest/digest.ts';
import { RegistryError } from '../../../../src/errors.ts';
import type { BlobStore } from '../../../../src/ports/blob-store.ts';
import type { Registry, Repository } from '../../../../src/ports/registry.ts';
import { storeRegistry } from '../../../../src/registry/index.ts';

const name = 'team/blobs';
const bytes = utf8('some bytes');
const digest = digestOf(bytes);

const storeIn = (registry: Registry): BlobStore => registryBlobStore({ registry, repository: name });

async function listOf(store: BlobStore): Promise<Digest[]> {
  const found: Digest[] = [];
  for await (const blob of store.list()) found.push(blob.digest);
  return found.sort();
}

/** A registry whose repository has other verbs. */
function withVerbs(registry: Registry, change: (repository: Repository) => Partial<Repository>): Registry {
  const open = (own: string): Repository => {
    const repository = registry.repository(own);
    return { ...repository, ...change(repository) };
  };
  return { id: registry.id, repository: open, repositories: (options) => registry.repositories(options) };
}

describe('registryBlobStore', () => {
  it('pins a blob by a manifest, under a tag of its digest', async () => {
    const registry = memoryRegistry();
    await storeIn(registry).put(digest, bytesSource(bytes));
    const tags: string[] = [];
    for await (const tag of registry.repository(name).tags()) tags.push(tag);
    expect(tags).toEqual([`blob-${digest.replace(':', '-')}`]);
    const pin = await registry.repository(name).manifest.get(tags[0] ?? '');
    expect(JSON.parse(new TextDecoder().decode(pin?.bytes))).toMatchObject({
      artifactType: 'application/vnd.packwright.blob.v1',
      layers: [{ digest, size: bytes.length }],
    });
  });

  it('makes tags that registries take, also of the longest digests', () => {
    expect(tagOf(digestOf(bytes, 'sha512'))).toMatch(/^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/);
  });

  it('lists blobs and nothing else of the repository, more than fit in one go', async () => {
    const registry = memoryRegistry();
    const store = storeIn(registry);
    const digests: Digest[] = [];
    for (let index = 0; index < 25; index++) {
      const content = utf8(`blob ${index}`);
      digests.push(digestOf(content));
      await store.put(digestOf(content), bytesSource(content));
    }
    const pin = await registry.repository(name).manifest.get(tagOf(digests[0] ?? digest));
    for (const tag of ['a', 'blob', 'latest', 'zzz']) {
      if (pin !== undefined) await registry.repository(name).tag(tag, pin.descriptor);
    }
    expect(await listOf(store)).toEqual(digests.sort());
  });

  it('does not see bytes that no pin names, and pins them when they are put', async () => {
    const registry = memoryRegistry();
    const store = storeIn(registry);
    const descriptor = { mediaType: 'text/plain', digest, size: bytes.length };
    await registry.repository(name).blob.put(descriptor, bytesSource(bytes));
    expect([await store.stat(digest), await store.get(digest), await listOf(store)]).toEqual([
      undefined,
      undefined,
      [],
    ]);
    expect(await store.put(digest, bytesSource(bytes))).toEqual({ created: true });
    expect(await store.stat(digest)).toEqual({ digest, size: bytes.length });
  });

  it('puts bytes again that the registry lost behind a pin', async () => {
    const blobs = memoryBlobStore();
    const store = storeIn(storeRegistry({ id: 'stores', blobs, records: memoryRecordStore() }));
    await store.put(digest, bytesSource(bytes));
    await blobs.delete(digest);
    expect(await store.stat(digest)).toBeUndefined();
    expect(await store.put(digest, bytesSource(bytes))).toEqual({ created: true });
    expect(await readAll((await (await store.get(digest))?.open()) ?? new ReadableStream(), { limit: 99 })).toEqual(
      bytes,
    );
  });

  it('puts bytes again that are deleted before they are pinned', async () => {
    let deletions = 2;
    const registry = withVerbs(memoryRegistry(), (repository) => ({
      manifest: {
        get: (reference, options) => repository.manifest.get(reference, options),
        put: async (manifest, options) => {
          if (deletions-- > 0) await repository.blob.delete?.(digest);
          return repository.manifest.put(manifest, options);
        },
      },
    }));
    const store = storeIn(registry);
    expect(await store.put(digest, bytesSource(bytes))).toEqual({ created: true });
    expect(await store.stat(digest)).toMatchObject({ size: bytes.length });
  });

  it('keeps the blob that is the config of every pin', async () => {
    const store = storeIn(memoryRegistry());
    const empty = utf8('{}');
    await store.put(digest, bytesSource(bytes));
    await store.put(digestOf(empty), bytesSource(empty));
    expect(await store.delete(digestOf(empty))).toBe(true);
    expect(await listOf(store)).toEqual([digest]);
    expect(await store.put(digestOf(bytes.slice(1)), bytesSource(bytes.slice(1)))).toEqual({ created: true });
  });

  it('refuses a manifest under its tag that is no pin', async () => {
    const registry = memoryRegistry();
    const store = storeIn(registry);
    await store.put(digest, bytesSource(bytes));
    const other = utf8('other');
    await store.put(digestOf(other), bytesSource(other));
    const pin = await registry.repository(name).manifest.get(tagOf(digest));
    if (pin !== undefined) await registry.repository(name).tag(tagOf(digestOf(other)), pin.descriptor);
    await expect(store.stat(digestOf(other))).rejects.toMatchObject({ code: 'ERR_STORE_READ' });
    await expect(listOf(store)).rejects.toMatchObject({ code: 'ERR_STORE_READ' });
  });

  it.each(['[]', '{"layers":[{}]}', 'null', '{', JSON.stringify({ layers: [{ digest, size: 1 }] }), ' '.repeat(5000)])(
    'refuses a pin that somebody else wrote: %s',
    async (text) => {
      const registry = withVerbs(memoryRegistry(), () => ({
        manifest: {
          get: () =>
            Promise.resolve({ bytes: utf8(text), descriptor: { mediaType: 'a/b', digest, size: text.length } }),
          put: () => Promise.reject(new Error('not put')),
        },
      }));
      await expect(storeIn(registry).stat(digest)).rejects.toMatchObject({ code: 'ERR_STORE_READ' });
    },
  );

  it('takes a source of unknown size to a registry that wants to know it, by reading it twice', async () => {
    const handler = registryServer({ registry: memoryRegistry() });
    const store = storeIn(
      httpRegistry({ host: 'registry.example', fetch: (input, init) => handler(new Request(input, init)) }),
    );
    let opened = 0;
    const source = streamSource(() => {
      opened++;
      return bytesSource(bytes).open();
    });
    expect(await store.put(digest, source)).toEqual({ created: true });
    expect([opened, store.abilities.ingest]).toEqual([2, false]);
    const wrong = digestOf(utf8('wrong'));
    await expect(store.put(wrong, source)).rejects.toMatchObject({ code: 'ERR_DIGEST_MISMATCH' });
  });

  it('says what a registry says as an error of a store', async () => {
    const store = storeIn(
      httpRegistry({
        host: 'registry.example',
        fetch: () => Promise.resolve(new Response('{}', { status: 403 })),
      }),
    );
    const cause = expect.objectContaining({ code: 'ERR_REGISTRY_DENIED' }) as unknown;
    await expect(store.stat(digest)).rejects.toMatchObject({ code: 'ERR_STORE_READ', cause });
    await expect(store.get(digest)).rejects.toMatchObject({ code: 'ERR_STORE_READ', cause });
    await expect(listOf(store)).rejects.toMatchObject({ code: 'ERR_STORE_READ', cause });
    await expect(store.put(digest, bytesSource(bytes))).rejects.toMatchObject({ code: 'ERR_STORE_WRITE', cause });
    await expect(store.delete(digest)).rejects.toMatchObject({ cause });
  });

  it('lets the error of a source through that is a registry itself', async () => {
    const failure = new RegistryError('ERR_REGISTRY_UNAVAILABLE', 'other registry is away');
    const store = storeIn(memoryRegistry());
    const source = { size: 5, open: () => Promise.reject(failure) };
    await expect(store.put(digest, source)).rejects.toBe(failure);
    const ingest = await store.ingest?.();
    await expect(ingest?.append(source)).rejects.toBe(failure);
  });

  it('says that it cannot delete where the registry deletes nothing', async () => {
    const registry = withVerbs(memoryRegistry(), ({ capabilities }) => ({
      capabilities: { ...capabilities, delete: false },
    }));
    const store = storeIn(registry);
    await store.put(digest, bytesSource(bytes));
    await expect(store.delete(digest)).rejects.toMatchObject({ code: 'ERR_UNSUPPORTED' });
    expect(await listOf(store)).toEqual([digest]);
  });

  it('gives the same pin to the same blob always', () => {
    expect(digestOf(pinOf({ digest, size: 10 }))).toBe(digestOf(pinOf({ size: 10, digest })));
  });

  it.each([
    { registry: memoryRegistry(), repository: 'Not/A/Name' },
    { registry: memoryRegistry() },
    { repository: name },
    { registry: memoryRegistry(), repository: name, prefix: 'x' },
  ])('refuses options that are missing, wrong or unknown: %#', (options) => {
    expect(() => registryBlobStore(options as never)).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }) as Error,
    );
  });
});
