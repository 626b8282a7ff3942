import { describe, expect, it } from 'vitest';
import { absoluteUrl, locateUrl } from '../../../../src/adapters/registry/http/locate.ts';
import { realmUrl } from '../../../../src/adapters/registry/http/realm.ts';

const from = new URL('https://registry.example/v2/team/app/blobs/uploads/');

function located(address: string, base: URL = from): string {
  const url = absoluteUrl(address, base);
  return typeof url === 'string' ? `refused: ${url}` : url.href;
}

describe('C23: an address that an answer gives', () => {
  it.each([
    [
      'relative',
      '/v2/team/app/blobs/uploads/1?_state=a%2Bb&x=%20',
      'https://registry.example/v2/team/app/blobs/uploads/1?_state=a%2Bb&x=%20',
    ],
    ['relative to the answer', '1?b=2&a=1', 'https://registry.example/v2/team/app/blobs/uploads/1?b=2&a=1'],
    ['absolute', 'https://registry.example/u?z=1', 'https://registry.example/u?z=1'],
    ['without a scheme', '//registry.example/u', 'https://registry.example/u'],
    ['on another host', 'https://s3.example/u?X-Sig=a/b+c%3D', 'https://s3.example/u?X-Sig=a/b+c%3D'],
    ['with :443', 'https://registry.example:443/u', 'https://registry.example/u'],
    ['http from behind a proxy', 'http://registry.example/u?s=1', 'https://registry.example/u?s=1'],
    ['http with :443', 'http://registry.example:443/u', 'https://registry.example/u'],
    ['with user info, which is not kept', 'https://a:b@registry.example/u#f', 'https://registry.example/u'],
  ])('is kept when it is %s', (_, address, expected) => {
    expect(located(address)).toBe(expected);
  });

  it.each([
    ['http on another host', 'http://s3.example/u'],
    ['http on another port', 'http://registry.example:5000/u'],
    ['http on the end of the name', 'http://evilregistry.example/u'],
    ['no http at all', 'ftp://registry.example/u'],
    ['a file', 'file:///etc/passwd'],
    ['a script', 'javascript:alert(1)'],
    ['no URL', 'https://[::1'],
    ['the address of the metadata of a cloud', 'https://169.254.169.254/latest'],
    ['this machine', 'https://localhost/u'],
    ['a private address in another writing', 'https://0x7f.1/u'],
    ['a private address of IPv6', 'https://[fd00::1]/u'],
  ])('is refused when it is %s', (_, address) => {
    expect(located(address)).toMatch(/^refused: /);
  });

  it('may be private where the registry is', () => {
    expect(located('http://127.0.0.1:9000/u', new URL('http://127.0.0.1:5000/'))).toBe('http://127.0.0.1:9000/u');
  });

  it('is an error of the protocol where it must not be asked', () => {
    expect(locateUrl('registry.example', '/u?a=1', from).href).toBe('https://registry.example/u?a=1');
    expect(() => locateUrl('registry.example', 'http://10.0.0.1/', from)).toThrow(
      expect.objectContaining({ code: 'ERR_REGISTRY_PROTOCOL' }) as Error,
    );
  });
});

describe('realmUrl', () => {
  it.each([
    ['/token', 'https://registry.example/v2/', 'https://registry.example/token'],
    ['https://auth.example/token?x=1', 'https://registry.example/v2/', 'https://auth.example/token?x=1'],
    ['http://registry.example/token', 'https://registry.example/v2/', 'https://registry.example/token'],
    ['http://127.0.0.1:5001/token', 'http://127.0.0.1:5000/v2/', 'http://127.0.0.1:5001/token'],
    ['http://localhost:5001/token', 'http://127.0.0.1:5000/v2/', 'http://localhost:5001/token'],
    ['http://registry.example:5001/token', 'http://registry.example:5000/v2/', 'http://registry.example:5001/token'],
    ['https://10.0.0.2/token', 'https://10.0.0.1/v2/', 'https://10.0.0.2/token'],
  ])('asks %s for %s', (realm, base, expected) => {
    const url = realmUrl(realm, new URL(base));
    expect(typeof url === 'string' ? url : url.href).toBe(expected);
  });

  it.each([
    ['http://auth.example/token', 'https://registry.example/v2/'],
    ['http://auth.example/token', 'http://127.0.0.1:5000/v2/'],
    ['http://auth.example/token', 'http://registry.example/v2/'],
    ['https://169.254.169.254/token', 'https://registry.example/v2/'],
    ['https://localhost/token', 'https://registry.example/v2/'],
    ['http://10.0.0.1/token', 'http://registry.example/v2/'],
    ['data:,x', 'https://registry.example/v2/'],
  ])('does not ask %s for %s', (realm, base) => {
    expect(typeof realmUrl(realm, new URL(base))).toBe('string');
  });
});
