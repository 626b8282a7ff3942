import { mkdirSync } from 'node:fs';
import { lookup } from 'node:dns';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Agent, fetch as undiciFetch } from 'undici';
import { s3Client, type S3Credentials, type S3Fetch } from '../../src/adapters/blob-store/s3.ts';
import { programPath } from './programs.ts';
import { startServer, type ServerCommand } from './server-process.ts';

/** Programs that are S3 servers: versitygw over a folder, and moto in memory. */
export type S3ServerKind = 'versitygw' | 'moto';

export const s3ServerKinds: readonly S3ServerKind[] = ['versitygw', 'moto'];

/** An S3 server with a bucket. */
export interface S3Server {
  readonly kind: S3ServerKind;
  /** `http://127.0.0.1:45123`; under this name a bucket is part of the path. */
  readonly endpoint: string;
  /** `http://s3.example:45123`; under this name a bucket is part of the host. Only {@link S3Server.fetch} finds it. */
  readonly virtualEndpoint: string;
  readonly credentials: S3Credentials;
  readonly client: S3Fetch;
  /** The platform's, but every host is the loopback. */
  readonly fetch: typeof globalThis.fetch;
  readonly bucket: string;
  createBucket(name: string): Promise<void>;
  /** Ends it on the spot, as a power loss would. */
  kill(): Promise<void>;
  /** Starts it again, on its port. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

const domain = 's3.example';
const credentials: S3Credentials = { accessKeyId: 'AKIDTESTTESTTEST', secretAccessKey: 'secret/of+the/tests' };

/** What a server is given besides. */
export interface S3ServerOptions {
  /** Arguments of the program, and those of the storage of versitygw. */
  readonly args?: readonly string[] | undefined;
  readonly storage?: readonly string[] | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
}

/** Starts a server on the loopback; what it keeps is in the folder. */
export async function startS3Server(
  kind: S3ServerKind,
  folder: string,
  options: S3ServerOptions = {},
): Promise<S3Server> {
  const ready = { health: '/', ready: [200, 403, 404] };
  const server = await startServer((port) => commands[kind](port, folder, options), ready);
  const { host } = server;
  const port = host.slice(host.indexOf(':'));
  const endpoint = `http://${host}`;
  const agent = new Agent({ connect: { lookup: (_name, options, found) => lookup('127.0.0.1', options, found) } });
  const fetch = ((input: string, init?: object) =>
    undiciFetch(input, { ...init, dispatcher: agent })) as unknown as typeof globalThis.fetch;
  const client = s3Client({ credentials, fetch });
  const createBucket = async (name: string): Promise<void> => {
    const answer = await client.fetch(`${endpoint}/${name}`, { method: 'PUT' });
    if (!answer.ok) throw new Error(`${kind} answered ${answer.status} to a new bucket: ${await answer.text()}`);
  };
  await createBucket('blobs');
  return {
    kind,
    endpoint,
    virtualEndpoint: `http://${domain}${port}`,
    credentials,
    client,
    fetch,
    bucket: 'blobs',
    createBucket,
    kill: () => server.kill(),
    start: () => server.start(),
    stop: async () => {
      await agent.destroy();
      await server.stop();
    },
  };
}

const commands: Readonly<
  Record<S3ServerKind, (port: number, folder: string, options: S3ServerOptions) => ServerCommand>
> = {
  versitygw: (port, folder, { args = [], storage = [], env }) => {
    const state = join(folder, 'state');
    mkdirSync(state, { recursive: true });
    return {
      program: programPath('versitygw'),
      args: [
        '--port',
        `127.0.0.1:${port}`,
        '--quiet',
        '--keep-alive',
        '--virtual-domain',
        `${domain}:${port}`,
        ...args,
        // Not with --sidecar: then bytes and ETag change one after the other, and conditional writes lose updates.
        'posix',
        ...storage,
        state,
      ],
      env: { ROOT_ACCESS_KEY_ID: credentials.accessKeyId, ROOT_SECRET_ACCESS_KEY: credentials.secretAccessKey, ...env },
    };
  },
  moto: (port, folder, { args = [], env }) => ({
    program: programPath('python-with-moto'),
    args: [fileURLToPath(new URL('moto_server.py', import.meta.url)), '-H', '127.0.0.1', '-p', String(port), ...args],
    env: {
      MOTO_S3_CUSTOM_ENDPOINTS: `http://${domain}:${port}`,
      S3_IGNORE_SUBDOMAIN_BUCKETNAME: 'false',
      HOME: folder,
      ...env,
    },
  }),
};
