import { describe, expect, it } from 'vitest';
import { s3BlobStoreFromEnv, type S3Environment } from '../../../../src/adapters/blob-store/s3.ts';
import { bytesSource } from '../../../../src/bytes/source.ts';
import { digestOf } from '../../../../src/digest/digest.ts';

const legacy = (values: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [`CHECKSTACK_SCRIPT_PACKAGES_S3_${name}`, value]));
const keys = { AWS_ACCESS_KEY_ID: 'AKID', AWS_SECRET_ACCESS_KEY: 'hush-hush' };
const legacyKeys = { ACCESS_KEY_ID: 'AKID', SECRET_ACCESS_KEY: 'hush-hush' };

function problemsOf(result: S3Environment): readonly string[] {
  expect(JSON.stringify(result)).not.toContain('hush');
  expect(result.state).toBe('misconfigured');
  return result.state === 'misconfigured' ? result.problems.map(({ message }) => message) : [];
}

/** The first URL that a configured store asks. */
async function askedBy(env: Record<string, string>, options = {}): Promise<{ url: string; headers: Headers }> {
  let seen = { url: '', headers: new Headers() };
  const fetch: typeof globalThis.fetch = (url, init) => {
    seen = { url: url as string, headers: new Headers(init?.headers) };
    return Promise.reject(new Error('enough'));
  };
  const result = s3BlobStoreFromEnv(env, { ...options, fetch, retry: { attempts: 1 } });
  if (result.state !== 'configured') throw new Error(JSON.stringify(result));
  const bytes = new Uint8Array(1);
  await expect(result.blobs.put(digestOf(bytes), bytesSource(bytes))).rejects.toMatchObject({
    code: 'ERR_STORE_WRITE',
  });
  return seen;
}

describe('s3BlobStoreFromEnv', () => {
  it.each([{}, keys, { AWS_REGION: 'eu-west-1' }, legacy({ BUCKET: '  ', REGION: '' }), { PACKWRIGHT_S3_BUCKET: ' ' }])(
    'is not configured by %j',
    (env) => {
      expect(s3BlobStoreFromEnv(env)).toEqual({ state: 'not configured' });
    },
  );

  it.each<[Record<string, string>, readonly RegExp[]]>([
    [legacy({ BUCKET: 'one' }), [/ACCESS_KEY_ID is missing/, /SECRET_ACCESS_KEY is missing/]],
    [legacy({ REGION: 'eu-west-1' }), [/_BUCKET is missing/, /_ACCESS_KEY_ID is missing/, /_SECRET_ACCESS_KEY/]],
    [legacy({ BUCKET: 'one', ACCESS_KEY_ID: 'AKID', SECRET_ACCESS_KEY: ' ' }), [/SECRET_ACCESS_KEY is missing/]],
    [{ ...legacy({ BUCKET: 'one', ACCESS_KEY_ID: 'AKID' }), ...keys }, [/CHECKSTACK_\w+_SECRET_ACCESS_KEY is missing/]],
    [{ ...legacy({ BUCKET: 'one', ...legacyKeys }), PACKWRIGHT_S3_BUCKET: 'two' }, [/contradict each other/]],
    [legacy({ BUCKET: 'one', ...legacyKeys, FORCE_PATH_STYLE: 'yes' }), [/FORCE_PATH_STYLE is neither/]],
    [legacy({ BUCKET: 'one', ...legacyKeys, ENDPOINT: 'nowhere' }), [/_ENDPOINT: endpoint/]],
    [{ PACKWRIGHT_S3_BUCKET: 'one' }, [/AWS_ACCESS_KEY_ID is missing/, /AWS_SECRET_ACCESS_KEY is missing/]],
    [{ PACKWRIGHT_S3_BUCKET: 'one', AWS_SECRET_ACCESS_KEY: 'hush' }, [/AWS_ACCESS_KEY_ID is missing/]],
    [{ ...keys, PACKWRIGHT_S3_PREFIX: 'a' }, [/PACKWRIGHT_S3_BUCKET is missing/]],
    [{ ...keys, PACKWRIGHT_S3_BUCKET: 'a/b' }, [/^PACKWRIGHT_S3_BUCKET: bucket/]],
    [{ ...keys, PACKWRIGHT_S3_BUCKET: 'one', AWS_ENDPOINT_URL: 'http://u:hush@x' }, [/^AWS_ENDPOINT_URL: endpoint/]],
    [{ PACKWRIGHT_S3_BUCKET: 'one', AWS_ACCESS_KEY_ID: 'A', AWS_SECRET_ACCESS_KEY: 'hush hush' }, [/not printable/]],
    [{ ...keys, PACKWRIGHT_S3_BUCKET: 'one', PACKWRIGHT_S3_FORCE_PATH_STYLE: 'TRUE' }, [/is neither true, 1, false/]],
  ])('names what is wrong with %j', (env, messages) => {
    const problems = problemsOf(s3BlobStoreFromEnv(env));
    expect(problems).toHaveLength(messages.length);
    for (const [index, message] of messages.entries()) expect(problems[index]).toMatch(message);
  });

  it('reads the names of the predecessor', async () => {
    const env = legacy({ BUCKET: 'one', ...legacyKeys, REGION: 'eu-west-1', ENDPOINT: 'https://s3.example' });
    expect((await askedBy(env)).url).toMatch(/^https:\/\/s3\.example\/one\/sha256\//);
    const virtual = await askedBy({ ...env, ...legacy({ FORCE_PATH_STYLE: 'false' }) });
    expect(virtual.url).toMatch(/^https:\/\/one\.s3\.example\/sha256\//);
    expect(virtual.headers.get('authorization')).toContain('/eu-west-1/s3/');
  });

  it('reads the names of AWS', async () => {
    const env = {
      ...{ ...keys, AWS_SESSION_TOKEN: 'token', AWS_REGION: 'eu-west-1' },
      ...{ PACKWRIGHT_S3_BUCKET: 'one', PACKWRIGHT_S3_PREFIX: 'a/b', PACKWRIGHT_S3_FORCE_PATH_STYLE: '1' },
      ...{ AWS_ENDPOINT_URL: 'https://not.example', AWS_ENDPOINT_URL_S3: 'https://s3.example\n' },
    };
    const { url, headers } = await askedBy(env);
    expect(url).toMatch(/^https:\/\/s3\.example\/one\/a\/b\/sha256\//);
    expect(headers.get('x-amz-security-token')).toBe('token');
  });

  it('lets options come before variables', async () => {
    const { url } = await askedBy({ ...keys, PACKWRIGHT_S3_BUCKET: 'one' }, { bucket: 'two', region: 'eu-west-1' });
    expect(url).toMatch(/^https:\/\/two\.s3\.eu-west-1\.amazonaws\.com\/sha256\//);
  });

  it('gives blobs and records of one place', () => {
    const result = s3BlobStoreFromEnv(keys, { bucket: 'two', prefix: 'a' });
    expect(result).toMatchObject({ state: 'configured', blobs: { id: 's3://two/a' } });
  });

  it('refuses an unknown option', () => {
    expect(() => s3BlobStoreFromEnv({}, { buckett: 'x' } as object)).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }),
    );
  });
});
