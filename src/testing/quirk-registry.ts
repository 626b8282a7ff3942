import { memoryBlobStore, memoryRecordStore } from '../adapters/blob-store/memory.ts';
import { registryServer } from '../adapters/registry/server.ts';
import { checkOptions } from '../bytes/check-options.ts';
import { UsageError } from '../errors.ts';
import type { Registry } from '../ports/registry.ts';
import { storeRegistry } from '../registry/store-registry.ts';
import { allQuirks } from './quirks/all-quirks.ts';
import { asFetch } from './quirks/as-fetch.ts';
import { faultPlan, randomFrom, type FaultOptions, type FaultPlan } from './quirks/fault-plan.ts';
import { authOf, misbehave, type AuthMode } from './quirks/misbehave.ts';
import type { Quirk, QuirkRule, QuirkSizes, QuirkWorld } from './quirks/quirk.ts';
import { TokenServer, usualManner, type QuirkCredential } from './quirks/token-server.ts';

/** How a registry misbehaves. */
export interface QuirkRegistryOptions {
  /** The names of its quirks; none by default. See {@link quirks}. */
  readonly quirks?: readonly string[] | undefined;
  /** What goes wrong with some of the requests. */
  readonly faults?: FaultOptions | undefined;
  /** What is served; an empty registry in memory by default. */
  readonly registry?: Registry | undefined;
  /** Who asks has to prove who he is; not by default, unless a quirk is about that. */
  readonly auth?: 'password' | 'token' | undefined;
  /** Who may do everything; `robot` with some secrets by default. */
  readonly credential?: QuirkCredential | undefined;
  /** Chance is the same for the same seed; 1 by default. */
  readonly seed?: number | undefined;
  readonly sizes?: Partial<QuirkSizes> | undefined;
  /** The origin of blobs that are elsewhere; `https://storage.example` by default. */
  readonly storageOrigin?: string | undefined;
  /** The origin that evil leads to; `https://evil.example` by default. */
  readonly evilOrigin?: string | undefined;
  /** The time in milliseconds, by which tokens end; `Date.now` by default. */
  readonly clock?: (() => number) | undefined;
}

/** A request that came. */
export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
}

/** A registry that misbehaves as it is told to. */
export interface QuirkRegistry {
  /** Asks it, for any host: in place of the `fetch` of a client. */
  readonly fetch: typeof globalThis.fetch;
  /** Answers a request, for a server; a connection that is to be closed is `Response.error()`. */
  readonly handle: (request: Request) => Promise<Response>;
  /** What is behind it, without quirks. */
  readonly registry: Registry;
  /** Every request that came, for any host, in order. */
  readonly requests: readonly SeenRequest[];
  /** Who may do everything. */
  readonly credential: QuirkCredential;
  /** Takes other quirks from now on. */
  readonly set: (quirks: readonly string[]) => void;
  /** Lets some of the requests go wrong from now on, besides those that go wrong already. */
  readonly fail: (faults: FaultOptions) => void;
  /** Lets nothing go wrong any more. Quirks stay. */
  readonly recover: () => void;
}

/** Every quirk that {@link quirkRegistry} knows, as data. */
export const quirks: readonly Quirk[] = /* @__PURE__ */ allQuirks.map(({ name, summary, seenOn, auth }) => ({
  name,
  summary,
  seenOn,
  auth,
}));

const defaultSizes: QuirkSizes = {
  maxChunk: 4 * 1024 * 1024,
  minChunk: 5 * 1024 * 1024,
  maxBody: 100_000_000,
  maxManifest: 4 * 1024 * 1024,
  maxPage: 1000,
  slowness: 200,
};
const defaultCredential: QuirkCredential = {
  username: 'robot',
  password: 'secret-of-robot',
  refreshToken: 'refresh-of-robot',
};
const optionNames = [
  'quirks',
  'faults',
  'registry',
  'auth',
  'credential',
  'seed',
  'sizes',
  'storageOrigin',
  'evilOrigin',
  'clock',
];

/**
 * A registry that leaves the specification in any of the ways in which registries do, and fails as networks fail: to
 * test a client by. Without quirks and faults it is `registryServer` in memory.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for a quirk, a fault or an option that is not known.
 * @example
 * ```ts
 * const broken = quirkRegistry({ quirks: ['referrers-404'], faults: { kinds: ['cut'], rate: 0.1 } });
 * const client = httpRegistry({ host: 'registry.example', fetch: broken.fetch });
 * ```
 */
export function quirkRegistry(options: QuirkRegistryOptions = {}): QuirkRegistry {
  checkOptions('quirkRegistry', options, optionNames);
  const { registry = emptyRegistry(), credential = defaultCredential } = options;
  const random = randomFrom(options.seed ?? 1);
  const plans: FaultPlan[] = options.faults === undefined ? [] : [faultPlan(options.faults, random)];
  const world = worldOf(options, registry, credential);
  const requests: SeenRequest[] = [];
  let active = rulesOf(options.quirks ?? []);
  const authMode = (): AuthMode => active.find((rule) => rule.auth !== undefined)?.auth ?? options.auth;
  const serve = registryServer({ registry, cors: false, auth: authOf(world, authMode) });
  const handle = (request: Request): Promise<Response> => {
    requests.push({ method: request.method, url: request.url, headers: new Headers(request.headers) });
    return misbehave({ rules: active, plans, world, serve }, request);
  };
  return {
    handle,
    fetch: asFetch(handle),
    registry,
    requests,
    credential,
    set: (names) => {
      active = rulesOf(names);
      world.tokens.manner = usualManner;
    },
    fail: (more) => void plans.push(faultPlan(more, random)),
    recover: () => void plans.splice(0),
  };
}

function emptyRegistry(): Registry {
  return storeRegistry({ id: 'quirks', blobs: memoryBlobStore(), records: memoryRecordStore() });
}

function worldOf(options: QuirkRegistryOptions, registry: Registry, credential: QuirkCredential): QuirkWorld {
  const { storageOrigin = 'https://storage.example', evilOrigin = 'https://evil.example', clock = Date.now } = options;
  return {
    registry,
    sizes: { ...defaultSizes, ...options.sizes },
    storageOrigin,
    evilOrigin,
    tokens: new TokenServer(credential, clock),
    clock,
    counts: new Map(),
  };
}

function rulesOf(names: readonly string[]): readonly QuirkRule[] {
  const unknown = names.find((name) => !allQuirks.some((rule) => rule.name === name));
  if (unknown === undefined) return allQuirks.filter((rule) => names.includes(rule.name));
  throw new UsageError('ERR_INVALID_ARGUMENT', `quirk ${JSON.stringify(unknown)} is not known`, { argument: 'quirks' });
}

export type { Quirk, QuirkSizes } from './quirks/quirk.ts';
export type { FaultOptions } from './quirks/fault-plan.ts';
export { faultKinds, type FaultKind } from './quirks/fault.ts';
export type { QuirkCredential } from './quirks/token-server.ts';
