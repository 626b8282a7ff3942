import { describe, expect, it } from 'vitest';
import { s3BlobStore, type S3StoreOptions } from '../../../../src/adapters/blob-store/s3.ts';
import { addressOf, type AddressOptions } from '../../../../src/adapters/blob-store/s3/address.ts';

describe('the address of a bucket', () => {
  it.each<[AddressOptions, string]>([
    [{ bucket: 'one' }, 'https://one.s3.us-east-1.amazonaws.com/k'],
    [{ bucket: 'one', region: 'eu-west-1' }, 'https://one.s3.eu-west-1.amazonaws.com/k'],
    [{ bucket: 'one', region: 'cn-north-1' }, 'https://one.s3.cn-north-1.amazonaws.com.cn/k'],
    [{ bucket: 'one.two' }, 'https://s3.us-east-1.amazonaws.com/one.two/k'],
    [{ bucket: 'one.two', forcePathStyle: false }, 'https://one.two.s3.us-east-1.amazonaws.com/k'],
    [{ bucket: 'one', forcePathStyle: true }, 'https://s3.us-east-1.amazonaws.com/one/k'],
    [{ bucket: 'one', endpoint: 'http://127.0.0.1:9000' }, 'http://127.0.0.1:9000/one/k'],
    [{ bucket: 'one', endpoint: 'https://s3.example/' }, 'https://s3.example/one/k'],
    [{ bucket: 'one', endpoint: 'https://s3.example', forcePathStyle: false }, 'https://one.s3.example/k'],
    [{ bucket: 'one', endpoint: 'https://s3.example:81/base/' }, 'https://s3.example:81/base/one/k'],
    [{ bucket: 'one', endpoint: 'https://s3.eu-west-1.amazonaws.com' }, 'https://one.s3.eu-west-1.amazonaws.com/k'],
  ])('%j is %s (W5)', (options, url) => {
    expect(addressOf(options).url('k').href).toBe(url);
  });

  it('encodes keys and queries so that nobody reads them in another way', () => {
    const address = addressOf({ bucket: 'one' });
    expect(address.url("a b/+%&=?#'(c)*!~é").pathname).toBe('/a%20b/%2B%25%26%3D%3F%23%27%28c%29%2A%21~%C3%A9');
    expect(address.url('', { prefix: 'a/b c', 'x+y': '' }).search).toBe('?prefix=a%2Fb%20c&x%2By=');
  });

  it.each([
    [undefined, ''],
    ['', ''],
    ['/', ''],
    ['a', 'a/'],
    ['/a/b/', 'a/b/'],
  ])('takes the prefix %j as %j', (prefix, expected) => {
    expect(addressOf({ bucket: 'one', prefix }).prefix).toBe(expected);
  });

  it.each<[Partial<Record<keyof S3StoreOptions | 'unknown', unknown>>, string]>([
    [{ bucket: undefined }, 'bucket'],
    [{ bucket: 'a' }, 'bucket'],
    [{ bucket: 'a/b' }, 'bucket'],
    [{ bucket: 'Upper_Case', forcePathStyle: false }, 'bucket'],
    [{ region: 'a.b' }, 'region'],
    [{ endpoint: 'ftp://s3.example' }, 'endpoint'],
    [{ endpoint: 's3.example' }, 'endpoint'],
    [{ endpoint: 'https://user:hush@s3.example' }, 'endpoint'],
    [{ endpoint: 'https://s3.example/?a' }, 'endpoint'],
    [{ endpoint: 'http://127.0.0.1', forcePathStyle: false }, 'forcePathStyle'],
    [{ endpoint: 'http://[::1]', forcePathStyle: false }, 'forcePathStyle'],
    [{ prefix: 'a//b' }, 'prefix'],
    [{ prefix: 'a/../b' }, 'prefix'],
    [{ prefix: 'a b' }, 'prefix'],
    [{ prefix: 'x'.repeat(201) }, 'prefix'],
    [{ partSize: 1 << 20 }, 'partSize'],
    [{ partsInFlight: 0 }, 'partsInFlight'],
    [{ storageClass: 'a\nb' }, 'x-amz-storage-class'],
    [{ client: {} }, 'client'],
    [{ unknown: 1 }, 'unknown'],
  ])('refuses %j', (options, argument) => {
    const client = { fetch: () => Promise.reject(new Error('is not asked')) };
    const make = (): unknown => s3BlobStore({ client, bucket: 'some-bucket', ...options } as S3StoreOptions);
    expect(make).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT', argument }));
    expect(make).not.toThrow(/hush/);
  });
});
