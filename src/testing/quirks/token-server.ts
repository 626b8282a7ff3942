import type { RegistryAuthDecision, RegistryAuthRequest } from '../../adapters/registry/server.ts';

/** Who may do everything. Everybody else may do nothing. */
export interface QuirkCredential {
  readonly username: string;
  readonly password: string;
  /** Traded for tokens by POST, as Docker's identity tokens are. */
  readonly refreshToken: string;
}

interface Grant {
  readonly scopes: ReadonlyMap<string, ReadonlySet<string>>;
  readonly until: number;
  /** How often it may be used. */
  left: number;
}

/** How tokens are given. */
export interface TokenManner {
  /** Reads one scope only. */
  readonly firstScopeOnly: boolean;
  readonly uses: number;
  /** Seconds. */
  readonly lifetime: number;
}

/** How tokens are given unless a quirk wants otherwise. */
export const usualManner: TokenManner = { firstScopeOnly: false, uses: Infinity, lifetime: 300 };
const actions: Readonly<Record<string, string>> = { pull: 'pull', push: 'push', delete: 'delete' };

/** Docker registry v2 token authentication: gives tokens for passwords, and says what a token allows. */
export class TokenServer {
  readonly credential: QuirkCredential;
  manner: TokenManner = usualManner;
  readonly #clock: () => number;
  readonly #grants = new Map<string, Grant>();
  #given = 0;

  constructor(credential: QuirkCredential, clock: () => number) {
    this.credential = credential;
    this.#clock = clock;
  }

  /** Makes every token that was given worthless. */
  revoke(): void {
    this.#grants.clear();
  }

  /** Answers a request for a token. */
  async answer(request: Request): Promise<Response> {
    const asked = request.method === 'POST' ? await this.#posted(request) : this.#got(request);
    if (asked === undefined) return Response.json({ details: 'incorrect username or password' }, { status: 401 });
    const given = this.manner.firstScopeOnly ? asked.slice(0, 1) : asked;
    const token = `token-${++this.#given}`;
    const { lifetime, uses } = this.manner;
    this.#grants.set(token, { scopes: scopesOf(given), until: this.#clock() + lifetime * 1000, left: uses });
    return Response.json({ token, expires_in: lifetime, issued_at: new Date(this.#clock()).toISOString() });
  }

  #got(request: Request): readonly string[] | undefined {
    if (!this.knows(request.headers.get('authorization'))) return undefined;
    return new URL(request.url).searchParams.getAll('scope').flatMap((scope) => scope.split(' '));
  }

  async #posted(request: Request): Promise<readonly string[] | undefined> {
    const form = new URLSearchParams(await request.text());
    const { username, password, refreshToken } = this.credential;
    const known =
      form.get('grant_type') === 'refresh_token'
        ? form.get('refresh_token') === refreshToken
        : form.get('username') === username && form.get('password') === password;
    return known ? (form.get('scope') ?? '').split(' ') : undefined;
  }

  /** True for the password, as `Authorization` says it. */
  knows(authorization: string | null | undefined): boolean {
    const { username, password } = this.credential;
    return authorization === `Basic ${btoa(`${username}:${password}`)}`;
  }

  /** Who may do what, by a token. The origin in the challenge is for the caller to fill in. */
  readonly byToken = (question: RegistryAuthRequest): RegistryAuthDecision =>
    this.#judge(question, 'Bearer realm="{origin}/token",service="registry"');

  /** Who may do what, by the password. */
  readonly byPassword = ({ authorization }: RegistryAuthRequest): RegistryAuthDecision =>
    this.knows(authorization)
      ? { outcome: 'allowed' }
      : { outcome: 'unauthorized', challenge: 'Basic realm="registry"' };

  #judge({ action, repository, authorization }: RegistryAuthRequest, challenge: string): RegistryAuthDecision {
    const grant = this.#grants.get((authorization ?? '').replace(/^Bearer /i, ''));
    const alive = grant !== undefined && grant.until > this.#clock() && grant.left-- > 0;
    const wanted = actions[action];
    if (wanted === undefined || repository === undefined) {
      return alive ? { outcome: 'allowed' } : { outcome: 'unauthorized', challenge };
    }
    if (alive && grant.scopes.get(repository)?.has(wanted) === true) return { outcome: 'allowed' };
    const scope = `repository:${repository}:${wanted === 'push' ? 'pull,push' : wanted}`;
    return { outcome: 'unauthorized', challenge: `${challenge},scope="${scope}"` };
  }
}

/** `repository:team/app:pull,push` */
function scopesOf(scopes: readonly string[]): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const scope of scopes) {
    const match = /^repository:([^:]+):([a-z,*]+)$/.exec(scope);
    if (match === null) continue;
    const [, name = '', wanted = ''] = match;
    const granted = found.get(name) ?? new Set();
    for (const action of wanted === '*' ? Object.keys(actions) : wanted.split(',')) granted.add(action);
    found.set(name, granted);
  }
  return found;
}
