import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../../src/bytes/encoding.ts';
import { registryServer } from '../../../../src/adapters/registry/server.ts';
import { digestOf } from '../../../../src/digest/digest.ts';
import { mediaTypes } from '../../../../src/oci/media-types.ts';
import type { Registry } from '../../../../src/ports/registry.ts';
import {
  asking,
  codesOf,
  located,
  manifestType,
  pushBlob,
  pushManifest,
  sha,
  someManifest,
  startUpload,
  type Asker,
} from './served.ts';

const unknown = sha('nobody has this');

/** What distribution-spec demands of a registry, clause by clause, on whatever is served. */
export function conformanceCases(name: string, create: () => Promise<Registry>): void {
  const define = (clause: string, run: (ask: Asker) => Promise<void>): void => {
    it(clause, async () => run(asking(registryServer({ registry: await create() }))));
  };
  describe(`${name}, served: pull`, () => pullCases(define));
  describe(`${name}, served: push of blobs`, () => {
    monolithicCases(define);
    chunkedCases(define);
    sessionCases(define);
    mountCases(define);
  });
  describe(`${name}, served: push of manifests`, () => manifestCases(define));
  describe(`${name}, served: content discovery`, () => discoveryCases(define));
  describe(`${name}, served: content management`, () => managementCases(define));
}

type Define = (clause: string, run: (ask: Asker) => Promise<void>) => void;

function pullCases(define: Define): void {
  define('end-1: GET /v2/ is 200', async (ask) => {
    const answer = await ask('GET', '/v2/');
    expect(answer.status).toBe(200);
    expect(answer.headers.get('docker-distribution-api-version')).toBe('registry/2.0');
    expect((await ask('GET', '/v2')).status).toBe(200);
  });
  define('end-2: GET of a blob gives its bytes, digest and length', async (ask) => {
    const { digest } = await pushBlob(ask, 'team/app', 'hello world');
    const answer = await ask('GET', `/v2/team/app/blobs/${digest}`);
    expect([answer.status, answer.text]).toEqual([200, 'hello world']);
    expect(answer.headers.get('docker-content-digest')).toBe(digest);
    expect(answer.headers.get('content-length')).toBe('11');
    expect(answer.headers.get('accept-ranges')).toBe('bytes');
    expect(answer.headers.get('etag')).toBe(`"${digest}"`);
  });
  define('end-2: HEAD of a blob says its digest and length', async (ask) => {
    const { digest } = await pushBlob(ask, 'team/app', 'hello world');
    const answer = await ask('HEAD', `/v2/team/app/blobs/${digest}`);
    expect([answer.status, answer.text]).toEqual([200, '']);
    expect(answer.headers.get('docker-content-digest')).toBe(digest);
    expect(answer.headers.get('content-length')).toBe('11');
  });
  define('end-2: a blob that is not there is 404 BLOB_UNKNOWN', async (ask) => {
    const answer = await ask('GET', `/v2/team/app/blobs/${unknown}`);
    expect([answer.status, codesOf(answer)]).toEqual([404, ['BLOB_UNKNOWN']]);
    expect((await ask('HEAD', `/v2/team/app/blobs/${unknown}`)).status).toBe(404);
  });
  define('end-2: a digest that is none, or of another algorithm, is 400 DIGEST_INVALID', async (ask) => {
    for (const digest of ['sha256:abc', 'md5:d41d8cd98f00b204e9800998ecf8427e', 'x']) {
      const answer = await ask('GET', `/v2/team/app/blobs/${digest}`);
      expect([answer.status, codesOf(answer)]).toEqual([400, ['DIGEST_INVALID']]);
    }
  });
  define('end-2: single ranges are 206, several and malformed ones 200, those that hold nothing 416', async (ask) => {
    const { digest } = await pushBlob(ask, 'team/app', 'hello world');
    const get = async (range: string): Promise<unknown[]> => {
      const answer = await ask('GET', `/v2/team/app/blobs/${digest}`, { headers: { range } });
      return [answer.status, answer.status === 416 ? '' : answer.text, answer.headers.get('content-range')];
    };
    expect(await get('bytes=0-4')).toEqual([206, 'hello', 'bytes 0-4/11']);
    expect(await get('bytes=6-')).toEqual([206, 'world', 'bytes 6-10/11']);
    expect(await get('bytes=-5')).toEqual([206, 'world', 'bytes 6-10/11']);
    expect(await get('bytes=-500')).toEqual([206, 'hello world', 'bytes 0-10/11']);
    expect(await get('bytes=4-500')).toEqual([206, 'o world', 'bytes 4-10/11']);
    expect(await get('bytes=11-')).toEqual([416, '', 'bytes */11']);
    expect(await get('bytes=-0')).toEqual([416, '', 'bytes */11']);
    expect(await get('bytes=0-1,4-5')).toEqual([200, 'hello world', null]);
    expect(await get('bytes=5-2')).toEqual([416, '', 'bytes */11']);
    expect(await get('bytes=x-')).toEqual([200, 'hello world', null]);
    expect(await get('lines=1-2')).toEqual([200, 'hello world', null]);
  });
  define('end-2: If-Range with another tag gives the whole blob, If-None-Match with its tag is 304', async (ask) => {
    const { digest } = await pushBlob(ask, 'team/app', 'hello world');
    const path = `/v2/team/app/blobs/${digest}`;
    const ranged = (tag: string): Promise<number> =>
      ask('GET', path, { headers: { range: 'bytes=0-0', 'if-range': tag } }).then(({ status }) => status);
    expect(await ranged(`"${digest}"`)).toBe(206);
    expect(await ranged('"other"')).toBe(200);
    expect((await ask('GET', path, { headers: { 'if-none-match': `"${digest}"` } })).status).toBe(304);
  });
  define('end-3: GET and HEAD of a manifest, by tag and by digest', async (ask) => {
    const { digest, size } = await pushManifest(ask, 'team/app', 'v1');
    for (const reference of ['v1', digest]) {
      const answer = await ask('GET', `/v2/team/app/manifests/${reference}`);
      expect(answer.status).toBe(200);
      expect(sha(answer.text)).toBe(digest);
      expect(answer.headers.get('content-type')).toBe(mediaTypes.imageManifest);
      const head = await ask('HEAD', `/v2/team/app/manifests/${reference}`);
      expect([head.status, head.text]).toEqual([200, '']);
      for (const { headers } of [answer, head]) {
        expect(headers.get('docker-content-digest')).toBe(digest);
        expect(headers.get('content-length')).toBe(String(size));
      }
    }
  });
  define('end-3: Accept does not decide: bytes that have a digest come in one form', async (ask) => {
    const { digest } = await pushManifest(ask, 'team/app', 'v1');
    for (const accept of ['application/json', mediaTypes.imageIndex, '*/*', 'nonsense']) {
      const answer = await ask('GET', '/v2/team/app/manifests/v1', { headers: { accept } });
      expect(answer.headers.get('docker-content-digest')).toBe(digest);
    }
  });
  define('end-3: a manifest that is not there is 404, also where the repository is not', async (ask) => {
    for (const reference of ['v1', unknown, '.not-a-tag']) {
      const answer = await ask('GET', `/v2/team/app/manifests/${reference}`);
      expect([answer.status, codesOf(answer)]).toEqual([404, ['MANIFEST_UNKNOWN']]);
      expect((await ask('HEAD', `/v2/team/app/manifests/${reference}`)).status).toBe(404);
    }
    expect(codesOf(await ask('GET', '/v2/team/app/manifests/sha256:abc'))).toEqual(['DIGEST_INVALID']);
  });
}

function monolithicCases(define: Define): void {
  define('end-4a, end-6: POST then PUT', async (ask) => {
    const started = await ask('POST', '/v2/team/app/blobs/uploads/');
    expect(started.status).toBe(202);
    expect(located(started)).toMatch(/^\/v2\/team\/app\/blobs\/uploads\/[A-Za-z0-9._-]{32,}$/);
    const digest = sha('hello');
    const ended = await ask('PUT', `${located(started)}?digest=${digest}`, { body: 'hello' });
    expect([ended.status, located(ended)]).toEqual([201, `/v2/team/app/blobs/${digest}`]);
    expect(ended.headers.get('docker-content-digest')).toBe(digest);
    expect((await ask('GET', located(ended))).text).toBe('hello');
    expect((await ask('GET', located(started))).status).toBe(404);
  });
  define('end-4b: a single POST', async (ask) => {
    const digest = sha('hello');
    const answer = await ask('POST', `/v2/team/app/blobs/uploads/?digest=${digest}`, { body: 'hello' });
    expect([answer.status, located(answer)]).toEqual([201, `/v2/team/app/blobs/${digest}`]);
    expect((await ask('GET', located(answer))).text).toBe('hello');
  });
  define('end-4b, end-6: other bytes than those of the digest are 400 DIGEST_INVALID', async (ask) => {
    const single = await ask('POST', `/v2/team/app/blobs/uploads/?digest=${sha('other')}`, { body: 'hello' });
    expect([single.status, codesOf(single)]).toEqual([400, ['DIGEST_INVALID']]);
    const two = await ask('PUT', `${await startUpload(ask)}?digest=${sha('other')}`, { body: 'hello' });
    expect([two.status, codesOf(two)]).toEqual([400, ['DIGEST_INVALID']]);
    expect((await ask('HEAD', `/v2/team/app/blobs/${sha('other')}`)).status).toBe(404);
    expect((await ask('HEAD', `/v2/team/app/blobs/${sha('hello')}`)).status).toBe(404);
  });
  define('end-6: a digest that is missing, malformed or of another algorithm is 400', async (ask) => {
    const location = await startUpload(ask);
    for (const query of ['', '?digest=', '?digest=md5:d41d8cd98f00b204e9800998ecf8427e', '?digest=sha256:ABC']) {
      const answer = await ask('PUT', `${location}${query}`, { body: 'hello' });
      expect([answer.status, codesOf(answer)]).toEqual([400, ['DIGEST_INVALID']]);
    }
    expect((await ask('PUT', `${location}?digest=${sha('hello')}`, { body: 'hello' })).status).toBe(201);
  });
  define('takes the empty blob, by every way', async (ask) => {
    const digest = sha('');
    expect((await ask('POST', `/v2/a/blobs/uploads/?digest=${digest}`)).status).toBe(201);
    expect((await ask('PUT', `${await startUpload(ask, 'b')}?digest=${digest}`)).status).toBe(201);
    const get = await ask('GET', `/v2/b/blobs/${digest}`, { headers: { range: 'bytes=0-' } });
    expect([get.status, get.text]).toEqual([416, get.text]);
    const whole = await ask('GET', `/v2/a/blobs/${digest}`);
    expect([whole.status, whole.text, whole.headers.get('content-length')]).toEqual([200, '', '0']);
  });
  define('end-4c: takes sha512 and sha384, and refuses an algorithm that it does not know', async (ask) => {
    for (const algorithm of ['sha512', 'sha384'] as const) {
      const started = await ask('POST', `/v2/a/blobs/uploads/?digest-algorithm=${algorithm}`);
      const digest = digestOf(utf8('hello'), algorithm);
      await ask('PATCH', located(started), { body: 'hel' });
      expect((await ask('PUT', `${located(started)}?digest=${digest}`, { body: 'lo' })).status).toBe(201);
      expect((await ask('GET', `/v2/a/blobs/${digest}`)).text).toBe('hello');
    }
    expect((await ask('POST', '/v2/a/blobs/uploads/?digest-algorithm=md5')).status).toBe(400);
  });
  define('takes a blob that it has once more', async (ask) => {
    await pushBlob(ask, 'team/app', 'hello');
    await pushBlob(ask, 'team/app', 'hello');
    expect((await ask('GET', `/v2/team/app/blobs/${sha('hello')}`)).text).toBe('hello');
  });
}

function chunk(first: number, body: string): { headers: Record<string, string>; body: string } {
  return { headers: { 'content-range': `${first}-${first + body.length - 1}` }, body };
}

function chunkedCases(define: Define): void {
  define('end-5: chunks in order, the last by PATCH', async (ask) => {
    const location = await startUpload(ask);
    const one = await ask('PATCH', location, chunk(0, 'hello '));
    expect([one.status, one.headers.get('range')]).toEqual([202, '0-5']);
    const two = await ask('PATCH', located(one), chunk(6, 'world'));
    expect([two.status, two.headers.get('range')]).toEqual([202, '0-10']);
    expect((await ask('PUT', `${located(two)}?digest=${sha('hello world')}`)).status).toBe(201);
    expect((await ask('GET', `/v2/team/app/blobs/${sha('hello world')}`)).text).toBe('hello world');
  });
  define('end-6: the last chunk in PUT', async (ask) => {
    const location = located(await ask('PATCH', await startUpload(ask), chunk(0, 'hello ')));
    expect((await ask('PUT', `${location}?digest=${sha('hello world')}`, chunk(6, 'world'))).status).toBe(201);
  });
  define('end-5, end-6: a chunk out of order is 416, changes nothing, and says where to go on', async (ask) => {
    const location = await startUpload(ask);
    expect((await ask('PATCH', location, chunk(3, 'lo'))).status).toBe(416);
    await ask('PATCH', location, chunk(0, 'hello'));
    for (const first of [0, 4, 6]) {
      const answer = await ask('PATCH', location, chunk(first, 'xx'));
      expect([answer.status, answer.headers.get('range')]).toEqual([416, '0-4']);
      expect(located(answer)).toBe(location);
    }
    expect((await ask('PUT', `${location}?digest=${sha('hello!')}`, chunk(9, '!'))).status).toBe(416);
    expect((await ask('PUT', `${location}?digest=${sha('hello!')}`, chunk(5, '!'))).status).toBe(201);
  });
  define('end-5: a Content-Range that is none, or not the length, is 400', async (ask) => {
    const location = await startUpload(ask);
    for (const range of ['bytes 0-4/5', '0', '4-0', '0-', 'a-b']) {
      expect((await ask('PATCH', location, { headers: { 'content-range': range }, body: 'hello' })).status).toBe(400);
    }
    const answer = await ask('PATCH', location, { headers: { 'content-range': '0-9' }, body: 'hello' });
    expect([answer.status, codesOf(answer)]).toEqual([400, ['SIZE_INVALID']]);
    expect((await ask('PATCH', location, chunk(0, 'hello'))).status).toBe(202);
  });
  define('end-5: a stream without Content-Range and without length', async (ask) => {
    const location = await startUpload(ask);
    for (const part of ['hello ', 'world']) {
      expect((await ask('PATCH', location, { body: new Blob([part]).stream() })).status).toBe(202);
    }
    expect((await ask('PUT', `${location}?digest=${sha('hello world')}`)).status).toBe(201);
  });
}

function sessionCases(define: Define): void {
  define('end-13: GET of an upload says how much came', async (ask) => {
    const location = await startUpload(ask);
    await ask('PATCH', location, { body: 'hello' });
    const answer = await ask('GET', location);
    expect([answer.status, answer.headers.get('range'), located(answer)]).toEqual([204, '0-4', location]);
  });
  define('end-14: DELETE of an upload forgets it', async (ask) => {
    const location = await startUpload(ask);
    await ask('PATCH', location, { body: 'hello' });
    expect((await ask('DELETE', location)).status).toBe(204);
    for (const method of ['GET', 'PATCH', 'DELETE']) {
      const answer = await ask(method, location, method === 'PATCH' ? { body: 'x' } : {});
      expect([answer.status, codesOf(answer)]).toEqual([404, ['BLOB_UPLOAD_UNKNOWN']]);
    }
  });
  define('an upload is open in its own repository only', async (ask) => {
    const location = await startUpload(ask, 'team/app');
    const elsewhere = location.replace('team/app', 'team/other');
    expect((await ask('PATCH', elsewhere, { body: 'x' })).status).toBe(404);
    expect((await ask('PUT', `${elsewhere}?digest=${sha('')}`)).status).toBe(404);
    expect((await ask('GET', location)).status).toBe(204);
  });
  define('an upload that never was is 404', async (ask) => {
    for (const id of ['00000000-0000-0000-0000-000000000000', 'x', '..%2f..%2fx', 'a'.repeat(300)]) {
      const answer = await ask('PATCH', `/v2/team/app/blobs/uploads/${id}`, { body: 'x' });
      expect([answer.status, codesOf(answer)]).toEqual([404, ['BLOB_UPLOAD_UNKNOWN']]);
    }
  });
}

function mountCases(define: Define): void {
  const mounted = async (ask: Asker, query: string): Promise<number> =>
    (await ask('POST', `/v2/team/new/blobs/uploads/?${query}`)).status;
  define('end-11: mounts a blob of another repository, or starts an upload', async (ask) => {
    const { digest } = await pushBlob(ask, 'team/app', 'hello');
    const answer = await ask('POST', `/v2/team/new/blobs/uploads/?mount=${digest}&from=team/app`);
    expect([201, 202]).toContain(answer.status);
    if (answer.status === 201) {
      expect(located(answer)).toBe(`/v2/team/new/blobs/${digest}`);
      expect((await ask('GET', located(answer))).text).toBe('hello');
    } else {
      expect((await ask('PUT', `${located(answer)}?digest=${digest}`, { body: 'hello' })).status).toBe(201);
    }
  });
  define('end-11: what is not there to mount starts an upload', async (ask) => {
    expect(await mounted(ask, `mount=${unknown}&from=team/app`)).toBe(202);
    expect(await mounted(ask, `mount=${unknown}&from=../x`)).toBe(202);
    expect(await mounted(ask, 'mount=nonsense&from=team/app')).toBe(400);
  });
  define('end-11: without from nothing is mounted, whoever has the blob', async (ask) => {
    const { digest } = await pushBlob(ask, 'team/app', 'hello');
    expect(await mounted(ask, `mount=${digest}`)).toBe(202);
    await pushBlob(ask, 'team/new', 'hello');
    expect(await mounted(ask, `mount=${digest}`)).toBe(202);
    expect(await mounted(ask, `mount=${digest}&from=team/new`)).toBe(201);
  });
}

function manifestCases(define: Define): void {
  define('end-7a: PUT by tag and by digest keeps every byte', async (ask) => {
    const body = ` ${await someManifest(ask, 'team/app')} \n`;
    for (const reference of ['v1', sha(body)]) {
      const answer = await ask('PUT', `/v2/team/app/manifests/${reference}`, { headers: manifestType, body });
      expect([answer.status, answer.headers.get('docker-content-digest')]).toEqual([201, sha(body)]);
      expect((await ask('GET', located(answer))).text).toBe(body);
    }
  });
  define('end-7a: Content-Type may have parameters, or be left out', async (ask) => {
    const body = await someManifest(ask, 'team/app');
    for (const type of [`${mediaTypes.imageManifest}; charset=utf-8`, '']) {
      const answer = await ask('PUT', '/v2/team/app/manifests/v1', { headers: { 'content-type': type }, body });
      expect(answer.status).toBe(201);
      const head = await ask('HEAD', '/v2/team/app/manifests/v1');
      expect(head.headers.get('content-type')).toBe(mediaTypes.imageManifest);
    }
  });
  define('end-7a: a manifest that is none, or of another type, is 400 MANIFEST_INVALID', async (ask) => {
    const good = await someManifest(ask, 'team/app');
    const put = (type: string, body: string) =>
      ask('PUT', '/v2/team/app/manifests/v1', { headers: { 'content-type': type }, body });
    const bad = [
      await put(mediaTypes.imageManifest, 'not JSON'),
      await put(mediaTypes.imageManifest, '{}'),
      await put(mediaTypes.imageIndex, good),
      await put('text/plain', good),
      await put(mediaTypes.imageManifest, ''),
    ];
    for (const answer of bad) expect([answer.status, codesOf(answer)]).toEqual([400, ['MANIFEST_INVALID']]);
    expect((await ask('HEAD', '/v2/team/app/manifests/v1')).status).toBe(404);
  });
  define('end-7a: what the manifest names must be there: MANIFEST_BLOB_UNKNOWN', async (ask) => {
    const body = await someManifest(ask, 'team/app');
    const answer = await ask('PUT', '/v2/team/new/manifests/v1', { headers: manifestType, body });
    expect([answer.status, codesOf(answer)]).toEqual([400, ['MANIFEST_BLOB_UNKNOWN']]);
  });
  define('end-7a: another digest than that of the bytes is 400 DIGEST_INVALID', async (ask) => {
    const body = await someManifest(ask, 'team/app');
    const answer = await ask('PUT', `/v2/team/app/manifests/${unknown}`, { headers: manifestType, body });
    expect([answer.status, codesOf(answer)]).toEqual([400, ['DIGEST_INVALID']]);
  });
  define('end-7a: a reference that is no tag is refused', async (ask) => {
    const body = await someManifest(ask, 'team/app');
    for (const reference of ['.x', '-x', 'a'.repeat(129), '%2e%2e', 'a%2fb']) {
      const answer = await ask('PUT', `/v2/team/app/manifests/${reference}`, { headers: manifestType, body });
      expect(answer.status).toBeGreaterThanOrEqual(400);
    }
  });
  define('end-7a: more than 4 MiB is 413', async (ask) => {
    const answer = await ask('PUT', '/v2/team/app/manifests/v1', {
      headers: manifestType,
      body: ' '.repeat(4 * 1024 * 1024 + 1),
    });
    expect([answer.status, codesOf(answer)]).toEqual([413, ['MANIFEST_INVALID']]);
    const stream = new Blob([' '.repeat(4 * 1024 * 1024 + 1)]).stream();
    expect((await ask('PUT', '/v2/team/app/manifests/v1', { headers: manifestType, body: stream })).status).toBe(413);
  });
  define('end-7b: PUT by digest with tags, each told by OCI-Tag', async (ask) => {
    const body = await someManifest(ask, 'team/app');
    const tags = Array.from({ length: 12 }, (_, index) => `t${String(index).padStart(2, '0')}`);
    const query = tags.map((tag) => `tag=${tag}`).join('&');
    const answer = await ask('PUT', `/v2/team/app/manifests/${sha(body)}?${query}`, { headers: manifestType, body });
    expect([answer.status, answer.headers.get('oci-tag')]).toEqual([201, tags.join(', ')]);
    expect(JSON.parse((await ask('GET', '/v2/team/app/tags/list')).text)).toEqual({ name: 'team/app', tags });
  });
  define('end-7b: a tag that is none is refused before anything is stored; too many are 414', async (ask) => {
    const body = await someManifest(ask, 'team/app');
    const put = (query: string) =>
      ask('PUT', `/v2/team/app/manifests/${sha(body)}?${query}`, { headers: manifestType, body });
    expect((await put('tag=good&tag=not%20good')).status).toBe(400);
    expect((await put(Array.from({ length: 101 }, (_, index) => `tag=t${index}`).join('&'))).status).toBe(414);
    expect((await ask('HEAD', `/v2/team/app/manifests/${sha(body)}`)).status).toBe(404);
  });
  define('takes a subject that is not there, and tells it by OCI-Subject', async (ask) => {
    const subject = { mediaType: mediaTypes.imageManifest, digest: unknown, size: 10 };
    const body = await someManifest(ask, 'team/app', { subject });
    const answer = await ask('PUT', `/v2/team/app/manifests/${sha(body)}`, { headers: manifestType, body });
    expect([answer.status, answer.headers.get('oci-subject')]).toEqual([201, unknown]);
  });
  define('If-None-Match: * makes a tag, and replaces none', async (ask) => {
    const body = await someManifest(ask, 'team/app');
    const headers = { ...manifestType, 'if-none-match': '*' };
    expect((await ask('PUT', '/v2/team/app/manifests/v1', { headers, body })).status).toBe(201);
    expect((await ask('PUT', '/v2/team/app/manifests/v1', { headers, body })).status).toBe(412);
    expect((await ask('PUT', `/v2/team/app/manifests/${sha(body)}`, { headers, body })).status).toBe(412);
  });
  define('If-Match replaces what the tag points at, and nothing else', async (ask) => {
    const old = await pushManifest(ask, 'team/app', 'v1');
    const body = await someManifest(ask, 'team/app', { text: 'new' });
    const put = async (tag: string, match: string): Promise<number> =>
      (await ask('PUT', `/v2/team/app/manifests/${tag}`, { headers: { ...manifestType, 'if-match': match }, body }))
        .status;
    expect(await put('v2', '*')).toBe(412);
    expect(await put('v1', `"${unknown}"`)).toBe(412);
    expect(await put('v1', `"${unknown}", "${old.digest}"`)).toBe(201);
    expect(await put('v1', `"${old.digest}"`)).toBe(412);
    expect(await put('v1', '*')).toBe(201);
  });
}

async function tagsOf(ask: Asker, path: string): Promise<{ tags: unknown; link: string | null }> {
  const answer = await ask('GET', path);
  expect(answer.status).toBe(200);
  const { tags } = JSON.parse(answer.text) as { tags: unknown };
  return { tags, link: answer.headers.get('link') };
}

function discoveryCases(define: Define): void {
  define('end-8a: lists tags in ASCII order', async (ask) => {
    const body = await someManifest(ask, 'team/app');
    for (const tag of ['b', 'B', '10', '9', '_x', 'a']) {
      await ask('PUT', `/v2/team/app/manifests/${tag}`, { headers: manifestType, body });
    }
    const { tags, link } = await tagsOf(ask, '/v2/team/app/tags/list');
    expect([tags, link]).toEqual([['10', '9', 'B', '_x', 'a', 'b'], null]);
  });
  define('end-8a: no tags are an empty list, no repository is 404 NAME_UNKNOWN', async (ask) => {
    await pushManifest(ask, 'team/app');
    expect((await tagsOf(ask, '/v2/team/app/tags/list')).tags).toEqual([]);
    const answer = await ask('GET', '/v2/team/none/tags/list');
    expect([answer.status, codesOf(answer)]).toEqual([404, ['NAME_UNKNOWN']]);
  });
  define('end-8b: n, last and Link lead through all tags', async (ask) => {
    const body = await someManifest(ask, 'team/app');
    for (const tag of ['a', 'b', 'c', 'd', 'e']) {
      await ask('PUT', `/v2/team/app/manifests/${tag}`, { headers: manifestType, body });
    }
    const seen: unknown[] = [];
    for (let path: string | undefined = '/v2/team/app/tags/list?n=2'; path !== undefined;) {
      const { tags, link } = await tagsOf(ask, path);
      seen.push(tags);
      path = /^<([^>]+)>; rel="next"$/.exec(link ?? '')?.[1];
    }
    expect(seen).toEqual([['a', 'b'], ['c', 'd'], ['e']]);
    expect(await tagsOf(ask, '/v2/team/app/tags/list?n=0')).toEqual({ tags: [], link: null });
    expect(await tagsOf(ask, '/v2/team/app/tags/list?n=5')).toEqual({ tags: ['a', 'b', 'c', 'd', 'e'], link: null });
    expect(await tagsOf(ask, '/v2/team/app/tags/list?last=c')).toEqual({ tags: ['d', 'e'], link: null });
    expect(await tagsOf(ask, '/v2/team/app/tags/list?last=bb&n=1')).toMatchObject({ tags: ['c'] });
    for (const n of ['-1', 'x', '1e3']) expect((await ask('GET', `/v2/team/app/tags/list?n=${n}`)).status).toBe(400);
  });
  define('end-12a: lists referrers with artifact type and annotations, and those inside an index', async (ask) => {
    const subject = await pushManifest(ask, 'team/app', 'v1');
    const annotations = { 'org.example.a': '1' };
    const one = await pushManifest(ask, 'team/app', undefined, {
      subject,
      artifactType: 'application/x.sbom',
      annotations,
    });
    const two = await pushManifest(ask, 'team/app', undefined, { subject, text: 'two' });
    const index = JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.imageIndex, manifests: [one], subject });
    await ask('PUT', '/v2/team/app/manifests/listed', {
      headers: { 'content-type': mediaTypes.imageIndex },
      body: index,
    });
    const answer = await ask('GET', `/v2/team/app/referrers/${subject.digest}`);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, mediaTypes.imageIndex]);
    const document = JSON.parse(answer.text) as { manifests: { digest: string }[] };
    expect(document).toMatchObject({ schemaVersion: 2, mediaType: mediaTypes.imageIndex });
    const sorted = document.manifests.sort((a, b) => (a.digest < b.digest ? -1 : 1));
    const expected = [
      { ...one, artifactType: 'application/x.sbom', annotations },
      { ...two, artifactType: mediaTypes.empty },
      { mediaType: mediaTypes.imageIndex, digest: sha(index), size: index.length },
    ];
    expect(sorted).toEqual(expected.sort((a, b) => (a.digest < b.digest ? -1 : 1)));
  });
  define('end-12a: no referrers, no subject and no repository are an empty index; a bad digest is 400', async (ask) => {
    for (const name of ['team/app', 'team/none']) {
      const answer = await ask('GET', `/v2/${name}/referrers/${unknown}`);
      expect([answer.status, JSON.parse(answer.text)]).toMatchObject([200, { manifests: [] }]);
    }
    expect((await ask('GET', '/v2/team/app/referrers/sha256:x')).status).toBe(400);
  });
  define('end-12b: filters by artifact type, and says so', async (ask) => {
    const subject = await pushManifest(ask, 'team/app', 'v1');
    const one = await pushManifest(ask, 'team/app', undefined, { subject, artifactType: 'application/x.sbom+json' });
    await pushManifest(ask, 'team/app', undefined, { subject, artifactType: 'application/x.sig' });
    const answer = await ask('GET', `/v2/team/app/referrers/${subject.digest}?artifactType=application/x.sbom%2Bjson`);
    expect(answer.headers.get('oci-filters-applied')).toBe('artifactType');
    const { manifests } = JSON.parse(answer.text) as { manifests: { digest: string }[] };
    expect(manifests.map(({ digest }) => digest)).toEqual([one.digest]);
  });
  define('lists repositories in pages', async (ask) => {
    for (const name of ['c', 'a/b', 'b']) await pushManifest(ask, name, 'v1');
    const first = await ask('GET', '/v2/_catalog?n=2');
    expect(JSON.parse(first.text)).toEqual({ repositories: ['a/b', 'b'] });
    expect(first.headers.get('link')).toBe('</v2/_catalog?n=2&last=b>; rel="next"');
    expect(JSON.parse((await ask('GET', '/v2/_catalog?n=2&last=b')).text)).toEqual({ repositories: ['c'] });
  });
}

function managementCases(define: Define): void {
  define('end-9: deletes a tag, and the manifest stays', async (ask) => {
    const { digest } = await pushManifest(ask, 'team/app', 'v1');
    expect((await ask('DELETE', '/v2/team/app/manifests/v1')).status).toBe(202);
    expect((await ask('GET', '/v2/team/app/manifests/v1')).status).toBe(404);
    expect((await ask('GET', `/v2/team/app/manifests/${digest}`)).status).toBe(200);
    expect((await ask('DELETE', '/v2/team/app/manifests/v1')).status).toBe(404);
  });
  define(
    'end-9: deletes a manifest with every tag that points at it, and no longer lists it as a referrer',
    async (ask) => {
      const subject = await pushManifest(ask, 'team/app', 'v1');
      const { digest } = await pushManifest(ask, 'team/app', 'signed', { subject, text: 's' });
      expect((await ask('DELETE', `/v2/team/app/manifests/${digest}`)).status).toBe(202);
      expect((await ask('GET', '/v2/team/app/manifests/signed')).status).toBe(404);
      expect((await ask('GET', `/v2/team/app/manifests/${digest}`)).status).toBe(404);
      expect((await tagsOf(ask, '/v2/team/app/tags/list')).tags).toEqual(['v1']);
      const referrers = await ask('GET', `/v2/team/app/referrers/${subject.digest}`);
      expect(JSON.parse(referrers.text)).toMatchObject({ manifests: [] });
      expect((await ask('DELETE', `/v2/team/app/manifests/${digest}`)).status).toBe(404);
    },
  );
  define('end-10: deletes a blob', async (ask) => {
    const { digest } = await pushBlob(ask, 'team/app', 'hello');
    expect((await ask('DELETE', `/v2/team/app/blobs/${digest}`)).status).toBe(202);
    expect((await ask('GET', `/v2/team/app/blobs/${digest}`)).status).toBe(404);
    const again = await ask('DELETE', `/v2/team/app/blobs/${digest}`);
    expect([again.status, codesOf(again)]).toEqual([404, ['BLOB_UNKNOWN']]);
    await pushBlob(ask, 'team/app', 'hello');
    expect((await ask('GET', `/v2/team/app/blobs/${digest}`)).text).toBe('hello');
  });
  define('end-10: a blob that a manifest names stays until that is deleted', async (ask) => {
    const { digest } = await pushManifest(ask, 'team/app', 'v1', { text: 'hello' });
    const kept = await ask('DELETE', `/v2/team/app/blobs/${sha('hello')}`);
    expect([kept.status, codesOf(kept)]).toEqual([409, ['DENIED']]);
    await ask('DELETE', `/v2/team/app/manifests/${digest}`);
    expect((await ask('DELETE', `/v2/team/app/blobs/${sha('hello')}`)).status).toBe(202);
  });
}
