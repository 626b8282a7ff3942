import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { httpRegistry } from '../../src/adapters/registry/http.ts';
import { memoryRegistry } from '../../src/adapters/registry/memory.ts';
import { registryServer } from '../../src/adapters/registry/server.ts';
import { utf8 } from '../../src/bytes/encoding.ts';
import { bytesSource, streamSource } from '../../src/bytes/source.ts';
import { digestOf, type Digest } from '../../src/digest/index.ts';
import { IntegrityError } from '../../src/errors.ts';
import { createPackService, type Descriptor, type PackFilesInput } from '../../src/index.ts';
import { buildIndex, buildManifest, emptyBytes, emptyDescriptor, mediaTypes } from '../../src/oci/index.ts';
import type { Registry, Repository } from '../../src/ports/registry.ts';
import { someBytes } from './fixtures.ts';

/** A registry behind HTTP, without sockets, and every request that it got. */
interface Remote {
  readonly inside: Registry;
  readonly registry: Registry;
  readonly requests: string[];
}

function remote(host: string, before: (request: Request) => Response | undefined = () => undefined): Remote {
  const inside = memoryRegistry({ id: host });
  const handler = registryServer({ registry: inside });
  const requests: string[] = [];
  const registry = httpRegistry({
    host,
    retry: { attempts: 1 },
    fetch: async (input, init) => {
      const request = new Request(input, init);
      const path = new URL(request.url).pathname;
      if (path !== '/v2/') requests.push(`${request.method} ${path.replace(/[0-9a-f-]{32,}/, '…')}`);
      return before(request) ?? (await handler(request));
    },
  });
  return { inside, registry, requests };
}

function world(...remotes: (readonly [string, Remote])[]): ReturnType<typeof createPackService> {
  const hosts = new Map(remotes);
  return createPackService({
    registries: (host) => {
      const found = hosts.get(host);
      if (found === undefined) throw new Error(`no registry ${host}`);
      return found.registry;
    },
  });
}

const files = (count: number, seed = 0): PackFilesInput => ({
  files: Array.from({ length: count }, (_, index) => ({
    path: `file-${index}`,
    source: bytesSource(utf8(`content ${seed} ${index}`)),
  })),
});

const counted = (requests: readonly string[], pattern: RegExp): number =>
  requests.filter((request) => pattern.test(request)).length;

async function putBlob(
  repository: Repository,
  bytes: Uint8Array,
  mediaType = mediaTypes.layerTar,
): Promise<Descriptor> {
  const descriptor = { mediaType, digest: digestOf(bytes), size: bytes.length };
  await repository.blob.put(descriptor, bytesSource(bytes));
  return descriptor;
}

async function putManifest(repository: Repository, layers: readonly Uint8Array[], tag?: string): Promise<Descriptor> {
  await repository.blob.put(emptyDescriptor, bytesSource(emptyBytes()));
  const descriptors = await Promise.all(layers.map((bytes) => putBlob(repository, bytes)));
  const { bytes } = buildManifest({ artifactType: 'application/vnd.example.x', layers: descriptors });
  return repository.manifest.put(bytes, { mediaType: mediaTypes.imageManifest, tag });
}

describe('a copy between two registries', () => {
  it('reads each blob once, sends it once, and writes the tag in one request, last', async () => {
    const [a, b] = [remote('a.example'), remote('b.example')];
    const service = world(['a.example', a], ['b.example', b]);
    await service.pack(files(5), 'a.example/x:1');
    a.requests.length = 0;
    const copied = await service.copy('a.example/x:1', 'b.example/y:2');
    expect(copied).toMatchObject({ tags: ['2'], manifests: 1, copied: { blobs: 6 }, reused: { blobs: 0 } });
    // The empty config is in its descriptor.
    expect(counted(a.requests, /^GET .*blobs/)).toBe(5);
    expect(counted(a.requests, /^HEAD .*blobs/)).toBe(0);
    expect(counted(a.requests, /^GET .*manifests/)).toBe(1);
    // What cosign 2 may have signed it with.
    expect(counted(a.requests, /^HEAD .*manifests/)).toBe(2);
    expect(b.requests.filter((request) => /^PUT .*manifests/.test(request))).toEqual(['PUT /v2/y/manifests/2']);
    expect(b.requests.at(-1)).toBe('PUT /v2/y/manifests/2');
    expect(await b.inside.repository('y').resolve('2')).toMatchObject({ digest: copied.descriptor.digest });
  });

  it('asks the target one question where it has everything', async () => {
    const [a, b] = [remote('a.example'), remote('b.example')];
    const service = world(['a.example', a], ['b.example', b]);
    await service.pack(files(3), 'a.example/x:1');
    await service.copy('a.example/x:1', 'b.example/y:1');
    b.requests.length = 0;
    const again = await service.copy('a.example/x:1', 'b.example/y:1');
    expect(again).toMatchObject({ copied: { blobs: 0 }, reused: { blobs: 4 }, manifests: 1, tags: ['1'] });
    expect(b.requests).toEqual(['HEAD /v2/y/manifests/1']);
    b.requests.length = 0;
    await service.copy('a.example/x:1', 'b.example/y:other');
    expect(counted(b.requests, /^HEAD/)).toBe(2);
    expect(b.requests.at(-1)).toBe('PUT /v2/y/manifests/other');
    expect(b.requests).toHaveLength(3);
  });

  it('moves only what is new of an index', async () => {
    const [a, b] = [remote('a.example'), remote('b.example')];
    const service = world(['a.example', a], ['b.example', b]);
    const source = a.inside.repository('x');
    const manifests: Descriptor[] = [];
    for (let index = 0; index < 20; index++) manifests.push(await putManifest(source, [utf8(`layer ${index}`)]));
    const put = (list: readonly Descriptor[], tag: string): Promise<Descriptor> =>
      source.manifest.put(buildIndex({ manifests: list }).bytes, { mediaType: mediaTypes.imageIndex, tag });
    await put(manifests.slice(0, 19), 'one');
    await put(manifests, 'two');
    expect(await service.copy('a.example/x:one', 'b.example/y:one')).toMatchObject({ manifests: 20 });
    b.requests.length = 0;
    const second = await service.copy('a.example/x:two', 'b.example/y:two', { referrers: false });
    expect(second).toMatchObject({ manifests: 21, copied: { blobs: 1 } });
    expect(counted(b.requests, /^PUT .*manifests/)).toBe(2);
  });

  it('takes along new referrers of what the target has, also inside of an index', async () => {
    const [a, b] = [remote('a.example'), remote('b.example')];
    const service = world(['a.example', a], ['b.example', b]);
    const source = a.inside.repository('x');
    const child = await putManifest(source, [utf8('layer')]);
    const { bytes } = buildIndex({ manifests: [child] });
    await source.manifest.put(bytes, { mediaType: mediaTypes.imageIndex, tag: '1' });
    await service.copy('a.example/x:1', 'b.example/y:1');
    const signature = await service.attach(`a.example/x@${child.digest}`, {
      ...files(1),
      artifactType: 'application/vnd.example.sig',
    });
    const copied = await service.copy('a.example/x:1', 'b.example/y:1');
    expect(copied.referrers.map(({ digest }) => digest)).toEqual([signature.digest]);
    expect((await b.inside.repository('y').referrers(child.digest)).referrers).toHaveLength(1);
  });

  it('copies many referrers at once, and asks once for all of them when they are there', async () => {
    const [a, b] = [remote('a.example'), remote('b.example')];
    const service = world(['a.example', a], ['b.example', b]);
    const source = a.inside.repository('x');
    const subject = await putManifest(source, [utf8('layer')], '1');
    const attached = new Set<Digest>();
    for (let index = 0; index < 200; index++) {
      const layer = await putBlob(source, utf8(`statement ${index}`));
      const built = buildManifest({ artifactType: 'application/vnd.example.s', layers: [layer], subject });
      const { digest } = await source.manifest.put(built.bytes, { mediaType: mediaTypes.imageManifest });
      attached.add(digest);
    }
    const first = await service.copy('a.example/x:1', 'b.example/y:1');
    expect(new Set(first.referrers.map(({ digest }) => digest))).toEqual(attached);
    expect(b.requests.at(-1)).toBe('PUT /v2/y/manifests/1');
    b.requests.length = 0;
    const second = await service.copy('a.example/x:1', 'b.example/y:1');
    expect(second).toMatchObject({ copied: { blobs: 0 }, manifests: 201 });
    expect(counted(b.requests, /^(PUT|POST|GET .*blobs)/)).toBe(0);
    expect(counted(b.requests, /manifests/)).toBe(1);
  }, 20_000);

  it('mounts within one registry, and sends the bytes where that is refused', async () => {
    const open = remote('a.example');
    await world(['a.example', open]).pack(files(3), 'a.example/x:1');
    const mounted = await world(['a.example', open]).copy('a.example/x:1', 'a.example/y:1');
    expect(mounted).toMatchObject({ mounted: { blobs: 4 }, copied: { blobs: 0 } });
    const refusing = remote('a.example', (request) =>
      request.url.includes('mount=') ? new Response('{"errors":[{"code":"DENIED"}]}', { status: 403 }) : undefined,
    );
    await world(['a.example', refusing]).pack(files(3), 'a.example/x:1');
    const sent = await world(['a.example', refusing]).copy('a.example/x:1', 'a.example/y:1', { concurrency: 1 });
    expect(sent).toMatchObject({ mounted: { blobs: 0 }, copied: { blobs: 4 } });
  });

  it('copies every tag, and what they share once', async () => {
    const [a, b] = [remote('a.example'), remote('b.example')];
    const service = world(['a.example', a], ['b.example', b]);
    for (const tag of ['1', '2', '3']) await service.pack(files(2), `a.example/x:${tag}`);
    await service.pack(files(3), 'a.example/x:4');
    a.requests.length = 0;
    const copied = await service.copy('a.example/x', 'b.example/y', { allTags: true });
    expect(copied.tags).toEqual(['1', '2', '3', '4']);
    expect(counted(a.requests, /^GET .*blobs/)).toBe(3);
    const tags: string[] = [];
    for await (const tag of b.inside.repository('y').tags()) tags.push(tag);
    expect(tags).toEqual(['1', '2', '3', '4']);
  });

  it('leaves a tag alone with `ifAbsent`, and writes one that is not there', async () => {
    const [a, b] = [remote('a.example'), remote('b.example')];
    const service = world(['a.example', a], ['b.example', b]);
    await service.pack(files(1), 'a.example/x:1');
    await service.pack(files(2), 'a.example/x:2');
    expect((await service.copy('a.example/x:1', 'b.example/y:t', { ifAbsent: true })).present).toBe(false);
    expect((await service.copy('a.example/x:2', 'b.example/y:t', { ifAbsent: true })).present).toBe(true);
  });

  it('asks wrong bytes of the source again, and says whose fault they are', async () => {
    let left = 3;
    const broken = (request: Request): Response | undefined =>
      request.method === 'GET' && request.url.includes('/blobs/') && left-- > 0
        ? new Response('WRONG', { headers: { 'content-length': '5' } })
        : undefined;
    const [a, b] = [remote('a.example', broken), remote('b.example')];
    const service = world(['a.example', a], ['b.example', b]);
    await putManifest(a.inside.repository('x'), [utf8('right')], '1');
    await service.copy('a.example/x:1', 'b.example/y:1');
    left = Infinity;
    await expect(service.copy('a.example/x:1', 'b.example/z:1')).rejects.toMatchObject({
      name: 'IntegrityError',
      details: { side: 'source' },
    });
    expect(await b.inside.repository('z').resolve('1')).toBeUndefined();
  });

  it('finishes in a second run what failed half way, with no tag in between', async () => {
    let left = 4;
    const failing = (request: Request): Response | undefined =>
      request.method === 'PUT' && left-- <= 0 ? new Response('no', { status: 507 }) : undefined;
    const [a, b] = [remote('a.example'), remote('b.example', failing)];
    const service = world(['a.example', a], ['b.example', b]);
    await service.pack(files(8), 'a.example/x:1');
    await expect(service.copy('a.example/x:1', 'b.example/y:1')).rejects.toMatchObject({
      details: { side: 'destination' },
    });
    expect(await b.inside.repository('y').resolve('1')).toBeUndefined();
    left = Infinity;
    const done = await service.copy('a.example/x:1', 'b.example/y:1');
    expect(done.reused.blobs).toBeGreaterThan(0);
    expect(done.reused.blobs + done.copied.blobs).toBe(9);
  });

  it('ends with the reason of a signal', async () => {
    const controller = new AbortController();
    const [a, b] = [
      remote('a.example', (request) => {
        if (request.url.includes('/blobs/')) controller.abort(new Error('enough'));
        return undefined;
      }),
      remote('b.example'),
    ];
    const service = world(['a.example', a], ['b.example', b]);
    await putManifest(a.inside.repository('x'), [utf8('a'), utf8('b')], '1');
    const copying = service.copy('a.example/x:1', 'b.example/y:1', { signal: controller.signal });
    await expect(copying).rejects.toThrow('enough');
    expect(await b.inside.repository('y').resolve('1')).toBeUndefined();
  });

  it('gives equal graphs, whatever they look like', async () => {
    const leaf = fc.array(fc.nat(12), { minLength: 0, maxLength: 4 });
    const graph = fc.array(fc.oneof(leaf, fc.array(leaf, { minLength: 1, maxLength: 3 })), {
      minLength: 1,
      maxLength: 4,
    });
    await fc.assert(
      fc.asyncProperty(graph, async (shape) => {
        const [a, b] = [remote('a.example'), remote('b.example')];
        const source = a.inside.repository('x');
        const blobs = new Set<Digest>([emptyDescriptor.digest]);
        const build = async (node: unknown): Promise<Descriptor> => {
          const list = node as unknown[];
          if (!list.some(Array.isArray)) {
            const layers = (list as number[]).map((seed) => someBytes(100 + seed, seed));
            for (const layer of layers) blobs.add(digestOf(layer));
            return putManifest(source, layers);
          }
          const manifests: Descriptor[] = [];
          for (const child of list) manifests.push(await build(child));
          const { bytes } = buildIndex({ manifests });
          return source.manifest.put(bytes, { mediaType: mediaTypes.imageIndex });
        };
        const root = await build(shape.map((node) => (Array.isArray(node) ? node : [node])));
        const service = world(['a.example', a], ['b.example', b]);
        const copied = await service.copy(`a.example/x@${root.digest}`, 'b.example/y:1');
        expect(copied.descriptor.digest).toBe(root.digest);
        expect(copied.copied.blobs).toBe(blobs.size);
        expect(counted(a.requests, /^GET .*blobs/)).toBe(blobs.size - 1);
        const target = b.inside.repository('y');
        for (const digest of blobs) expect(await target.blob.stat(digest)).toBeDefined();
        expect((await target.manifest.get('1'))?.bytes).toEqual((await source.manifest.get(root.digest))?.bytes);
      }),
      { numRuns: 25 },
    );
  }, 20_000);
});

describe('a pack straight into a registry', () => {
  it('reads small content once, also beyond what is held, and writes the tag last', async () => {
    const b = remote('b.example');
    let opened = 0;
    const many = Array.from({ length: 40 }, (_, index) => ({
      path: `part-${index}`,
      source: streamSource(() => {
        opened++;
        return new Response(someBytes(1_000_000, index + 1)).body as ReadableStream<Uint8Array>;
      }),
    }));
    const packed = await world(['b.example', b]).pack({ files: many }, 'b.example/y:1');
    expect(opened).toBe(40);
    expect(packed.uploaded.blobs).toBe(41);
    expect(b.requests.at(-1)).toBe('PUT /v2/y/manifests/1');
  }, 20_000);

  it('sends content that occurs twice once', async () => {
    const b = remote('b.example');
    const source = bytesSource(utf8('same'));
    const input = { files: ['a', 'b', 'c'].map((path) => ({ path, source })) };
    const packed = await world(['b.example', b]).pack(input, 'b.example/y:1');
    expect(packed.uploaded.blobs).toBe(2);
    expect(counted(b.requests, /^PUT .*uploads/)).toBe(2);
  });
});

it('does not blame a source that was never asked', async () => {
  const service = createPackService({ registries: () => memoryRegistry() });
  const from = memoryRegistry().repository('x');
  await putManifest(from, [utf8('a')], '1');
  const to = memoryRegistry().repository('y');
  const put = (): Promise<never> =>
    Promise.reject(new IntegrityError('ERR_DIGEST_MISMATCH', 'mine is damaged', { expected: 'a', actual: 'b' }));
  const damaged = { ...to, blob: { ...to.blob, put } };
  await expect(service.copy({ repository: from, reference: '1' }, { repository: damaged })).rejects.toMatchObject({
    details: { side: 'destination' },
  });
});
