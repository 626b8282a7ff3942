import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import type { ServerResponse } from 'node:http';
import { beforeAll, expect, it, vi } from 'vitest';
import {
  s3BlobStore,
  s3BlobStoreFromEnv,
  s3Client,
  s3RecordStore,
  type S3Credentials,
} from '../../src/adapters/blob-store/s3.ts';
import { utf8 } from '../../src/bytes/encoding.ts';
import { bytesSource } from '../../src/bytes/source.ts';
import { digestOf } from '../../src/digest/digest.ts';
import { contentOf, someBytes } from '../../src/testing/bytes.ts';
import { describeWithPeers } from '../interop/peers.ts';
import { makeAuthority } from '../peers/certificates.ts';
import { listen } from '../peers/listen.ts';
import { awsClient } from './aws-client.ts';
import { useS3Server } from './use-s3-server.ts';

vi.setConfig({ testTimeout: 120_000 });

const small = utf8('small');
const digest = digestOf(small);
const large = someBytes(11 << 20);
const credentials = { accessKeyId: 'AKIDTEST', secretAccessKey: 'secret/hush' };

interface Where {
  readonly endpoint: string;
  readonly credentials?: S3Credentials;
  readonly bucket?: string;
}

/** What every verb that asks a server fails with. */
async function failures({ endpoint, bucket = 'blobs', ...how }: Where): Promise<Error[]> {
  const options = { endpoint, bucket, client: s3Client({ credentials, ...how }), retry: { baseMs: 1 } };
  const [store, records] = [s3BlobStore(options), s3RecordStore(options)];
  const errors: Error[] = [];
  for (const ask of [
    () => store.get(digest),
    () => store.put(digest, bytesSource(small)),
    () => store.put(digestOf(large), bytesSource(large)),
    () => store.delete(digest),
    () => store.list()[Symbol.asyncIterator]().next(),
    () => records.get('a'),
    () => records.put('a', small, { ifVersion: null }),
  ]) {
    const error: unknown = await ask().then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toMatchObject({
      name: 'StoreError',
      code: expect.stringMatching(/^ERR_STORE_(READ|WRITE)$/) as string,
    });
    expect(inspect(error, { depth: 9 })).not.toContain('hush');
    errors.push(error as Error);
  }
  return errors;
}

const portal = 'http://portal.example/login?token=hush';
const answers: Readonly<
  Record<string, { readonly retried: boolean; readonly answer: (to: ServerResponse) => unknown }>
> = {
  'a page with 200': {
    retried: false,
    answer: (to) => to.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><p>Console'),
  },
  'a page with 503': {
    retried: true,
    answer: (to) => to.writeHead(503, { 'content-type': 'text/html' }).end('<html><h1>Service Unavailable'),
  },
  'a page with 403': {
    retried: false,
    answer: (to) => to.writeHead(403, { 'content-type': 'text/html' }).end('<html>who are you'),
  },
  'a redirect to a portal': { retried: false, answer: (to) => to.writeHead(302, { location: portal }).end() },
  'a redirect that keeps the method': { retried: false, answer: (to) => to.writeHead(307, { location: portal }).end() },
};

describeWithPeers('an endpoint that is not S3', () => {
  it.each(Object.entries(answers))('is said to be none: %s', async (_, { answer, retried }) => {
    const methods = new Set<string | undefined>();
    const site = await listen((request, response) => {
      methods.add(request.method);
      answer(response);
    });
    try {
      for (const error of await failures({ endpoint: site.url })) {
        expect(error).toMatchObject({
          retryable: retried,
          message: expect.stringContaining(site.host) as string,
          hint: expect.stringMatching(/endpoint/) as string,
        });
      }
      // A record is written to find out whether conditions are kept; no blob is.
      expect([...methods].sort()).toEqual(['GET', 'PUT']);
    } finally {
      await site.stop();
    }
  });

  it('is refused where its certificate is of nobody that is known, and asked once', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'packwright-endpoint-'));
    let asked = 0;
    const site = await listen(() => (asked += 1), { tls: makeAuthority(folder) });
    try {
      for (const error of await failures({ endpoint: site.url })) {
        expect(error).toMatchObject({
          retryable: false,
          message: expect.stringMatching(/CERT|SELF_SIGNED|UNABLE_TO_VERIFY/) as string,
        });
      }
      expect(asked).toBe(0);
    } finally {
      await site.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describeWithPeers('an endpoint of versitygw', () => {
  const used = useS3Server('versitygw');

  it('with a path that is not there names the bucket that it takes it for', async () => {
    const { endpoint, credentials: own } = used.server;
    for (const error of await failures({ endpoint: `${endpoint}/gateway/`, credentials: own })) {
      expect(error).toMatchObject({ retryable: false, details: { bucket: 'blobs', s3Code: 'NoSuchBucket' } });
    }
  });

  it.each(['fast', 'slow'] as const)('says how far a clock is %s that does not follow it', async (how) => {
    const off = how === 'fast' ? 3_600_000 : -3_600_000;
    const aws = awsClient(used.server.credentials);
    const now = (): number => Date.now() + off;
    const datetime = new Date(now()).toISOString().replace(/[:-]|\.\d{3}/g, '');
    const client = { fetch: (url: string, init?: RequestInit) => aws.fetch(url, { ...init, aws: { datetime } }) };
    const store = s3BlobStore(used.options({ client, clock: { now } }));
    for (const ask of [() => store.get(digest), () => store.put(digest, bytesSource(small))]) {
      await expect(ask()).rejects.toMatchObject({
        retryable: false,
        hint: expect.stringMatching(new RegExp(`clock of this machine is 3[56]\\d\\d seconds ${how}`)) as string,
      });
    }
  });

  it('says the region of the server to who has another one', async () => {
    const { server } = used;
    const client = s3Client({ credentials: server.credentials, region: 'eu-west-1' });
    const store = s3BlobStore(used.options({ client }));
    for (const ask of [() => store.get(digest), () => store.put(digest, bytesSource(small))]) {
      await expect(ask()).rejects.toMatchObject({
        retryable: false,
        hint: expect.stringMatching(/us-east-1/) as string,
      });
    }
  });
});

describeWithPeers('a session of moto, which checks every signature', () => {
  const used = useS3Server('moto', { env: { INITIAL_NO_AUTH_ACTION_COUNT: '1000' } });
  let session: Required<S3Credentials>;

  beforeAll(async () => {
    const version = { iam: '2010-05-08', sts: '2011-06-15' };
    const ask = async (service: keyof typeof version, form: Readonly<Record<string, string>>): Promise<string> => {
      const { endpoint, credentials: own } = used.server;
      const aws = awsClient(own, service);
      const body = new URLSearchParams({ ...form, Version: version[service] }).toString();
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };
      const answer = await aws.fetch(`${endpoint}/`, { method: 'POST', body, headers });
      if (!answer.ok) throw new Error(`${service}: ${answer.status}`);
      return answer.text();
    };
    const rule = (more: object): string =>
      JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', ...more }] });
    const trusted = rule({ Principal: { AWS: '*' }, Action: 'sts:AssumeRole' });
    await ask('iam', { Action: 'CreateRole', RoleName: 'writer', AssumeRolePolicyDocument: trusted });
    const allowed = rule({ Action: ['s3:GetObject', 's3:PutObject'], Resource: '*' });
    await ask('iam', { Action: 'PutRolePolicy', RoleName: 'writer', PolicyName: 'write', PolicyDocument: allowed });
    const RoleArn = 'arn:aws:iam::123456789012:role/writer';
    const text = await ask('sts', { Action: 'AssumeRole', RoleArn, RoleSessionName: 'session' });
    const said = (name: string): string => new RegExp(`<${name}>([^<]+)<`).exec(text)?.[1] ?? '';
    session = {
      accessKeyId: said('AccessKeyId'),
      secretAccessKey: said('SecretAccessKey'),
      sessionToken: said('SessionToken'),
    };
    await fetch(`${used.server.endpoint}/moto-api/reset-auth`, { method: 'POST', body: '0' });
  });

  it('passes with its token, from options and from the environment', async () => {
    const store = s3BlobStore(used.options({ client: s3Client({ credentials: session }) }));
    expect(await store.put(digest, bytesSource(small))).toEqual({ created: true });
    const found = s3BlobStoreFromEnv(
      {
        AWS_ACCESS_KEY_ID: session.accessKeyId,
        AWS_SECRET_ACCESS_KEY: session.secretAccessKey,
        AWS_SESSION_TOKEN: session.sessionToken,
        AWS_ENDPOINT_URL_S3: used.server.endpoint,
      },
      { bucket: used.server.bucket },
    );
    if (found.state !== 'configured') throw new Error(found.state);
    await found.blobs.put(digestOf(large), bytesSource(large));
    const blob = await found.blobs.get(digestOf(large));
    expect(blob && digestOf(await contentOf(await blob.open()))).toBe(digestOf(large));
  });

  it.each<[string, (own: Required<S3Credentials>) => S3Credentials, string, RegExp]>([
    ['no token', (own) => ({ ...own, sessionToken: undefined }), 'InvalidAccessKeyId', /session token/],
    ['another token', (own) => ({ ...own, sessionToken: `hush${own.sessionToken}` }), 'InvalidToken', /session token/],
    [
      'another secret',
      (own) => ({ ...own, secretAccessKey: 'hush/hush' }),
      'SignatureDoesNotMatch',
      /secret access key/,
    ],
    ['another key', (own) => ({ ...own, accessKeyId: 'ASIANOBODY' }), 'InvalidAccessKeyId', /access key id/],
  ])('says what is wrong, and no secret: %s', async (_what, change, s3Code, hint) => {
    const changed = change(session);
    const { endpoint, bucket } = used.server;
    for (const error of await failures({ endpoint, bucket, credentials: changed })) {
      expect(error).toMatchObject({
        retryable: false,
        details: { bucket, s3Code },
        hint: expect.stringMatching(hint) as string,
      });
      for (const secret of [session.secretAccessKey, session.sessionToken, changed.secretAccessKey]) {
        expect(inspect(error, { depth: 9 })).not.toContain(secret);
      }
    }
  });

  it('says what its policy does not allow', async () => {
    const store = s3BlobStore(used.options({ client: s3Client({ credentials: session }) }));
    await store.put(digest, bytesSource(small));
    const { bucket } = used.server;
    for (const [permission, ask] of [
      ['s3:DeleteObject', () => store.delete(digest)],
      ['s3:ListBucket', () => store.list()[Symbol.asyncIterator]().next()],
    ] as const) {
      await expect(ask()).rejects.toMatchObject({ retryable: false, details: { bucket, permission } });
    }
    expect(await store.stat(digest)).toMatchObject({ size: small.length });
  });
});
