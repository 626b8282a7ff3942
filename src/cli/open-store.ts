import { readdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fsBlobStore, fsRecordStore } from '../adapters/blob-store/fs.ts';
import { orStoreFailure } from '../adapters/node/failure.ts';
import { StoreError, UsageError } from '../errors.ts';
import type { BlobStore, RecordStore } from '../ports/index.ts';
import type { PostgresClient } from '../adapters/blob-store/postgres.ts';

/** A store that a command works on. */
export interface OpenStore {
  /** Names the store, without secrets. */
  readonly id: string;
  readonly blobs: BlobStore;
  readonly records: RecordStore;
  /** Gives connections back. */
  close(): Promise<void>;
}

/** What a store is opened in. */
export interface OpenStoreOptions {
  /** The folder that relative paths start from. */
  readonly cwd: string;
  /** Where keys and passwords come from, and nowhere else. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** How a store is written. */
const storeHint =
  'write fs:DIR, s3://BUCKET/PREFIX (keys in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY) or postgres://USER@HOST/DATABASE (password in PGPASSWORD)';

/**
 * Opens `fs:DIR`, `s3://BUCKET/PREFIX` or `postgres://USER@HOST/DATABASE?schema=S&prefix=P`.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for what names no store, for a secret in it, and where the environment
 *   lacks what the store needs, naming each variable. StoreError where the Postgres client is not installed.
 */
export async function openStore(text: string, options: OpenStoreOptions): Promise<OpenStore> {
  if (text.startsWith('fs:') && text.length > 3) return openFolderStore(resolve(options.cwd, text.slice(3)));
  if (text.startsWith('s3://')) return openS3(text.slice(5), options.env);
  if (/^postgres(ql)?:\/\//.test(text)) return openPostgres(text, options.env);
  throw new UsageError('ERR_INVALID_ARGUMENT', 'store is of no kind that is known', {
    argument: 'store',
    hint: storeHint,
  });
}

function openFolderStore(directory: string): OpenStore {
  return {
    id: `fs:${directory}`,
    blobs: fsBlobStore({ directory, durable: true }),
    records: fsRecordStore({ directory, durable: true }),
    close: () => Promise.resolve(),
  };
}

/**
 * For who reads all that a store has: a folder that is not there is a slip, and not a store without blobs.
 *
 * @throws StoreError `ERR_STORE_READ`.
 */
export async function refuseMissingFolder(text: string, cwd: string): Promise<void> {
  if (!text.startsWith('fs:')) return;
  const directory = resolve(cwd, text.slice(3));
  const what = `folder ${JSON.stringify(directory)}`;
  await orStoreFailure({ store: directory, action: 'read', what }, async () => {
    await readdir(directory);
  });
}

async function openS3(rest: string, env: OpenStoreOptions['env']): Promise<OpenStore> {
  const [, bucket, prefix] = /^([^/?#@:]+)(?:\/([^?#]*))?$/.exec(rest) ?? [];
  if (bucket === undefined) throw secretOrNone('S3');
  const { s3BlobStoreFromEnv } = await import('../adapters/blob-store/s3.ts');
  const inside = prefix?.replace(/\/$/, '');
  const found = s3BlobStoreFromEnv(env, {
    bucket,
    ...(inside === undefined || inside === '' ? {} : { prefix: inside }),
  });
  if (found.state === 'configured') {
    return { id: found.blobs.id, blobs: found.blobs, records: found.records, close: () => Promise.resolve() };
  }
  const problems = found.state === 'misconfigured' ? found.problems.map(({ message }) => message) : [];
  throw new UsageError('ERR_INVALID_ARGUMENT', `store on S3 is not configured: ${problems.join('; ')}`, {
    argument: 'store',
    hint: storeHint,
  });
}

/** What of pg is used. */
interface PostgresPool extends PostgresClient {
  on(event: 'error', listener: () => void): unknown;
  end(): Promise<void>;
}

async function openPostgres(text: string, env: OpenStoreOptions['env']): Promise<OpenStore> {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || isBare(url) || url.password !== '' || url.searchParams.has('password')) {
    throw secretOrNone('Postgres');
  }
  const [schema, prefix] = ['schema', 'prefix'].map((name) => url.searchParams.get(name) ?? undefined);
  // Two schemas, or prefixes, of one database are two stores.
  const place = ['schema', 'prefix'].flatMap((name) => url.searchParams.getAll(name).map((text) => `${name}=${text}`));
  const id = `postgres:${url.host}${url.pathname}${place.length === 0 ? '' : `?${place.join('&')}`}`;
  for (const name of ['schema', 'prefix']) url.searchParams.delete(name);
  const password = env['PGPASSWORD'];
  if (password !== undefined) url.password = encodeURIComponent(password);
  const pool = await openPool(url.href);
  const { postgresBlobStore, postgresRecordStore } = await import('../adapters/blob-store/postgres.ts');
  const settings = { client: pool, schema, prefix };
  return {
    id,
    blobs: postgresBlobStore(settings),
    records: postgresRecordStore(settings),
    close: () => pool.end(),
  };
}

/** Names neither a server nor a database: nobody means whatever the client takes then. */
function isBare({ host, pathname, searchParams }: URL): boolean {
  return host === '' && pathname.length < 2 && !searchParams.has('host');
}

async function openPool(connectionString: string): Promise<PostgresPool> {
  // A name that no bundler follows: who keeps nothing in Postgres need not have its client.
  const name: string = 'pg';
  try {
    const pg = (await import(name)) as { default: { Pool: new (options: object) => PostgresPool } };
    const pool = new pg.default.Pool({
      connectionString,
      max: 10,
      allowExitOnIdle: true,
      connectionTimeoutMillis: 30_000,
    });
    // A server that restarts must not end the process: the next statement says what is wrong.
    pool.on('error', () => undefined);
    return pool;
  } catch (cause) {
    throw new StoreError('ERR_STORE_READ', 'client of Postgres cannot be loaded', {
      cause,
      hint: 'install it beside packwright: npm install pg',
    });
  }
}

/** Says nothing of what was typed, which may be a secret. */
function secretOrNone(what: string): UsageError {
  return new UsageError('ERR_INVALID_ARGUMENT', `store on ${what} has a secret in it, or is not written as it is`, {
    argument: 'store',
    hint: storeHint,
  });
}
