import { join } from 'node:path';
import { isLoopback } from '../http/loopback.ts';
import { credentialIn, type NpmCredential } from './npm-credential.ts';
import { proxyFor } from './npm-proxy.ts';
import { npmRegistries, type NpmRegistries, type RunNpm } from './npm-registries.ts';
import type { Environment } from '../adapters/credential/docker-config.ts';
import { npmSettings, pathOf, type NpmSettings } from './npm-settings.ts';

/** Where npm's configuration is read from. */
export interface NpmConfigOptions {
  readonly env: Environment;
  readonly cwd: string;
  readonly home: string;
  /** Used in place of the registry that npm is configured with. */
  readonly registry?: string | undefined;
  /** The node that npm belongs to; by default the one that runs this. */
  readonly execPath?: string | undefined;
  /** Runs npm and gives what it prints; undefined where that fails. Called only where the files leave a question open. */
  readonly run?: RunNpm | undefined;
}

/** An artifact whose address is wanted. */
export interface NpmArtifactName {
  readonly name: string;
  readonly version: string;
  /** Where the lockfile says that it is. */
  readonly origin?: string | undefined;
}

/** What npm is configured with. Addresses end without a slash and carry no user info. */
export interface NpmConfig {
  /** The registry of a package: that of its scope, else the one for all. Undefined where npm does not say one either. */
  readonly registryFor: (name: string) => string | undefined;
  /**
   * Where to fetch an artifact: its origin, on the registry that is configured where `replace-registry-host` says so;
   * without an origin, the address that the registry gives to such a tarball.
   */
  readonly originOf: (artifact: NpmArtifactName) => string | undefined;
  /** The credential for an address, which no other host, port, path or weaker scheme gets. */
  readonly credentialFor: (url: string) => NpmCredential | undefined;
  /** The proxy for an address; undefined for none. */
  readonly proxyFor: (url: string) => string | undefined;
  /** npm's cache folder. */
  readonly cache: string;
  /** Certificates to trust, in PEM. */
  readonly ca: readonly string[];
  /** A file of certificates to trust. */
  readonly cafile: string | undefined;
  readonly strictSsl: boolean;
  readonly offline: boolean;
  readonly preferOffline: boolean;
}

/**
 * Reads what npm is configured with: the `npm_config_` variables, and the npmrc files of the project, the user and all
 * users. npm itself is asked only for what it knows without being told, its default registry, and then once.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for a file that cannot be read. `registryFor`, `originOf` and
 * `credentialFor` throw it for a registry that is no http or https address. No error holds a value of the configuration.
 */
export function readNpmConfig(options: NpmConfigOptions): NpmConfig {
  const { env, cwd, home, execPath = process.execPath } = options;
  const settings = npmSettings({ env, cwd, home, execPath });
  const registries = npmRegistries(settings, options);
  const isSet = (key: string): boolean => settings.text(key) === 'true';
  const cafile = settings.text('cafile');
  return {
    registryFor: (name) => registries.of(name)?.href,
    originOf: (artifact) => originIn(registries, settings.text('replace-registry-host'), artifact),
    credentialFor: (url) => credentialOf(new URL(url), settings, registries),
    proxyFor: (url) => proxyFor(new URL(url), settings, env),
    cache: pathOf(settings.text('cache') ?? defaultCache(env), { cwd, home }),
    ca: settings.list('ca').map((pem) => pem.replaceAll('\\n', '\n')),
    cafile: cafile === undefined ? undefined : pathOf(cafile, { cwd, home }),
    strictSsl: settings.text('strict-ssl') !== 'false',
    offline: isSet('offline'),
    preferOffline: isSet('prefer-offline'),
  };
}

/** npm's rule in `replace-registry-host`: which origins really mean "the registry that is configured". */
function originIn(registries: NpmRegistries, rule: string | undefined, artifact: NpmArtifactName): string | undefined {
  const { name, version, origin } = artifact;
  if (origin === undefined) {
    const registry = registries.of(name);
    const file = `${name.slice(name.indexOf('/') + 1)}-${version}.tgz`;
    return registry === undefined ? undefined : `${registry.href}/${name}/-/${file}`;
  }
  const registry = registries.configured();
  const url = new URL(origin);
  if (registry === undefined || registry.url.host === url.host || rule === 'never') return origin;
  const replaced = rule === undefined || rule === 'npmjs' ? registries.fallback()?.url.hostname : hostIn(rule);
  if (rule !== 'always' && replaced !== url.hostname) return origin;
  const folder = registry.url.pathname.replace(/\/+$/, '');
  const path = url.pathname.startsWith(`${folder}/`) ? url.pathname : `${folder}${url.pathname}`;
  return `${registry.url.origin}${path}${url.search}`;
}

function hostIn(rule: string): string {
  return URL.canParse(rule) && rule.includes('//') ? new URL(rule).hostname : rule;
}

/** As npm, which also uses what it has for a registry elsewhere on that host; but never over http for an https one. */
function credentialOf(url: URL, settings: NpmSettings, registries: NpmRegistries): NpmCredential | undefined {
  const here = registries.all().filter((registry) => registry.url.origin === url.origin);
  if (url.protocol !== 'https:' && here.length === 0 && !isLoopback(url.hostname)) return undefined;
  const own = credentialIn(settings, url);
  if (own !== undefined) return own;
  const [registry] = here;
  return registry && (credentialIn(settings, new URL(`${registry.href}/`)) ?? registry.credential);
}

function defaultCache(env: Environment): string {
  return process.platform === 'win32' ? join(env['LOCALAPPDATA'] ?? '~', 'npm-cache') : '~/.npm';
}
