import { parseHttpUrl } from '../../../http/redact-url.ts';
import { tokenError } from './identity-token.ts';
import { answeredJson, answerError, askService, memberOf, serviceClient, type ServiceOptions } from './service.ts';

/**
 * Gets an identity token when one is needed: they are good for some minutes only. What it throws becomes the cause of
 * `ERR_IDENTITY_TOKEN`, where it is no error of ours.
 */
export type IdentityTokenProvider = (request: IdentityTokenRequest) => string | Promise<string>;

/** What a token is to be good for. */
export interface IdentityTokenRequest {
  readonly audience: string;
  readonly signal?: AbortSignal | undefined;
}

/** Variables of an environment; `process.env` is one. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Asks GitHub for the token of the workflow that runs, which needs the permission `id-token: write`.
 *
 * @returns A provider that throws SigningError `ERR_IDENTITY_TOKEN` where there is no such workflow, or GitHub gives none.
 * @see https://docs.github.com/en/actions/reference/security/oidc
 */
export function githubActionsToken(env: Environment, options: ServiceOptions = {}): IdentityTokenProvider {
  return async ({ audience, signal }) => {
    const { ACTIONS_ID_TOKEN_REQUEST_URL: address = '', ACTIONS_ID_TOKEN_REQUEST_TOKEN: secret = '' } = env;
    const url = parseHttpUrl(address);
    if (url === undefined || secret === '') {
      throw tokenError('cannot be had: this is no GitHub workflow that may ask for one', {
        hint: 'give the job the permission id-token: write',
      });
    }
    url.searchParams.set('audience', audience);
    const request = {
      url,
      name: 'token service of GitHub',
      code: 'ERR_IDENTITY_TOKEN',
      method: 'GET',
      headers: { accept: 'application/json' },
      authorize: () => ({ authorization: `Bearer ${secret}` }),
      secrets: [secret],
      signal,
    } as const;
    const value = memberOf(answeredJson(await askService(serviceClient(options), request), request), 'value');
    if (typeof value === 'string' && value !== '') return value;
    throw answerError(request, 'has no token');
  };
}

/**
 * The token that the environment has: the one in `SIGSTORE_ID_TOKEN`, or else that of a GitHub workflow.
 *
 * @returns A provider that throws SigningError `ERR_IDENTITY_TOKEN` where there is neither.
 */
export function ambientToken(env: Environment, options: ServiceOptions = {}): IdentityTokenProvider {
  return (request) => {
    const given = env.SIGSTORE_ID_TOKEN ?? '';
    if (given !== '') return given;
    if ((env.ACTIONS_ID_TOKEN_REQUEST_URL ?? '') !== '') return githubActionsToken(env, options)(request);
    throw tokenError('is missing', {
      hint: 'set SIGSTORE_ID_TOKEN, or in a GitHub workflow give the job the permission id-token: write',
    });
  };
}
