/**
 * Credentials from `DOCKER_AUTH_CONFIG`, on every runtime that has an environment.
 *
 * @module
 */
import type { CredentialProvider } from '../../ports/credential.ts';
import { credentialIn, documentIn } from './config-document.ts';

/**
 * The credentials in the variable `DOCKER_AUTH_CONFIG`, which holds docker's config.json as text. Only `auths` is looked
 * at: no helper is run. Hosts match exactly, with their port; a key with a path is for the repositories below it.
 *
 * The provider throws FormatError `ERR_JSON_INVALID` where the variable cannot be read; the error tells nothing of what
 * it holds.
 *
 * @param env - The environment: `process.env`, or what a Worker is given.
 * @example
 * ```ts
 * const registry = httpRegistry({ host: 'registry.example', credentials: envCredentials(process.env) });
 * ```
 */
export function envCredentials(env: Readonly<Record<string, string | undefined>>): CredentialProvider {
  return ({ host, repository }) => credentialIn(documentIn(env), host, repository);
}
