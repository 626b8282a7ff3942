import { createConnection } from '../adapters/registry/http/create-connection.ts';
import { toBase64, utf8 } from '../bytes/encoding.ts';
import { isPackError, RegistryError } from '../errors.ts';
import type { CredentialProvider, PasswordCredential } from '../ports/index.ts';

/** A registry, and who wants to be let in. */
export interface LoginAttempt {
  readonly host: string;
  readonly credential: PasswordCredential;
  readonly fetch: typeof globalThis.fetch;
  readonly plainHttp?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Asks a registry whether a credential is good, by the request that every registry answers (distribution-spec 1.1.1,
 * end-1).
 *
 * @throws RegistryError `ERR_REGISTRY_UNAUTHORIZED`, `ERR_REGISTRY_DENIED` where it is not; `ERR_REGISTRY_PROTOCOL` where
 * no registry answers; the others where nobody does.
 */
export async function checkLogin(attempt: LoginAttempt): Promise<void> {
  const { host, credential, fetch, plainHttp, signal } = attempt;
  const demanded = new Set<string>();
  const credentials: CredentialProvider = (request) => {
    demanded.add(request.host);
    return credential;
  };
  const connection = createConnection({ host, fetch, credentials, unsafePlainHttp: plainHttp });
  const ask = async (headers: Readonly<Record<string, string>>): Promise<void> => {
    const answer = await connection.ask('', { scopes: [], expect: [200], headers, signal });
    await answer.discard();
  };
  try {
    await ask({});
    // A registry that lets everybody read demands nothing here, but says what it thinks of a credential that it is shown.
    const { username, password } = credential;
    if (demanded.size === 0) await ask({ authorization: `Basic ${toBase64(utf8(`${username}:${password}`))}` });
  } catch (error) {
    throw isPackError(error) && error.code === 'ERR_REGISTRY_NOT_FOUND' ? noRegistry(host, error) : error;
  }
}

function noRegistry(host: string, cause: unknown): RegistryError {
  return new RegistryError('ERR_REGISTRY_PROTOCOL', `${host} does not answer as a registry`, {
    cause,
    status: 404,
    hint: 'check the host and its port; a path is no part of it',
  });
}
