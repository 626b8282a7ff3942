import { checkOptions } from '../../../bytes/check-options.ts';
import { UsageError } from '../../../errors.ts';
import { allowed, type RegistryAction, type RegistryAuth, type RegistryAuthRequest } from './auth.ts';

/** What a token allows on one repository, or on the catalog (`type` `registry`, `name` `catalog`). */
export interface TokenAccess {
  readonly type: string;
  readonly name: string;
  /** `pull`, `push`, `delete`, or `*` for all of them. */
  readonly actions: readonly string[];
}

/** Where tokens come from, and how they are checked. */
export interface TokenAuthOptions {
  /** The URL that clients ask for a token. */
  readonly realm: string;
  /** The name of this registry, as the token server knows it. */
  readonly service: string;
  /**
   * Checks a token, its signature, audience and age too, and says what it allows; undefined for one that is not good.
   */
  readonly verify: (
    token: string,
    options: { readonly signal?: AbortSignal | undefined },
  ) => readonly TokenAccess[] | undefined | Promise<readonly TokenAccess[] | undefined>;
}

/**
 * Lets those in who bring a token of a token server (distribution's "Token Authentication"). Who brings none, a wrong
 * one, or one that does not allow enough is told by a Bearer challenge where to get it and for which scope.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for a realm that is no URL, a service with quotes, and unknown options.
 */
export function tokenAuth(options: TokenAuthOptions): RegistryAuth {
  checkOptions('tokenAuth', options, ['realm', 'service', 'verify']);
  const { realm, service, verify } = options;
  if (!URL.canParse(realm) || /["\\\s]/.test(realm)) throw invalid('realm', 'a URL');
  if (!/^[ !#-[\]-~]{1,256}$/.test(service)) throw invalid('service', 'printable ASCII without quotes');
  return async (request) => {
    const scope = scopeOf(request);
    const challenge = (error?: string): { outcome: 'unauthorized'; challenge: string } => ({
      outcome: 'unauthorized',
      challenge: bearer({ realm, service, scope: scope && formatScope(scope), error }),
    });
    const [, token] = /^bearer[ ]+([A-Za-z0-9._~+/=-]{1,16384})[ ]*$/i.exec(request.authorization ?? '') ?? [];
    if (token === undefined) return challenge(request.authorization === undefined ? undefined : 'invalid_token');
    const access = await verify(token, { signal: request.signal });
    if (access === undefined) return challenge('invalid_token');
    return scope === undefined || allows(access, scope) ? allowed : challenge('insufficient_scope');
  };
}

interface Scope {
  readonly type: string;
  readonly name: string;
  readonly actions: readonly string[];
}

/** A push reads too: clients ask for blobs before they send them. */
const actionsOf: Readonly<Record<Exclude<RegistryAction, 'ping'>, readonly string[]>> = {
  catalog: ['*'],
  pull: ['pull'],
  push: ['pull', 'push'],
  delete: ['delete'],
};

function scopeOf({ action, repository }: RegistryAuthRequest): Scope | undefined {
  if (action === 'ping') return undefined;
  if (action === 'catalog') return { type: 'registry', name: 'catalog', actions: actionsOf.catalog };
  return { type: 'repository', name: repository ?? '', actions: actionsOf[action] };
}

function formatScope({ type, name, actions }: Scope): string {
  return `${type}:${name}:${actions.join(',')}`;
}

function allows(access: readonly TokenAccess[], { type, name, actions }: Scope): boolean {
  const given = access.filter((entry) => entry.type === type && entry.name === name).flatMap((entry) => entry.actions);
  return actions.every((action) => given.includes(action) || given.includes('*'));
}

function bearer(parameters: Readonly<Record<string, string | undefined>>): string {
  const listed = Object.entries(parameters).filter(([, value]) => value !== undefined);
  return `Bearer ${listed.map(([name, value]) => `${name}="${value ?? ''}"`).join(',')}`;
}

function invalid(argument: string, expected: string): UsageError {
  return new UsageError('ERR_INVALID_ARGUMENT', `${argument} of tokenAuth is not ${expected}`, { argument });
}
