import { execFileSync } from 'node:child_process';
import { UsageError } from '../errors.ts';
import { basicCredential, type NpmCredential } from './npm-credential.ts';
import type { Environment } from '../adapters/credential/docker-config.ts';
import type { NpmSettings } from './npm-settings.ts';

/** Runs npm and gives what it prints; undefined where that fails. */
export type RunNpm = (args: readonly string[], env: Environment) => string | undefined;

/** What the registries of npm are found out with. */
export interface NpmRegistriesOptions {
  readonly env: Environment;
  readonly cwd: string;
  /** Used in place of the registry that npm is configured with. */
  readonly registry?: string | undefined;
  readonly run?: RunNpm | undefined;
}

/** A registry: its address, and the credential that stood in it. */
export interface NpmRegistry {
  /** Without user info, and without a slash at the end. */
  readonly href: string;
  readonly url: URL;
  readonly credential: NpmCredential | undefined;
}

/** The registries that npm works with. What npm itself must be asked for is asked once, when it is wanted. */
export interface NpmRegistries {
  of(name: string): NpmRegistry | undefined;
  /** Every registry that is configured, for all packages or for a scope. */
  readonly all: () => readonly NpmRegistry[];
  /** The one that was configured for all packages. */
  readonly configured: () => NpmRegistry | undefined;
  /** The one that npm has when nothing is configured. */
  readonly fallback: () => NpmRegistry | undefined;
}

/** The registries of npm's settings. */
export function npmRegistries(settings: NpmSettings, options: NpmRegistriesOptions): NpmRegistries {
  const { env, cwd } = options;
  const run: RunNpm = options.run ?? ((args, clean) => runNpm(args, clean, cwd));
  const configured = once(() => registryAt(options.registry ?? settings.text('registry'), 'registry'));
  const current = once(() => registryAt(run(['config', 'get', 'registry'], env), 'registry'));
  const fallback = once(() => registryAt(run(untouched, withoutSettings(env)), 'registry'));
  const scopes = [...settings.keys()].filter((key) => /^@[^/]+:registry$/.test(key));
  return {
    configured,
    fallback,
    all: once(() =>
      [configured(), ...scopes.map((key) => registryAt(settings.text(key), key))].filter((it) => it !== undefined),
    ),
    of(name) {
      const scope = name.startsWith('@') ? name.slice(0, name.indexOf('/')) : undefined;
      const own = scope === undefined ? undefined : settings.text(`${scope}:registry`);
      return registryAt(own, `${scope ?? ''}:registry`) ?? configured() ?? current();
    },
  };
}

function registryAt(value: string | undefined, key: string): NpmRegistry | undefined {
  const text = value?.trim();
  if (text === undefined || text === '' || text === 'undefined') return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:') {
    throw new UsageError('ERR_INVALID_ARGUMENT', `npm setting ${key} is not an http or https address`, {
      argument: key,
    });
  }
  const { username, password } = url;
  url.username = url.password = url.search = url.hash = '';
  const credential =
    username === '' ? undefined : basicCredential(decodeURIComponent(username), decodeURIComponent(password));
  return { href: url.href.replace(/\/+$/, ''), url, credential };
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

/** Asks npm for what it was built with: from a folder without a project, and without the files of users. */
const untouched = [
  'config',
  'get',
  'registry',
  '--userconfig=/dev/null/user',
  '--globalconfig=/dev/null/global',
  '--prefix=/',
];

function withoutSettings(env: Environment): Environment {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^npm_config_/i.test(name)));
}

function runNpm(args: readonly string[], env: Environment, cwd: string): string | undefined {
  const script = env['npm_execpath'];
  const own = script?.endsWith('npm-cli.js') === true;
  try {
    return execFileSync(own ? process.execPath : 'npm', own ? [script, ...args] : args, {
      env: { ...env },
      cwd,
      encoding: 'utf8',
      timeout: 20_000,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch {
    return undefined;
  }
}
