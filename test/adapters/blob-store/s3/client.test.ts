import { AwsClient } from 'aws4fetch';
import { describe, expect, it } from 'vitest';
import { s3Client, type S3ClientOptions, type S3Credentials } from '../../../../src/adapters/blob-store/s3.ts';

// The examples of Amazon: "Signature Calculations for the Authorization Header" and "Authenticating Requests: Using
// Query Parameters" of the S3 API reference.
const credentials: S3Credentials = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
};
const now = (): number => Date.UTC(2013, 4, 24);
const host = 'https://examplebucket.s3.amazonaws.com';
const empty = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

async function sent(url: string, init: RequestInit, options: Partial<S3ClientOptions> = {}): Promise<Headers> {
  let headers = new Headers();
  const fetch: typeof globalThis.fetch = (_, { headers: given } = {}) => {
    headers = new Headers(given);
    return Promise.resolve(new Response());
  };
  await s3Client({ credentials, now, fetch, ...options }).fetch(url, init);
  return headers;
}

const signatureOf = (headers: Headers): string | undefined =>
  /Signature=([0-9a-f]{64})$/.exec(headers.get('authorization') ?? '')?.[1];

describe('s3Client', () => {
  it.each([
    ['GET', '/test.txt', { range: 'bytes=0-9' }, 'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41'],
    ['GET', '/?lifecycle', {}, 'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543'],
    ['GET', '/?max-keys=2&prefix=J', {}, '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7'],
    [
      'PUT',
      '/test%24file.text',
      {
        date: 'Fri, 24 May 2013 00:00:00 GMT',
        'x-amz-storage-class': 'REDUCED_REDUNDANCY',
        'x-amz-content-sha256': '44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072',
      },
      '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
    ],
  ])('signs %s %s as the example of Amazon', async (method, path, headers, signature) => {
    const signed = await sent(host + path, { method, headers: { 'x-amz-content-sha256': empty, ...headers } });
    expect(signatureOf(signed)).toBe(signature);
  });

  it('signs a URL as the example of Amazon', async () => {
    const init = { method: 'GET', aws: { signQuery: true } } as const;
    const { url } = await s3Client({ credentials, now }).sign(`${host}/test.txt?X-Amz-Expires=86400`, init);
    const { searchParams } = new URL(url);
    expect(searchParams.get('X-Amz-Signature')).toBe(
      'aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404',
    );
  });

  it.each([
    '/a%20b/c%2Bd%2525',
    '/%7Bx%7D/%E2%82%AC?uploads=',
    '/?prefix=a%2Fb%20c&list-type=2&prefix-x=1',
    '/x?a=b&A=c',
  ])('signs %s as aws4fetch does', async (path) => {
    const theirs = new AwsClient({ ...credentials, sessionToken: 'a/token==', service: 's3', region: 'eu-central-1' });
    const headers = { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD', 'if-none-match': '*', 'x-amz-meta-a': 'b  c' };
    const signed = await theirs.sign(host + path, { method: 'PUT', headers, aws: { datetime: '20130524T000000Z' } });
    const ours = await sent(
      host + path,
      { method: 'PUT', headers },
      { credentials: { ...credentials, sessionToken: 'a/token==' }, region: 'eu-central-1' },
    );
    expect(ours.get('authorization')).toBe(signed.headers.get('authorization'));
    expect(ours.get('x-amz-security-token')).toBe('a/token==');
  });

  it.each([
    ["/it's (1)*!+~/b", '/it%27s%20%281%29%2A%21%2B~/b'],
    ['/%7ea%2fb%2525//c', '/~a%2Fb%2525//c'],
    ['/caf\u00e9/%F0%9F%98%80', '/caf%C3%A9/%F0%9F%98%80'],
    ['/%ff+%zz', '/%ff+%zz'],
  ])('sends and signs the path %s in the one form that S3 signs', async (path, canonical) => {
    const asked: { url: string; authorization: string | null }[] = [];
    const fetch = (url: string, { headers }: RequestInit = {}): Promise<Response> => {
      asked.push({ url, authorization: new Headers(headers).get('authorization') });
      return Promise.resolve(new Response());
    };
    const client = s3Client({ credentials, now, fetch: fetch as typeof globalThis.fetch });
    for (const written of [path, canonical]) await client.fetch(host + written);
    expect(asked[0]?.url).toBe(host + canonical);
    expect(asked[1]).toEqual(asked[0]);
    const init = { method: 'GET', aws: { signQuery: true } } as const;
    const { url } = await client.sign(host + path, init);
    expect(url).toBe((await client.sign(host + canonical, init)).url);
    expect(url.startsWith(`${host}${canonical}?`)).toBe(true);
  });

  it('signs a URL with a session token as aws4fetch does (W18)', async () => {
    const session = { ...credentials, sessionToken: 'a/token==' };
    const theirs = new AwsClient({ ...session, service: 's3', region: 'us-east-1' });
    const address = `${host}/a/b?X-Amz-Expires=60`;
    const aws = { signQuery: true, datetime: '20130524T000000Z' } as const;
    const { url } = await s3Client({ credentials: session, now }).sign(address, { method: 'GET', aws });
    const signed = await theirs.sign(address, { method: 'GET', aws });
    const pairs = (text: string): string[][] => [...new URL(text).searchParams].sort();
    expect(pairs(url)).toEqual(pairs(signed.url));
  });

  it('signs the headers that must come with a URL as aws4fetch does', async () => {
    const session = { ...credentials, sessionToken: 'a/token==' };
    const theirs = new AwsClient({ ...session, service: 's3', region: 'us-east-1' });
    const address = `${host}/a/b?X-Amz-Expires=60`;
    const headers = { 'x-amz-checksum-sha256': 'LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=' };
    const aws = { signQuery: true, datetime: '20130524T000000Z' } as const;
    const { url } = await s3Client({ credentials: session, now }).sign(address, { method: 'PUT', headers, aws });
    const signed = await theirs.sign(address, { method: 'PUT', headers, aws });
    const pairs = (text: string): string[][] => [...new URL(text).searchParams].sort();
    expect(pairs(url)).toEqual(pairs(signed.url));
    expect(new URL(url).searchParams.get('X-Amz-SignedHeaders')).toBe('host;x-amz-checksum-sha256');
  });

  it('asks for credentials before every request, so that they can be renewed (W18)', async () => {
    let asked = 0;
    const renewed = (): S3Credentials => ({ accessKeyId: `key${++asked}`, secretAccessKey: `secret${asked}` });
    const seen: string[] = [];
    const fetch: typeof globalThis.fetch = (_, init) => {
      seen.push(new Headers(init?.headers).get('authorization') ?? '');
      return Promise.resolve(new Response());
    };
    const client = s3Client({ credentials: renewed, fetch });
    await client.fetch(`${host}/a`);
    await client.fetch(`${host}/a`);
    expect(seen.map((text) => /Credential=(\w+)\//.exec(text)?.[1])).toEqual(['key1', 'key2']);
    expect(seen[0]).not.toContain('secret1');
  });

  it.each([
    [{ credentials: { accessKeyId: '', secretAccessKey: 'x' } }, 'accessKeyId'],
    [{ credentials: { accessKeyId: 'x' } }, 'secretAccessKey'],
    [{ credentials: { accessKeyId: 'x', secretAccessKey: 'hush hush\n' } }, 'secretAccessKey'],
    [{ credentials: { ...credentials, sessionToken: '' } }, 'sessionToken'],
    [{ credentials, retries: 1 }, 'retries'],
  ])('refuses options that are wrong, and shows no secret: %#', (options, argument) => {
    const make = (): unknown => s3Client(options as unknown as S3ClientOptions);
    expect(make).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT', argument }));
    expect(make).not.toThrow(/hush/);
  });

  it('signs with the time of the server after that refused its own, until they agree', async () => {
    const own = Date.parse('2026-01-01T00:00:00Z');
    let server = own + 3_600_000;
    let clock = own;
    const times: string[] = [];
    const client = s3Client({
      credentials,
      now: () => clock,
      fetch: (_, init) => {
        times.push(new Headers(init?.headers).get('x-amz-date') ?? '');
        const date = new Date(server).toUTCString();
        return Promise.resolve(new Response(null, { status: 403, headers: { date } }));
      },
    });
    for (const step of [0, 1, 2, 3]) {
      if (step === 2) clock = server = own + 7_200_000;
      await client.fetch(`${host}/a`);
    }
    expect(times).toEqual(['20260101T000000Z', '20260101T010000Z', '20260101T030000Z', '20260101T020000Z']);
  });

  it('takes no time from an answer that has none, or that is no refusal', async () => {
    const own = Date.parse('2026-01-01T00:00:00Z');
    const answers = [{ status: 403 }, { status: 200, headers: { date: 'Thu, 01 Jan 2026 09:00:00 GMT' } }, {}];
    const times: string[] = [];
    const client = s3Client({
      credentials,
      now: () => own,
      fetch: (_, init) => {
        times.push(new Headers(init?.headers).get('x-amz-date') ?? '');
        return Promise.resolve(new Response(null, answers[times.length - 1]));
      },
    });
    for (const answer of answers) expect((await client.fetch(`${host}/a`)).status).toBe(answer.status ?? 200);
    expect(new Set(times)).toEqual(new Set(['20260101T000000Z']));
  });

  it('shows no secret of its own', () => {
    const client = s3Client({ credentials });
    expect(JSON.stringify(client)).toBe('{}');
    expect(Object.keys(client)).toEqual(['fetch', 'sign']);
  });
});
