import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../../src/bytes/encoding.ts';
import { digestOf } from '../../../../src/digest/digest.ts';
import { mediaTypes } from '../../../../src/oci/media-types.ts';
import { described, index, manifest, problem, SimpleRegistry } from './simple-registry.ts';

const { imageManifest, imageIndex } = mediaTypes;
const bytes = manifest();
const digest = digestOf(bytes);

function withManifest(content: Uint8Array<ArrayBuffer> = bytes, type: string = imageManifest): SimpleRegistry {
  const registry = new SimpleRegistry();
  registry.tags.set('v1', registry.store(content, type));
  return registry;
}

/** Answers each GET and HEAD of a manifest with changes to the headers. */
function changed(headers: Record<string, string | null>, content: Uint8Array<ArrayBuffer> = bytes): SimpleRegistry {
  const registry = withManifest(content);
  registry.override = (_, { path }) => {
    if (!path.includes('/manifests/')) return undefined;
    const all = new Headers({
      'content-type': imageManifest,
      'content-length': String(content.length),
      'docker-content-digest': digestOf(content),
    });
    for (const [name, value] of Object.entries(headers)) {
      if (value === null) all.delete(name);
      else all.set(name, value);
    }
    return new Response(content, { headers: all });
  };
  return registry;
}

describe('manifest.get', () => {
  it.each(['v1', digest])('gives the bytes as they came for %s, and asks for every type', async (reference) => {
    const exotic = utf8(` \n${new TextDecoder().decode(bytes)}\n`);
    const registry = withManifest(reference === 'v1' ? exotic : bytes);
    const found = await registry.open().manifest.get(reference);
    expect(found?.bytes).toEqual(reference === 'v1' ? exotic : bytes);
    expect(found?.descriptor).toMatchObject({ mediaType: imageManifest, size: found?.bytes.length });
    for (const type of [imageManifest, imageIndex, mediaTypes.dockerManifest, mediaTypes.dockerManifestList]) {
      expect(registry.seen.at(-1)?.headers.get('accept')).toContain(type);
    }
  });

  it.each([
    ['MANIFEST_UNKNOWN', () => problem(404, 'MANIFEST_UNKNOWN')],
    ['NAME_UNKNOWN', () => problem(404, 'NAME_UNKNOWN')],
    ['plain text', () => new Response('404 page not found', { status: 404 })],
    ['nothing', () => new Response(null, { status: 404 })],
  ])('takes a 404 with %s for not found', async (_, answer) => {
    const registry = new SimpleRegistry();
    registry.override = answer;
    expect(await registry.open().manifest.get('v1')).toBeUndefined();
    expect(await registry.open().resolve(digest)).toBeUndefined();
  });

  it('C9: ignores parameters of the content type', async () => {
    const registry = changed({ 'content-type': `${imageManifest.toUpperCase()}; charset=utf-8` });
    expect((await registry.open().manifest.get('v1'))?.descriptor.mediaType).toBe(imageManifest);
  });

  it('C9: refuses a content type that is not the media type of the document', async () => {
    const get = changed({ 'content-type': imageIndex }).open().manifest.get('v1');
    await expect(get).rejects.toMatchObject({ name: 'FormatError', code: 'ERR_INDEX_INVALID' });
  });

  it.each([{ 'content-type': 'application/json' }, { 'content-type': null }, { 'content-type': 'text/plain' }])(
    'refuses what is not sent as a manifest: %j',
    async (headers) => {
      const get = changed(headers).open().manifest.get('v1');
      await expect(get).rejects.toMatchObject({ code: 'ERR_REGISTRY_PROTOCOL' });
    },
  );

  it('takes a document without a media type', async () => {
    const content = manifest({ mediaType: undefined });
    expect((await withManifest(content).open().manifest.get('v1'))?.descriptor.mediaType).toBe(imageManifest);
  });

  it('C10: refuses other bytes than those of the digest that was asked for', async () => {
    const registry = new SimpleRegistry();
    registry.store(manifest({ annotations: { a: 'b' } }), imageManifest, digest);
    await expect(registry.open().manifest.get(digest)).rejects.toMatchObject({ code: 'ERR_DIGEST_MISMATCH' });
  });

  it.each(['v1', digest])('C10: refuses a digest header that is not of the bytes, for %s', async (reference) => {
    const registry = changed({ 'docker-content-digest': digestOf(utf8('other')) });
    await expect(registry.open().manifest.get(reference)).rejects.toMatchObject({
      name: 'IntegrityError',
      code: 'ERR_DIGEST_MISMATCH',
    });
  });

  it.each(['sha384', 'sha512'] as const)('C10: checks a %s, asked for or in the header', async (algorithm) => {
    const long = digestOf(bytes, algorithm);
    const registry = new SimpleRegistry();
    registry.store(bytes, imageManifest, long);
    registry.tags.set('v1', long);
    expect((await registry.open().manifest.get(long))?.descriptor.digest).toBe(long);
    expect((await registry.open().manifest.get('v1'))?.descriptor.digest).toBe(long);
    expect((await registry.open().resolve('v1'))?.digest).toBe(long);
  });

  it.each(['blake3:00', '', 'nonsense'])('passes over the digest header %j', async (header) => {
    const registry = changed({ 'docker-content-digest': header });
    expect((await registry.open().manifest.get('v1'))?.descriptor.digest).toBe(digest);
    expect((await registry.open().resolve('v1'))?.digest).toBe(digest);
  });

  it('C19: reads and puts a manifest of 4 MiB and more', async () => {
    const large = manifest({ annotations: { a: 'x'.repeat(5 << 20) } });
    const registry = new SimpleRegistry();
    await registry.open().manifest.put(large, { mediaType: imageManifest, tag: 'v1' });
    await expect(registry.open().manifest.get('v1')).rejects.toMatchObject({ code: 'ERR_LIMIT_EXCEEDED' });
    const found = await registry.open({ limits: { manifestBytes: 100 << 20 } }).manifest.get('v1');
    expect(found?.descriptor.size).toBe(large.length);
    const whole = manifest({ annotations: { a: 'x'.repeat((4 << 20) - manifest({ annotations: { a: '' } }).length) } });
    await registry.open().manifest.put(whole, { mediaType: imageManifest, tag: 'v2' });
    expect((await registry.open().manifest.get('v2'))?.descriptor.size).toBe(4 << 20);
  });

  it('stops an endless manifest, whatever length it announces', async () => {
    let sent = 0;
    const registry = new SimpleRegistry();
    registry.override = () => {
      const body = new ReadableStream<Uint8Array>({
        pull(controller) {
          sent += 65_536;
          controller.enqueue(new Uint8Array(65_536));
        },
      });
      return new Response(body, { headers: { 'content-type': imageManifest } });
    };
    await expect(registry.open().manifest.get('v1')).rejects.toMatchObject({ code: 'ERR_LIMIT_EXCEEDED' });
    expect(sent).toBeLessThan(5 << 20);
  });

  it('reads again what was cut', async () => {
    const registry = withManifest();
    let cuts = 0;
    registry.override = () => {
      if (cuts++ > 1) return undefined;
      const body = new ReadableStream<Uint8Array>({
        start(controller) {
          controller.enqueue(bytes.subarray(0, 10));
        },
        pull(controller) {
          controller.error(new Error('reset'));
        },
      });
      return new Response(body, { headers: { 'content-type': imageManifest } });
    };
    expect((await registry.open().manifest.get('v1'))?.bytes).toEqual(bytes);
    cuts = -100;
    await expect(registry.open().manifest.get('v1')).rejects.toMatchObject({ code: 'ERR_REGISTRY_NETWORK' });
  });
});

describe('resolve', () => {
  const expected = { mediaType: imageManifest, digest, size: bytes.length };

  it.each(['v1', digest])('asks by HEAD for %s', async (reference) => {
    const registry = withManifest();
    expect(await registry.open().resolve(reference)).toEqual(expected);
    expect(registry.log).toEqual([`HEAD manifests/${reference}`]);
  });

  it('reads the manifest where the answer by tag has no digest', async () => {
    const registry = changed({ 'docker-content-digest': null });
    expect(await registry.open().resolve('v1')).toEqual(expected);
    expect(registry.log).toEqual(['HEAD manifests/v1', 'GET manifests/v1']);
    expect(await registry.open().resolve(digest)).toEqual(expected);
    expect(registry.log.at(-1)).toMatch(/^HEAD/);
  });

  it.each([
    { 'content-length': null },
    { 'content-length': '0' },
    { 'content-length': '99999999999' },
    { 'content-length': '12', 'content-encoding': 'gzip' },
    { 'content-type': 'application/octet-stream' },
  ])('reads the manifest where HEAD says %j', async (headers) => {
    const head = changed(headers);
    const { override } = head;
    head.override = (request, seen) => (request.method === 'HEAD' ? override?.(request, seen) : undefined);
    expect(await head.open().resolve('v1')).toEqual(expected);
    expect(head.log).toEqual(['HEAD manifests/v1', 'GET manifests/v1']);
  });

  it.each([400, 403, 405, 412])('reads the manifest where HEAD is answered with %i', async (status) => {
    const registry = withManifest();
    registry.override = ({ method }) => (method === 'HEAD' ? new Response(null, { status }) : undefined);
    expect(await registry.open().resolve('v1')).toEqual(expected);
  });

  it('asks no HEAD of a registry that is known to refuse it', async () => {
    const registry = withManifest();
    expect(await registry.open({ profile: { noHead: true } }).resolve('v1')).toEqual(expected);
    expect(await registry.open({ profile: { noHead: true } }).resolve('v2')).toBeUndefined();
    expect(registry.log).toEqual(['GET manifests/v1', 'GET manifests/v2']);
  });

  it('C10: refuses an answer for another digest', async () => {
    const registry = changed({ 'docker-content-digest': digestOf(utf8('other')) });
    await expect(registry.open().resolve(digest)).rejects.toMatchObject({ code: 'ERR_DIGEST_MISMATCH' });
  });

  it.each(['', '../x', 'a b', 'sha256:1', '-a'])('refuses %j, which is no reference', async (reference) => {
    const repository = withManifest().open();
    await expect(repository.resolve(reference)).rejects.toMatchObject({ code: 'ERR_INVALID_REFERENCE' });
    await expect(repository.manifest.get(reference)).rejects.toMatchObject({ code: 'ERR_INVALID_REFERENCE' });
    await expect(repository.delete(reference)).rejects.toMatchObject({ code: 'ERR_INVALID_REFERENCE' });
  });
});

describe('manifest.put', () => {
  it('C9: sends just the media type, to the tag where there is one', async () => {
    const registry = new SimpleRegistry();
    const put = await registry.open().manifest.put(bytes, { mediaType: imageManifest, tag: 'v1' });
    expect(put).toEqual({ mediaType: imageManifest, digest, size: bytes.length });
    await registry.open().manifest.put(bytes, { mediaType: imageManifest });
    const puts = registry.seen.filter(({ method }) => method === 'PUT');
    expect(puts.map(({ path }) => path.slice(23))).toEqual(['v1', digest]);
    expect(puts.map(({ headers }) => headers.get('content-type'))).toEqual([imageManifest, imageManifest]);
  });

  it.each([200, 202])('takes %i for an answer', async (status) => {
    const registry = new SimpleRegistry();
    registry.override = ({ method }) => (method === 'PUT' ? new Response(null, { status }) : undefined);
    expect((await registry.open().manifest.put(bytes, { mediaType: imageManifest })).digest).toBe(digest);
  });

  it('C10: refuses a registry that says that it took another manifest', async () => {
    const registry = new SimpleRegistry();
    const headers = { 'docker-content-digest': digestOf(utf8('other')) };
    registry.override = ({ method }) => (method === 'PUT' ? new Response(null, { status: 201, headers }) : undefined);
    const put = registry.open().manifest.put(bytes, { mediaType: imageManifest, tag: 'v1' });
    await expect(put).rejects.toMatchObject({ name: 'IntegrityError', expected: digest });
  });

  it('C19: says that the registry takes no manifest as large as that', async () => {
    const registry = new SimpleRegistry();
    registry.override = ({ method }) => (method === 'PUT' ? problem(413, 'SIZE_INVALID') : undefined);
    const put = registry.open().manifest.put(bytes, { mediaType: imageManifest });
    await expect(put).rejects.toMatchObject({ code: 'ERR_REGISTRY_REJECTED', status: 413 });
  });

  it.each([
    ['other bytes than the digest names', bytes, { digest: digestOf(utf8('x')) }, 'ERR_DIGEST_MISMATCH'],
    ['another media type', bytes, { mediaType: imageIndex }, 'ERR_INDEX_INVALID'],
    ['no manifest media type', bytes, { mediaType: 'text/plain' }, 'ERR_MANIFEST_INVALID'],
    ['no JSON', utf8('{'), {}, 'ERR_JSON_INVALID'],
    ['no object', utf8('[]'), {}, 'ERR_MANIFEST_INVALID'],
    ['no config', utf8('{"schemaVersion":2}'), {}, 'ERR_MANIFEST_INVALID'],
    ['a manifest that is an index as well', manifest({ manifests: [] }), {}, 'ERR_MANIFEST_INVALID'],
    ['a config that is none', manifest({ config: { mediaType: 1 } }), {}, 'ERR_MANIFEST_INVALID'],
    ['a subject that is none', manifest({ subject: { digest: 'x' } }), {}, 'ERR_MANIFEST_INVALID'],
    ['annotations that are no strings', manifest({ annotations: { a: 1 } }), {}, 'ERR_MANIFEST_INVALID'],
    ['a tag that is none', bytes, { tag: 'a b' }, 'ERR_INVALID_REFERENCE'],
  ] as const)('refuses %s before it asks', async (_, content, options, code) => {
    const registry = new SimpleRegistry();
    const put = registry.open().manifest.put(content, { mediaType: imageManifest, ...options });
    await expect(put).rejects.toMatchObject({ code });
    expect(registry.seen).toEqual([]);
  });

  it('C21: believes that a tag was set by parameter only where OCI-Tag says so', async () => {
    const long = digestOf(bytes, 'sha512');
    const put = (registry: SimpleRegistry) =>
      registry.open().manifest.put(bytes, { mediaType: imageManifest, digest: long, tag: 'v1' });
    const old = new SimpleRegistry();
    expect((await put(old)).digest).toBe(long);
    expect(old.log.filter((line) => line.startsWith('PUT'))).toEqual([
      `PUT manifests/${long}?tag=v1`,
      'PUT manifests/v1',
    ]);
    const current = new SimpleRegistry();
    current.override = (_, { search }) =>
      search === '?tag=v1' ? new Response(null, { status: 201, headers: { 'oci-tag': 'v0, v1' } }) : undefined;
    await put(current);
    expect(current.log.filter((line) => line.startsWith('PUT'))).toEqual([`PUT manifests/${long}?tag=v1`]);
  });
});

describe('tag', () => {
  const descriptor = { mediaType: imageManifest, digest, size: bytes.length };

  it('puts the same bytes under the tag', async () => {
    const registry = withManifest();
    await registry.open().tag('v2', descriptor);
    expect(registry.tags.get('v2')).toBe(digest);
  });

  it('says that a manifest is not there', async () => {
    const tag = new SimpleRegistry().open().tag('v1', descriptor);
    await expect(tag).rejects.toMatchObject({ code: 'ERR_REGISTRY_NOT_FOUND' });
  });

  it.each([false, true])('moves a tag only from where it is thought to be (conditional: %s)', async (conditional) => {
    const registry = withManifest();
    registry.conditional = conditional;
    const other = manifest({ annotations: { a: 'b' } });
    const next = { ...descriptor, digest: digestOf(other), size: other.length };
    registry.store(other, imageManifest);
    const repository = registry.open();
    await expect(repository.tag('v1', next, { ifMatch: null })).rejects.toMatchObject({ code: 'ERR_CONFLICT' });
    await expect(repository.tag('v1', next, { ifMatch: next.digest })).rejects.toMatchObject({ code: 'ERR_CONFLICT' });
    await expect(repository.tag('v9', next, { ifMatch: digest })).rejects.toMatchObject({ code: 'ERR_CONFLICT' });
    await repository.tag('v1', next, { ifMatch: digest });
    await repository.tag('v2', next, { ifMatch: null });
    expect([registry.tags.get('v1'), registry.tags.get('v2')]).toEqual([next.digest, next.digest]);
  });

  it('notices a tag that is moved between the look and the write, where the registry knows conditions', async () => {
    const registry = withManifest();
    registry.conditional = true;
    const other = registry.store(manifest({ annotations: { a: 'b' } }), imageManifest);
    registry.override = ({ method }) => {
      if (method === 'PUT') registry.tags.set('v1', other);
      return undefined;
    };
    const tag = registry.open().tag('v1', descriptor, { ifMatch: digest });
    await expect(tag).rejects.toMatchObject({ code: 'ERR_CONFLICT' });
    expect(registry.tags.get('v1')).toBe(other);
  });

  it('goes by the tag itself where a condition fails for no reason', async () => {
    const registry = withManifest();
    registry.override = ({ headers }) => (headers.has('if-none-match') ? problem(412, 'DENIED') : undefined);
    await registry.open().tag('v2', descriptor, { ifMatch: null });
    expect(registry.tags.get('v2')).toBe(digest);
  });
});

describe('delete', () => {
  it('deletes a tag, and a manifest', async () => {
    const registry = withManifest();
    const repository = registry.open();
    expect(await repository.delete('v1')).toBe(true);
    expect(registry.manifests.has(digest)).toBe(true);
    expect(await repository.delete('v1')).toBe(false);
    expect(await repository.delete(digest)).toBe(true);
    expect(await repository.delete(digest)).toBe(false);
  });

  it.each([200, 204])('takes %i for an answer', async (status) => {
    const registry = withManifest();
    registry.override = ({ method }) => (method === 'DELETE' ? new Response(null, { status }) : undefined);
    expect(await registry.open().delete('v1')).toBe(true);
  });

  it.each([400, 404, 405])(
    'says that tags are not deleted where the answer is %i, and keeps the manifest',
    async (status) => {
      const registry = withManifest();
      registry.override = ({ method }) => (method === 'DELETE' ? problem(status, 'UNSUPPORTED') : undefined);
      await expect(registry.open().delete('v1')).rejects.toMatchObject({ code: 'ERR_REGISTRY_REJECTED' });
      expect(registry.log.filter((line) => line.startsWith('DELETE'))).toEqual(['DELETE manifests/v1']);
    },
  );

  it('believes a 404 only where the manifest is gone', async () => {
    const registry = withManifest();
    registry.override = ({ method }) => (method === 'DELETE' ? problem(404, 'MANIFEST_UNKNOWN') : undefined);
    await expect(registry.open().delete(digest)).rejects.toMatchObject({ code: 'ERR_REGISTRY_REJECTED' });
    registry.override = ({ method }) => {
      if (method === 'DELETE') registry.manifests.delete(digest);
      return method === 'DELETE' ? problem(404, 'MANIFEST_UNKNOWN') : undefined;
    };
    expect(await registry.open().delete(digest)).toBe(true);
  });

  it('lets through what else is wrong', async () => {
    const registry = withManifest();
    registry.override = ({ method }) => (method === 'DELETE' ? problem(403, 'DENIED') : undefined);
    await expect(registry.open().delete('v1')).rejects.toMatchObject({ code: 'ERR_REGISTRY_DENIED' });
    await expect(registry.open().delete(digest)).rejects.toMatchObject({ code: 'ERR_REGISTRY_DENIED' });
  });

  it('deletes a manifest that nobody can read', async () => {
    const registry = new SimpleRegistry();
    const broken = registry.store(utf8('{'), imageManifest);
    expect(await registry.open().delete(broken)).toBe(true);
  });
});

describe('httpRepository', () => {
  it('refuses limits that are none', () => {
    for (const limits of [{ manifestBytes: 0 }, { manifestBytes: 101 << 20 }, { pages: 1.5 }, { other: 1 } as object]) {
      expect(() => new SimpleRegistry().open({ limits })).toThrow(
        expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }) as Error,
      );
    }
    expect(new SimpleRegistry().open({ limits: { pages: 5 } }).capabilities.remote).toBe(true);
  });

  it('tells its indexes and their types', async () => {
    const registry = withManifest(index([described('x')]), imageIndex);
    expect((await registry.open().manifest.get('v1'))?.descriptor.mediaType).toBe(imageIndex);
  });
});
