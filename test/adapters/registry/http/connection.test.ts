import { afterEach, describe, expect, it, vi } from 'vitest';
import { parseErrorBody } from '../../../../src/adapters/registry/http/error-body.ts';
import { redactSecrets } from '../../../../src/adapters/registry/http/redact-secrets.ts';
import { profileOf } from '../../../../src/adapters/registry/http/registry-profiles.ts';
import { parseWarnings } from '../../../../src/adapters/registry/http/warnings.ts';
import { utf8 } from '../../../../src/bytes/encoding.ts';
import type { PackEvent } from '../../../../src/ports/operation.ts';
import {
  basic,
  bytesOf,
  connect,
  json,
  networkOf,
  noWait,
  password,
  pull,
  push,
  textOf,
  tokenRegistry,
  unauthorized,
  type Host,
} from './network.ts';

const origin = 'https://registry.example';
const get = { scopes: pull, expect: [200] };

describe('the address of a registry', () => {
  it('is https, and is asked without a greeting', async () => {
    const network = networkOf({ [origin]: () => json({}) });
    await connect(network).ask('team/app/tags/list?n=1', get);
    expect(network.log).toEqual([`GET ${origin}/v2/team/app/tags/list?n=1`]);
  });

  it('is http where the caller says so', async () => {
    const network = networkOf({ 'http://registry.example:5000': () => json({}) });
    await connect(network, { host: 'registry.example:5000', unsafePlainHttp: true }).ask('x', get);
    expect(network.log).toEqual(['GET http://registry.example:5000/v2/x']);
  });

  it.each(['localhost:5000', 'a.localhost:5000', '127.0.0.1:5000', '127.9.9.9:5000', '[::1]:5000'])(
    'is tried over http first for %s, once for all that ask',
    async (host) => {
      const network = networkOf({ [`http://${host}`]: () => json({}) });
      const connection = connect(network, { host });
      await Promise.all([connection.ask('x', get), connection.ask('y', get)]);
      expect(network.log.filter((line) => line.endsWith('/v2/'))).toEqual([`GET http://${host}/v2/`]);
    },
  );

  it.each<[string, Host | undefined]>([
    ['is not spoken', undefined],
    ['is answered by a server that wants TLS', () => new Response('use TLS', { status: 400 })],
  ])('is https for this machine where http %s', async (_, plain) => {
    const network = networkOf({
      ...(plain === undefined ? {} : { 'http://localhost:5000': plain }),
      'https://localhost:5000': () => json({}),
    });
    await connect(network, { host: 'localhost:5000' }).ask('x', get);
    expect(network.log.at(-1)).toBe('GET https://localhost:5000/v2/x');
  });

  it('learns from the greeting, and sends no credential before it', async () => {
    const network = networkOf({
      'http://localhost:5000': (request) =>
        request.headers.has('authorization') ? json({}) : unauthorized('Basic realm="r"'),
    });
    await connect(network, { host: 'localhost:5000', credentials: () => password }).ask('x', get);
    expect(network.log).toEqual(['GET http://localhost:5000/v2/', `GET http://localhost:5000/v2/x ${basic}`]);
  });

  it('is looked for again after it was not found', async () => {
    let up = false;
    const network = networkOf({
      'http://localhost:5000': () => {
        if (up) return json({});
        throw Object.assign(new TypeError('fetch failed'), { code: 'ECONNREFUSED' });
      },
    });
    const connection = connect(network, { host: 'localhost:5000', retry: { attempts: 2 } });
    await expect(connection.ask('x', get)).rejects.toMatchObject({
      code: 'ERR_REGISTRY_NETWORK',
      hint: 'nothing listens there: is the port right, and is the registry running?',
    });
    up = true;
    await expect(connection.ask('x', get)).resolves.toBeDefined();
  });

  it('stays http where http answers 400 and https nothing', async () => {
    const network = networkOf({
      'http://localhost:5000': (request) => (request.url.endsWith('/v2/') ? json({}, { status: 400 }) : json({})),
    });
    await expect(connect(network, { host: 'localhost:5000' }).ask('x', get)).resolves.toBeDefined();
  });
});

describe('an answer that is not expected', () => {
  const codes: readonly (readonly [number, string])[] = [
    [400, 'ERR_REGISTRY_REJECTED'],
    [401, 'ERR_REGISTRY_UNAUTHORIZED'],
    [403, 'ERR_REGISTRY_DENIED'],
    [404, 'ERR_REGISTRY_NOT_FOUND'],
    [405, 'ERR_REGISTRY_REJECTED'],
    [408, 'ERR_REGISTRY_TIMEOUT'],
    [413, 'ERR_REGISTRY_REJECTED'],
    [429, 'ERR_REGISTRY_RATE_LIMITED'],
    [500, 'ERR_REGISTRY_UNAVAILABLE'],
    [503, 'ERR_REGISTRY_UNAVAILABLE'],
    [507, 'ERR_REGISTRY_REJECTED'],
    [204, 'ERR_REGISTRY_PROTOCOL'],
    [304, 'ERR_REGISTRY_PROTOCOL'],
  ];

  it.each(codes)('with status %i is an error of code %s', async (status, code) => {
    const body = status === 204 || status === 304 ? null : '{"errors":[{"code":"SOMETHING","message":"it is so"}]}';
    const network = networkOf({ [origin]: () => new Response(body, { status }) });
    await expect(connect(network).ask('team/app/manifests/1?secret=x', get)).rejects.toMatchObject({
      name: 'RegistryError',
      code,
      status,
      message: expect.stringMatching(
        body === null ? /answered \d+ to GET team\/app\/manifests\/1$/ : /: SOMETHING: it is so$/,
      ) as string,
      details: { registry: 'registry.example', status, codes: body === null ? [] : ['SOMETHING'] },
    });
  });

  it.each([
    [403, 'DENIED', 'adding 1 MiB will exceed the configured upper limit', 'ERR_REGISTRY_REJECTED'],
    [400, 'TOOMANYREQUESTS', 'slow down', 'ERR_REGISTRY_RATE_LIMITED'],
  ])('with status %i and code %s may mean something else', async (status, code, message, expected) => {
    const network = networkOf({ [origin]: () => json({ errors: [{ code, message }] }, { status }) });
    await expect(connect(network).ask('x', get)).rejects.toMatchObject({ code: expected });
  });

  it.each([
    ['a page', 418, 'text/html', '<p>hello', 'ERR_REGISTRY_PROTOCOL', /with a web page$/],
    [
      'a page that does not say so',
      400,
      'text/plain',
      '<!DOCTYPE html><p>',
      'ERR_REGISTRY_PROTOCOL',
      /with a web page$/,
    ],
    ['a page of a gateway', 502, 'text/html', '<html>', 'ERR_REGISTRY_UNAVAILABLE', /with a web page$/],
    ['text', 500, 'text/plain', 'oh no\nstack', 'ERR_REGISTRY_UNAVAILABLE', /: oh no$/],
    ['nothing', 500, 'text/plain', '', 'ERR_REGISTRY_UNAVAILABLE', /to GET x$/],
  ])('may have %s in it', async (_, status, type, body, code, message) => {
    const network = networkOf({ [origin]: () => new Response(body, { status, headers: { 'content-type': type } }) });
    await expect(connect(network).ask('x', get)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message) as string,
    });
  });

  it('C18: waits as long as it is asked to, in seconds or until a date, and says that it may be tried again', async () => {
    const waits: number[] = [];
    const values = ['7', 'Mon, 01 Jan 2001 00:00:09 GMT', 'nonsense'];
    let count = 0;
    const network = networkOf({
      [origin]: () => json({}, { status: 429, headers: { 'retry-after': values[count++] ?? '1' } }),
    });
    const clock = {
      now: () => Date.parse('2001-01-01T00:00:00Z'),
      random: () => 0,
      sleep: (ms: number) => (waits.push(ms), Promise.resolve()),
    };
    const events: PackEvent[] = [];
    const onEvent = (event: PackEvent): void => void events.push(event);
    await expect(
      connect(network, { clock, retry: { attempts: 4 } }).ask('x', { ...get, onEvent, parent: 'p' }),
    ).rejects.toMatchObject({
      code: 'ERR_REGISTRY_RATE_LIMITED',
      retryable: true,
      details: { retryAfterMs: 1000 },
    });
    expect(waits).toEqual([7000, 9000, 0]);
    expect(events.map(({ kind, parent }) => [kind, parent])).toEqual(
      ['start', 'retry', 'retry', 'retry', 'done'].map((kind) => [kind, 'p']),
    );
  });

  it('is tried again for a POST only where the caller says that this does no harm', async () => {
    const network = networkOf({ [origin]: () => json({}, { status: 503 }) });
    const post = { ...get, method: 'POST' } as const;
    await expect(connect(network).ask('x', post)).rejects.toMatchObject({ code: 'ERR_REGISTRY_UNAVAILABLE' });
    expect(network.log).toHaveLength(1);
    await expect(connect(network).ask('x', { ...post, repeatable: true })).rejects.toMatchObject({ status: 503 });
    expect(network.log).toHaveLength(8);
  });
});

describe('a registry that is none', () => {
  const page: Host = () => new Response('<html>', { headers: { 'content-type': 'text/html; charset=utf-8' } });

  it.each(['GET', 'HEAD'] as const)('is told by a web page that answers %s', async (method) => {
    const network = networkOf({ [origin]: page });
    await expect(connect(network).ask('x', { ...get, method })).rejects.toMatchObject({
      code: 'ERR_REGISTRY_PROTOCOL',
      hint: expect.stringContaining('open it in a browser') as string,
    });
  });

  it('is told by a redirect to a login page', async () => {
    const network = networkOf({
      [origin]: () => new Response(null, { status: 302, headers: { location: 'https://sso.example/login' } }),
      'https://sso.example': page,
    });
    await expect(connect(network).ask('x', get)).rejects.toMatchObject({ code: 'ERR_REGISTRY_PROTOCOL' });
  });

  it('is not told by a blob that is a page', async () => {
    const network = networkOf({ [origin]: page });
    await expect(connect(network).ask('team/app/blobs/sha256:1', get)).resolves.toBeDefined();
    await expect(connect(network).ask('team/blobs/manifests/1', get)).rejects.toMatchObject({
      code: 'ERR_REGISTRY_PROTOCOL',
    });
  });

  it.each<[string, string, RegExp]>([
    ['ENOTFOUND', 'ERR_REGISTRY_NETWORK', /spelt right/],
    ['EAI_AGAIN', 'ERR_REGISTRY_NETWORK', /spelt right/],
    ['ECONNREFUSED', 'ERR_REGISTRY_NETWORK', /port/],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'ERR_REGISTRY_NETWORK', /CA/],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'ERR_REGISTRY_NETWORK', /CA/],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_REGISTRY_NETWORK', /unsafePlainHttp/],
    ['ECONNRESET', 'ERR_REGISTRY_NETWORK', /proxy/],
  ])('fails with %s as %s', async (system, code, hint) => {
    const network = networkOf({
      [origin]: () => {
        throw new TypeError('fetch failed', { cause: Object.assign(new Error('no'), { code: system }) });
      },
    });
    await expect(connect(network).ask('x', get)).rejects.toMatchObject({
      code,
      hint: expect.stringMatching(hint) as string,
      details: { system },
    });
  });

  it('is given up where it does not answer in time', async () => {
    const network = networkOf({ [origin]: () => new Promise(() => undefined) });
    const connection = connect(network, { timeouts: { headersMs: 5 }, retry: { attempts: 1 } });
    await expect(connection.ask('x', get)).rejects.toMatchObject({ code: 'ERR_REGISTRY_TIMEOUT', retryable: true });
  });

  it('is not asked for what an aborted operation wants', async () => {
    const network = networkOf({ [origin]: () => json({}) });
    const reason = new Error('enough');
    const signal = AbortSignal.abort(reason);
    await expect(connect(network).ask('x', { ...get, signal })).rejects.toBe(reason);
    await expect(connect(network).download('x', { scopes: pull, signal })).rejects.toBe(reason);
    await expect(connect(network, { host: 'localhost' }).ask('x', { ...get, signal })).rejects.toBe(reason);
    expect(network.log).toEqual([]);
  });
});

describe('a registry that does not allow pages', () => {
  const hidden: Host = () => {
    throw new TypeError('Failed to fetch');
  };
  afterEach(() => void vi.unstubAllGlobals());

  function opaque(type: string): { readonly fetch: typeof fetch } {
    return {
      fetch: (_, init) => {
        if (init?.mode !== 'no-cors') return Promise.reject(new TypeError('Failed to fetch'));
        return Promise.resolve(Object.defineProperty(new Response(), 'type', { value: type }));
      },
    };
  }

  it.each(['registry.example', 'localhost:5000'])('is told from one that is not there: %s', async (host) => {
    vi.stubGlobal('location', { origin: 'https://page.example' });
    const connection = connect({ ...networkOf({}), ...opaque('opaque') }, { host });
    await expect(connection.ask('x', get)).rejects.toMatchObject({
      code: 'ERR_REGISTRY_NETWORK',
      message: expect.stringContaining('does not allow pages of https://page.example (CORS)') as string,
      details: { cors: true },
    });
  });

  it.each<[string, string | undefined, string]>([
    ['there is no page', undefined, 'opaque'],
    ['the page is its own', origin, 'opaque'],
    ['its answer can be read', 'https://page.example', 'basic'],
  ])('is not meant where %s', async (_, page, type) => {
    vi.stubGlobal('location', page === undefined ? undefined : { origin: page });
    const connection = connect({ ...networkOf({}), ...opaque(type) });
    await expect(connection.ask('x', get)).rejects.toMatchObject({ details: { registry: 'registry.example' } });
  });

  it('is not meant where nothing answers at all', async () => {
    vi.stubGlobal('location', { origin: 'https://page.example' });
    await expect(connect(networkOf({ [origin]: hidden })).ask('x', get)).rejects.not.toMatchObject({
      details: { cors: true },
    });
  });
});

describe('C17: warnings of a registry', () => {
  const warn =
    (text: string): Host =>
    () =>
      json({}, { headers: { warning: text } });

  it('reach the listener once', async () => {
    const heard: string[] = [];
    const network = networkOf({ [origin]: warn('299 - "tag is \\"old\\"", 299 - "second", 199 - "not this"') });
    const connection = connect(network, { onWarning: (message) => heard.push(message) });
    await connection.ask('x', get);
    await connection.ask('y', get);
    expect(heard).toEqual(['registry.example: tag is "old"', 'registry.example: second']);
  });

  it('are events where somebody listens', async () => {
    const events: PackEvent[] = [];
    const network = networkOf({ [origin]: warn('299 - "old"') });
    await connect(network).ask('x', { ...get, onEvent: (event) => void events.push(event) });
    expect(events.map(({ kind, message }) => [kind, message])).toEqual([
      ['start', undefined],
      ['warning', 'registry.example: old'],
      ['done', undefined],
    ]);
  });

  it('are heard in a failure, and with a blob', async () => {
    const heard: string[] = [];
    const network = networkOf({
      [origin]: ({ url }) =>
        new Response('x', {
          status: url.endsWith('bad') ? 400 : 200,
          headers: { warning: `299 - "${url.slice(-3)}"` },
        }),
    });
    const connection = connect(network, { onWarning: (message) => heard.push(message) });
    await expect(connection.ask('bad', get)).rejects.toMatchObject({ status: 400 });
    await bytesOf(await connection.download('dog', { scopes: pull }));
    expect(heard).toEqual(['registry.example: bad', 'registry.example: dog']);
  });

  it('are remembered only up to a bound', async () => {
    let count = 0;
    const heard: string[] = [];
    const network = networkOf({ [origin]: () => json({}, { headers: { warning: `299 - "w${count++}"` } }) });
    const connection = connect(network, { onWarning: (message) => heard.push(message) });
    for (let index = 0; index < 110; index++) await (await connection.ask('x', get)).discard();
    expect(heard).toHaveLength(100);
  });

  it.each<[string, string | null, string[]]>([
    ['no field', null, []],
    ['another code', '214 - "x"', []],
    ['no agent', '299 "x"', []],
    ['no text', '299 -', []],
    ['an empty text', '299 - " "', []],
    ['a date behind it', '299 - "x" "Mon, 01 Jan 2001 00:00:00 GMT", 299 host:80 "y"', ['x', 'y']],
    ['what a terminal obeys', '299 - "a\u001b[31m\u202eb"', ['a [31m b']],
    ['a long text', `299 - "${'x'.repeat(600)}"`, [`${'x'.repeat(500)}…`]],
    ['a field without an end', `299 - "${'x'.repeat(9000)}"`, []],
  ])('are read from a field with %s', (_, field, expected) => {
    expect(parseWarnings(field)).toEqual(expected);
  });
});

describe('download', () => {
  const bytes = utf8('0123456789');

  it('gives the bytes, undefined for what is not there, and an error for the rest', async () => {
    const answers = new Map([
      ['a', new Response(bytes, { headers: { 'content-length': '10' } })],
      ['c', new Response('', { status: 403 })],
    ]);
    const network = networkOf({
      [origin]: ({ url }) => answers.get(url.slice(-1)) ?? new Response('', { status: 404 }),
    });
    const connection = connect(network);
    const body = await connection.download('team/app/blobs/a', { scopes: pull });
    expect(body?.size).toBe(10);
    expect(await bytesOf(body)).toEqual(bytes);
    await expect(connection.download('b', { scopes: pull })).resolves.toBeUndefined();
    await expect(connection.download('c', { scopes: pull })).rejects.toMatchObject({ code: 'ERR_REGISTRY_DENIED' });
  });

  it('goes on after a cut with a new token where the old one is over', async () => {
    const server = tokenRegistry();
    const events: string[] = [];
    let sent = 0;
    const network = networkOf({
      [origin]: async (request) => {
        const refused = await server.registry(request);
        if (refused.status === 401) return refused;
        const start = Number(/bytes=(\d+)-/.exec(request.headers.get('range') ?? '')?.[1] ?? 0);
        if (sent++ > 0) {
          const headers = { 'content-range': `bytes ${start}-9/10`, 'content-length': String(10 - start) };
          return new Response(bytes.slice(start), { status: 206, headers });
        }
        server.valid = (token) => token !== 't1';
        return new Response(bytes.slice(0, 4), { headers: { 'content-length': '10' } });
      },
      'https://auth.example': server.tokens,
    });
    const body = await connect(network).download('team/app/blobs/a', {
      scopes: pull,
      onEvent: ({ kind }) => void events.push(kind),
    });
    expect(await bytesOf(body)).toEqual(bytes);
    expect(server.issued).toBe(2);
    expect(events).toEqual(['start', 'retry', 'done']);
  });

  it('fails with an error of the registry where the stream cannot be read to its end', async () => {
    const network = networkOf({
      [origin]: () => new Response(bytes.slice(0, 4), { headers: { 'content-length': '10' } }),
    });
    const body = await connect(network, { retry: { attempts: 1 } }).download('team/app/blobs/a', { scopes: pull });
    await expect(bytesOf(body)).rejects.toMatchObject({ code: 'ERR_REGISTRY_NETWORK' });
  });

  it('is not kept from its turn by other downloads that wait for an upload', async () => {
    const network = networkOf({
      [origin]: ({ method }) =>
        method === 'GET' ? new Response(new ReadableStream({ pull: (c) => c.enqueue(bytes) })) : json({}),
    });
    const connection = connect(network, { concurrency: { total: 1, perOrigin: 1 } });
    const body = await connection.download('team/app/blobs/a', { scopes: pull });
    await expect(connection.ask('x', { ...get, method: 'HEAD' })).resolves.toBeDefined();
    await body?.stream.cancel();
  });
});

describe('mirrors', () => {
  const first = 'https://first.example';
  const second = 'https://second.example';
  const mirrors = [{ host: 'first.example', proxy: true }, { host: 'second.example' }];
  const mirrored = { ...get, expect: [200, 404], mirrored: true };

  it('are asked in their order and before the registry', async () => {
    const network = networkOf({
      [first]: () => json({}, { status: 404 }),
      [second]: () => json({ from: 'second' }),
    });
    const answer = await connect(network, { mirrors }).ask('team/app/manifests/1', mirrored);
    expect(await textOf(answer)).toBe('{"from":"second"}');
    expect(network.log).toEqual([
      `GET ${first}/v2/team/app/manifests/1?ns=registry.example`,
      `GET ${second}/v2/team/app/manifests/1`,
    ]);
  });

  it('are passed over where they fail, and left alone for a while where they do not answer', async () => {
    let now = 0;
    const network = networkOf({
      [first]: () => json({}, { status: 503 }),
      [second]: () => json({}, { status: 403 }),
      [origin]: () => json({ from: 'registry' }),
    });
    const events: string[] = [];
    const connection = connect(network, { mirrors, clock: { ...noWait, now: () => now } });
    const onEvent = ({ kind, message }: PackEvent): void => {
      if (kind === 'fallback') events.push(message ?? '');
    };
    const count = async (): Promise<number[]> => {
      network.log.length = 0;
      await connection.ask('x', { ...mirrored, onEvent });
      return [first, second, origin].map((host) => network.log.filter((line) => line.includes(host)).length);
    };
    expect(await count()).toEqual([2, 1, 1]);
    expect(events).toEqual([
      expect.stringContaining('mirror first.example was of no use'),
      expect.stringContaining('mirror second.example was of no use'),
    ]);
    expect(await count()).toEqual([0, 1, 1]);
    now = 30_001;
    expect(await count()).toEqual([2, 1, 1]);
  });

  it('are asked for nothing else', async () => {
    const network = networkOf({ [origin]: () => json({}) });
    const connection = connect(network, { mirrors });
    await connection.ask('x', get);
    await connection.ask(new URL(`${origin}/v2/x`), mirrored);
    await connection.download('x', { scopes: pull });
    expect(network.log.every((line) => line.includes(origin))).toBe(true);
  });

  it('give blobs', async () => {
    const network = networkOf({
      [first]: () => new Response('x', { status: 404 }),
      [second]: () => new Response('abc'),
    });
    const body = await connect(network, { mirrors }).download('team/app/blobs/a?x=1', { scopes: pull, mirrored: true });
    expect(await bytesOf(body)).toEqual(utf8('abc'));
    expect(network.log[0]).toBe(`GET ${first}/v2/team/app/blobs/a?x=1&ns=registry.example`);
  });

  it('let an abort through', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const network = networkOf({
      [first]: () => {
        controller.abort(reason);
        return json({}, { status: 503 });
      },
    });
    await expect(connect(network, { mirrors }).ask('x', { ...mirrored, signal: controller.signal })).rejects.toBe(
      reason,
    );
  });

  it('C22: ns goes to proxies only, and no credential of the registry to any mirror', async () => {
    const demand: Host = (request) =>
      request.headers.has('authorization') ? json({}) : unauthorized('Basic realm="r"');
    const network = networkOf({ [first]: demand, [second]: demand, [origin]: demand });
    const asked: string[] = [];
    const own = { ...password, password: 'mirror' };
    const connection = connect(network, {
      mirrors: [
        { host: 'first.example', proxy: true },
        { host: 'second.example', credentials: ({ host }) => (asked.push(host), own) },
      ],
      credentials: ({ host }) => (asked.push(host), password),
    });
    await connection.ask('x', mirrored);
    await connection.ask('x', get);
    expect(asked).toEqual(['second.example', 'registry.example']);
    for (const line of network.log) {
      expect(line.includes('ns=')).toBe(line.includes(first));
      expect(line.includes(basic)).toBe(line.includes(origin) && line !== `GET ${origin}/v2/x`);
    }
  });
});

describe('C20: the body of a failure', () => {
  it.each<[string, string, unknown]>([
    ['errors that are null', '{"errors":null}', { codes: [], text: '', html: false }],
    ['errors that are none', '{"errors":[1,null,{"code":5}]}', { codes: [], text: '; ;', html: false }],
    ['a detail alone', '{"errors":[{"code":"A","detail":"b"}]}', { codes: ['A'], text: 'A: b', html: false }],
    [
      'two errors',
      '{"errors":[{"code":"A","message":"b"},{"code":"C"}]}',
      { codes: ['A', 'C'], text: 'A: b; C', html: false },
    ],
    ['no JSON', '{"errors":[', { codes: [], text: '{"errors":[', html: false }],
    ['another form of JSON', '{"code":"X_1","message":"m"}', { codes: ['X_1'], text: 'X_1: m', html: false }],
    ['an array', '[1]', { codes: [], text: '[1]', html: false }],
    ['control characters', 'a\u0007\u0000b', { codes: [], text: 'a b', html: false }],
    ['bytes that are no text', '\ufffd', { codes: [], text: '\ufffd', html: false }],
  ])('is read with %s', (_, text, expected) => {
    const { codes, ...rest } = parseErrorBody(utf8(text), undefined);
    expect({ ...rest, codes: codes.filter(Boolean), text: rest.text }).toEqual(expected);
  });

  it('has an end', async () => {
    const network = networkOf({
      [origin]: () =>
        new Response(new ReadableStream({ pull: (c) => c.enqueue(new Uint8Array(65_536).fill(65)) }), { status: 400 }),
    });
    const error = (await connect(network)
      .ask('x', get)
      .catch((cause: unknown) => cause)) as Error;
    expect(error.message.length).toBeLessThan(500);
  });

  it('is said without secrets of any form', () => {
    const text = 'see https://u:p@h.example/x?sig=abc and Basic abcdefghij, or s3cr3t';
    expect(redactSecrets(text, ['s3cr3t', ''])).toBe('see https://h.example/x and Basic ***, or ***');
  });
});

describe('profileOf', () => {
  it.each([
    ['ghcr.io', { chunked: { maxBytes: 4_194_304 }, mergeReferrers: true }],
    ['123456789012.dkr.ecr.eu-west-1.amazonaws.com', { chunked: { minBytes: 5_242_880 }, distrustSubject: true }],
    ['public.ecr.aws', { distrustSubject: true }],
    ['europe-docker.pkg.dev', { chunked: false }],
    ['eu.gcr.io', { chunked: false }],
    ['gcr.io', { chunked: false }],
    ['ghcr.io.evil.example', { chunked: {}, mergeReferrers: false }],
    ['registry.example:5000', { chunked: {}, anonymousMount: false, distrustSubject: false, noHead: false }],
  ])('knows %s', (host, expected) => {
    expect(profileOf(host)).toMatchObject(expected);
  });

  it('takes the word of the caller over its own', () => {
    const own = { chunked: undefined, mergeReferrers: false, noHead: true };
    expect(profileOf('ghcr.io', own as never)).toMatchObject({
      chunked: { maxBytes: 4_194_304 },
      mergeReferrers: false,
      noHead: true,
    });
  });

  it('bounds what is under way', async () => {
    let most = 0;
    let open = 0;
    const network = networkOf({
      [origin]: async () => {
        most = Math.max(most, ++open);
        await new Promise((resolve) => setTimeout(resolve, 2));
        open--;
        return json({});
      },
    });
    const connection = connect(network, { profile: { concurrency: 2 } });
    await Promise.all(
      Array.from({ length: 8 }, async () => await (await connection.ask('x', { ...get, scopes: push })).discard()),
    );
    expect(most).toBe(2);
  });
});
