/**
 * A registry over HTTP: anything that speaks the OCI distribution specification.
 *
 * @module
 */
import { checkCount, checkOptions } from '../../bytes/check-options.ts';
import { UsageError } from '../../errors.ts';
import { defaultTimeouts, type Fetch, type HttpTimeouts } from '../../http/exchange.ts';
import { defaultRetry, systemClock, type HttpClock, type RetryPolicy } from '../../http/retry.ts';
import { defaultSlots, type SlotLimits } from '../../http/slots.ts';
import { isRegistryName } from '../../oci/reference.ts';
import type { RegistryLookup } from '../../pack/pack-location.ts';
import type { Credential, CredentialProvider } from '../../ports/credential.ts';
import type { RecordStore } from '../../ports/record-store.ts';
import type { Registry } from '../../ports/registry.ts';
import { createConnection, type MirrorOptions } from './http/create-connection.ts';
import { repositoryLimits, type RepositoryLimits } from './http/limits.ts';
import type { RegistryProfile } from './http/profile.ts';
import { httpRepository } from './http/repository.ts';

export type {
  Fetch,
  HttpClock,
  HttpTimeouts,
  RegistryLookup,
  RegistryProfile,
  RepositoryLimits,
  RetryPolicy,
  SlotLimits,
};

/** A registry that is asked before another one for what a digest or tag names. */
export interface RegistryMirror {
  /** Host, with its port where it has one. */
  readonly host: string;
  /** For this mirror. It is never given a credential of the registry that it mirrors. */
  readonly credentials?: CredentialProvider | Credential | undefined;
  /** Asks it over http. False by default; a host on this machine is found out. */
  readonly unsafePlainHttp?: boolean | undefined;
  /** True for one that stands in for many registries: it is told which one is meant, as `ns` in the query. */
  readonly proxy?: boolean | undefined;
}

/** What registries over HTTP have in common; everything has a default. */
export interface HttpRegistryBaseOptions {
  /**
   * The platform's by default. It must not decode bodies on its own, and not answer from a cache that nobody checks. On
   * Node, that of packwright/transport/node takes less time and half the memory.
   */
  readonly fetch?: Fetch | undefined;
  /**
   * Asks over http, and so shows every credential and every byte to whoever is in between. False by default: http is
   * used for hosts on this machine only, where https does not answer.
   */
  readonly unsafePlainHttp?: boolean | undefined;
  /** Keeps the state of uploads, so that one that was cut goes on in another process. */
  readonly uploads?: RecordStore | undefined;
  /**
   * Requests under way: 16 in all and 8 with one origin, or as many as the profile says. Downloads are counted apart
   * from everything else.
   */
  readonly concurrency?: Partial<SlotLimits> | undefined;
  /** Seven attempts by default, up to 10 seconds apart, or as long as the registry asks up to a minute. */
  readonly retry?: Partial<RetryPolicy> | undefined;
  /** 30 seconds for an answer and between its parts, 5 minutes for one to an upload; at least 1 KiB a second. */
  readonly timeouts?: Partial<HttpTimeouts> | undefined;
  /** Time and chance, so that a test can fix them. */
  readonly clock?: Partial<HttpClock> | undefined;
  /** Bounds on what a registry may answer. */
  readonly limits?: { readonly [Name in keyof RepositoryLimits]?: RepositoryLimits[Name] | undefined } | undefined;
  /** Is told each warning of a registry once, where the operation has no listener for events. */
  readonly onWarning?: ((message: string) => void) | undefined;
}

/** How {@link httpRegistry} reaches a registry. */
export interface HttpRegistryOptions extends HttpRegistryBaseOptions {
  /** Host as references name it, with its port where it has one: `docker.io`, `registry.example:5000`. */
  readonly host: string;
  /** The credential for this host, or who gives it. Nobody is asked for it before the registry demands one. */
  readonly credentials?: CredentialProvider | Credential | undefined;
  /** What is known of the registry; goes over what is known of its host. */
  readonly profile?: Partial<RegistryProfile> | undefined;
  /** Asked in this order, before the registry, for what a digest or tag names; passed over where they fail. */
  readonly mirrors?: readonly RegistryMirror[] | undefined;
}

/** How one of the registries of {@link httpRegistries} differs from the others. */
export type HostOptions = Omit<HttpRegistryOptions, 'host'>;

/** How {@link httpRegistries} reaches registries. */
export interface HttpRegistriesOptions extends HttpRegistryBaseOptions {
  /** Gives the credential for a host. A credential alone would go to every host, and is not taken. */
  readonly credentials?: CredentialProvider | undefined;
  /** What is different for a host. */
  readonly hosts?: Readonly<Record<string, HostOptions>> | undefined;
}

/**
 * A registry over HTTP (OCI distribution-spec 1.1.1). Nothing is asked before a verb is called.
 *
 * The registry is asked over https, with one exception: a host that is this machine (`localhost`, `*.localhost`,
 * 127.0.0.0/8, `[::1]`) is tried over http first. The first request goes without a credential; what the registry then
 * demands (Basic, or a token of a token server) is given to it from then on. A body is sent only when it is known how.
 *
 * A credential goes to the origin of the registry, and to the token server that the registry names, which must be
 * https and at no private address unless the registry is itself private. It goes nowhere else: not with a redirect, not
 * to where an upload is sent, not to a mirror.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for options that are wrong or unknown; `ERR_INVALID_REFERENCE` (from
 * `repository`) for a name that is not one. Its verbs throw RegistryError, IntegrityError and FormatError.
 */
export function httpRegistry(options: HttpRegistryOptions): Registry {
  checkHttpOptions('httpRegistry', options, ownKeys);
  const { credentials, mirrors = [], uploads, limits, ...rest } = options;
  const bounds = repositoryLimits(limits);
  const connection = createConnection({
    ...rest,
    host: hostOf(options.host),
    credentials: providerOf(credentials),
    mirrors: mirrors.map(mirrorOf),
  });
  return {
    id: connection.id,
    repository: (name) => httpRepository(connection, name, { limits: bounds, uploads }),
    repositories: async function* (listing = {}) {
      const { listRepositories } = await import('./http/list-verbs.ts');
      yield* listRepositories(connection, listing, bounds);
    },
  };
}

/**
 * Registries by their host, each made when it is asked for first: what `createPackService` takes as `registries`.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for options that are wrong or unknown.
 */
export function httpRegistries(options: HttpRegistriesOptions = {}): RegistryLookup {
  checkHttpOptions('httpRegistries', options, [...baseKeys, 'credentials', 'hosts']);
  const { hosts = {}, ...common } = options;
  if (common.credentials !== undefined && typeof common.credentials !== 'function') {
    throw badOption('credentials', 'is no function, expected one that gives the credential for a host');
  }
  const own = new Map(Object.entries(hosts).map(([host, value]) => [hostOf(host), value]));
  const registries = new Map<string, Registry>();
  return (name) => {
    const host = hostOf(name);
    const registry = registries.get(host) ?? httpRegistry({ ...common, ...own.get(host), host });
    registries.set(host, registry);
    return registry;
  };
}

const baseKeys: readonly string[] = [
  'fetch',
  'unsafePlainHttp',
  'uploads',
  'concurrency',
  'retry',
  'timeouts',
  'clock',
  'limits',
  'onWarning',
];
const ownKeys: readonly string[] = [...baseKeys, 'host', 'credentials', 'profile', 'mirrors'];
const mirrorKeys = ['host', 'credentials', 'unsafePlainHttp', 'proxy'];
const profileKeys = [
  'chunked',
  'maxBodyBytes',
  'anonymousMount',
  'mergeReferrers',
  'distrustSubject',
  'noHead',
  'concurrency',
];

function checkHttpOptions(what: string, options: HttpRegistryBaseOptions, known: readonly string[]): void {
  checkOptions(what, options, known);
  const { concurrency = {}, retry = {}, timeouts = {}, clock = {} } = options;
  checkOptions('concurrency', concurrency, Object.keys(defaultSlots));
  checkOptions('retry', retry, Object.keys(defaultRetry));
  checkOptions('timeouts', timeouts, Object.keys(defaultTimeouts));
  checkOptions('clock', clock, Object.keys(systemClock));
  checkCount('total', concurrency.total, 1);
  checkCount('perOrigin', concurrency.perOrigin, 1);
  checkCount('attempts', retry.attempts, 1);
  const { profile = {}, mirrors = [] } = options as Partial<HttpRegistryOptions>;
  checkOptions('profile', profile, profileKeys);
  for (const mirror of mirrors) checkOptions('mirror', mirror, mirrorKeys);
}

/** A host in the form in which credentials and mirrors are bound to it. */
function hostOf(host: unknown): string {
  if (!isRegistryName(host)) throw badOption('host', 'is not a host');
  const name = host.toLowerCase();
  return name === 'index.docker.io' ? 'docker.io' : name;
}

function providerOf(credentials: CredentialProvider | Credential | undefined): CredentialProvider | undefined {
  return credentials === undefined || typeof credentials === 'function' ? credentials : () => credentials;
}

function mirrorOf({ host, credentials, ...rest }: RegistryMirror): MirrorOptions {
  return { ...rest, host: hostOf(host), credentials: providerOf(credentials) };
}

function badOption(argument: string, problem: string): UsageError {
  return new UsageError('ERR_INVALID_ARGUMENT', `${argument} ${problem}`, { argument });
}
