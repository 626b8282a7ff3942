import { utf8 } from '../bytes/encoding.ts';
import { FormatError, UsageError } from '../errors.ts';
import type { CommandContext } from './context.ts';
import { readDocument } from './read-document.ts';

/** What names a secret, and how large that may be. */
export interface NamedBytes {
  /** The flag, without its dashes. */
  readonly flag: string;
  /** Bytes. */
  readonly limit: number;
}

/** A key or a token itself, where its name was expected. */
const secretItself = /-----BEGIN|[\r\n]|^\s*\{|^\s*ey[\w-]+\.[\w-]*\./;

/**
 * The bytes of what a flag names: a small file, or a variable of the environment as cosign writes it (`env://NAME`). No
 * message shows what is in either, and none shows an argument that is a key or a token itself.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` where there is no such file or variable, `ERR_UNSUPPORTED` for the address of
 * a service; FormatError `ERR_LIMIT_EXCEEDED`.
 */
export async function readNamed(
  named: string,
  { flag, limit }: NamedBytes,
  context: CommandContext,
): Promise<Uint8Array> {
  if (secretItself.test(named)) {
    throw new UsageError('ERR_INVALID_ARGUMENT', `--${flag} was given what belongs into a file`, {
      argument: flag,
      hint: `write it to a file and name that, or --${flag} env://NAME: every user of the machine can see a command line`,
    });
  }
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(named)?.[1] ?? /^(pkcs11):/i.exec(named)?.[1];
  if (scheme === undefined) return readDocument(named, limit, context);
  if (scheme !== 'env') throw ofService(flag, scheme);
  return fromEnvironment(named.slice('env://'.length), { flag, limit }, context);
}

/** The address itself is not shown: it may hold a PIN. */
function ofService(flag: string, scheme: string): UsageError {
  return new UsageError('ERR_UNSUPPORTED', `--${flag} names a ${scheme} service, expected a file or env://NAME`, {
    argument: flag,
    hint: 'a program can sign with the key of a service: packwright/ports has SigningKey for it',
  });
}

function fromEnvironment(name: string, { flag, limit }: NamedBytes, { env }: CommandContext): Uint8Array {
  const value = env[name];
  const variable = `variable ${JSON.stringify(name)} of --${flag}`;
  if (value === undefined) {
    throw new UsageError('ERR_INVALID_ARGUMENT', `${variable} is not set`, { argument: flag });
  }
  const bytes = utf8(value);
  if (bytes.length <= limit) return bytes;
  throw new FormatError('ERR_LIMIT_EXCEEDED', `${variable} has ${bytes.length} bytes, more than ${limit}`, {
    details: { limit, size: bytes.length },
  });
}
