import { readFile } from 'node:fs/promises';
import { hostname, networkInterfaces } from 'node:os';
import { resolve } from 'node:path';
import { listen, type Listening, type ListenOptions } from '../../adapters/node/http-listener.ts';
import { htpasswdAuth, registryServer, type RegistryAuth } from '../../adapters/registry/server.ts';
import { checkOptions } from '../../bytes/check-options.ts';
import { isPackError, UsageError } from '../../errors.ts';
import { isLoopback } from '../../http/loopback.ts';
import { listFlag, switchFlag, textFlag, type CommandSpec } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { openServedStore, type ServedStore } from '../served-store.ts';

/** What `packwright serve` takes. */
export interface ServeCommandOptions {
  /** `oci:DIR`, `fs:DIR`, `s3://…` or `postgres://…`; memory by default, which is gone with the process. */
  readonly store?: string | undefined;
  /** The address to bind; `127.0.0.1` by default. */
  readonly host?: string | undefined;
  /** 5000 by default; 0 takes any port that is free. */
  readonly port?: number | undefined;
  /** Refuses every push and delete. */
  readonly readOnly?: boolean | undefined;
  /** A file of htpasswd (bcrypt): nobody but who is in it may do anything. */
  readonly auth?: string | undefined;
  /** File of a certificate chain in PEM. */
  readonly tlsCert?: string | undefined;
  /** File of the private key in PEM. */
  readonly tlsKey?: string | undefined;
  /** Origins whose pages may push and delete; every other page may only read. */
  readonly corsOrigins?: readonly string[] | undefined;
  /** Names that the registry is reached under, besides the address that is bound. */
  readonly allowHosts?: readonly string[] | undefined;
}

/** A registry that is served. */
export interface ServeCommandResult {
  /** `http://127.0.0.1:5000` */
  readonly url: string;
  /** What a reference to it starts with: `127.0.0.1:5000`. */
  readonly host: string;
  /** Names the store. */
  readonly store: string;
  /** Takes no more requests, and lets those under way end for a few seconds. */
  readonly close: () => Promise<void>;
  /** Is kept when it was closed; the signal of the context closes it too. */
  readonly closed: Promise<void>;
}

const optionNames = ['store', 'host', 'port', 'readOnly', 'auth', 'tlsCert', 'tlsKey', 'corsOrigins', 'allowHosts'];

/**
 * Serves a registry over HTTP until it is closed. Everybody who reaches the loopback may push and delete; on another
 * address it takes passwords or is read-only.
 *
 * @throws UsageError for options that cannot be, an address that cannot be had, and a registry that everybody could
 * write to; StoreError for a folder, a bucket or a database that cannot be used.
 */
export async function serveCommand(options: ServeCommandOptions, context: CommandContext): Promise<ServeCommandResult> {
  checkOptions('serve', options, optionNames);
  const { host = '127.0.0.1', port = 5000, readOnly = false, store } = options;
  checkExposure(options, host);
  const { signal } = context.operation;
  signal?.throwIfAborted();
  const tls = await readTls(options, context);
  const auth = options.auth === undefined ? undefined : await readAuth(options.auth, context);
  const { cwd, env, operation } = context;
  const opened = await openServedStore({ store, cwd, env, readOnly, operation });
  const onError = (error: unknown): void => {
    context.info(`packwright: ${error instanceof Error ? error.message : String(error)}`);
  };
  const handler = registryServer({
    registry: opened.registry,
    auth,
    readOnly,
    cors: { origins: options.corsOrigins },
    hosts: [...hostsOf(host), ...(options.allowHosts ?? [])],
    onError,
  });
  warn(options, host, context);
  try {
    return served(await listen(handler, { host, port, tls, onError: ignoreCuts(onError) }), opened, signal);
  } catch (error) {
    await opened.close();
    throw error;
  }
}

/** Clients that go away are no news. */
function ignoreCuts(onError: (error: unknown) => void): (error: unknown) => void {
  return (error) => {
    if (isPackError(error)) onError(error);
  };
}

function served({ url, close }: Listening, store: ServedStore, signal: AbortSignal | undefined): ServeCommandResult {
  let end = (): void => undefined;
  const closed = new Promise<void>((resolve) => (end = resolve));
  let closing: Promise<void> | undefined;
  const closeOnce = (): Promise<void> => {
    closing ??= close()
      .finally(() => store.close())
      .then(end);
    return closing;
  };
  if (signal?.aborted === true) void closeOnce();
  signal?.addEventListener('abort', () => void closeOnce(), { once: true });
  return { url: url.origin, host: url.host, store: store.registry.id, close: closeOnce, closed };
}

/** True for an address to bind that only this machine reaches. */
function isLoopbackAddress(host: string): boolean {
  return isLoopback(host.includes(':') ? `[${host}]` : host);
}

function checkExposure({ auth, readOnly = false }: ServeCommandOptions, host: string): void {
  if (isLoopbackAddress(host) || auth !== undefined || readOnly) return;
  throw new UsageError('ERR_INVALID_ARGUMENT', `host ${host} lets everybody push and delete who reaches it`, {
    argument: 'host',
    hint: 'give --auth with a file of htpasswd, or --read-only',
  });
}

function warn(options: ServeCommandOptions, host: string, { info }: CommandContext): void {
  if (options.store === undefined) info('warning: without --store everything is in memory, and gone at the end');
  if (options.auth !== undefined && options.tlsCert === undefined && !isLoopbackAddress(host)) {
    info('warning: without --tls-cert passwords cross the network in clear text');
  }
}

/** What `Host` may say: the address, names of the loopback, and where every address is bound, those of this machine. */
function hostsOf(host: string): string[] {
  const every = host === '0.0.0.0' || host === '::';
  const own = every
    ? [hostname(), ...Object.values(networkInterfaces()).flatMap((all) => all?.map(({ address }) => address) ?? [])]
    : [host];
  return [...new Set(['localhost', '127.0.0.1', '::1', ...own])].map((name) =>
    name.includes(':') ? `[${name}]` : name,
  );
}

async function readTls(
  { tlsCert, tlsKey }: ServeCommandOptions,
  context: CommandContext,
): Promise<ListenOptions['tls']> {
  if (tlsCert === undefined && tlsKey === undefined) return undefined;
  if (tlsCert === undefined || tlsKey === undefined) {
    throw new UsageError('ERR_INVALID_ARGUMENT', 'TLS needs a certificate and its key, one of them is missing', {
      argument: tlsCert === undefined ? 'tlsCert' : 'tlsKey',
      hint: 'give both --tls-cert and --tls-key',
    });
  }
  return { cert: await readText('tlsCert', tlsCert, context), key: await readText('tlsKey', tlsKey, context) };
}

async function readAuth(file: string, context: CommandContext): Promise<RegistryAuth> {
  return htpasswdAuth(await readText('auth', file, context));
}

async function readText(argument: string, file: string, { cwd }: CommandContext): Promise<string> {
  try {
    return await readFile(resolve(cwd, file), 'utf8');
  } catch (cause) {
    throw new UsageError('ERR_INVALID_ARGUMENT', `file ${JSON.stringify(file)} cannot be read`, { cause, argument });
  }
}

/** `packwright serve`. */
export const serveSpec: CommandSpec = {
  name: 'serve',
  summary: 'serve a registry until it is interrupted',
  arguments: [],
  flags: [
    {
      flags: '--store <store>',
      summary: 'oci:DIR, fs:DIR, s3://BUCKET/PREFIX or postgres://USER@HOST/DB; memory by default',
    },
    { flags: '--host <address>', summary: 'the address to bind; 127.0.0.1 by default' },
    { flags: '--port <port>', summary: 'the port; 5000 by default, 0 for any' },
    { flags: '--read-only', summary: 'refuse every push and delete', kind: 'switch' },
    { flags: '--auth <file>', summary: 'names and passwords, as htpasswd -B writes them' },
    { flags: '--tls-cert <file>', summary: 'certificate chain in PEM' },
    { flags: '--tls-key <file>', summary: 'private key in PEM' },
    { flags: '--cors-origin <origin>', summary: 'pages of this origin may push and delete', kind: 'many' },
    { flags: '--allow-host <host>', summary: 'a name that the registry is reached under', kind: 'many' },
  ],
  examples: ['packwright serve --store oci:registry --port 5000'],
  async run(_args, flags, context) {
    const { url, host, store, closed } = await serveCommand(
      {
        store: textFlag(flags, 'store'),
        host: textFlag(flags, 'host'),
        port: portOf(textFlag(flags, 'port')),
        readOnly: switchFlag(flags, 'readOnly'),
        auth: textFlag(flags, 'auth'),
        tlsCert: textFlag(flags, 'tlsCert'),
        tlsKey: textFlag(flags, 'tlsKey'),
        corsOrigins: listFlag(flags, 'corsOrigin'),
        allowHosts: listFlag(flags, 'allowHost'),
      },
      context,
    );
    return { json: { url, host, store }, text: `${url}\n`, until: closed };
  },
};

function portOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^[0-9]{1,5}$/.test(text) && Number(text) < 65_536) return Number(text);
  throw new UsageError('ERR_INVALID_ARGUMENT', `port ${JSON.stringify(text)} is not 0 to 65535`, { argument: 'port' });
}
