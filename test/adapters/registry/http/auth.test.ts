import { describe, expect, it } from 'vitest';
import type { Credential } from '../../../../src/ports/credential.ts';
import {
  basic,
  connect,
  json,
  networkOf,
  noWait,
  password,
  pull,
  push,
  realm,
  textOf,
  tokenRegistry,
  unauthorized,
  type Host,
} from './network.ts';

const origin = 'https://registry.example';
const auth = 'https://auth.example';
const get = { scopes: pull, expect: [200] };

describe('authorisation with a name and a password', () => {
  const registry: Host = (request) =>
    request.headers.get('authorization') === basic ? json({}) : unauthorized('Basic realm="r"');

  it('is sent when the registry demands it, and from then on', async () => {
    const network = networkOf({ [origin]: registry });
    const connection = connect(network, { credentials: () => password });
    await connection.ask('team/app/tags/list', get);
    await connection.ask('team/app/tags/list', get);
    const url = `GET ${origin}/v2/team/app/tags/list`;
    expect(network.log).toEqual([url, `${url} ${basic}`, `${url} ${basic}`]);
  });

  it('is asked for by host and repository, once', async () => {
    const asked: unknown[] = [];
    const connection = connect(networkOf({ [origin]: registry }), {
      credentials: (request) => (asked.push(request), password),
    });
    await Promise.all([connection.ask('a', get), connection.ask('b', get)]);
    expect(asked).toEqual([{ host: 'registry.example', repository: 'team/app' }]);
  });

  it('is not repeated where it is wrong', async () => {
    const network = networkOf({ [origin]: () => unauthorized('Basic realm="r"') });
    const connection = connect(network, { credentials: () => password });
    await expect(connection.ask('team/app/tags/list', get)).rejects.toMatchObject({
      code: 'ERR_REGISTRY_UNAUTHORIZED',
      hint: 'the credential is wrong or has expired: packwright login registry.example',
      details: { codes: ['UNAUTHORIZED'] },
    });
    expect(network.log).toHaveLength(2);
  });

  it('is asked for again where a former one is refused', async () => {
    let given = 0;
    const network = networkOf({ [origin]: registry });
    const connection = connect(network, {
      credentials: () => (given++ === 0 ? { ...password, password: 'old' } : password),
    });
    await expect(connection.ask('x', get)).rejects.toMatchObject({ code: 'ERR_REGISTRY_UNAUTHORIZED' });
    await expect(connection.ask('x', get)).resolves.toBeDefined();
  });

  it('is given where the registry says 403 to nobody, and names a way', async () => {
    const refusal = { status: 403, headers: { 'www-authenticate': 'Basic realm="r"' } };
    const network = networkOf({
      [origin]: (request) => (request.headers.has('authorization') ? json({}) : json({}, refusal)),
    });
    await expect(connect(network, { credentials: () => password }).ask('x', get)).resolves.toBeDefined();
    const silent = networkOf({ [origin]: () => json({}, { status: 403 }) });
    await expect(connect(silent, { credentials: () => password }).ask('x', get)).rejects.toMatchObject({
      code: 'ERR_REGISTRY_DENIED',
      hint: 'log in first: packwright login registry.example',
    });
    expect(silent.log).toHaveLength(1);
  });

  it('is not needed for a 401 that the caller takes for an answer', async () => {
    const network = networkOf({ [origin]: registry });
    const answer = await connect(network).ask('x', { ...get, expect: [200, 401] });
    expect(answer.response.status).toBe(401);
  });

  it('says how to log in where there is none', async () => {
    const network = networkOf({ [origin]: registry });
    await expect(connect(network).ask('x', get)).rejects.toMatchObject({
      code: 'ERR_REGISTRY_UNAUTHORIZED',
      hint: 'log in first: packwright login registry.example',
    });
    expect(network.log).toHaveLength(1);
  });

  it('lets the error of who gives it through, and asks again the next time', async () => {
    const fault = new Error('helper failed');
    let calls = 0;
    const connection = connect(networkOf({ [origin]: registry }), {
      credentials: () => {
        if (calls++ === 0) throw fault;
        return password;
      },
    });
    await expect(connection.ask('x', get)).rejects.toBe(fault);
    await expect(connection.ask('x', get)).resolves.toBeDefined();
  });

  it('is tried where a page cannot see what is demanded', async () => {
    const network = networkOf({
      [origin]: (request) => (request.headers.has('authorization') ? json({}) : unauthorized(undefined)),
    });
    await expect(connect(network, { credentials: () => password }).ask('x', get)).resolves.toBeDefined();
  });

  it.each([
    { kind: 'bearer-token', token: 'a\r\nx: y' },
    { kind: 'refresh-token', token: '' },
    { kind: 'password', username: 'me' },
  ])('refuses a credential that is none: %o', async (credential) => {
    const connection = connect(networkOf({ [origin]: registry }), { credentials: () => credential as Credential });
    await expect(connection.ask('x', get)).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
  });
});

describe('authorisation with a token', () => {
  it('is fetched with the password, service, account and scopes', async () => {
    const server = tokenRegistry();
    const network = networkOf({ [origin]: server.registry, [auth]: server.tokens });
    const answer = await connect(network, { credentials: () => password }).ask('team/app/tags/list', get);
    expect(await textOf(answer)).toBe('{"ok":"t1"}');
    expect(network.log[1]).toBe(
      `GET ${realm}?service=registry.example&scope=repository%3Ateam%2Fapp%3Apull&account=me ${basic}`,
    );
    expect(network.log[2]).toBe(`GET ${origin}/v2/team/app/tags/list Bearer t1`);
  });

  it('is fetched without a credential where there is none', async () => {
    const server = tokenRegistry();
    const network = networkOf({ [origin]: server.registry, [auth]: server.tokens });
    await connect(network).ask('team/app/tags/list', get);
    expect(network.log[1]).toBe(`GET ${realm}?service=registry.example&scope=repository%3Ateam%2Fapp%3Apull`);
  });

  it('asks for the needed scope first, and joins what the registry names', async () => {
    const challenge = `Bearer realm="${realm}",scope="repository:other:pull repository:team/app:push,delete"`;
    const server = tokenRegistry({}, challenge);
    const network = networkOf({ [origin]: server.registry, [auth]: server.tokens });
    await connect(network).ask('x', get);
    expect(new URL(network.requests[1]?.url ?? '').searchParams.getAll('scope')).toEqual([
      'repository:team/app:pull,push,delete',
      'repository:other:pull',
    ]);
  });

  it('is shared between requests that come together, and used while it covers what is needed', async () => {
    const server = tokenRegistry();
    const network = networkOf({ [origin]: server.registry, [auth]: server.tokens });
    const connection = connect(network);
    await connection.ask('x', { ...get, scopes: push });
    await Promise.all([1, 2, 3].map(() => connection.ask('x', get)));
    expect(server.issued).toBe(1);
    await Promise.all(
      [1, 2, 3].map(() => connection.ask('y', { ...get, scopes: [{ repository: 'b', actions: ['pull'] }] })),
    );
    expect(server.issued).toBe(2);
  });

  it('is fetched once by many that are refused at the same time', async () => {
    const server = tokenRegistry();
    const network = networkOf({ [origin]: server.registry, [auth]: server.tokens });
    await Promise.all(Array.from({ length: 8 }, (_, index) => connect(network).ask(String(index), get)));
    expect(server.issued).toBe(8);
    const connection = connect(network);
    await Promise.all(Array.from({ length: 8 }, (_, index) => connection.ask(String(index), get)));
    expect(server.issued).toBe(9);
  });

  it('is fetched again when it ends in the middle, and the body is made again', async () => {
    const server = tokenRegistry();
    const bodies: string[] = [];
    const network = networkOf({
      [origin]: async (request) => {
        if (request.method === 'PUT') bodies.push(await request.clone().text());
        return await server.registry(request);
      },
      [auth]: server.tokens,
    });
    const connection = connect(network);
    await connection.ask('x', { ...get, scopes: push });
    server.valid = (token) => token !== 't1';
    await connection.ask('x', { method: 'PUT', body: () => 'content', expect: [200], scopes: push });
    expect(bodies).toEqual(['content', 'content']);
    expect(server.issued).toBe(2);
  });

  it('fails when it is refused twice', async () => {
    const server = tokenRegistry();
    server.valid = () => false;
    const network = networkOf({ [origin]: server.registry, [auth]: server.tokens });
    await expect(connect(network, { credentials: () => password }).ask('x', get)).rejects.toMatchObject({
      code: 'ERR_REGISTRY_UNAUTHORIZED',
      status: 401,
    });
    expect(network.log).toHaveLength(3);
  });

  it.each<[string, Record<string, unknown>, number, number]>([
    ['60 seconds where nothing is said', {}, 53_000, 55_000],
    ['as long as it says, and a bit less', { expires_in: 1000 }, 989_000, 991_000],
    ['as long as it says in a string', { expires_in: '100' }, 89_000, 91_000],
    ['60 seconds where nonsense is said', { expires_in: 'soon' }, 53_000, 55_000],
    [
      'from when it was issued by the clock of the server',
      { expires_in: 100, issued_at: '2001-01-01T00:00:00Z' },
      44_000,
      46_000,
    ],
    ['only once where it is over at once', { expires_in: 0 }, -1, 1],
  ])('is used for %s', async (_, body, fresh, over) => {
    let now = 0;
    const server = tokenRegistry();
    const tokens: Host = () =>
      json({ token: `t${++server.issued}`, ...body }, { headers: { date: 'Mon, 01 Jan 2001 00:00:50 GMT' } });
    const network = networkOf({ [origin]: server.registry, [auth]: tokens });
    const connection = connect(network, { clock: { ...noWait, now: () => now } });
    await connection.ask('x', get);
    now = fresh;
    await connection.ask('x', get);
    expect(server.issued).toBe(1);
    now = over;
    await connection.ask('x', get);
    expect(server.issued).toBe(2);
  });

  it('is taken as access_token', async () => {
    const server = tokenRegistry({ token: '', access_token: 'other' });
    const network = networkOf({ [origin]: server.registry, [auth]: server.tokens });
    await connect(network).ask('x', get);
    expect(network.log[2]).toContain('Bearer other');
  });

  it.each<[string, Host]>([
    ['without a token', () => json({ expires_in: 1 })],
    ['that is no object', () => json(['x'])],
    ['that is null', () => json(null)],
    ['that is a page', () => new Response('<html>')],
    ['with a line break in the token', () => json({ token: 'a\r\nx-evil: 1' })],
    ['that does not end', () => new Response('"'.repeat(1024 * 1024 + 1))],
  ])('is not taken from an answer %s', async (_, tokens) => {
    const network = networkOf({ [origin]: tokenRegistry().registry, [auth]: tokens });
    await expect(connect(network).ask('x', get)).rejects.toMatchObject({ code: 'ERR_REGISTRY_PROTOCOL' });
  });

  it.each([401, 403])('says that the credential is wrong where the token server answers %i', async (status) => {
    const network = networkOf({
      [origin]: tokenRegistry().registry,
      [auth]: () => json({ details: 'incorrect username or password' }, { status }),
    });
    await expect(connect(network, { credentials: () => password }).ask('x', get)).rejects.toMatchObject({
      code: 'ERR_REGISTRY_UNAUTHORIZED',
      message: expect.stringContaining('incorrect username or password') as string,
      hint: 'the credential is wrong or has expired: packwright login registry.example',
    });
  });

  it('is asked for the needed scope alone where more is refused', async () => {
    const scopes = [...push, { repository: 'private', actions: ['pull'] }] as const;
    const server = tokenRegistry();
    const tokens: Host = (request) =>
      request.url.includes('private') ? json({}, { status: 403 }) : server.tokens(request);
    const network = networkOf({ [origin]: server.registry, [auth]: tokens });
    const connection = connect(network);
    await connection.ask('x', { ...get, scopes });
    await connection.ask('y', { ...get, scopes });
    expect(server.issued).toBe(1);
    expect(network.log.filter((line) => line.includes(auth))).toHaveLength(2);
  });

  it('fails as the needed scope does, where that is refused as well', async () => {
    const scopes = [...push, { repository: 'private', actions: ['pull'] }] as const;
    const network = networkOf({ [origin]: tokenRegistry().registry, [auth]: () => json({}, { status: 401 }) });
    await expect(connect(network).ask('x', { ...get, scopes })).rejects.toMatchObject({
      code: 'ERR_REGISTRY_UNAUTHORIZED',
      hint: 'log in first: packwright login registry.example',
    });
  });

  it('of the caller is sent to the registry itself, after it was demanded', async () => {
    const server = tokenRegistry();
    const network = networkOf({ [origin]: server.registry });
    await connect(network, { credentials: () => ({ kind: 'bearer-token', token: 'mine' }) }).ask('x', get);
    expect(network.log).toEqual([`GET ${origin}/v2/x`, `GET ${origin}/v2/x Bearer mine`]);
  });

  it('comes from a realm that is relative', async () => {
    const server = tokenRegistry({}, 'Bearer realm="/auth/token",service="s"');
    const network = networkOf({
      [origin]: (request) =>
        new URL(request.url).pathname === '/auth/token' ? server.tokens(request) : server.registry(request),
    });
    await connect(network).ask('x', get);
    expect(network.log[1]).toBe(`GET ${origin}/auth/token?service=s&scope=repository%3Ateam%2Fapp%3Apull`);
  });

  it('is asked for with the scope of the registry, where the request has none', async () => {
    const server = tokenRegistry({}, `Bearer realm="${realm}",scope="registry:catalog:*"`);
    const network = networkOf({ [origin]: server.registry, [auth]: server.tokens });
    const connection = connect(network);
    await connection.ask('_catalog', { scopes: [], expect: [200] });
    await connection.ask('_catalog', { scopes: [], expect: [200] });
    expect(network.log[1]).toBe(`GET ${realm}?scope=registry%3Acatalog%3A*`);
    expect(server.issued).toBe(1);
  });

  it('is fetched again after a 403 only where it was narrower than what is demanded', async () => {
    const wide = `Bearer realm="${realm}",scope="repository:team/app:delete",error="insufficient_scope"`;
    const server = tokenRegistry();
    let refused = 0;
    const registry: Host = (request) =>
      request.method === 'DELETE' && refused++ === 0
        ? json({}, { status: 403, headers: { 'www-authenticate': wide } })
        : server.registry(request);
    const network = networkOf({ [origin]: registry, [auth]: server.tokens });
    const connection = connect(network);
    await connection.ask('x', { ...get, scopes: push });
    await connection.ask('x', { ...get, method: 'DELETE', scopes: push });
    expect(network.log.at(-2)).toContain('repository%3Ateam%2Fapp%3Apull%2Cpush%2Cdelete');
    const denied = networkOf({
      [origin]: (request) =>
        request.headers.has('authorization') ? json({}, { status: 403 }) : server.registry(request),
      [auth]: server.tokens,
    });
    await expect(connect(denied, { credentials: () => password }).ask('x', get)).rejects.toMatchObject({
      code: 'ERR_REGISTRY_DENIED',
    });
    expect(denied.log).toHaveLength(3);
  });

  it('is not waited for by who gives up, and still comes for the others', async () => {
    const server = tokenRegistry();
    let go: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (go = resolve));
    const network = networkOf({
      [origin]: server.registry,
      [auth]: async (request) => {
        await gate;
        return await server.tokens(request);
      },
    });
    const connection = connect(network);
    const controller = new AbortController();
    const first = connection.ask('x', { ...get, signal: controller.signal });
    const second = connection.ask('x', get);
    await new Promise((resolve) => setTimeout(resolve, 5));
    const reason = new Error('enough');
    controller.abort(reason);
    await expect(first).rejects.toBe(reason);
    go();
    await expect(second).resolves.toBeDefined();
    expect(server.issued).toBe(1);
  });
});

describe('authorisation with a refresh token', () => {
  const refresh = { kind: 'refresh-token', token: 'refresh-me' } as const;

  it('trades it at the token server, and sends it nowhere else', async () => {
    const server = tokenRegistry();
    const network = networkOf({ [origin]: server.registry, [auth]: server.tokens });
    await connect(network, { credentials: () => refresh }).ask('x', get);
    const [, traded] = network.requests;
    expect(traded?.method).toBe('POST');
    expect(traded?.headers.has('authorization')).toBe(false);
    expect(Object.fromEntries(new URLSearchParams(await traded?.text()))).toEqual({
      grant_type: 'refresh_token',
      refresh_token: 'refresh-me',
      client_id: 'packwright',
      service: 'registry.example',
      scope: 'repository:team/app:pull',
    });
    expect(network.log.some((line) => line.includes('refresh-me'))).toBe(false);
  });

  it('says that it is over where the token server answers 400', async () => {
    const network = networkOf({
      [origin]: tokenRegistry().registry,
      [auth]: () => json({ error: 'invalid_grant', error_description: 'token refresh-me is over' }, { status: 400 }),
    });
    await expect(connect(network, { credentials: () => refresh }).ask('x', get)).rejects.toMatchObject({
      code: 'ERR_REGISTRY_UNAUTHORIZED',
      message: expect.stringMatching(/token \*\*\* is over$/) as string,
    });
  });

  it('is of no use where the registry wants a password', async () => {
    const network = networkOf({ [origin]: () => unauthorized('Basic realm="r"') });
    await expect(connect(network, { credentials: () => refresh }).ask('x', get)).rejects.toMatchObject({
      code: 'ERR_REGISTRY_UNAUTHORIZED',
    });
    expect(network.log).toEqual([`GET ${origin}/v2/x`]);
  });

  it.each([404, 405])('sends a password by POST where the token server answers %i to GET', async (status) => {
    const server = tokenRegistry();
    const tokens: Host = (request) => (request.method === 'GET' ? json({}, { status }) : server.tokens(request));
    const network = networkOf({ [origin]: server.registry, [auth]: tokens });
    await connect(network, { credentials: () => password }).ask('x', get);
    const form = new URLSearchParams(await network.requests[2]?.text());
    expect(Object.fromEntries(form)).toMatchObject({ grant_type: 'password', username: 'me', password: 'hunter2' });
    await expect(
      connect(networkOf({ [origin]: server.registry, [auth]: () => json({}, { status }) })).ask('x', get),
    ).rejects.toMatchObject({ status });
  });
});

describe('C8: credentials stay with the origin that they are for', () => {
  const evil = 'https://evil.example';
  const secrets = [basic, 'hunter2', 'Bearer'];

  function expectNothingAt(log: readonly string[], host: string): void {
    for (const line of log.filter((entry) => entry.includes(` ${host}`)))
      for (const secret of secrets) expect(line).not.toContain(secret);
  }

  it('is not sent to where a redirect leads', async () => {
    const network = networkOf({
      [origin]: (request) =>
        request.headers.has('authorization')
          ? new Response(null, { status: 307, headers: { location: `${evil}/blob` } })
          : unauthorized('Basic realm="r"'),
      [evil]: () => json({}),
    });
    await connect(network, { credentials: () => password }).ask('team/app/blobs/x', get);
    expect(network.log.at(-1)).toBe(`GET ${evil}/blob`);
    expectNothingAt(network.log, evil);
  });

  it('is not sent because another host demands it after a redirect', async () => {
    const network = networkOf({
      [origin]: () => new Response(null, { status: 307, headers: { location: `${evil}/blob` } }),
      [evil]: () => unauthorized(`Bearer realm="${evil}/token"`),
    });
    await expect(connect(network, { credentials: () => password }).ask('x', get)).rejects.toMatchObject({
      status: 401,
    });
    expect(network.log).toEqual([`GET ${origin}/v2/x`, `GET ${evil}/blob`]);
  });

  it('is not sent to an address that an answer gave, on another host, port or scheme', async () => {
    const others = [
      evil,
      `${origin}:444`,
      'https://registry.example.evil.example',
      'https://evilregistry.example',
      'http://registry.example',
    ];
    const network = networkOf({
      [origin]: (request) => (request.headers.has('authorization') ? json({}) : unauthorized('Basic realm="r"')),
      ...Object.fromEntries(others.map((other) => [other, () => unauthorized('Basic realm="r"')])),
    });
    const connection = connect(network, { credentials: () => password });
    await connection.ask('x', get);
    for (const other of others) {
      const asked = connection.ask(new URL('/u?s=1', other), {
        method: 'PATCH',
        body: () => 'x',
        scopes: push,
        expect: [202],
      });
      await expect(asked).rejects.toMatchObject({ status: 401 });
      expectNothingAt(network.log, other === origin ? 'none' : `${other}/`);
    }
    expect(network.log).toHaveLength(2 + others.length);
    const own = await connection.ask(new URL(`${origin}:443/u?s=1`), get);
    expect(network.log.at(-1)).toBe(`GET ${origin}/u?s=1 ${basic}`);
    await own.discard();
  });

  it('is not sent to where a token server redirects', async () => {
    const network = networkOf({
      [origin]: tokenRegistry().registry,
      [auth]: () => new Response(null, { status: 302, headers: { location: `${evil}/token` } }),
      [evil]: () => json({ token: 'x' }),
    });
    await connect(network, { credentials: () => password }).ask('x', get);
    expectNothingAt(
      network.log.filter((line) => !line.includes('/v2/')),
      evil,
    );
  });

  it('is not sent on in a body by a redirect of the token server', async () => {
    const network = networkOf({
      [origin]: tokenRegistry().registry,
      [auth]: () => new Response(null, { status: 307, headers: { location: `${evil}/token` } }),
      [evil]: () => json({ token: 'x' }),
    });
    const connection = connect(network, { credentials: () => ({ kind: 'refresh-token', token: 'r' }) });
    await expect(connection.ask('x', get)).rejects.toMatchObject({ code: 'ERR_REGISTRY_PROTOCOL' });
    expect(network.log.some((line) => line.includes(evil))).toBe(false);
  });

  it.each([
    'http://auth.example/token',
    'http://registry.example:8080/token',
    'https://169.254.169.254/token',
    'https://127.0.0.1/token',
    'https://localhost/token',
    'https://[::1]/token',
    'ftp://auth.example/token',
    '//10.0.0.1/token',
  ])('is not sent to the token server %s', async (bad) => {
    const network = networkOf({ [origin]: () => unauthorized(`Bearer realm="${bad}"`) });
    const connection = connect(network, { credentials: () => password });
    await expect(connection.ask('x', get)).rejects.toMatchObject({ code: 'ERR_REGISTRY_PROTOCOL' });
    expect(network.log).toHaveLength(1);
  });

  it('is asked for by the host of Docker Hub and sent to its registry', async () => {
    const asked: string[] = [];
    const hub = 'https://registry-1.docker.io';
    const network = networkOf({
      [hub]: (request) => (request.headers.has('authorization') ? json({}) : unauthorized('Basic realm="r"')),
    });
    const connection = connect(network, { host: 'docker.io', credentials: ({ host }) => (asked.push(host), password) });
    await connection.ask('library/ubuntu/tags/list', get);
    expect(asked).toEqual(['docker.io']);
    expect(network.log.at(-1)).toBe(`GET ${hub}/v2/library/ubuntu/tags/list ${basic}`);
  });
});

describe('a body', () => {
  it('is not sent before it is known how the registry wants to be asked', async () => {
    const server = tokenRegistry();
    const network = networkOf({ [origin]: server.registry, [auth]: server.tokens });
    const made: number[] = [];
    const body = (): string => (made.push(1), 'x');
    const connection = connect(network, { credentials: () => password });
    await connection.ask('team/app/manifests/1', { method: 'PUT', body, scopes: push, expect: [200] });
    expect(network.log.map((line) => line.split(' ')[1]?.split('?')[0])).toEqual([
      `${origin}/v2/`,
      realm,
      `${origin}/v2/team/app/manifests/1`,
    ]);
    expect(made).toHaveLength(1);
  });

  it('is sent at once to a registry that demands nothing, which is asked for that once', async () => {
    const network = networkOf({ [origin]: () => json({}) });
    const connection = connect(network);
    const put = { method: 'PUT', body: () => 'x', scopes: push, expect: [200] } as const;
    await Promise.all([connection.ask('a', put), connection.ask('b', put)]);
    await connection.ask('c', put);
    expect(network.log).toEqual([`GET ${origin}/v2/`, ...['a', 'b', 'c'].map((path) => `PUT ${origin}/v2/${path}`)]);
  });

  it('is sent to a registry that has nothing at the root of its paths', async () => {
    const network = networkOf({ [origin]: ({ method }) => json({}, { status: method === 'GET' ? 404 : 200 }) });
    await connect(network).ask('a', { method: 'PUT', body: () => 'x', scopes: push, expect: [200] });
    expect(network.log).toHaveLength(2);
  });

  it('is not sent where the registry cannot be asked', async () => {
    const network = networkOf({});
    await expect(
      connect(network).ask('a', { method: 'PUT', body: () => 'x', scopes: push, expect: [200] }),
    ).rejects.toMatchObject({ code: 'ERR_REGISTRY_NETWORK' });
    expect(network.log.some((line) => line.startsWith('PUT'))).toBe(false);
  });
});

describe('what a registry says', () => {
  it.each([
    ['the password', 'your password hunter2 is wrong'],
    ['the field', `you sent ${basic}`],
    ['its base64', 'bWU6aHVudGVyMg== is wrong'],
    ['a token that looks like one', 'got Bearer eyJhbGciOi.eyJzdWIi.c2ln'],
  ])('does not repeat %s in an error', async (_, message) => {
    const network = networkOf({
      [origin]: (request) =>
        request.headers.has('authorization')
          ? json({ errors: [{ code: 'DENIED', message }] }, { status: 403 })
          : unauthorized('Basic realm="r"'),
    });
    const error: unknown = await connect(network, { credentials: () => password })
      .ask('x', get)
      .catch((cause: unknown) => cause);
    expect(error).toMatchObject({ code: 'ERR_REGISTRY_DENIED', message: expect.stringContaining('***') as string });
    expect(JSON.stringify(error)).not.toMatch(/hunter2|bWU6|eyJ/);
  });
});
