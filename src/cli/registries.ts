import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fsRecordStore } from '../adapters/blob-store/fs-record-store.ts';
import { dockerConfigCredentials } from '../adapters/credential/docker-config.ts';
import { removeEmptyFolder } from '../adapters/node/folders.ts';
import { UsageError } from '../errors.ts';
import type { RegistryLookup } from '../pack/pack-location.ts';
import type { CredentialProvider } from '../ports/index.ts';
import { commandTransport, type CommandTransport } from './command-transport.ts';
import type { CommandContext } from './context.ts';
import { environmentProxy } from './environment-proxy.ts';
import { visible } from './table.ts';
import { typedCredentials } from './typed-credential.ts';

/** How registries are reached. Everything has a default. */
export interface RegistriesOptions {
  /** Who asks; used for one host, and with a password that is read when that host is asked first. */
  readonly username?: string | undefined;
  /** The password comes from stdin, and nobody is asked for it. */
  readonly passwordStdin?: boolean | undefined;
  /** A file with credentials in docker's format; where docker and podman keep them by default. */
  readonly registryConfig?: string | undefined;
  /** Over http, also where the host is not this machine. */
  readonly plainHttp?: boolean | undefined;
  /** Takes any certificate. */
  readonly insecureSkipTlsVerify?: boolean | undefined;
  /** Certificates to trust besides those of the platform, in PEM. */
  readonly caFile?: string | undefined;
  /** The certificate that is shown to registries, in PEM. */
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
  /** How many blobs are moved at a time. */
  readonly concurrency?: number | undefined;
}

/** Registries by their host. */
export interface CommandRegistries {
  readonly lookup: RegistryLookup;
  /** Closes connections that are kept open, and removes what is of no more use. */
  close(): Promise<void>;
}

/**
 * Reaches registries as the environment and the options say: through its proxies, with the credentials that docker and
 * podman have. Nothing is contacted before a verb asks.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for a file that cannot be read.
 */
export function openRegistries(options: RegistriesOptions, context: CommandContext): CommandRegistries {
  const transport = registryTransport(options, context);
  const credentials = credentialsOf(options, context);
  const uploads = uploadsFolder(context);
  const leave = cleaner(uploads);
  let inner: Promise<RegistryLookup> | undefined;
  return {
    lookup: async (host) => {
      credentials.bind(host);
      await transport.check(host);
      inner ??= loadRegistries(options, { transport, credentials: credentials.provider, uploads }, context);
      return (await inner)(host);
    },
    async close() {
      await transport.close();
      if (inner !== undefined) leave();
    },
  };
}

/** The `fetch` that the options ask for. */
export function registryTransport(options: RegistriesOptions, { cwd, env }: CommandContext): CommandTransport {
  const read = (file: string | undefined, argument: string): string | undefined =>
    file === undefined ? undefined : readPem(resolve(cwd, file), argument);
  const ca = read(options.caFile, 'ca-file');
  return commandTransport({
    proxyFor: environmentProxy(env),
    ca: ca === undefined ? undefined : [ca],
    cert: read(options.certFile, 'cert-file'),
    key: read(options.keyFile, 'key-file'),
    unsafeAnyCertificate: options.insecureSkipTlsVerify,
  });
}

interface BoundCredentials {
  readonly provider: CredentialProvider;
  /** Says that a host is going to be asked. */
  bind(host: string): void;
}

function credentialsOf(options: RegistriesOptions, context: CommandContext): BoundCredentials {
  const { username, passwordStdin = false, registryConfig } = options;
  if (username !== undefined) return typedCredentials({ username, passwordStdin }, context);
  const { cwd, env, home } = context;
  const file = registryConfig === undefined ? undefined : resolve(cwd, registryConfig);
  return { provider: dockerConfigCredentials({ env, home, file }), bind: () => undefined };
}

interface Parts {
  readonly transport: CommandTransport;
  readonly credentials: CredentialProvider;
  readonly uploads: string;
}

/** The code of registries is loaded when one is asked for. */
async function loadRegistries(
  options: RegistriesOptions,
  parts: Parts,
  context: CommandContext,
): Promise<RegistryLookup> {
  const { httpRegistries } = await import('../adapters/registry/http.ts');
  return httpRegistries({
    fetch: parts.transport.fetch,
    credentials: parts.credentials,
    unsafePlainHttp: options.plainHttp,
    concurrency: options.concurrency === undefined ? undefined : atLeast(options.concurrency),
    uploads: fsRecordStore({ directory: parts.uploads }),
    onWarning: (warning) => context.info(`warning: ${visible(warning)}`),
  });
}

/** Requests that may be under way for so many blobs at a time, and never fewer than is usual. */
function atLeast(blobs: number): { readonly total: number; readonly perOrigin: number } {
  return { total: Math.max(16, blobs * 2), perOrigin: Math.max(8, blobs) };
}

/** Where the state of uploads is kept that can go on in another process (XDG Base Directory Specification). */
function uploadsFolder({ env, home }: CommandContext): string {
  const state = env['XDG_STATE_HOME'];
  return join(state?.startsWith('/') === true ? state : join(home, '.local', 'state'), 'packwright', 'uploads');
}

/** Removes the folder of uploads and its parent where they are empty, and those above them that were not there before. */
function cleaner(uploads: string): () => void {
  let highest = dirname(uploads);
  while (!existsSync(dirname(highest))) highest = dirname(highest);
  return () => {
    let folder = uploads;
    while (removeEmptyFolder(folder) && folder !== highest) folder = dirname(folder);
  };
}

function readPem(file: string, argument: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new UsageError('ERR_INVALID_ARGUMENT', `file ${JSON.stringify(file)} cannot be read`, {
      cause,
      argument,
      hint: `check --${argument}`,
    });
  }
}
