import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import type { S3StoreOptions } from '../../src/adapters/blob-store/s3.ts';
import { startS3Server, type S3Server, type S3ServerKind, type S3ServerOptions } from '../peers/s3-servers.ts';

/** The server of a suite. */
export interface UsedS3Server {
  readonly server: S3Server;
  /** What a store of its own in the bucket takes: each has another prefix. */
  readonly options: (more?: Partial<S3StoreOptions>) => S3StoreOptions;
}

/** Starts a server before the tests of the suite around, and ends it after them. */
export function useS3Server(kind: S3ServerKind, how: S3ServerOptions = {}): UsedS3Server {
  const folder = mkdtempSync(join(tmpdir(), 'packwright-s3-'));
  let server: S3Server | undefined;
  let prefixes = 0;
  const started = (): S3Server => {
    if (server === undefined) throw new Error('the server is there when the tests run');
    return server;
  };
  beforeAll(async () => {
    server = await startS3Server(kind, folder, how);
  });
  afterAll(async () => {
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    get server() {
      return started();
    },
    options: (more = {}) => ({
      client: started().client,
      bucket: started().bucket,
      endpoint: started().endpoint,
      prefix: `case/${++prefixes}`,
      partSize: 5 << 20,
      ...more,
    }),
  };
}
