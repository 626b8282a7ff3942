import { hash } from 'bcryptjs';
import { describe, expect, it } from 'vitest';
import { toBase64, utf8 } from '../../../../src/bytes/encoding.ts';
import { memoryRegistry } from '../../../../src/adapters/registry/memory.ts';
import {
  htpasswdAuth,
  registryServer,
  tokenAuth,
  type RegistryAuth,
  type TokenAccess,
} from '../../../../src/adapters/registry/server.ts';
import { asking, codesOf, pushBlob, pushManifest, served, sha } from './served.ts';

const line = async (user: string, password: string): Promise<string> => `${user}:${await hash(password, 4)}\n`;
const basic = (user: string, password: string) => ({ authorization: `Basic ${toBase64(utf8(`${user}:${password}`))}` });
const users = (await line('ada', 'opens esame')) + (await line('böb', 'pässword:with colon'));
const challenge = 'Basic realm="packwright", charset="UTF-8"';

describe('htpasswdAuth', () => {
  it('lets in who has the right password, and nobody else', async () => {
    const ask = served({ auth: htpasswdAuth(`# users\n\n${users.replaceAll('\n', '\r\n')}`) });
    const status = async (headers: Record<string, string>): Promise<number> =>
      (await ask('GET', '/v2/', { headers })).status;
    expect(await status(basic('ada', 'opens esame'))).toBe(200);
    expect(await status(basic('ada', 'opens esame'))).toBe(200);
    expect(await status(basic('böb', 'pässword:with colon'))).toBe(200);
    expect(await status(basic('ada', 'opens esamE'))).toBe(401);
    expect(await status(basic('Ada', 'opens esame'))).toBe(401);
    expect(await status(basic('nobody', 'opens esame'))).toBe(401);
    expect(await status(basic('', ''))).toBe(401);
  });

  it.each(['', 'Basic', 'Basic !!!!', 'Basic YWRh', 'Basic /////w==', 'Bearer abc', 'Digest x'])(
    'asks for a password where the header is %j',
    async (authorization) => {
      const ask = served({ auth: htpasswdAuth(users) });
      const answer = await ask('GET', '/v2/a/tags/list', { headers: authorization === '' ? {} : { authorization } });
      expect([answer.status, codesOf(answer)]).toEqual([401, ['UNAUTHORIZED']]);
      expect(answer.headers.get('www-authenticate')).toBe(challenge);
    },
  );

  it('answers the same for what is there and what is not', async () => {
    const registry = memoryRegistry();
    await pushManifest(asking(registryServer({ registry })), 'secret', 'v1');
    const ask = served({ registry, auth: htpasswdAuth(users) });
    const answers = [];
    for (const path of ['/v2/secret/manifests/v1', '/v2/none/manifests/v1', `/v2/secret/blobs/${sha('layer')}`]) {
      const { status, text, headers } = await ask('GET', path);
      answers.push(JSON.stringify([status, text, [...headers]]));
    }
    expect(new Set(answers).size).toBe(1);
  });

  it('lets everybody pull with anonymousPull, and still asks who pings, pushes or has a wrong password', async () => {
    const ask = served({ auth: htpasswdAuth(users, { anonymousPull: true, realm: 'my registry' }) });
    expect((await ask('GET', '/v2/a/manifests/v1')).status).toBe(404);
    expect((await ask('GET', '/v2/_catalog')).status).toBe(200);
    expect((await ask('GET', '/v2/')).headers.get('www-authenticate')).toContain('realm="my registry"');
    expect((await ask('POST', '/v2/a/blobs/uploads/')).status).toBe(401);
    expect((await ask('DELETE', '/v2/a/manifests/v1')).status).toBe(401);
    expect((await ask('GET', '/v2/a/manifests/v1', { headers: basic('ada', 'x') })).status).toBe(401);
  });

  it('checks only so many passwords at once', async () => {
    const ask = served({ auth: htpasswdAuth(users, { maxPending: 2 }) });
    const answers = await Promise.all(
      ['1', '2', '3'].map((word) => ask('GET', '/v2/', { headers: basic('ada', word) })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([401, 401, 429]);
    expect(answers.find(({ status }) => status === 429)?.headers.get('retry-after')).toBe('1');
    expect((await ask('GET', '/v2/', { headers: basic('ada', 'opens esame') })).status).toBe(200);
  });

  it.each([
    ['another hash', 'ada:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g='],
    ['a plain password', 'ada:secret'],
    ['MD5', 'ada:$apr1$abcdefgh$123456789012345678901/'],
    ['a cost that takes too long', `ada:$2y$31$${'a'.repeat(53)}`],
    ['no user', `:$2y$10$${'a'.repeat(53)}`],
    ['no colon', 'ada'],
    ['a user twice', `${users}${users}`],
  ])('refuses a file with %s', (_what, text) => {
    expect(() => htpasswdAuth(text)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }));
  });

  it('refuses options that it does not know, and a realm that cannot be quoted', () => {
    for (const options of [{ pull: true }, { realm: 'a"b' }, { maxPending: 0 }]) {
      expect(() => htpasswdAuth(users, options as object)).toThrow(
        expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }),
      );
    }
  });
});

const realm = 'https://auth.example/token';
const service = 'registry.example';
const repository = (name: string, ...actions: string[]): TokenAccess => ({ type: 'repository', name, actions });
const grants: Readonly<Record<string, readonly TokenAccess[]>> = {
  reader: [repository('a', 'pull')],
  writer: [repository('a', 'pull'), repository('a', 'push')],
  owner: [repository('a', '*'), { type: 'registry', name: 'catalog', actions: ['*'] }],
};
const tokens = tokenAuth({ realm, service, verify: (token) => grants[token] });
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

describe('tokenAuth', () => {
  const challenged = async (method: string, path: string, headers: Record<string, string> = {}) => {
    const answer = await served({ auth: tokens })(method, path, { headers });
    return answer.status === 401 ? answer.headers.get('www-authenticate') : answer.status;
  };

  it('says where to get a token, and for which scope', async () => {
    const start = `Bearer realm="${realm}",service="${service}"`;
    expect(await challenged('GET', '/v2/')).toBe(start);
    expect(await challenged('GET', '/v2/a/tags/list')).toBe(`${start},scope="repository:a:pull"`);
    expect(await challenged('POST', '/v2/a/b/blobs/uploads/')).toBe(`${start},scope="repository:a/b:pull,push"`);
    expect(await challenged('DELETE', '/v2/a/manifests/v1')).toBe(`${start},scope="repository:a:delete"`);
    expect(await challenged('GET', '/v2/_catalog')).toBe(`${start},scope="registry:catalog:*"`);
  });

  it('lets in whose token allows it', async () => {
    expect(await challenged('GET', '/v2/', bearer('reader'))).toBe(200);
    expect(await challenged('GET', '/v2/a/manifests/v1', bearer('reader'))).toBe(404);
    expect(await challenged('POST', '/v2/a/blobs/uploads/', bearer('writer'))).toBe(202);
    expect(await challenged('DELETE', '/v2/a/manifests/v1', bearer('owner'))).toBe(404);
    expect(await challenged('GET', '/v2/_catalog', bearer('owner'))).toBe(200);
  });

  it('tells a token that is wrong from one that does not allow enough', async () => {
    expect(await challenged('GET', '/v2/', bearer('stranger'))).toContain('error="invalid_token"');
    expect(await challenged('GET', '/v2/', basic('a', 'b'))).toContain('error="invalid_token"');
    expect(await challenged('POST', '/v2/a/blobs/uploads/', bearer('reader'))).toContain('error="insufficient_scope"');
    expect(await challenged('GET', '/v2/b/tags/list', bearer('owner'))).toContain('error="insufficient_scope"');
    expect(await challenged('GET', '/v2/_catalog', bearer('writer'))).toContain('error="insufficient_scope"');
  });

  it.each([
    { realm: 'nowhere', service },
    { realm: 'https://a.example/"', service },
    { realm, service: 'a"b' },
    { realm, service, other: 1 },
  ])('refuses %j', (options) => {
    expect(() => tokenAuth({ ...options, verify: () => [] })).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }),
    );
  });
});

describe('an auth of your own', () => {
  it('is asked what, where and by whom, and answered 403 for who is known and may not', async () => {
    const asked: unknown[] = [];
    const auth: RegistryAuth = ({ signal, ...question }) => {
      asked.push([question, signal instanceof AbortSignal]);
      return { outcome: question.action === 'push' ? 'denied' : 'allowed' };
    };
    const ask = served({ auth });
    const answer = await ask('POST', '/v2/a/b/blobs/uploads/', { headers: { authorization: 'X y' } });
    expect([answer.status, codesOf(answer)]).toEqual([403, ['DENIED']]);
    await ask('GET', '/v2/');
    expect(asked).toEqual([
      [{ action: 'push', repository: 'a/b', authorization: 'X y' }, true],
      [{ action: 'ping', repository: undefined, authorization: undefined }, true],
    ]);
  });

  it('that fails lets nobody in', async () => {
    const failures: unknown[] = [];
    const auth: RegistryAuth = () => Promise.reject(new Error('secret of the database'));
    const answer = await served({ auth, onError: (error) => failures.push(error) })('GET', '/v2/');
    expect([answer.status, codesOf(answer)]).toEqual([500, ['UNKNOWN']]);
    expect(answer.text).not.toContain('secret');
    expect(failures).toHaveLength(1);
  });

  it('decides from where a blob may be mounted', async () => {
    const registry = memoryRegistry();
    const { digest } = await pushBlob(asking(registryServer({ registry })), 'secret', 'hello');
    const auth: RegistryAuth = ({ repository: name }) => ({ outcome: name === 'secret' ? 'denied' : 'allowed' });
    const path = `/v2/mine/blobs/uploads/?mount=${digest}&from=secret`;
    expect((await served({ registry, auth })('POST', path)).status).toBe(202);
    expect((await served({ registry })('POST', path)).status).toBe(201);
  });
});
