import type { SigningConfig } from '../attest/signing-config.ts';
import type { TrustRoot } from '../attest/trust-root.ts';
import { fromUtf8 } from '../bytes/encoding.ts';
import { UsageError } from '../errors.ts';
import type { Signer } from '../ports/signer.ts';
import { switchFlag, textFlag, type FlagSpec, type FlagValues } from './command.ts';
import { commandTransport } from './command-transport.ts';
import type { CommandContext } from './context.ts';
import { environmentProxy } from './environment-proxy.ts';
import { readDocument } from './read-document.ts';
import { readNamed } from './read-named.ts';
import { loadSigningKey } from './signing-key-file.ts';

/** Who signs, and who witnesses it: what `packwright sign` and `packwright attest` have in common. */
export interface SigningFlags {
  /** A file with a private key; without it the identity token says who signs. */
  readonly key?: string | undefined;
  /** A file with an identity token; that of the environment by default. */
  readonly identityToken?: string | undefined;
  /** A file that says which services to ask. */
  readonly signingConfig?: string | undefined;
  /** A file that says whom of them to believe; the embedded one of the public-good instance by default. */
  readonly trustedRoot?: string | undefined;
  /** Asks nobody but the key: the signature stands in no log, and nobody says when it was made. */
  readonly noLog?: boolean | undefined;
  /** Sends the token over http to a certificate authority on another machine, too. */
  readonly plainHttp?: boolean | undefined;
  readonly platform?: string | undefined;
  readonly recursive?: boolean | undefined;
  readonly format?: 'bundle' | 'legacy' | undefined;
  readonly ifAbsent?: boolean | undefined;
}

const maxTokenBytes = 64 * 1024;
const maxConfigBytes = 16 * 1024 * 1024;

/** The flags of both commands. */
export const signingFlags: readonly FlagSpec[] = [
  {
    flags: '--key <file>',
    summary:
      'file of the private key, or env://NAME: cosign, PKCS#8, PKCS#1, SEC1 or JWK; its password is in PACKWRIGHT_PASSWORD or COSIGN_PASSWORD, or asked for',
  },
  {
    flags: '--identity-token <file>',
    summary:
      'file of a token that says who signs, or env://NAME; without this and --key, the one that the CI job or SIGSTORE_ID_TOKEN has',
  },
  {
    flags: '--signing-config <file>',
    summary: 'JSON that says which services certify, log and time-stamp; needed unless --no-log',
  },
  {
    flags: '--trusted-root <file>',
    summary: 'JSON that says whose certificates, logs and time stamps to believe; public-good Sigstore by default',
  },
  {
    flags: '--no-log',
    summary: 'with --key: the signature stands in no log and nobody says when it was made; nothing is contacted for it',
    kind: 'switch',
  },
  { flags: '--platform <platform>', summary: 'the manifest for os/architecture[/variant] in an index' },
  { flags: '--recursive', summary: 'an index, and every manifest in it', kind: 'switch' },
  {
    flags: '--format <format>',
    summary: 'a bundle among the referrers (the default), or a layer under a tag as cosign 2 has it',
    kind: 'choice',
    choices: ['bundle', 'legacy'],
  },
  {
    flags: '--if-absent',
    summary: 'with --key: sign nothing where this key has signed the same before',
    kind: 'switch',
  },
];

/** What the flags say. */
export function signingOptions(flags: FlagValues): SigningFlags {
  return {
    key: textFlag(flags, 'key'),
    identityToken: textFlag(flags, 'identityToken'),
    signingConfig: textFlag(flags, 'signingConfig'),
    trustedRoot: textFlag(flags, 'trustedRoot'),
    noLog: flags['log'] === false,
    plainHttp: switchFlag(flags, 'plainHttp'),
    platform: textFlag(flags, 'platform'),
    recursive: switchFlag(flags, 'recursive'),
    format: textFlag(flags, 'format') as SigningFlags['format'],
    ifAbsent: switchFlag(flags, 'ifAbsent'),
  };
}

/**
 * Runs something with the signer that the flags describe, and closes its connections.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for flags that do not go together, before anything is read; FormatError for a
 * signing config or a trusted root that cannot be read; SigningError for a key or a token.
 */
export async function withSigner<T>(
  flags: SigningFlags,
  context: CommandContext,
  run: (signer: Signer) => Promise<T>,
): Promise<T> {
  checkFlags(flags);
  if (flags.noLog === true) return run(await bareKey(flags, context));
  const transport = commandTransport({ proxyFor: environmentProxy(context.env) });
  try {
    return await run(await witnessedSigner(flags, transport.fetch, context));
  } finally {
    await transport.close();
  }
}

function checkFlags({ key, identityToken, signingConfig, trustedRoot, noLog, ifAbsent }: SigningFlags): void {
  if (key === undefined && noLog === true) {
    throw together(
      'no-log',
      '--no-log was given without --key: who a certificate names must stand in a log',
      'add --key',
    );
  }
  if (key === undefined && ifAbsent === true) {
    throw together(
      'if-absent',
      '--if-absent was given without --key: a token is of another key each time',
      'add --key',
    );
  }
  if (key !== undefined && identityToken !== undefined) {
    throw together('key', 'a key and an identity token were both given', 'give one of them');
  }
  if (noLog === true && (signingConfig ?? trustedRoot) !== undefined) {
    throw together('no-log', 'services were named, and none is to be asked', 'leave out --no-log, or the services');
  }
  if (noLog === true || signingConfig !== undefined) return;
  const hint = key === undefined ? 'add --signing-config FILE' : 'add --signing-config FILE, or --no-log';
  throw together('signing-config', 'nothing says which services are to be asked', hint);
}

async function bareKey({ key = '' }: SigningFlags, context: CommandContext): Promise<Signer> {
  const loaded = await loadSigningKey(key, context);
  const { keySigner } = await import('../adapters/signer/key.ts');
  return keySigner({ key: loaded });
}

async function witnessedSigner(
  flags: SigningFlags,
  fetch: typeof globalThis.fetch,
  context: CommandContext,
): Promise<Signer> {
  const { keylessSigner, sigstoreWitness, ambientToken } = await import('../adapters/signer/keyless.ts');
  const signingConfig = await configFile(flags.signingConfig ?? '', context);
  const trust = await trustOf(flags, context);
  const services = { signingConfig, trust, fetch };
  if (flags.key !== undefined) {
    const key = await loadSigningKey(flags.key, context);
    const { keySigner } = await import('../adapters/signer/key.ts');
    return keySigner({ key, trust, witness: sigstoreWitness(services) });
  }
  const { identityToken: file } = flags;
  const identityToken = file === undefined ? ambientToken(context.env, { fetch }) : await tokenFile(file, context);
  return keylessSigner({ ...services, identityToken, unsafePlainHttp: flags.plainHttp });
}

async function configFile(path: string, context: CommandContext): Promise<SigningConfig> {
  const { parseSigningConfig } = await import('../attest/signing-config.ts');
  return parseSigningConfig(await readDocument(path, maxConfigBytes, context));
}

async function trustOf({ trustedRoot }: SigningFlags, context: CommandContext): Promise<TrustRoot> {
  if (trustedRoot !== undefined) {
    const { parseTrustRoot } = await import('../attest/parse-trust-root.ts');
    return parseTrustRoot(await readDocument(trustedRoot, maxConfigBytes, context));
  }
  const { publicGoodTrustRoot, publicGoodTrustRootDate } = await import('../adapters/trust/public-good.ts');
  context.info(
    `trusting the public-good instance of Sigstore as of ${publicGoodTrustRootDate}, for lack of --trusted-root`,
  );
  return publicGoodTrustRoot();
}

/** No message says what is in the file. */
async function tokenFile(path: string, context: CommandContext): Promise<string> {
  const bytes = await readNamed(path, { flag: 'identity-token', limit: maxTokenBytes }, context);
  try {
    return fromUtf8(bytes).trim();
  } catch {
    throw together(
      'identity-token',
      `file ${JSON.stringify(path)} holds no identity token`,
      'give a file with a token',
    );
  }
}

function together(argument: string, message: string, hint: string): UsageError {
  return new UsageError('ERR_INVALID_ARGUMENT', message, { argument, hint });
}
