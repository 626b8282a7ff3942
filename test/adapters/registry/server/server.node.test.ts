import { describe, expect, it } from 'vitest';
import { memoryBlobStore, memoryRecordStore } from '../../../../src/adapters/blob-store/memory.ts';
import { memoryRegistry } from '../../../../src/adapters/registry/memory.ts';
import { registryServer } from '../../../../src/adapters/registry/server.ts';
import { FormatError, IntegrityError, StoreError, UsageError, type PackError } from '../../../../src/errors.ts';
import type { Registry, Repository } from '../../../../src/ports/registry.ts';
import { asking, codesOf, manifestType, pushBlob, pushManifest, served, sha, someManifest, without } from './served.ts';

/** A registry of which one thing is otherwise. */
function changed(change: (repository: Repository) => Partial<Repository>): Registry {
  const registry = memoryRegistry();
  const repository = (name: string): Repository => {
    const inner = registry.repository(name);
    return { ...inner, ...change(inner) };
  };
  return { ...registry, repository };
}

describe('registryServer', () => {
  it('serves stores', async () => {
    const ask = asking(registryServer({ blobs: memoryBlobStore(), records: memoryRecordStore() }));
    await pushManifest(ask, 'a', 'v1');
    expect((await ask('GET', '/v2/a/manifests/v1')).status).toBe(200);
  });

  it.each<[string, object]>([
    ['nothing to serve', {}],
    ['a registry and stores', { registry: memoryRegistry(), blobs: memoryBlobStore() }],
    ['blobs alone', { blobs: memoryBlobStore() }],
    ['an unknown option', { registry: memoryRegistry(), readonly: true }],
    ['an unknown limit', { registry: memoryRegistry(), limits: { manifests: 1 } }],
    ['a limit that is none', { registry: memoryRegistry(), limits: { pageSize: 0 } }],
    ['an origin with a path', { registry: memoryRegistry(), cors: { origins: ['https://a.example/'] } }],
    ['every origin', { registry: memoryRegistry(), cors: { origins: ['*'] } }],
    ['an unknown part of cors', { registry: memoryRegistry(), cors: { credentials: true } }],
  ])('refuses %s', (_what, options) => {
    expect(() => registryServer(options)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }));
  });

  it('says nothing of its failures to clients, and all to its operator', async () => {
    const failure = new StoreError('ERR_STORE_READ', 'store /srv/secret cannot be read');
    const seen: unknown[] = [];
    const registry = changed(() => ({ resolve: () => Promise.reject(failure), tags: () => failing(failure) }));
    const answer = await served({ registry, onError: (error) => seen.push(error) })('GET', '/v2/a/tags/list');
    expect([answer.status, codesOf(answer), seen]).toEqual([500, ['UNKNOWN'], [failure]]);
    expect(answer.text).not.toContain('secret');
  });

  it('tells clients to come again where that may help', async () => {
    const failure = new StoreError('ERR_CONFLICT', 'too many writers', { retryable: true });
    const registry = changed(() => ({ delete: () => Promise.reject(failure) }));
    const answer = await served({ registry })('DELETE', '/v2/a/manifests/v1');
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
  });

  it.each<[PackError, number, string]>([
    [new UsageError('ERR_INVALID_REFERENCE', 'name'), 400, 'NAME_INVALID'],
    [new UsageError('ERR_INVALID_DIGEST', 'digest'), 400, 'DIGEST_INVALID'],
    [new UsageError('ERR_UNSUPPORTED', 'read-only'), 405, 'UNSUPPORTED'],
    [new FormatError('ERR_LIMIT_EXCEEDED', 'too many'), 413, 'MANIFEST_INVALID'],
    [new IntegrityError('ERR_SIZE_MISMATCH', 'size', { expected: '1', actual: '2' }), 400, 'SIZE_INVALID'],
    [new StoreError('ERR_STORE_QUOTA', 'disk of /srv is full'), 413, 'DENIED'],
    [new StoreError('ERR_CONFLICT', 'in use'), 409, 'DENIED'],
    [new StoreError('ERR_STORE_WRITE', 'disk'), 500, 'UNKNOWN'],
    [new StoreError('ERR_BLOB_NOT_FOUND', 'hole in /srv'), 500, 'UNKNOWN'],
  ])('answers %s of its registry', async (error, status, code) => {
    const registry = changed(() => ({ delete: () => Promise.reject(error) }));
    const answer = await served({ registry })('DELETE', '/v2/a/manifests/v1');
    expect([answer.status, codesOf(answer)]).toEqual([status, [code]]);
    expect(answer.text).not.toContain('/srv');
  });

  it('ends with the reason of the signal of the request', async () => {
    const reason = new Error('enough');
    const asked = served()('GET', '/v2/a/manifests/v1', { signal: AbortSignal.abort(reason) });
    await expect(asked).rejects.toBe(reason);
  });

  it('keeps to one size of a page', async () => {
    const ask = served({ limits: { pageSize: 2 } });
    const subject = await pushManifest(ask, 'a', 'v1');
    for (const text of ['1', '2', '3']) await pushManifest(ask, 'a', `t${text}`, { subject, text });
    expect((await ask('GET', '/v2/a/tags/list')).headers.get('link')).toBe(
      '</v2/a/tags/list?n=2&last=t2>; rel="next"'.replace('t2', 't2'),
    );
    const seen: string[] = [];
    for (let path: string | undefined = `/v2/a/referrers/${subject.digest}`; path !== undefined;) {
      const answer = await ask('GET', path);
      const { manifests } = JSON.parse(answer.text) as { manifests: { digest: string }[] };
      expect(manifests.length).toBeLessThanOrEqual(2);
      seen.push(...manifests.map(({ digest }) => digest));
      path = /^<([^>]+)>; rel="next"$/.exec(answer.headers.get('link') ?? '')?.[1];
    }
    expect(seen).toEqual([...seen].sort());
    expect(new Set(seen).size).toBe(3);
    expect((await ask('GET', `/v2/a/referrers/${subject.digest}?last=x`)).status).toBe(400);
  });

  it('answers referrers that are too large for one manifest in parts', async () => {
    const ask = served({ limits: { manifestBytes: 5000 } });
    const subject = await pushManifest(ask, 'a', 'v1');
    const annotations = { note: 'x'.repeat(3000) };
    for (const text of ['1', '2']) await pushManifest(ask, 'a', undefined, { subject, text, annotations });
    const answer = await ask(
      'GET',
      `/v2/a/referrers/${subject.digest}?artifactType=application/vnd.oci.empty.v1%2Bjson`,
    );
    const { manifests } = JSON.parse(answer.text) as { manifests: unknown[] };
    expect(manifests).toHaveLength(1);
    expect(answer.headers.get('link')).toContain('artifactType=application%2Fvnd.oci.empty.v1%2Bjson&last=sha256%3A');
  });

  it('refuses a manifest beyond its limit', async () => {
    const ask = served({ limits: { manifestBytes: 100 } });
    const body = await someManifest(ask, 'a');
    expect((await ask('PUT', '/v2/a/manifests/v1', { headers: manifestType, body })).status).toBe(413);
  });

  it('answers 412 to who loses a race for a tag', async () => {
    const registry = changed((inner) => ({
      tag: () => Promise.reject(new StoreError('ERR_CONFLICT', 'moved')),
      manifest: inner.manifest,
    }));
    const ask = served({ registry });
    const body = await someManifest(ask, 'a');
    const put = (headers: Record<string, string>, path: string) =>
      ask('PUT', path, { headers: { ...manifestType, ...headers }, body });
    expect((await put({ 'if-none-match': '*' }, '/v2/a/manifests/v1')).status).toBe(412);
    expect((await put({}, `/v2/a/manifests/${sha(body)}?tag=v1&tag=v2`)).status).toBe(409);
  });

  it('looks through all repositories where one cannot say that it is there', async () => {
    const registry = memoryRegistry();
    const repository = (name: string): Repository => {
      return without(registry.repository(name), 'exists');
    };
    const ask = served({ registry: { ...registry, repository } });
    await pushBlob(ask, 'a', 'hello');
    expect((await ask('GET', '/v2/a/tags/list')).status).toBe(200);
    expect((await ask('GET', '/v2/b/tags/list')).status).toBe(404);
  });

  it('remembers a thousand repositories, and serves more', async () => {
    let opened = 0;
    const registry = memoryRegistry();
    const repository = (name: string): Repository => {
      opened++;
      return registry.repository(name);
    };
    const ask = served({ registry: { ...registry, repository } });
    for (let index = 0; index <= 1000; index++) await ask('GET', `/v2/r${index}/manifests/v1`);
    await ask('GET', '/v2/r1000/manifests/v1');
    expect(opened).toBe(1001);
    await ask('GET', '/v2/r0/manifests/v1');
    expect(opened).toBe(1002);
  });
});

async function* failing(error: Error): AsyncGenerator<never, void, undefined> {
  throw error;
}
