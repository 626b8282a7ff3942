import { describe, expect, it } from 'vitest';
import { httpRegistries, httpRegistry } from '../../../src/adapters/registry/http.ts';
import { basic, json, networkOf, noWait, password, unauthorized } from './http/network.ts';

const origin = 'https://registry.example';

describe('httpRegistry', () => {
  it.each<[string, Record<string, unknown>]>([
    ['an unknown option', { insecure: true }],
    ['no host', { host: undefined }],
    ['a URL for a host', { host: 'https://registry.example' }],
    ['a host with a path', { host: 'registry.example/team' }],
    ['an unknown part of the profile', { profile: { chunk: 1 } }],
    ['an unknown part of a mirror', { mirrors: [{ host: 'm.example', url: 'x' }] }],
    ['a mirror that is no host', { mirrors: [{ host: 'm.example/x' }] }],
    ['an unknown limit', { limits: { bytes: 1 } }],
    ['no attempts', { retry: { attempts: 0 } }],
    ['an unknown timeout', { timeouts: { total: 1 } }],
    ['an unknown part of the clock', { clock: { date: 1 } }],
    ['no requests at once', { concurrency: { total: 0 } }],
  ])('refuses %s', (_, options) => {
    expect(() => httpRegistry({ host: 'registry.example', ...options })).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }) as Error,
    );
  });

  it('refuses a repository that is none', () => {
    const registry = httpRegistry({ host: 'registry.example' });
    for (const name of ['', 'A', '../x', 'a/../b', 'a?b', 'a#b', 'a%2fb']) {
      expect(() => registry.repository(name)).toThrow(
        expect.objectContaining({ code: 'ERR_INVALID_REFERENCE' }) as Error,
      );
    }
  });

  it('has the host for its name, in lower case, and asks nothing on its own', () => {
    const network = networkOf({});
    const registry = httpRegistry({ host: 'Registry.EXAMPLE:5000', fetch: network.fetch });
    expect(registry.id).toBe('registry.example:5000');
    expect(registry.repository('team/app').name).toBe('team/app');
    expect(httpRegistry({ host: 'index.docker.io' }).id).toBe('docker.io');
    expect(network.log).toEqual([]);
  });

  it('takes a credential as it is', async () => {
    const network = networkOf({
      [origin]: (request) =>
        request.headers.get('authorization') === basic
          ? json({ name: 'team/app', tags: ['v1'] })
          : unauthorized('Basic realm="r"'),
    });
    const registry = httpRegistry({
      host: 'registry.example',
      fetch: network.fetch,
      credentials: password,
      clock: noWait,
    });
    const tags: string[] = [];
    for await (const tag of registry.repository('team/app').tags()) tags.push(tag);
    expect(tags).toEqual(['v1']);
  });
});

describe('httpRegistries', () => {
  it('gives the same registry for the same host', async () => {
    const lookup = httpRegistries();
    expect(await lookup('Registry.example')).toBe(await lookup('registry.example'));
    expect((await lookup('other.example')).id).toBe('other.example');
    expect(() => lookup('no host')).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }) as Error);
  });

  it('reaches one host in another way than the others', async () => {
    const network = networkOf({ 'http://plain.example': () => json({ name: 'a', tags: [] }) });
    const lookup = httpRegistries({
      fetch: network.fetch,
      clock: noWait,
      hosts: { 'Plain.example': { unsafePlainHttp: true } },
    });
    expect(await (await lookup('plain.example')).repository('a').tags()[Symbol.asyncIterator]().next()).toMatchObject({
      done: true,
    });
    const other = (await lookup('other.example')).repository('a').tags()[Symbol.asyncIterator]();
    await expect(other.next()).rejects.toMatchObject({ code: 'ERR_REGISTRY_NETWORK' });
    expect(network.log[0]).toMatch(/^GET http:\/\/plain\.example\/v2\/a\/tags\/list/);
    expect(network.log[1]).toMatch(/^GET https:\/\/other\.example\/v2\/a\/tags\/list/);
  });

  it('takes no credential that would go to every host, and no unknown option', () => {
    for (const options of [{ credentials: password }, { host: 'registry.example' }]) {
      expect(() => httpRegistries(options as never)).toThrow(
        expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }) as Error,
      );
    }
  });
});
