import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { httpSource } from '../adapters/source/http.ts';
import { npmCacheSource } from '../adapters/source/npm-cache.ts';
import { UsageError } from '../errors.ts';
import type { LocateArtifact } from '../pack/pack-lock.ts';
import type { Source } from '../ports/index.ts';
import { commandTransport, type CommandTransport } from './command-transport.ts';
import type { CommandContext } from './context.ts';
import { readNpmConfig, type NpmConfig } from './npm-config.ts';

/** What a command line says about where artifacts come from. */
export interface NetworkOptions {
  /** Fetches nothing. What npm is configured with by default. */
  readonly offline?: boolean | undefined;
  /** npm's cache folder; the one that npm is configured with by default. */
  readonly cache?: string | undefined;
  /** Used in place of the registry that npm is configured with. */
  readonly registry?: string | undefined;
}

/** Where artifacts come from: npm's cache first, then the web, as npm is configured. */
export interface Network {
  readonly sources: readonly Source[];
  readonly locate: LocateArtifact;
  /** Closes connections that are kept open. */
  close(): Promise<void>;
}

/**
 * Opens the sources that npm's configuration names, through its proxies and with its certificates. Nothing is
 * contacted before an artifact is wanted.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for configuration that cannot be read.
 */
export function openNetwork(options: NetworkOptions, context: CommandContext): Network {
  const { cwd, env, home } = context;
  const config = readNpmConfig({ cwd, env, home, registry: options.registry });
  const cache = options.cache === undefined ? config.cache : resolve(cwd, options.cache);
  const offline = options.offline ?? config.offline;
  const transport = transportOf(config);
  const web = httpSource({
    fetch: transport.fetch,
    authorize: (url) => ({ ...config.credentialFor(url.href) }),
    offline,
  });
  return {
    sources: [npmCacheSource({ directory: cache }), web],
    locate: (entry) => (offline ? entry.origin : config.originOf(entry)),
    close: () => transport.close(),
  };
}

/** The platform's fetch, or where npm has a proxy or certificates of its own, one that knows them. */
function transportOf(config: NpmConfig): CommandTransport {
  const ca = config.cafile === undefined ? config.ca : [...config.ca, readCertificates(config.cafile)];
  return commandTransport({
    proxyFor: (url) => config.proxyFor(url.href),
    ca: ca.length === 0 ? undefined : ca,
    unsafeAnyCertificate: !config.strictSsl,
  });
}

function readCertificates(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new UsageError('ERR_INVALID_ARGUMENT', `certificates of npm's cafile cannot be read: ${file}`, {
      cause,
      argument: 'cafile',
      hint: 'check cafile in .npmrc',
    });
  }
}
