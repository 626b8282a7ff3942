import type { WebSigningKey } from '../adapters/signer/key.ts';
import { UsageError } from '../errors.ts';
import type { CommandContext } from './context.ts';
import { readNamed } from './read-named.ts';

const maxKeyBytes = 64 * 1024;

/**
 * The signing key in a file, or in a variable (`env://NAME`): cosign's encrypted format, PKCS#8 (encrypted, too), PKCS#1 and SEC1 in PEM, PKCS#8 in DER,
 * JWK. The password of an encrypted one is read from `PACKWRIGHT_PASSWORD` or `COSIGN_PASSWORD`, else a person is asked.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` where there is no such file or variable, or nobody to ask; SigningError `ERR_KEY` for what
 * is no key that can be used, `ERR_KEY_PASSWORD`.
 */
export async function loadSigningKey(
  path: string,
  context: CommandContext,
  options: { readonly extractable?: boolean | undefined } = {},
): Promise<WebSigningKey> {
  const bytes = await readNamed(path, { flag: 'key', limit: maxKeyBytes }, context);
  const { importSigningKey } = await import('../adapters/signer/key.ts');
  const password = (): Promise<string> => keyPassword(`Password of ${JSON.stringify(path)}: `, context);
  return importSigningKey(bytes, { password, extractable: options.extractable, signal: context.operation.signal });
}

/**
 * The password of a private key: from the environment, else from a person at a terminal.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` where nobody can be asked.
 */
async function keyPassword(question: string, context: CommandContext): Promise<string> {
  const given = environmentPassword(context);
  if (given !== undefined) return given;
  const { input, operation } = context;
  if (input?.terminal === true) return input.ask(question, { hidden: true, signal: operation.signal });
  throw new UsageError('ERR_INVALID_ARGUMENT', 'no password was given for the private key', {
    argument: 'password',
    hint: 'set PACKWRIGHT_PASSWORD or COSIGN_PASSWORD; an empty one counts',
  });
}

/** The password for a new private key: a person types it twice, as nobody sees what is typed. */
export async function newKeyPassword(context: CommandContext): Promise<string> {
  const password = await keyPassword('Password for the new private key: ', context);
  if (environmentPassword(context) !== undefined) return password;
  if ((await keyPassword('The same again: ', context)) === password) return password;
  throw new UsageError('ERR_INVALID_ARGUMENT', 'passwords that were typed differ', { argument: 'password' });
}

function environmentPassword({ env }: CommandContext): string | undefined {
  return env['PACKWRIGHT_PASSWORD'] ?? env['COSIGN_PASSWORD'];
}
