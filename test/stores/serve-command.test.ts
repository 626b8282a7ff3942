import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { httpRegistries } from '../../src/adapters/registry/http.ts';
import { bytesSource } from '../../src/bytes/source.ts';
import { serveCommand, type ServeCommandResult } from '../../src/cli/commands/serve.ts';
import { createPackService } from '../../src/index.ts';
import { someBytes } from '../../src/testing/bytes.ts';
import { describeWithPeers } from '../interop/peers.ts';
import { startPostgres, type PostgresServer } from '../peers/postgres-server.ts';
import { startS3Server, type S3Server } from '../peers/s3-servers.ts';

type Environment = Readonly<Record<string, string>>;

async function serve(store: string, env: Environment): Promise<ServeCommandResult> {
  const context = { cwd: '.', env, home: '.', now: Date.now, operation: {}, info: (): void => undefined };
  return serveCommand({ store, port: 0 }, context);
}

const files = [{ path: 'a.bin', source: bytesSource(someBytes(300_000)) }];

describeWithPeers('packwright serve', { timeout: 120_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'packwright-serve-'));
  let s3: S3Server;
  let postgres: PostgresServer;
  let stores: Readonly<Record<'S3' | 'Postgres', { store: string; env: Environment; wrong: Environment }>>;
  beforeAll(async () => {
    [s3, postgres] = await Promise.all([startS3Server('versitygw', folder), startPostgres(['fsync=off'])]);
    const { accessKeyId, secretAccessKey } = s3.credentials;
    const keys = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_ENDPOINT_URL_S3: s3.endpoint };
    const url = new URL(postgres.url);
    url.password = '';
    stores = {
      S3: {
        store: `s3://${s3.bucket}/team`,
        env: { ...keys, AWS_SECRET_ACCESS_KEY: secretAccessKey },
        wrong: { ...keys, AWS_SECRET_ACCESS_KEY: 'hunter2' },
      },
      Postgres: { store: url.href, env: { PGPASSWORD: postgres.password }, wrong: { PGPASSWORD: 'hunter2' } },
    };
  });
  afterAll(async () => {
    await Promise.all([s3.stop(), postgres.stop()]);
    rmSync(folder, { recursive: true, force: true });
  });

  it.each(['S3', 'Postgres'] as const)('keeps what was pushed on %s, for every server over it', async (kind) => {
    const { store, env } = stores[kind];
    const [first, second] = [await serve(store, env), await serve(store, env)];
    const service = createPackService({ registries: httpRegistries({ unsafePlainHttp: true }) });
    const { digest } = await service.pack({ files }, `${first.host}/team/app:1.0`);
    await first.close();
    expect(await service.inspect(`${second.host}/team/app:1.0`)).toMatchObject({ descriptor: { digest } });
    await second.close();
    const third = await serve(store, env);
    const { descriptor } = await service.copy(`${third.host}/team/app:1.0`, `${third.host}/team/b:1.0`);
    expect(descriptor.digest).toBe(digest);
    await third.close();
  });

  it.each(['S3', 'Postgres'] as const)('does not start with a secret that %s refuses, nor repeats it', async (kind) => {
    const { store, wrong } = stores[kind];
    const error: unknown = await serve(store, wrong).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: 'StoreError', code: 'ERR_STORE_READ' });
    expect(inspect(error, { depth: 9 })).not.toContain('hunter2');
  });

  it('does not start where there is no such bucket', async () => {
    await expect(serve('s3://no-such-bucket', stores.S3.env)).rejects.toThrow(/NoSuchBucket/);
  });
});
