/**
 * Credentials where docker and podman keep them: their files, and the helpers that these name.
 *
 * @module
 */
import type { Credential, CredentialProvider, CredentialRequest } from '../../ports/credential.ts';
import { credentialIn, documentIn, helperFor, type ConfigDocument } from './config-document.ts';
import { checkPlace, configFiles, readConfigFile, type ConfigPlace, type Environment } from './config-file.ts';
import { checkHelperName, getFromHelper } from './credential-helper.ts';
import { keyOf } from './host-key.ts';

export type { Environment };
export {
  eraseDockerCredential,
  saveDockerCredential,
  type SavedCredential,
  type SaveCredentialOptions,
} from './save-credential.ts';

/** Where {@link dockerConfigCredentials} looks. */
export interface DockerConfigOptions {
  /** The environment: `process.env`. */
  readonly env: Environment;
  /** The user's home folder: `os.homedir()`. */
  readonly home: string;
  /** A file to use in place of those of docker and podman. */
  readonly file?: string | undefined;
}

/**
 * The credentials that docker and podman have. Asked in this order until one has a credential for the host:
 *
 * 1. the variable `DOCKER_AUTH_CONFIG`, as text;
 * 2. `file` where it is given, and then nothing else; or
 * 3. the file that `REGISTRY_AUTH_FILE` names,
 * 4. docker's `config.json` in `DOCKER_CONFIG` or `~/.docker`,
 * 5. podman's `containers/auth.json` in `XDG_RUNTIME_DIR` and in `XDG_CONFIG_HOME` or `~/.config`.
 *
 * In a file, a helper that `credHelpers` names for the host decides; else the one of `credsStore`, and what it does not
 * have is looked for in `auths`. Helpers are programs, `docker-credential-NAME`, found in the `PATH` of `env` and run
 * with `env`. Hosts match exactly, with their port, whatever the case; a key with a path is for the repositories below
 * it, and the longest decides. Files are read anew each time. A file that is missing has no credential.
 *
 * The provider throws FormatError `ERR_JSON_INVALID` for what is malformed, naming the file and nothing that stands in
 * it; UsageError `ERR_INVALID_ARGUMENT` for a file that cannot be read; StoreError `ERR_STORE_READ` for a helper that
 * fails.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for options that are missing or unknown.
 * @example
 * ```ts
 * const credentials = dockerConfigCredentials({ env: process.env, home: homedir() });
 * const registry = httpRegistry({ host: 'registry.example', credentials });
 * ```
 * @see https://docs.docker.com/reference/cli/docker/login/#credential-stores and containers-auth.json(5)
 */
export function dockerConfigCredentials(options: DockerConfigOptions): CredentialProvider {
  const place = checkPlace('dockerConfigCredentials', options);
  return async (request) => {
    const found = credentialIn(documentIn(place.env), request.host, request.repository);
    if (found !== undefined) return found;
    for (const file of configFiles(place)) {
      const document = readConfigFile(file);
      const credential = document && (await credentialOf(document, request, place));
      if (credential !== undefined) return credential;
    }
    return undefined;
  };
}

async function credentialOf(
  document: ConfigDocument,
  { host, repository, signal }: CredentialRequest,
  { env }: ConfigPlace,
): Promise<Credential | undefined> {
  const own = helperFor(document, host);
  const helper = own ?? document.credsStore ?? '';
  if (helper === '') return credentialIn(document, host, repository);
  const name = checkHelperName(helper, document.name);
  const found = await getFromHelper({ name, env, signal }, keyOf(host));
  return found ?? (own === undefined ? credentialIn(document, host, repository) : undefined);
}
