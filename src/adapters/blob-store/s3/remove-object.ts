import type { S3Bucket } from './bucket.ts';
import type { S3Action } from './s3-failure.ts';

/** Deletes an object; S3 says the same where there was none. */
export async function removeObject(
  bucket: S3Bucket,
  name: string,
  action: S3Action,
  options: { readonly headers?: Readonly<Record<string, string>>; readonly signal?: AbortSignal | undefined } = {},
): Promise<void> {
  await bucket.ask({ ...options, method: 'DELETE', key: bucket.keyOf(name), expect: [200, 204, 404, 412], action });
}
