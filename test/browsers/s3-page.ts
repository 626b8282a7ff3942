import {
  s3BlobStore,
  s3Client,
  s3RecordStore,
  type S3Credentials,
  type S3StoreOptions,
} from 'packwright/blob-store/s3';
import { blobStoreContract, recordStoreContract, type TestRunner } from 'packwright/testing';

/** A bucket that the page may use. */
export interface PageBucket {
  readonly endpoint: string;
  readonly bucket: string;
  readonly credentials: S3Credentials;
}

/** The contracts over S3, from whatever runs this. */
export function s3Suites({
  credentials,
  ...where
}: PageBucket): Readonly<Record<string, (runner: TestRunner) => void>> {
  const client = s3Client({ credentials });
  const optionsOf = (): S3StoreOptions => ({ ...where, client, prefix: `page/${crypto.randomUUID()}` });
  return {
    s3BlobStore: (runner) =>
      blobStoreContract(runner, {
        name: 's3BlobStore',
        create: () => {
          const options = optionsOf();
          return Promise.resolve({
            store: s3BlobStore(options),
            reopen: () => Promise.resolve(s3BlobStore(options)),
            corrupt: async (digest, bytes) => {
              const [algorithm, hex = ''] = digest.split(':');
              const name = `${options.prefix ?? ''}/${algorithm}/${hex.slice(0, 2)}/${hex}`;
              const url = `${where.endpoint}/${where.bucket}/${name}`;
              await client.fetch(url, { method: 'PUT', body: new Uint8Array(bytes) });
            },
          });
        },
      }),
    s3RecordStore: (runner) =>
      recordStoreContract(runner, {
        name: 's3RecordStore',
        create: () => {
          const options = optionsOf();
          return Promise.resolve({
            store: s3RecordStore(options),
            reopen: () => Promise.resolve(s3RecordStore(options)),
          });
        },
      }),
  };
}

/** What became of each case of a suite: `works`, or why not. */
export async function outcomesOf(suite: string, bucket: PageBucket): Promise<Record<string, string>> {
  const cases: [string, () => Promise<void>][] = [];
  s3Suites(bucket)[suite]?.({
    describe: (_name, define) => define(),
    it: (title, run) => void cases.push([title, run]),
  });
  const outcomes: Record<string, string> = {};
  for (const [title, run] of cases) {
    outcomes[title] = await run().then(
      () => 'works',
      (error: unknown) => (error instanceof Error ? `${error.name}: ${error.message}` : String(error)),
    );
  }
  return outcomes;
}

/** Writes and reads by URLs that were signed elsewhere: the page has no credentials. */
export async function bySignedUrls(
  urls: { readonly put: string; readonly get: string },
  text: string,
): Promise<string> {
  const answer = await fetch(urls.put, { method: 'PUT', body: text });
  if (!answer.ok) return `answered ${answer.status}`;
  return (await fetch(urls.get)).text();
}
