import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { s3BlobStore, s3Client } from '../../src/adapters/blob-store/s3.ts';
import { nameOfBlob } from '../../src/adapters/blob-store/s3/blob-key.ts';
import { utf8 } from '../../src/bytes/encoding.ts';
import { readAll } from '../../src/bytes/stream.ts';
import { digestOf } from '../../src/digest/digest.ts';
import { s3Suites, type PageBucket } from '../browsers/s3-page.ts';
import { describeWithPeers } from '../interop/peers.ts';
import { root } from '../meta/source-tree.ts';
import { startCorsProxy } from '../peers/cors-proxy.ts';
import type { Listening } from '../peers/listen.ts';
import { startS3Server, type S3Server } from '../peers/s3-servers.ts';
import { openPage, type ScriptPage } from '../runtimes/browsers.ts';
import { runtimesIn } from '../runtimes/tools.ts';

const folder = mkdtempSync(join(tmpdir(), 'packwright-s3-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What docs/stores.md says that a bucket must allow. */
const cors = {
  'access-control-allow-methods': 'GET, HEAD, PUT, POST, DELETE',
  'access-control-allow-headers':
    'authorization, content-type, if-match, if-none-match, if-range, range, x-amz-content-sha256, x-amz-copy-source, x-amz-copy-source-range, x-amz-date, x-amz-meta-time, x-amz-security-token',
  'access-control-expose-headers': 'ETag, Content-Range, x-amz-meta-time, Date',
  'access-control-max-age': '600',
};

function casesOf(suite: string): string[] {
  const nowhere = {
    endpoint: 'https://s3.example',
    bucket: 'none',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  };
  const names: string[] = [];
  s3Suites(nowhere)[suite]?.({ describe: (_name, define) => define(), it: (name) => void names.push(name) });
  return names;
}

describeWithPeers('S3 from a page of Chromium', { timeout: 120_000 }, () => {
  let server: S3Server;
  let proxy: Listening;
  let page: ScriptPage;
  let bucket: PageBucket;
  beforeAll(async () => {
    server = await startS3Server('versitygw', folder);
    proxy = await startCorsProxy({ port: Number(new URL(server.endpoint).port) }, cors);
    bucket = { endpoint: proxy.url, bucket: server.bucket, credentials: server.credentials };
    const runtimes = runtimesIn(process.env.PACKWRIGHT_RUNTIMES ?? root);
    const entry = "import * as all from './test/browsers/s3-page.ts'; Object.assign(globalThis, all);";
    page = await openPage('Chromium', root, runtimes, entry);
  }, 120_000);
  afterAll(async () => {
    await page.close();
    await proxy.stop();
    await server.stop();
  });

  describe.each(['s3BlobStore', 's3RecordStore'])('%s', (suite) => {
    let outcomes: Record<string, string> = {};
    beforeAll(async () => {
      outcomes = (await page.ask(`outcomesOf('${suite}', ${JSON.stringify(bucket)})`)) as typeof outcomes;
    }, 600_000);

    it.each(casesOf(suite))('%s', (name) => {
      expect(outcomes[name]).toBe('works');
    });
  });

  it('is written and read by signed URLs, without credentials', async () => {
    const bytes = utf8('from the page');
    const client = s3Client({ credentials: server.credentials });
    const store = s3BlobStore({ client, bucket: server.bucket, endpoint: proxy.url, prefix: 'signed' });
    const key = `${proxy.url}/${server.bucket}/signed/${nameOfBlob(digestOf(bytes))}`;
    const { url: put } = await client.sign(key, { method: 'PUT', aws: { signQuery: true } });
    const get = await store.presign?.(digestOf(bytes), { expiresInSeconds: 60 });
    expect(await page.ask(`bySignedUrls(${JSON.stringify({ put, get })}, 'from the page')`)).toBe('from the page');
    const stream = await (await store.get(digestOf(bytes)))?.open();
    expect(stream && (await readAll(stream, { limit: 100 }))).toEqual(bytes);
  });
});
