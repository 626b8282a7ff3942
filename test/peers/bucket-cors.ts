import { createHash } from 'node:crypto';
import type { S3Server } from './s3-servers.ts';

/** What docs/stores.md says that a bucket must allow to pages. */
const rule: Readonly<Record<string, readonly string[]>> = {
  AllowedOrigin: ['*'],
  AllowedMethod: ['GET', 'HEAD', 'PUT', 'POST', 'DELETE'],
  AllowedHeader: ['authorization', 'content-type', 'if-match', 'if-none-match', 'if-range', 'range', 'x-amz-*'],
  ExposeHeader: ['ETag', 'Content-Range', 'Date', 'x-amz-meta-time'],
  MaxAgeSeconds: ['600'],
};

/** Lets the pages of every origin use the bucket of a server, who have the keys. */
export async function allowPages({ client, endpoint, bucket, kind }: S3Server): Promise<void> {
  const elements = Object.entries(rule).flatMap(([name, values]) =>
    values.map((value) => `<${name}>${value}</${name}>`),
  );
  const body = `<CORSConfiguration><CORSRule>${elements.join('')}</CORSRule></CORSConfiguration>`;
  const headers = { 'x-amz-checksum-sha256': createHash('sha256').update(body).digest('base64') };
  const answer = await client.fetch(`${endpoint}/${bucket}?cors`, { method: 'PUT', body, headers });
  if (!answer.ok) throw new Error(`${kind} answered ${answer.status} to rules for pages: ${await answer.text()}`);
}
