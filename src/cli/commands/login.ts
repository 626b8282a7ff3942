import { resolve } from 'node:path';
import {
  dockerConfigCredentials,
  eraseDockerCredential,
  saveDockerCredential,
  type SavedCredential,
} from '../../adapters/credential/docker-config.ts';
import { UsageError } from '../../errors.ts';
import { isRegistryName } from '../../oci/index.ts';
import type { PasswordCredential } from '../../ports/index.ts';
import { checkLogin } from '../check-login.ts';
import { textFlag, type CommandSpec } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { registryTransport, type RegistriesOptions } from '../registries.ts';
import { registryFlags, registryOptions } from '../registry-flags.ts';
import { askedFor, readPassword } from '../typed-credential.ts';

/** What `packwright login` takes. */
export interface LoginCommandOptions extends RegistriesOptions {
  /** The registry, with its port where it has one. */
  readonly host: string;
}

/** What `packwright login` gives. */
export interface LoginCommandResult extends SavedCredential {
  readonly host: string;
  readonly username: string;
}

/**
 * Asks a registry whether a name and a password are good, and keeps them where docker looks for them. A person at a
 * terminal is asked for what is missing.
 *
 * @throws UsageError where something is missing and nobody can be asked; RegistryError where the registry says no or
 * cannot be asked, and nothing is kept; FormatError and StoreError where nothing can be kept.
 */
export async function loginCommand(options: LoginCommandOptions, context: CommandContext): Promise<LoginCommandResult> {
  const host = registryHost(options.host);
  const { signal } = context.operation;
  const { passwordStdin = false } = options;
  const username =
    options.username ?? (await askedFor('username', context.input, { question: 'Username: ', hidden: false, signal }));
  const credential = await readPassword({ username, passwordStdin }, context);
  const transport = registryTransport(options, context);
  try {
    await transport.check(host);
    await checkLogin({ host, credential, fetch: transport.fetch, plainHttp: options.plainHttp, signal });
  } finally {
    await transport.close();
  }
  const place = credentialPlace(options.registryConfig, context);
  const saved = await saveDockerCredential(credential, { ...place, host, signal });
  await warnOfOthers({ host, credential }, options, context);
  return { host, username, ...saved };
}

/** Something else may be asked first, and have another credential. */
async function warnOfOthers(
  { host, credential }: { readonly host: string; readonly credential: PasswordCredential },
  { registryConfig }: LoginCommandOptions,
  context: CommandContext,
): Promise<void> {
  const used = await dockerConfigCredentials(credentialPlace(registryConfig, context))({ host });
  if (used?.kind === 'password' && used.password === credential.password) return;
  context.info(
    `warning: DOCKER_AUTH_CONFIG or REGISTRY_AUTH_FILE has another credential for ${host}, which is used first`,
  );
}

/** What `packwright logout` gives. */
export interface LogoutCommandResult {
  readonly host: string;
  /** False where there was no credential. */
  readonly removed: boolean;
}

/**
 * Forgets the credential of a registry where docker keeps it. The registry is not asked.
 *
 * @throws FormatError, StoreError where that cannot be done.
 */
export async function logoutCommand(
  options: { readonly host: string; readonly registryConfig?: string | undefined },
  context: CommandContext,
): Promise<LogoutCommandResult> {
  const host = registryHost(options.host);
  const { signal } = context.operation;
  const place = credentialPlace(options.registryConfig, context);
  return { host, removed: await eraseDockerCredential({ ...place, host, signal }) };
}

function credentialPlace(
  file: string | undefined,
  { cwd, env, home }: CommandContext,
): { readonly env: CommandContext['env']; readonly home: string; readonly file: string | undefined } {
  return { env, home, file: file === undefined ? undefined : resolve(cwd, file) };
}

/** The text is not repeated: people put passwords before hosts. */
function registryHost(text: string): string {
  const host = text.toLowerCase();
  if (isRegistryName(host)) return host === 'index.docker.io' ? 'docker.io' : host;
  throw new UsageError('ERR_INVALID_ARGUMENT', 'host is not the name of a registry', {
    argument: 'host',
    hint: 'write it without scheme, user and path: registry.example or registry.example:5000',
  });
}

/** `packwright login`. */
export const loginSpec: CommandSpec = {
  name: 'login',
  summary: 'keep a credential for a registry, where docker looks for it',
  arguments: [{ name: 'host', summary: 'the registry, with its port' }],
  flags: registryFlags,
  examples: [
    'packwright login registry.example -u alice',
    'packwright login registry.example -u alice --password-stdin < token.txt',
  ],
  async run([host = ''], flags, context) {
    const result = await loginCommand({ ...registryOptions(flags), host }, context);
    const { file, helper, username } = result;
    context.info(helper === undefined ? `the password is in ${file}, for whoever can read that` : `${helper} keeps it`);
    return { json: result, text: `logged in to ${result.host} as ${username}\n` };
  },
};

/** `packwright logout`. */
export const logoutSpec: CommandSpec = {
  name: 'logout',
  summary: 'forget the credential for a registry',
  arguments: [{ name: 'host', summary: 'the registry, with its port' }],
  flags: registryFlags.filter(({ flags }) => flags.startsWith('--registry-config')),
  examples: ['packwright logout registry.example'],
  async run([host = ''], flags, context) {
    const result = await logoutCommand({ host, registryConfig: textFlag(flags, 'registryConfig') }, context);
    return { json: result, text: `${result.removed ? 'logged out of' : 'was not logged in to'} ${result.host}\n` };
  },
};
