import { untilAborted } from '../../../bytes/until-aborted.ts';
import { RegistryError, UsageError } from '../../../errors.ts';
import type { HttpClient } from '../../../http/http-client.ts';
import { HttpFailure } from '../../../http/http-failure.ts';
import { redactUrl } from '../../../http/redact-url.ts';
import type { Credential, CredentialProvider } from '../../../ports/credential.ts';
import { parseChallenges, type Challenge } from './challenge.ts';
import type { Scope } from './connection.ts';
import { realmUrl } from './realm.ts';
import { basicOf, secretsOf } from './redact-secrets.ts';
import { explainFailure, loginHint } from './registry-failure.ts';
import { covers, firstScope, formatScopes, mergeScopes } from './scopes.ts';
import { createSingleFlight, type SingleFlight } from './single-flight.ts';
import { requestToken, type Token } from './token.ts';

/** What a request is to be allowed. */
export interface Need {
  readonly scopes: readonly Scope[];
  /** Scopes that the registry named when it refused. */
  readonly named?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What authorises a request. */
export interface Grant {
  /** The value of `Authorization`. */
  readonly header: string;
  readonly token?: Token | undefined;
  /** How many tokens had been given by then. */
  readonly given?: number | undefined;
}

/** What the authoriser of one registry works with. */
export interface AuthoriserOptions {
  /** The registry as references name it: what credentials are asked for, and nothing else. */
  readonly host: string;
  readonly client: HttpClient;
  readonly credentials?: CredentialProvider | undefined;
}

const maxTokens = 200;

/**
 * Authorises the requests to one registry. Only answers of the registry's own origin may be shown to it: what they
 * demand decides where the credential goes.
 */
export class Authoriser {
  readonly #options: AuthoriserOptions;
  readonly #flights: SingleFlight<Token> = createSingleFlight();
  /** By repository: podman binds credentials to paths. */
  readonly #credentials = new Map<string | undefined, Promise<Credential | undefined>>();
  readonly #secrets = new Set<string>();
  #tokens: (Token & { readonly number: number })[] = [];
  #given = 0;
  /** The last tokens that were given, also those that are not sent any more. */
  #issued: string[] = [];
  #demand: { readonly challenge: Challenge; readonly from: URL } | undefined;

  constructor(options: AuthoriserOptions) {
    this.#options = options;
  }

  /** True once the registry has said how it is to be asked. */
  get knows(): boolean {
    return this.#demand !== undefined;
  }

  /** Everything that must not be repeated from an answer. */
  get secrets(): readonly string[] {
    return [...this.#secrets, ...this.#issued];
  }

  /** Takes note of how a registry wants to be asked: by token where it offers that. */
  learn(headers: Headers | undefined, from: URL): Challenge | undefined {
    const challenges = parseChallenges(headers?.get('www-authenticate') ?? null);
    const bearer = challenges.find(({ scheme, parameters }) => scheme === 'bearer' && parameters.has('realm'));
    const challenge = bearer ?? challenges.find(({ scheme }) => scheme === 'basic');
    if (challenge !== undefined) this.#demand = { challenge, from };
    return challenge;
  }

  /** What authorises a request; undefined for nothing, where the registry demands nothing or there is nothing to give. */
  async grant(need: Need): Promise<Grant | undefined> {
    const demand = this.#demand;
    if (demand === undefined) return undefined;
    const credential = await this.#credentialFor(need);
    if (credential?.kind === 'bearer-token') return { header: `Bearer ${credential.token}` };
    if (demand.challenge.scheme === 'bearer') {
      const token = await this.#tokenFor(need, demand, credential);
      return { header: `Bearer ${token.value}`, token, given: this.#given };
    }
    return credential?.kind === 'password' ? { header: `Basic ${basicOf(credential)}` } : undefined;
  }

  /**
   * What may authorise a request that was refused with a 401, or a 403 that demands more than the token has; undefined
   * where asking again is of no use.
   */
  async renew(failure: HttpFailure, from: URL, used: Grant | undefined, need: Need): Promise<Grant | undefined> {
    const challenge = this.learn(failure.headers, from);
    const named = challenge?.parameters.get('scope');
    if (failure.status === 403 && (challenge === undefined || !isNarrow(used, need, named))) return undefined;
    if (challenge === undefined) await this.#assumeBasic(need, from);
    this.#drop(used, need);
    const next = await this.grant({ ...need, named });
    return next?.header === used?.header ? undefined : next;
  }

  /** A browser hides what a registry demands unless it is told otherwise. A password can be sent all the same. */
  async #assumeBasic(need: Need, from: URL): Promise<void> {
    if (this.#demand !== undefined || (await this.#credentialFor(need)) === undefined) return;
    this.#demand = { challenge: { scheme: 'basic', parameters: new Map() }, from };
  }

  #drop(used: Grant | undefined, { scopes: [first] }: Need): void {
    // Where one is not good any more, those that are as old need not be either. Another call may have a newer one.
    const { token, given = 0 } = used ?? {};
    if (token !== undefined) this.#tokens = this.#tokens.filter(({ number }) => number > given);
    // Who gave the credential may have a newer one.
    else if (used !== undefined) this.#credentials.delete(first?.repository);
  }

  #credentialFor({ scopes: [first], signal }: Need): Promise<Credential | undefined> {
    const { host, credentials } = this.#options;
    if (credentials === undefined) return Promise.resolve(undefined);
    const repository = first?.repository;
    let asked = this.#credentials.get(repository);
    if (asked === undefined) {
      asked = this.#askForCredential(credentials, host, repository);
      this.#credentials.set(repository, asked);
      asked.catch(() => this.#credentials.delete(repository));
    }
    return untilAborted(asked, signal);
  }

  async #askForCredential(
    provider: CredentialProvider,
    host: string,
    repository: string | undefined,
  ): Promise<Credential | undefined> {
    const credential = await provider({ host, repository });
    if (credential === undefined) return undefined;
    checkCredential(credential);
    for (const secret of secretsOf(credential)) this.#secrets.add(secret);
    return credential;
  }

  async #tokenFor(
    need: Need,
    { challenge, from }: { readonly challenge: Challenge; readonly from: URL },
    credential: Credential | undefined,
  ): Promise<Token> {
    const { client } = this.#options;
    const scopes = mergeScopes(
      need.scopes,
      need.named ?? (need.scopes.length === 0 ? challenge.parameters.get('scope') : ''),
    );
    const now = client.clock.now();
    this.#tokens = this.#tokens.filter(({ freshUntil }) => freshUntil > now);
    const found = this.#tokens.find((token) => covers(token.scopes, scopes));
    if (found !== undefined) return found;
    const realm = this.#realmOf(challenge, from);
    const service = challenge.parameters.get('service');
    const key = JSON.stringify([realm.href, service, formatScopes(scopes), credential && secretsOf(credential)]);
    return await this.#flights.run(
      key,
      async (signal) => {
        const token = await this.#fetchToken({ realm, service, scopes, credential, signal });
        this.#tokens = [...this.#tokens.slice(1 - maxTokens), { ...token, number: ++this.#given }];
        this.#issued = [...this.#issued.slice(1 - maxTokens), token.value];
        return token;
      },
      need.signal,
    );
  }

  /** A token for everything that is asked for; where that is refused, for what is needed most. */
  async #fetchToken(request: Parameters<typeof requestToken>[0]): Promise<Token> {
    const { client } = this.#options;
    try {
      return await requestToken(request, client);
    } catch (error) {
      const isRefused = [400, 401, 403].includes((error as HttpFailure).status ?? 0);
      if (!isRefused || request.scopes.size < 2) throw await this.#tokenFailure(error, request);
      const one = { ...request, scopes: firstScope(request.scopes) };
      const token = await requestToken(one, client).catch(async (again: unknown) => {
        throw await this.#tokenFailure(again, one);
      });
      // The rest was refused: asking for it before each request would be of no use.
      return { ...token, scopes: request.scopes };
    }
  }

  async #tokenFailure(
    error: unknown,
    { realm, credential }: { realm: URL; credential: Credential | undefined },
  ): Promise<unknown> {
    if (!(error instanceof HttpFailure)) return error;
    const { host } = this.#options;
    const what = `the request for a token (${redactUrl(realm)})`;
    const authorised = credential !== undefined;
    const context = { id: host, what, secrets: this.secrets, authorised };
    const failure = await explainFailure(error, context, { who: 'token server', bases: [realm], fetch: undefined });
    return isRefusal(failure, credential) ? unauthorised(failure, loginHint(host, authorised)) : failure;
  }

  #realmOf({ parameters }: Challenge, from: URL): URL {
    const url = realmUrl(parameters.get('realm') ?? '', from);
    if (typeof url !== 'string') return url;
    const { host } = this.#options;
    throw new RegistryError('ERR_REGISTRY_PROTOCOL', `${host} names a token server that ${url}`, {
      hint: 'no credential was sent there; the registry, or a proxy before it, is not set up well',
      details: { registry: host },
    });
  }
}

/** True where nothing was sent, or a token that allows less than the registry demands. */
function isNarrow(used: Grant | undefined, { scopes }: Need, named: string | undefined): boolean {
  if (used?.token === undefined) return used === undefined;
  return named !== undefined && !covers(used.token.scopes, mergeScopes(scopes, named));
}

/** OAuth 2 says 400 for a refresh token that is over (RFC 6749 section 5.2), and some servers say 403 for a password. */
function isRefusal(failure: unknown, credential: Credential | undefined): failure is RegistryError {
  if (!(failure instanceof RegistryError)) return false;
  return failure.status === 403 || (failure.status === 400 && credential?.kind === 'refresh-token');
}

function unauthorised({ message, status, details, cause }: RegistryError, hint: string): RegistryError {
  const facts = { hint, details, cause, ...(status === undefined ? {} : { status }) };
  return new RegistryError('ERR_REGISTRY_UNAUTHORIZED', message, facts);
}

function checkCredential(credential: Credential): void {
  // A provider may be plain JavaScript, and a line break in a header would be another header.
  const token = credential.kind === 'password' ? '-' : credential.token;
  const given =
    credential.kind !== 'password' ||
    (typeof credential.username === 'string' && typeof credential.password === 'string');
  if (given && typeof token === 'string' && /^[\x21-\x7e]+$/.test(token)) return;
  throw new UsageError('ERR_INVALID_ARGUMENT', 'credential is neither a name and a password nor a printable token', {
    argument: 'credentials',
  });
}
