import { StoreError } from '../../../errors.ts';
import type { S3Bucket } from './bucket.ts';
import type { S3Action } from './s3-failure.ts';

/** The error for an answer that says yes, and not what S3 says. */
export function brokenAnswer(bucket: S3Bucket, action: S3Action, problem: string): StoreError {
  const { bucket: name, host, id } = bucket.settings.address;
  return new StoreError(action.code, `${action.what} in bucket ${name} failed: ${host} ${problem}`, {
    store: id,
    hint: 'check the endpoint; in a browser, the bucket must expose the header ETag by CORS',
  });
}
