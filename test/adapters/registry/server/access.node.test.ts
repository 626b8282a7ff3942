import { describe, expect, it } from 'vitest';
import { codesOf, pushBlob, pushManifest, served, sha } from './served.ts';

describe('the host of a request', () => {
  const status = async (hosts: readonly string[] | undefined, host: string): Promise<number> =>
    (await served({ hosts })('GET', '/v2/', { headers: { host } })).status;

  it('is one of loopback, with any port, where the author names none', async () => {
    for (const host of ['localhost', 'LOCALHOST:5000', '127.0.0.1:80', '[::1]', '[::1]:5000']) {
      expect(await status(undefined, host)).toBe(200);
    }
    for (const host of ['attacker.example', 'localhost.attacker.example', '127.0.0.1.nip.example:5000', '', '[::2]']) {
      expect(await status(undefined, host)).toBe(421);
    }
  });

  it('is one of those that the author names', async () => {
    expect(await status(['localhost', 'Registry.example'], 'registry.example:443')).toBe(200);
    expect(await status(['localhost:5000', 'registry.example:443'], 'registry.example:443')).toBe(200);
    expect(await status(['localhost', 'registry.example:443'], 'registry.example:444')).toBe(421);
    expect(await status(['registry.example'], 'registry.example')).toBe(421);
  });

  it('is not asked of a request that was made in this process', async () => {
    expect((await served()('GET', '/v2/')).status).toBe(200);
    expect((await served({ hosts: ['registry.example'] })('GET', '/v2/')).status).toBe(421);
  });
});

describe('a path', () => {
  const get = (path: string) => served()('GET', path);

  it('of nothing is 404 with a body that a client understands', async () => {
    for (const path of ['/', '/v1/', '/v3/a/tags/list', '/v2/a', '/v2/a/tags', '/v2/a/b/c', '/v2/tags/lists']) {
      const answer = await get(path);
      expect([answer.status, codesOf(answer)]).toEqual([404, ['UNSUPPORTED']]);
    }
  });

  it('with a name that no repository has is 400 NAME_INVALID', async () => {
    const names = ['A', 'a//b', '', 'a_-b', '-a', 'a%2fb', 'a%00', 'a'.repeat(256), 'a/%2e%2e%2fb', 'a\u00e9'];
    for (const name of names) {
      const answer = await get(`/v2/${name}/tags/list`);
      expect([answer.status, codesOf(answer)]).toEqual([400, ['NAME_INVALID']]);
    }
  });

  it('never leads out of the API', async () => {
    for (const path of ['/v2/../../etc/passwd', '/v2/%2e%2e/x/tags/list', '/v2/a/blobs/..%2f..%2f..%2fetc']) {
      expect((await get(path)).status).toBeGreaterThanOrEqual(400);
    }
  });

  it('may have the words of the API in the name of its repository', async () => {
    const ask = served();
    for (const name of ['blobs/uploads', 'a/manifests', 'tags/list', 'v2/referrers/b', 'a/blobs']) {
      await pushManifest(ask, name, 'v1');
      expect((await ask('GET', `/v2/${name}/manifests/v1`)).status).toBe(200);
      expect(JSON.parse((await ask('GET', `/v2/${name}/tags/list`)).text)).toEqual({ name, tags: ['v1'] });
    }
  });

  it('may have the colon of a digest encoded', async () => {
    const ask = served();
    const { digest } = await pushBlob(ask, 'a', 'hello');
    expect((await ask('GET', `/v2/a/blobs/${digest.replace(':', '%3A')}`)).text).toBe('hello');
  });

  it('takes only the methods that it has', async () => {
    const ask = served();
    const allow = async (method: string, path: string): Promise<unknown[]> => {
      const answer = await ask(method, path);
      return [answer.status, answer.headers.get('allow'), method === 'HEAD' ? [] : codesOf(answer)];
    };
    expect(await allow('POST', '/v2/')).toEqual([405, 'GET, HEAD', ['UNSUPPORTED']]);
    expect(await allow('GET', '/v2/a/blobs/uploads/')).toEqual([405, 'POST', ['UNSUPPORTED']]);
    expect(await allow('PUT', `/v2/a/blobs/${sha('x')}`)).toEqual([405, 'GET, HEAD, DELETE', ['UNSUPPORTED']]);
    expect((await ask('OPTIONS', '/v2/')).status).toBe(405);
  });
});

describe('a registry that is read-only', () => {
  it('answers every write with 405 UNSUPPORTED, and every read', async () => {
    const ask = served({ readOnly: true });
    for (const [method, path] of [
      ['POST', '/v2/a/blobs/uploads/'],
      ['PATCH', '/v2/a/blobs/uploads/x'],
      ['PUT', '/v2/a/manifests/v1'],
      ['DELETE', '/v2/a/manifests/v1'],
      ['DELETE', `/v2/a/blobs/${sha('x')}`],
    ] as const) {
      const answer = await ask(method, path);
      expect([answer.status, codesOf(answer)]).toEqual([405, ['UNSUPPORTED']]);
    }
    expect((await ask('GET', '/v2/')).status).toBe(200);
  });
});

describe('a registry that deletes nothing', () => {
  it('answers a delete with 405, but lets an upload be cancelled', async () => {
    const ask = served({ delete: false });
    await pushManifest(ask, 'a', 'v1');
    expect((await ask('DELETE', '/v2/a/manifests/v1')).status).toBe(405);
    expect((await ask('DELETE', `/v2/a/blobs/${sha('layer')}`)).status).toBe(405);
    const upload = await ask('POST', '/v2/a/blobs/uploads/');
    expect((await ask('DELETE', upload.headers.get('location') ?? '')).status).toBe(204);
  });
});

describe('a page of another origin', () => {
  const origin = 'https://app.example';

  it('may read, and sees the headers that a registry speaks by', async () => {
    const answer = await served()('GET', '/v2/', { headers: { origin } });
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
    const exposed = answer.headers.get('access-control-expose-headers')?.split(', ');
    for (const name of ['Docker-Content-Digest', 'WWW-Authenticate', 'Link', 'Location', 'Range', 'Content-Range']) {
      expect(exposed).toContain(name);
    }
    for (const name of ['OCI-Subject', 'OCI-Filters-Applied', 'OCI-Tag', 'Retry-After', 'Warning', 'ETag']) {
      expect(exposed).toContain(name);
    }
  });

  it('sees why it is refused', async () => {
    const auth = () => ({ outcome: 'unauthorized', challenge: 'Basic realm="x"' }) as const;
    const answer = await served({ auth })('GET', '/v2/a/tags/list', { headers: { origin } });
    expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([401, '*']);
  });

  it('may not write, whatever it is', async () => {
    const ask = served();
    for (const from of [origin, 'null', 'http://localhost:5000']) {
      const answer = await ask('POST', '/v2/a/blobs/uploads/', { headers: { origin: from } });
      expect([answer.status, codesOf(answer)]).toEqual([403, ['DENIED']]);
    }
  });

  it('may write where its origin is named', async () => {
    const ask = served({ cors: { origins: [origin] } });
    expect((await ask('POST', '/v2/a/blobs/uploads/', { headers: { origin } })).status).toBe(202);
    const other = 'https://app.example.attacker.example';
    expect((await ask('POST', '/v2/a/blobs/uploads/', { headers: { origin: other } })).status).toBe(403);
  });

  it('is told by a preflight what it may, and asked for no password', async () => {
    const auth = () => ({ outcome: 'denied' }) as const;
    const methods = async (from: string): Promise<string | null> => {
      const answer = await served({ auth, cors: { origins: [origin] } })('OPTIONS', '/v2/a/manifests/v1', {
        headers: { origin: from, 'access-control-request-method': 'PUT' },
      });
      expect(answer.status).toBe(204);
      return answer.headers.get('access-control-allow-methods');
    };
    expect(await methods(origin)).toBe('GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE');
    expect(await methods('https://other.example')).toBe('GET, HEAD, OPTIONS');
  });

  it('may not even read where cors is false', async () => {
    const ask = served({ cors: false });
    expect((await ask('GET', '/v2/')).headers.get('access-control-allow-origin')).toBeNull();
    const headers = { origin, 'access-control-request-method': 'GET' };
    expect((await ask('OPTIONS', '/v2/', { headers })).headers.get('access-control-allow-origin')).toBeNull();
    expect((await ask('PUT', '/v2/a/manifests/v1', { headers: { origin } })).status).toBe(403);
  });
});
