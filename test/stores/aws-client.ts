import { AwsClient } from 'aws4fetch';
import type { S3Credentials } from '../../src/adapters/blob-store/s3.ts';

/** The client of aws4fetch, which tries nothing again by itself. */
export function awsClient({ accessKeyId, secretAccessKey }: S3Credentials, service = 's3'): AwsClient {
  return new AwsClient({ accessKeyId, secretAccessKey, service, region: 'us-east-1', retries: 0 });
}
