import { describe, expect, it } from 'vitest';
import { environmentProxy } from '../../src/cli/environment-proxy.ts';

type Env = Readonly<Record<string, string>>;
const proxy = 'http://proxy.example:3128';
const proxyFor = (env: Env, url: string): string | undefined => environmentProxy(env)(new URL(url));

describe('the proxy of the environment', () => {
  it.each<[string, Env, string | undefined]>([
    ['https://registry.example/', { https_proxy: proxy }, proxy],
    ['https://registry.example/', { HTTPS_PROXY: proxy }, proxy],
    ['https://registry.example/', { http_proxy: proxy }, undefined],
    ['http://registry.example/', { http_proxy: proxy }, proxy],
    ['http://registry.example/', { HTTP_PROXY: proxy }, proxy],
    ['http://registry.example/', { HTTP_PROXY: proxy, REQUEST_METHOD: 'GET' }, undefined],
    ['http://registry.example/', { http_proxy: proxy, REQUEST_METHOD: 'GET' }, proxy],
    ['http://registry.example/', { https_proxy: proxy }, undefined],
    ['https://registry.example/', { all_proxy: proxy }, proxy],
    ['http://registry.example/', { ALL_PROXY: proxy }, proxy],
    ['https://registry.example/', { https_proxy: proxy, all_proxy: 'http://other.example' }, proxy],
    ['https://registry.example/', { https_proxy: proxy, HTTPS_PROXY: 'http://other.example' }, proxy],
    ['https://registry.example/', { https_proxy: '', ALL_PROXY: proxy }, proxy],
    ['https://registry.example/', { https_proxy: 'proxy.example:3128' }, proxy],
    ['https://registry.example/', { https_proxy: ' https://u:p@proxy.example ' }, 'https://u:p@proxy.example'],
    ['https://registry.example/', {}, undefined],
  ])('for %s with %j is %s', (url, env, expected) => {
    expect(proxyFor(env, url)).toBe(expected);
  });

  it.each([
    'http://localhost:5000/',
    'http://app.localhost/',
    'https://127.0.0.1/',
    'https://127.1.2.3/',
    'http://[::1]:5000/',
    'http://localhost./',
  ])('is none for %s, which is loopback', (url) => {
    expect(proxyFor({ all_proxy: proxy }, url)).toBeUndefined();
  });

  it.each([
    ['registry.example', 'https://registry.example/', true],
    ['registry.example', 'https://registry.example./', true],
    ['registry.example', 'https://sub.registry.example/', true],
    ['registry.example', 'https://notregistry.example/', false],
    ['.registry.example', 'https://sub.registry.example/', true],
    ['*.registry.example', 'https://sub.registry.example/', true],
    ['REGISTRY.example', 'https://registry.example/', true],
    ['a.example, registry.example', 'https://registry.example/', true],
    ['a.example registry.example', 'https://registry.example/', true],
    ['registry.example:443', 'https://registry.example/', true],
    ['registry.example:5000', 'https://registry.example/', false],
    ['registry.example:80', 'http://registry.example/', true],
    ['registry.example:5000', 'https://registry.example:5000/', true],
    ['*', 'https://registry.example/', true],
    ['192.0.2.7', 'https://192.0.2.7/', true],
    ['192.0.2.7', 'https://192.0.2.8/', false],
    ['192.0.2.0/24', 'https://192.0.2.8/', true],
    ['192.0.2.0/24', 'https://192.0.3.8/', false],
    ['192.0.2.0/99', 'https://192.0.2.8/', false],
    ['[2001:db8::1]', 'https://[2001:db8::1]/', true],
    ['2001:db8::/32', 'https://[2001:db8::1]/', true],
    ['2001:db8::/32', 'https://[2001:db9::1]/', false],
    [',,', 'https://registry.example/', false],
    ['.', 'https://registry.example/', false],
  ])('with no_proxy %s is passed over for %s: %s', (list, url, direct) => {
    expect(proxyFor({ all_proxy: proxy, no_proxy: list }, url)).toBe(direct ? undefined : proxy);
    expect(proxyFor({ all_proxy: proxy, NO_PROXY: list }, url)).toBe(direct ? undefined : proxy);
  });

  it.each(['socks5://u:hush@proxy.example', 'http://[hush', 'ftp://proxy.example'])(
    'that is %j is an error which does not repeat it',
    (text) => {
      const lookup = environmentProxy({ https_proxy: text, no_proxy: 'direct.example' });
      const error = expect.objectContaining({
        code: 'ERR_UNSUPPORTED',
        message: expect.not.stringContaining('hush') as string,
      }) as Error;
      expect(() => lookup(new URL('https://registry.example/'))).toThrow(error);
      expect(lookup(new URL('https://direct.example/'))).toBeUndefined();
    },
  );
});
