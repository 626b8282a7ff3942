import { describe, expect, it } from 'vitest';
import { digestOf, type Digest } from '../../src/digest/index.ts';
import { mediaTypes, type Descriptor } from '../../src/oci/index.ts';
import { quirkRegistry, quirks } from '../../src/testing/quirk-registry.ts';
import { putIndex, textDescriptor } from '../../src/testing/registry-fixtures.ts';
import { manifestWith, withQuirks, type QuirkUnderTest } from './quirk-world.ts';

type Show = (given: QuirkUnderTest) => Promise<unknown>;

const bytes = (count: number): Uint8Array<ArrayBuffer> => new Uint8Array(count).fill(7);
const read = (response: Response): Promise<unknown> =>
  response.arrayBuffer().then(
    (all) => all.byteLength,
    (error: unknown) => (error as Error).name,
  );
const absent: Digest = digestOf(bytes(3));
const small = { maxChunk: 100, minChunk: 50, maxBody: 100, maxManifest: 100, maxPage: 3, slowness: 1 };
const put = (digest: string = absent): RequestInit & { path: string } => ({ method: 'PUT', path: digest });
const finish = async (given: QuirkUnderTest, location: string, body = bytes(3)): Promise<number> => {
  const url = new URL(location, 'https://registry.example/v2/team/app/blobs/uploads/');
  return given.status(`${url.href}${url.search === '' ? '?' : '&'}digest=${digestOf(body)}`, { ...put(), body });
};
const pushScope = 'repository:team/app:pull,push';
const accept = { headers: { accept: mediaTypes.imageManifest } };
const about = (subject: unknown): RequestInit => manifestWith({ subject, artifactType: 'application/x.new' });
const referrersOf = ({ image }: QuirkUnderTest): string => `referrers/${image.digest}`;
const tag = (digest: string): string => digest.replace(':', '-');
const parts = async (
  given: QuirkUnderTest,
  sizes: readonly number[],
): Promise<(readonly [number, string | null])[]> => {
  const location = await given.begin();
  const seen: (readonly [number, string | null])[] = [];
  let start = 0;
  for (const size of sizes) {
    const response = await given.patch(location, bytes(size), start);
    seen.push([response.status, response.headers.get('range')]);
    start += size;
  }
  return seen;
};
const getBlob = ({ ask, layer }: QuirkUnderTest, headers: HeadersInit = {}): Promise<Response> =>
  ask(`blobs/${layer.digest}`, { headers });
const posted = (scope: string): RequestInit => ({
  method: 'POST',
  body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: 'refresh-of-robot', scope }),
});

/** What each quirk does, and beside it what a registry without it does. */
const shown: Readonly<Record<string, readonly [Show, unknown, unknown]>> = {
  'location-absolute': [
    async ({ begin }) => (await begin()).replace(/[^/]+$/, ''),
    'https://registry.example/v2/team/app/blobs/uploads/',
    '/v2/team/app/blobs/uploads/',
  ],
  'location-relative': [async ({ begin }) => (await begin()).includes('/'), false, true],
  'location-http-behind-tls': [
    async ({ begin }) => (await begin()).startsWith('http://registry.example/v2/'),
    true,
    false,
  ],
  'location-with-default-port': [
    async ({ begin }) => (await begin()).startsWith('https://registry.example:443/v2/'),
    true,
    false,
  ],
  'location-critical-query': [
    async (given) => {
      const location = await given.begin();
      return [location.includes('?_state='), await given.status(location.replace(/c-\d/, 'c-9'), { method: 'PATCH' })];
    },
    [true, 400],
    [false, 202],
  ],
  'location-other-host': [
    async (given) => {
      const location = new URL(await given.begin(), 'https://registry.example');
      const init = { method: 'PATCH', body: bytes(3) };
      const secret = await given.status(location.href, { ...init, headers: { authorization: 'Basic x' } });
      return [
        location.host,
        secret,
        await given.status(location.href, init),
        await finish(given, location.href, bytes(0)),
      ];
    },
    ['storage.example', 400, 202, 400],
    ['registry.example', 202, 202, 400],
  ],
  'blob-redirect': [
    async (given) => {
      const response = await getBlob(given);
      const location = response.headers.get('location');
      return [response.status, location === null ? 0 : await read(await given.ask(location))];
    },
    [307, 10_000],
    [200, 0],
  ],
  'no-digest-header': [({ header }) => header('docker-content-digest', 'manifests/1.0').then(Boolean), false, true],
  'wrong-digest-header': [
    async ({ header, image }) => (await header('docker-content-digest', 'manifests/1.0')) === image.digest,
    false,
    true,
  ],
  'malformed-digest-header': [
    async ({ header, image }) =>
      (await header('docker-content-digest', 'manifests/1.0'))?.length === image.digest.length,
    false,
    true,
  ],
  'head-length-lies': [
    ({ header, layer }) => header('content-length', `blobs/${layer.digest}`, { method: 'HEAD' }),
    '10007',
    '10000',
  ],
  'head-without-length': [
    ({ header, layer }) => header('content-length', `blobs/${layer.digest}`, { method: 'HEAD' }),
    null,
    '10000',
  ],
  'gzip-content-encoding': [
    async (given) => {
      const response = await getBlob(given);
      const encoding = response.headers.get('content-encoding');
      return [
        encoding,
        (await read(response)) === 10_000,
        await read(await given.quirk.fetch(`https://a.example/v2/team/app/blobs/${given.layer.digest}`)),
      ];
    },
    ['gzip', false, 10_000],
    [null, true, 10_000],
  ],
  'no-etag': [
    async ({ header, status }) => [
      await header('etag', 'manifests/1.0').then(Boolean),
      await status('manifests/1.0', {
        ...manifestWith(),
        headers: { 'if-match': '"sha256:x"', 'content-type': mediaTypes.imageManifest },
      }),
    ],
    [false, 201],
    [true, 412],
  ],
  'warning-header': [({ header }) => header('warning', 'tags/list'), '299 - "this registry is old"', null],
  'mount-ignored': [
    ({ status, layer }) => status(`blobs/uploads/?mount=${layer.digest}&from=team/app`, { method: 'POST' }),
    202,
    201,
  ],
  'mount-refused': [
    ({ status, layer }) => status(`blobs/uploads/?mount=${layer.digest}&from=team/app`, { method: 'POST' }),
    405,
    201,
  ],
  'mount-needs-from': [
    ({ status, layer }) => status(`blobs/uploads/?mount=${layer.digest}`, { method: 'POST' }),
    400,
    202,
  ],
  'blob-put-204': [async (given) => finish(given, await given.begin()), 204, 201],
  'blob-put-202': [async (given) => finish(given, await given.begin()), 202, 201],
  'patch-204': [(given) => parts(given, [3]), [[204, '0-2']], [[202, '0-2']]],
  'patch-201': [(given) => parts(given, [3]), [[201, '0-2']], [[202, '0-2']]],
  'manifest-put-200': [({ status }) => status('manifests/2.0', manifestWith()), 200, 201],
  'manifest-put-202': [({ status }) => status('manifests/2.0', manifestWith()), 202, 201],
  'no-final-location': [({ header }) => header('location', 'manifests/2.0', manifestWith()).then(Boolean), false, true],
  'delete-200': [({ status }) => status('manifests/1.0', { method: 'DELETE' }), 200, 202],
  'delete-refused': [({ status }) => status('manifests/1.0', { method: 'DELETE' }), 405, 202],
  'tag-delete-refused': [
    async ({ status, referrer }) => [
      await status('manifests/1.0', { method: 'DELETE' }),
      await status(`manifests/${referrer.digest}`, { method: 'DELETE' }),
    ],
    [400, 202],
    [202, 202],
  ],
  'head-refused': [({ status }) => status('manifests/1.0', { method: 'HEAD' }), 405, 200],
  'head-403': [
    async ({ status }) => [await status('manifests/1.0', { method: 'HEAD' }), await status('manifests/1.0')],
    [403, 200],
    [200, 200],
  ],
  'rate-limited-for-hours': [
    ({ ask }) => ask('manifests/1.0').then(({ status, headers }) => [status, headers.get('retry-after')]),
    [429, '21600'],
    [200, null],
  ],
  'one-write-at-a-time': [
    ({ status }) => Promise.all([1, 2].map(() => status('blobs/uploads/', { method: 'POST' }))),
    [202, 500],
    [202, 202],
  ],
  'head-412': [({ status }) => status('manifests/1.0', { method: 'HEAD' }), 412, 200],
  'repository-not-created': [
    async ({ status }) => [
      await status('/v2/team/new/blobs/uploads/', { method: 'POST' }),
      await status('blobs/uploads/', { method: 'POST' }),
    ],
    [404, 202],
    [202, 202],
  ],
  'missing-repository-401': [({ status }) => status('/v2/team/new/tags/list'), 401, 404],
  'missing-repository-403': [({ status }) => status('/v2/team/new/tags/list'), 403, 404],
  'missing-blob-401': [({ status }) => status(`blobs/${absent}`, { method: 'HEAD' }), 401, 404],
  'challenge-with-403': [({ status }) => status('tags/list'), 403, 401],
  'two-challenges': [
    ({ header }) => header('www-authenticate', 'tags/list').then((all) => all?.startsWith('Basic')),
    true,
    false,
  ],
  'challenge-in-odd-writing': [
    ({ header }) => header('www-authenticate', 'tags/list').then((all) => all?.slice(0, 15)),
    'bEARER  Realm =',
    'Bearer realm="h',
  ],
  'challenge-without-scope': [
    ({ header }) => header('www-authenticate', 'tags/list').then((all) => all?.includes('scope')),
    false,
    true,
  ],
  'challenge-only-on-ping': [
    async ({ header }) => [
      (await header('www-authenticate', '/v2/'))?.slice(0, 6),
      await header('www-authenticate', 'tags/list').then(Boolean),
    ],
    ['Bearer', false],
    ['Bearer', true],
  ],
  'anonymous-pull': [
    async ({ status }) => [await status('manifests/1.0'), await status('blobs/uploads/', { method: 'POST' })],
    [200, 401],
    [401, 401],
  ],
  'push-scope-needs-pull': [
    async ({ status, token }) => {
      const headers = await token('repository:team/app:push');
      return status('blobs/uploads/', { method: 'POST', headers });
    },
    401,
    202,
  ],
  'ping-without-challenge': [({ status }) => status('/v2/'), 200, 401],
  'realm-relative': [
    ({ header }) => header('www-authenticate', 'tags/list').then((all) => all?.includes('realm="/token"')),
    true,
    false,
  ],
  'realm-other-host': [
    ({ header }) => header('www-authenticate', 'tags/list').then((all) => all?.includes('storage.example')),
    true,
    false,
  ],
  'token-as-access-token': [
    ({ json }) => json('/token', posted(pushScope)).then(keys),
    'access_token,expires_in,issued_at',
    'expires_in,issued_at,token',
  ],
  'token-without-expiry': [
    ({ json }) => json('/token', posted(pushScope)).then(keys),
    'token',
    'expires_in,issued_at,token',
  ],
  'token-expires-at-once': [
    async ({ token, status }) => {
      const headers = await token(pushScope);
      return [await status('tags/list', { headers }), await status('tags/list', { headers })];
    },
    [200, 401],
    [200, 200],
  ],
  'token-first-scope-only': [
    async ({ token, status }) => {
      const headers = await token('repository:team/other:pull', pushScope);
      return [await status('tags/list', { headers }), await status('/v2/team/other/tags/list', { headers })];
    },
    [401, 404],
    [200, 404],
  ],
  'token-post-404': [({ status }) => status('/token', posted(pushScope)), 404, 200],
  'token-post-405': [({ status }) => status('/token', posted(pushScope)), 405, 200],
  'token-get-405': [({ status }) => status('/token'), 405, 401],
  'token-server-html': [
    ({ header }) => header('content-type', '/token', posted(pushScope)),
    'text/html',
    'application/json',
  ],
  'token-missing': [
    ({ json }) => json('/token', posted(pushScope)).then(keys),
    'expires_in',
    'expires_in,issued_at,token',
  ],
  'password-only': [
    async ({ header, status }) => [
      await header('www-authenticate', 'tags/list'),
      await status('tags/list', { headers: { authorization: `Basic ${btoa('robot:secret-of-robot')}` } }),
    ],
    ['Basic realm="registry"', 200],
    [null, 200],
  ],
  'csrf-cookie': [
    async ({ header, status }) => [
      await header('set-cookie', 'tags/list'),
      await status('tags/list', { headers: { cookie: 'sid=1' } }),
    ],
    ['sid=1; Path=/; HttpOnly', 403],
    [null, 200],
  ],
  'errors-html': [({ header }) => header('content-type', 'manifests/none'), 'text/html', 'application/json'],
  'errors-plain': [({ header }) => header('content-type', 'manifests/none'), 'text/plain', 'application/json'],
  'errors-empty': [({ ask }) => ask('manifests/none').then((response) => response.body === null), true, false],
  'errors-null': [
    ({ json }) => json('manifests/none').then((body) => (body as { errors: unknown }).errors === null),
    true,
    false,
  ],
  'errors-other-json': [({ json }) => json('manifests/none').then(keys), 'code,errors,message', 'errors'],
  'errors-cut': [
    ({ json }) => json('manifests/none').then(keys, (error: unknown) => (error as Error).name),
    'SyntaxError',
    'errors',
  ],
  'tags-null': [
    async ({ json }) => [await json('tags/list'), await json('/v2/team/new/tags/list').then(keys)],
    [{ name: 'team/app', tags: ['1.0', 'index'] }, 'name,tags'],
    [{ name: 'team/app', tags: ['1.0', 'index'] }, 'errors'],
  ],
  'tags-page-refused': [
    async ({ status }) => [await status('tags/list?n=4'), await status('tags/list?n=3')],
    [400, 200],
    [200, 200],
  ],
  'tags-unsorted': [
    ({ json }) => json('tags/list'),
    { name: 'team/app', tags: ['index', '1.0'] },
    { name: 'team/app', tags: ['1.0', 'index'] },
  ],
  'pages-short': [
    async (given) => {
      await given.status('manifests/2.0', manifestWith());
      const response = await given.ask('tags/list?n=3');
      return [((await response.json()) as { tags: string[] }).tags.length, response.headers.has('link')];
    },
    [2, true],
    [3, false],
  ],
  'link-missing': [({ header }) => header('link', 'tags/list?n=1').then(Boolean), false, true],
  'link-absolute': [
    async (given) => {
      await given.status('manifests/2.0', manifestWith());
      return given.header('link', 'tags/list?n=1').then((link) => link?.slice(0, 9));
    },
    '<https://',
    '</v2/team',
  ],
  'link-odd-writing': [
    async (given) => {
      await given.status('manifests/2.0', manifestWith());
      return given.header('link', 'tags/list?n=1').then((link) => link?.endsWith('rel=next'));
    },
    true,
    false,
  ],
  'link-self': [({ header }) => header('link', 'tags/list?n=5'), '</v2/team/app/tags/list?n=5>; rel="next"', null],
  'link-endless': [({ header }) => header('link', 'tags/list?n=5').then(Boolean), true, false],
  'link-other-host': [
    ({ header }) => header('link', 'tags/list').then((link) => link?.includes('evil.example')),
    true,
    undefined,
  ],
  'tags-of-nonsense': [({ json }) => json('tags/list').then((list) => (list as { tags: unknown[] }).tags.length), 5, 2],
  'lists-html': [({ header }) => header('content-type', 'tags/list'), 'text/html', 'application/json'],
  'catalog-refused': [({ status }) => status('/v2/_catalog'), 404, 200],
  'short-read': [
    async (given) => [await read(await getBlob(given)), await read(await getBlob(given, { range: 'bytes=5000-' }))],
    ['TypeError', 5000],
    [10_000, 5000],
  ],
  'short-read-in-silence': [async (given) => read(await getBlob(given)), 5000, 10_000],
  'range-ignored': [
    async (given) => [await read(await getBlob(given)), (await getBlob(given, { range: 'bytes=5000-' })).status],
    ['TypeError', 200],
    [10_000, 206],
  ],
  'range-wrong': [
    async (given) => [
      await read(await getBlob(given)),
      (await getBlob(given, { range: 'bytes=5000-' })).headers.get('content-range'),
    ],
    ['TypeError', 'bytes 0-9999/10000'],
    [10_000, 'bytes 5000-9999/10000'],
  ],
  'range-refused': [
    async (given) => [await read(await getBlob(given)), (await getBlob(given, { range: 'bytes=5000-' })).status],
    ['TypeError', 416],
    [10_000, 206],
  ],
  'wrong-bytes': [
    async (given) => digestOf(new Uint8Array(await (await getBlob(given)).arrayBuffer())) === given.layer.digest,
    false,
    true,
  ],
  'single-post-ignored': [
    ({ status }) => status(`blobs/uploads/?digest=${absent}`, { method: 'POST', body: bytes(3) }),
    202,
    201,
  ],
  'patch-refused': [(given) => parts(given, [3]), [[405, null]], [[202, '0-2']]],
  'second-patch-refused': [
    (given) => parts(given, [3, 3]),
    [
      [202, '0-2'],
      [400, null],
    ],
    [
      [202, '0-2'],
      [202, '0-5'],
    ],
  ],
  'chunk-too-large': [
    (given) => parts(given, [100, 101]),
    [
      [202, '0-99'],
      [416, null],
    ],
    [
      [202, '0-99'],
      [202, '0-200'],
    ],
  ],
  'chunk-too-small': [
    (given) => parts(given, [49, 1]),
    [
      [202, '0-48'],
      [400, null],
    ],
    [
      [202, '0-48'],
      [202, '0-49'],
    ],
  ],
  'chunk-minimum-announced': [
    async (given) => [
      await given.header('oci-chunk-min-length', 'blobs/uploads/', { method: 'POST' }),
      await parts(given, [49, 1]),
    ],
    [
      '50',
      [
        [202, '0-48'],
        [400, null],
      ],
    ],
    [
      null,
      [
        [202, '0-48'],
        [202, '0-49'],
      ],
    ],
  ],
  'range-stale': [
    (given) => parts(given, [3, 3]),
    [
      [202, '0-2'],
      [202, '0-2'],
    ],
    [
      [202, '0-2'],
      [202, '0-5'],
    ],
  ],
  'range-relative': [
    (given) => parts(given, [3, 4]),
    [
      [202, '0-2'],
      [202, '0-3'],
    ],
    [
      [202, '0-2'],
      [202, '0-6'],
    ],
  ],
  'range-with-unit': [(given) => parts(given, [3]), [[202, 'bytes=0-2']], [[202, '0-2']]],
  'range-missing': [(given) => parts(given, [3]), [[202, null]], [[202, '0-2']]],
  'upload-status-404': [async (given) => given.status(await given.begin()), 404, 204],
  'upload-forgotten': [
    async (given) => [await finish(given, await given.begin()), await finish(given, await given.begin())],
    [404, 201],
    [201, 201],
  ],
  'upload-cancel-refused': [async (given) => given.status(await given.begin(), { method: 'DELETE' }), 405, 204],
  'octet-stream-wanted': [
    async (given) =>
      given.status(await given.begin(), { method: 'PATCH', body: bytes(3), headers: { 'content-type': 'text/plain' } }),
    415,
    202,
  ],
  'length-required': [
    async (given) => {
      const location = new URL(await given.begin(), 'https://registry.example');
      const sized = await given.quirk.fetch(location, { method: 'PATCH', body: bytes(3) });
      return [await given.status(location.href, { method: 'PATCH', body: bytes(3) }), sized.status];
    },
    [411, 202],
    [202, 202],
  ],
  'body-too-large': [async (given) => finish(given, await given.begin(), bytes(101)), 413, 201],
  'empty-blob-refused': [async (given) => finish(given, await given.begin(), bytes(0)), 400, 201],
  'new-repository-drops': [
    async ({ ask }) => (await ask('/v2/team/new/blobs/uploads/', { method: 'POST' })).type,
    'error',
    'default',
  ],
  'quota-exceeded': [async (given) => finish(given, await given.begin()), 403, 201],
  'read-only': [({ status }) => status('blobs/uploads/', { method: 'POST' }), 405, 202],
  'accept-strict': [
    async ({ status }) => [await status('manifests/1.0'), await status('manifests/1.0', accept)],
    [404, 200],
    [200, 200],
  ],
  'content-type-parameters': [
    ({ header }) => header('content-type', 'manifests/1.0'),
    `${mediaTypes.imageManifest}; charset=utf-8`,
    mediaTypes.imageManifest,
  ],
  'content-type-json': [
    ({ header }) => header('content-type', 'manifests/1.0'),
    'application/json',
    mediaTypes.imageManifest,
  ],
  'content-type-missing': [({ header }) => header('content-type', 'manifests/1.0'), null, mediaTypes.imageManifest],
  'content-type-wrong': [
    async ({ header }) => [
      await header('content-type', 'manifests/1.0'),
      await header('content-type', 'manifests/index'),
    ],
    [mediaTypes.imageIndex, mediaTypes.imageManifest],
    [mediaTypes.imageManifest, mediaTypes.imageIndex],
  ],
  'manifests-html': [
    ({ header }) => header('content-type', 'manifests/1.0'),
    'text/html; charset=utf-8',
    mediaTypes.imageManifest,
  ],
  'docker-types-refused': [
    ({ status }) => {
      const type = 'application/vnd.docker.distribution.manifest.v2+json';
      return status('manifests/2.0', { ...manifestWith({ mediaType: type }), headers: { 'content-type': type } });
    },
    415,
    201,
  ],
  'config-type-404': [({ status }) => status('manifests/2.0', manifestWith()), 404, 201],
  'config-type-415': [({ status }) => status('manifests/2.0', manifestWith()), 415, 201],
  'accept-rewrites': [
    async ({ ask }) => (await ask('manifests/index', accept)).headers.get('content-type'),
    mediaTypes.imageManifest,
    mediaTypes.imageIndex,
  ],
  'config-type-refused': [({ status }) => status('manifests/2.0', manifestWith()), 400, 201],
  'subject-refused': [({ status, image }) => status('manifests/2.0', about(image)), 400, 201],
  'subject-missing-refused': [
    async ({ status, image }) => [
      await status('manifests/2.0', about(image)),
      await status('manifests/3.0', about(textDescriptor('none', mediaTypes.imageManifest))),
    ],
    [201, 400],
    [201, 201],
  ],
  'manifest-too-large': [({ status }) => status('manifests/2.0', manifestWith()), 413, 201],
  'tag-immutable': [
    async ({ status }) => [
      await status('manifests/1.0', manifestWith()),
      await status('manifests/2.0', manifestWith()),
    ],
    [400, 201],
    [201, 201],
  ],
  ...Object.fromEntries(
    [404, 400, 405, 406, 501, 429].map((status) => [
      `referrers-${status}`,
      [(given: QuirkUnderTest) => given.status(referrersOf(given)), status, 200] as const,
    ]),
  ),
  'referrers-404-json': [
    (given) => given.json(referrersOf(given)).then(keys),
    'errors',
    'manifests,mediaType,schemaVersion',
  ],
  'referrers-303': [
    async (given) => {
      const response = await given.ask(referrersOf(given));
      return [response.status, await given.status(response.headers.get('location') ?? referrersOf(given))];
    },
    [303, 429],
    [200, 200],
  ],
  'referrers-html': [(given) => given.header('content-type', referrersOf(given)), 'text/html', mediaTypes.imageIndex],
  'referrers-empty': [
    async (given) => [
      listLength(await given.json(referrersOf(given))),
      await given.header('oci-subject', 'manifests/2.0', about(given.image)).then(Boolean),
    ],
    [0, false],
    [1, true],
  ],
  'referrers-without-type': [
    (given) => given.json(referrersOf(given)).then((list) => keys((list as { manifests: unknown[] }).manifests[0])),
    'digest,mediaType,size',
    'artifactType,digest,mediaType,size',
  ],
  'fallback-type-wrong': [
    async (given) => {
      const { quirk, image, referrer, json } = given;
      await putIndex(quirk.registry.repository('team/app'), [referrer], tag(image.digest));
      const { manifests } = (await json(`manifests/${tag(image.digest)}`)) as { manifests: Descriptor[] };
      return manifests.map(({ artifactType }) => artifactType);
    },
    [mediaTypes.empty],
    ['application/x.about'],
  ],
  'referrers-null': [(given) => given.json(`referrers/${given.referrer.digest}`).then(listLength), null, 0],
  'subject-header-lies': [
    async (given) => [
      await given.status(referrersOf(given)),
      await given.header('oci-subject', 'manifests/2.0', about(given.image)).then(Boolean),
    ],
    [404, true],
    [200, true],
  ],
  'subject-header-missing': [
    ({ header, image }) => header('oci-subject', 'manifests/2.0', about(image)).then(Boolean),
    false,
    true,
  ],
  'fallback-tag-is-image': [
    async (given) => [
      await given.header('docker-content-digest', `manifests/${tag(given.image.digest)}`).then(Boolean),
      await given.status(referrersOf(given)),
    ],
    [true, 404],
    [false, 200],
  ],
  'filter-ignored': [
    async (given) => {
      const response = await given.ask(`${referrersOf(given)}?artifactType=none/none`);
      return [response.headers.get('oci-filters-applied'), listLength(await response.json())];
    },
    [null, 1],
    ['artifactType', 0],
  ],
  'filter-lies': [
    async (given) => {
      const response = await given.ask(`${referrersOf(given)}?artifactType=none/none`);
      return [response.headers.get('oci-filters-applied'), listLength(await response.json())];
    },
    ['artifactType', 1],
    ['artifactType', 0],
  ],
  'referrers-of-others': [(given) => given.json(referrersOf(given)).then(listLength), 3, 1],
  'location-evil': [
    async (given) => locationOf(given, await given.token(pushScope)),
    'https://evil.example',
    'https://registry.example',
  ],
  'location-private': [async (given) => locationOf(given), 'http://169.254.169.254', 'https://registry.example'],
  'location-of-nonsense': [async (given) => locationOf(given), 'none', 'https://registry.example'],
  'location-missing': [async ({ begin }) => (await begin()) === '', true, false],
  'redirect-evil': [
    async (given) => redirected(given, await given.token(pushScope)),
    [307, 'https://evil.example'],
    [200, 'none'],
  ],
  'redirect-private': [async (given) => redirected(given), [307, 'http://169.254.169.254'], [200, 'none']],
  'redirect-loop': [async (given) => redirected(given), [307, 'https://registry.example'], [200, 'none']],
  'redirect-endless': [
    async ({ header }) => [await header('location', 'manifests/1.0'), await header('location', 'manifests/1.0')],
    [
      'https://registry.example/v2/team/app/manifests/1.0?hop=1',
      'https://registry.example/v2/team/app/manifests/1.0?hop=2',
    ],
    [null, null],
  ],
  'redirect-login': [
    async ({ quirk }) => {
      const response = await quirk.fetch('https://registry.example/v2/');
      return response.headers.get('content-type');
    },
    'text/html',
    'application/json',
  ],
  'realm-private': [
    ({ header }) => header('www-authenticate', 'tags/list').then((all) => all?.includes('169.254')),
    true,
    false,
  ],
  'realm-http': [
    ({ header }) => header('www-authenticate', 'tags/list').then((all) => all?.includes('"http://evil')),
    true,
    false,
  ],
  'realm-of-nonsense': [
    ({ header }) => header('www-authenticate', 'tags/list').then((all) => all?.includes('[::1')),
    true,
    false,
  ],
  'endless-manifest': [async ({ ask }) => isEndless(await ask('manifests/1.0')), true, false],
  'endless-blob': [async (given) => isEndless(await getBlob(given)), true, false],
  'endless-list': [async ({ ask }) => isEndless(await ask('tags/list')), true, false],
  'endless-referrers': [async (given) => isEndless(await given.ask(referrersOf(given))), true, false],
  'endless-error': [async ({ ask }) => isEndless(await ask('manifests/none')), true, false],
  'endless-token': [async ({ ask }) => isEndless(await ask('/token', posted(pushScope))), true, false],
  'huge-token': [
    async ({ ask }) => (await (await ask('/token', posted(pushScope))).text()).length > 500_000,
    true,
    false,
  ],
  'huge-headers': [
    ({ header }) => header('warning', 'tags/list').then((warning) => warning?.length),
    500_000,
    undefined,
  ],
  'deep-json': [
    ({ ask }) => ask('tags/list').then(async (response) => (await response.text()).startsWith('[[[')),
    true,
    false,
  ],
};

function keys(value: unknown): string {
  return Object.keys(value as object)
    .sort()
    .join();
}

function listLength(list: unknown): number | null {
  return (list as { manifests: unknown[] | null }).manifests?.length ?? null;
}

async function locationOf({ ask }: QuirkUnderTest, headers: HeadersInit = {}): Promise<string> {
  const location = (await ask('blobs/uploads/', { method: 'POST', headers })).headers.get('location') ?? '';
  return URL.canParse(location, 'https://registry.example')
    ? new URL(location, 'https://registry.example').origin
    : 'none';
}

async function redirected({ ask }: QuirkUnderTest, headers: HeadersInit = {}): Promise<[number, string]> {
  const response = await ask('manifests/1.0', { headers });
  const location = response.headers.get('location');
  return [response.status, location === null ? 'none' : new URL(location).origin];
}

async function isEndless(response: Response): Promise<boolean> {
  const reader = response.body?.getReader();
  let size = 0;
  for (let done = reader === undefined; !done && size < 2_000_000;) {
    const piece = await reader?.read();
    size += piece?.value?.length ?? 0;
    done = piece?.done ?? true;
  }
  await reader?.cancel();
  return size >= 2_000_000;
}

describe('every quirk', () => {
  it('is shown by a test', () => {
    expect(Object.keys(shown).sort()).toEqual(quirks.map(({ name }) => name).sort());
  });

  it('has a name of its own, a sentence, and somebody who does it', () => {
    expect(new Set(quirks.map(({ name }) => name)).size).toBe(quirks.length);
    for (const { name, summary, seenOn } of quirks) {
      expect(name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)+$/);
      expect([summary.length, seenOn.length].every((length) => length > 2)).toBe(true);
    }
  });
});

describe('quirk', () => {
  for (const { name, summary, auth } of quirks) {
    const [show, withIt, without] = shown[name] ?? [() => Promise.resolve(), true, false];
    it(`${name}: ${summary}`, async () => {
      expect(await show(await withQuirks([name], { sizes: small }))).toEqual(withIt);
      const plain = { sizes: small, ...(auth === 'token' ? { auth } : {}) };
      expect(await show(await withQuirks([], plain))).toEqual(without);
    });
  }
});

describe('a registry without quirks', () => {
  it.each([
    [{ quirks: ['none-such'] }, 'quirks'],
    [{ faults: { kinds: ['none-such'] } }, 'faults'],
    [{ faults: { kinds: [] } }, 'faults'],
    [{ faults: { kinds: ['reset'], rate: 2 } }, 'faults'],
    [{ quirk: [] }, 'quirk'],
  ])('refuses %j', (options, argument) => {
    expect(() => quirkRegistry(options as never)).toThrow(expect.objectContaining({ argument }));
  });

  it('remembers what it was asked', async () => {
    const { quirk, status } = await withQuirks([]);
    await status('tags/list', { headers: { 'x-one': '1' } });
    expect(quirk.requests.map(({ method, url, headers }) => [method, url, headers.get('x-one')])).toEqual([
      ['GET', 'https://registry.example/v2/team/app/tags/list', '1'],
    ]);
  });
});
