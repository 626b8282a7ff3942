import { UsageError } from '../../errors.ts';
import { switchFlag, textFlag, type CommandOutput, type CommandSpec, type FlagValues } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { loadSigningKey } from '../signing-key-file.ts';
import type { WrittenKeyPair } from '../write-key-pair.ts';

/** What `packwright keys generate` takes. */
export interface GenerateKeysCommandOptions {
  /** The files are called this with `.key` and `.pub` behind it; `cosign` by default, as cosign does. */
  readonly outputKeyPrefix?: string | undefined;
  /** Replaces files that are there. */
  readonly force?: boolean | undefined;
  /** `PKIX_ECDSA_P256_SHA_256` by default, which is what every client understands. */
  readonly algorithm?: KeyFileAlgorithm | undefined;
}

/**
 * An algorithm that a file of a key tells from others. It says neither the padding of an RSA key nor the hash of another:
 * whoever reads it takes PKCS #1 v1.5, and the hash that goes with the curve.
 */
export type KeyFileAlgorithm =
  | 'PKIX_ECDSA_P256_SHA_256'
  | 'PKIX_ECDSA_P384_SHA_384'
  | 'PKIX_ECDSA_P521_SHA_512'
  | 'PKIX_ED25519'
  | 'PKIX_RSA_PKCS1V15_2048_SHA256'
  | 'PKIX_RSA_PKCS1V15_3072_SHA256'
  | 'PKIX_RSA_PKCS1V15_4096_SHA256';

const fileAlgorithms: readonly KeyFileAlgorithm[] = [
  'PKIX_ECDSA_P256_SHA_256',
  'PKIX_ECDSA_P384_SHA_384',
  'PKIX_ECDSA_P521_SHA_512',
  'PKIX_ED25519',
  'PKIX_RSA_PKCS1V15_2048_SHA256',
  'PKIX_RSA_PKCS1V15_3072_SHA256',
  'PKIX_RSA_PKCS1V15_4096_SHA256',
];

/** What `packwright keys import` takes. */
export interface ImportKeyCommandOptions extends Omit<GenerateKeysCommandOptions, 'algorithm'> {
  /** The file with the private key. */
  readonly key: string;
}

/** What `packwright keys public` gives. */
export interface PublicKeyCommandResult {
  /** SubjectPublicKeyInfo in PEM. */
  readonly publicKey: string;
  /** Its name in the enumeration `PublicKeyDetails`. */
  readonly algorithm: string;
}

/**
 * Makes a key pair, and writes it as cosign does. The password is read from `PACKWRIGHT_PASSWORD` or `COSIGN_PASSWORD`,
 * else a person is asked.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for files that are there, or where there is no password; StoreError where
 * nothing can be written.
 */
export async function generateKeysCommand(
  options: GenerateKeysCommandOptions,
  context: CommandContext,
): Promise<WrittenKeyPair> {
  const { outputKeyPrefix: prefix = 'cosign', force = false, algorithm } = options;
  const { signal } = context.operation;
  if (algorithm !== undefined && !fileAlgorithms.includes(algorithm)) {
    const message = `algorithm ${JSON.stringify(algorithm)} is none that a file of a key can say`;
    throw wrong('algorithm', message, `use one of ${fileAlgorithms.join(', ')}`);
  }
  const { writeKeyPair } = await import('../write-key-pair.ts');
  const { generateSigningKey } = await import('../../adapters/signer/key.ts');
  return writeKeyPair(() => generateSigningKey({ algorithm, signal }), { prefix, force }, context);
}

/**
 * Writes a private key that is there already as cosign does. One password in the environment is for both: for the file
 * that is read, where it is encrypted, and for the one that is written.
 *
 * @throws As {@link generateKeysCommand}; SigningError `ERR_KEY`, `ERR_KEY_PASSWORD` for a file that cannot be read.
 */
export async function importKeyCommand(
  options: ImportKeyCommandOptions,
  context: CommandContext,
): Promise<WrittenKeyPair> {
  const { key, outputKeyPrefix: prefix = 'import-cosign', force = false } = options;
  const { writeKeyPair } = await import('../write-key-pair.ts');
  return writeKeyPair(() => loadSigningKey(key, context, { extractable: true }), { prefix, force }, context);
}

/** The public key of a private one. Throws as {@link importKeyCommand}. */
export async function publicKeyCommand(
  { key: path }: { readonly key: string },
  context: CommandContext,
): Promise<PublicKeyCommandResult> {
  const key = await loadSigningKey(path, context);
  const { exportPublicKeyPem } = await import('../../adapters/signer/key.ts');
  return { publicKey: await exportPublicKeyPem(key), algorithm: key.details };
}

/** `packwright keys`. */
export const keysSpec: CommandSpec = {
  name: 'keys',
  summary: 'make, import and show signing keys in the format of cosign',
  arguments: [{ name: 'action', summary: 'generate a pair, import a private key, or print the public half of one' }],
  flags: [
    {
      flags: '--key <file>',
      summary: 'private key to import or show, in a file or env://NAME: cosign, PKCS#8, PKCS#1, SEC1 or JWK',
    },
    {
      flags: '--output-key-prefix <prefix>',
      summary: 'write PREFIX.key and PREFIX.pub; cosign by default, import-cosign for an import',
    },
    {
      flags: '--algorithm <name>',
      summary: `what a new key signs with: ${fileAlgorithms.join(', ')} (the first, which every client understands)`,
    },
    { flags: '--force', summary: 'replace files that are there', kind: 'switch' },
  ],
  examples: [
    'packwright keys generate',
    'packwright keys public --key cosign.key > cosign.pub',
    'packwright keys import --key openssl.pem --output-key-prefix release',
  ],
  async run([action = ''], flags, context) {
    refuseForeignFlags(action, flags);
    switch (action) {
      case 'generate':
        return filesOf(await generateKeysCommand({ ...filesNamed(flags), algorithm: algorithmOf(flags) }, context));
      case 'import':
        return filesOf(await importKeyCommand({ ...filesNamed(flags), key: keyOf(flags) }, context));
      default: {
        const result = await publicKeyCommand({ key: keyOf(flags) }, context);
        return { json: result, text: result.publicKey };
      }
    }
  },
};

/** The flags of each action. */
const actions: Readonly<Record<string, readonly string[]>> = {
  generate: ['outputKeyPrefix', 'algorithm', 'force'],
  import: ['key', 'outputKeyPrefix', 'force'],
  public: ['key'],
};

function refuseForeignFlags(action: string, flags: FlagValues): void {
  const own = Object.hasOwn(actions, action) ? actions[action] : undefined;
  if (own === undefined) {
    throw wrong('action', `action ${JSON.stringify(action)} is none of ${Object.keys(actions).join(', ')}`);
  }
  const foreign = Object.values(actions)
    .flat()
    .find((name) => flags[name] !== undefined && !own.includes(name));
  if (foreign !== undefined) throw wrong(foreign, `option ${foreign} does not go with keys ${action}`);
}

function filesNamed(flags: FlagValues): Pick<GenerateKeysCommandOptions, 'outputKeyPrefix' | 'force'> {
  return { outputKeyPrefix: textFlag(flags, 'outputKeyPrefix'), force: switchFlag(flags, 'force') };
}

function algorithmOf(flags: FlagValues): KeyFileAlgorithm | undefined {
  // Checked where the key is made.
  return textFlag(flags, 'algorithm') as KeyFileAlgorithm | undefined;
}

function keyOf(flags: FlagValues): string {
  const key = textFlag(flags, 'key');
  if (key === undefined) throw wrong('key', 'no file with a private key was named', 'add --key FILE');
  return key;
}

function filesOf(result: WrittenKeyPair): CommandOutput {
  return { json: result, text: `${result.privateKey}\n${result.publicKey}\n` };
}

function wrong(argument: string, message: string, hint?: string): UsageError {
  return new UsageError('ERR_INVALID_ARGUMENT', message, { argument, hint });
}
