import { predicateTypeOf } from '../attest/predicate-types.ts';
import { parseTrustRoot } from '../attest/parse-trust-root.ts';
import type { TrustRoot } from '../attest/trust-root.ts';
import { fromUtf8 } from '../bytes/encoding.ts';
import { isDigest, verifyBytes, type Digest } from '../digest/index.ts';
import { isPackError, UsageError } from '../errors.ts';
import type { PolicyAndTrust } from '../pack/verification-input.ts';
import { parsePublicKeyPem } from '../verify/crypto/public-key.ts';
import { parsePolicy } from '../verify/policy/parse-policy.ts';
import type { Policy, SignerRule, TextRule } from '../verify/policy.ts';
import type { CommandContext } from './context.ts';
import { readDocument } from './read-document.ts';
import { readNamed } from './read-named.ts';

/** What the flags of `packwright verify` say of who may have signed, and of whom to believe. */
export interface VerificationFlags {
  /** A file with a public key in PEM. */
  readonly key?: string | undefined;
  readonly certificateIdentity?: string | undefined;
  /** A regular expression that must match the whole identity. */
  readonly certificateIdentityRegexp?: string | undefined;
  readonly certificateOidcIssuer?: string | undefined;
  readonly certificateOidcIssuerRegexp?: string | undefined;
  /** A file with a policy, in place of all of these. */
  readonly policy?: string | undefined;
  /** The type of the statement that counts: a name of cosign's, or a URI. A signature counts where it is left out. */
  readonly type?: string | undefined;
  readonly insecureIgnoreSct?: boolean | undefined;
  readonly insecureIgnoreTlog?: boolean | undefined;
  /** A file with a trusted root; the embedded one of the public-good instance by default, for certificates. */
  readonly trustedRoot?: string | undefined;
  /** What the trusted root must hash to; without a file, that of the one that travels with the pack. */
  readonly trustedRootDigest?: string | undefined;
}

const maxKeyBytes = 64 * 1024;
const maxPolicyBytes = 1024 * 1024;
const maxRootBytes = 16 * 1024 * 1024;

/**
 * Reads the files that the flags name, and makes a policy of what they say.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for flags that do not go together, and where nothing says who may have
 * signed; FormatError `ERR_TRUST_ROOT_INVALID`; IntegrityError for a trusted root that is not the one that was pinned.
 */
export async function readDemand(flags: VerificationFlags, context: CommandContext): Promise<PolicyAndTrust> {
  const policy = flags.policy === undefined ? await flaggedPolicy(flags, context) : await policyFile(flags, context);
  const { trustedRoot, trustedRootDigest } = flags;
  const pinned = trustedRootDigest === undefined ? undefined : pinOf(trustedRootDigest);
  if (trustedRoot !== undefined) return { policy, trust: await rootFile(trustedRoot, pinned, context) };
  if (pinned !== undefined) return { policy, trustedRootDigest: pinned };
  return needsTrust(policy) ? { policy, trust: await embeddedRoot(context) } : { policy };
}

function pinOf(text: string): Digest {
  if (isDigest(text)) return text;
  const message = `--trusted-root-digest ${JSON.stringify(text.slice(0, 160))} is not a digest`;
  throw together('trusted-root-digest', message, 'write sha256: and 64 hexadecimal digits in lower case');
}

/** Flags that a policy says in its own words. */
const saidByPolicy = [
  'key',
  'certificateIdentity',
  'certificateIdentityRegexp',
  'certificateOidcIssuer',
  'certificateOidcIssuerRegexp',
  'type',
  'insecureIgnoreSct',
  'insecureIgnoreTlog',
] as const;

async function policyFile(flags: VerificationFlags, context: CommandContext): Promise<Policy> {
  const { policy = '' } = flags;
  const other = saidByPolicy.find((name) => flags[name] !== undefined && flags[name] !== false);
  if (other !== undefined) {
    throw together(
      'policy',
      `--${kebab(other)} does not go with --policy, which says it all`,
      'write it into the policy',
    );
  }
  return parsePolicy(await readDocument(policy, maxPolicyBytes, context));
}

async function flaggedPolicy(flags: VerificationFlags, context: CommandContext): Promise<Policy> {
  const { type, insecureIgnoreSct, insecureIgnoreTlog } = flags;
  const demand = {
    ...(insecureIgnoreSct === true ? { unsafeNoSct: true } : {}),
    ...(insecureIgnoreTlog === true ? { unsafeNoLog: true } : {}),
  };
  return parsePolicy({
    version: 1,
    ...(Object.keys(demand).length === 0 ? {} : { demand }),
    signers: { anyOf: [await signerRule(flags, context)] },
    ...(type === undefined ? {} : { predicates: [{ type: predicateTypeOf(type) }] }),
  });
}

async function signerRule(flags: VerificationFlags, context: CommandContext): Promise<SignerRule> {
  const identity = textRule('certificate-identity', flags.certificateIdentity, flags.certificateIdentityRegexp);
  const issuer = textRule('certificate-oidc-issuer', flags.certificateOidcIssuer, flags.certificateOidcIssuerRegexp);
  if (flags.key !== undefined) {
    if (identity === undefined && issuer === undefined) return { key: await keyFile(flags.key, context) };
    throw together('key', 'a key and an identity were both given', 'give one of them, or a --policy that names both');
  }
  if (identity !== undefined && issuer !== undefined) return { identity, issuer };
  if (identity === undefined && issuer === undefined) {
    const hint = 'give --certificate-identity and --certificate-oidc-issuer, or --key FILE, or --policy FILE';
    throw together('policy', 'nothing says who may have signed', hint);
  }
  const [given, missing] = identity === undefined ? ['oidc-issuer', 'identity'] : ['identity', 'oidc-issuer'];
  const what = `--certificate-${given} was given without --certificate-${missing}`;
  throw together(
    `certificate-${missing}`,
    what,
    `add --certificate-${missing}: anybody can claim the one without the other`,
  );
}

function textRule(name: string, exact: string | undefined, pattern: string | undefined): TextRule | undefined {
  if (exact !== undefined && pattern !== undefined) {
    throw together(name, `--${name} and --${name}-regexp were both given`, 'give one of them');
  }
  return exact ?? (pattern === undefined ? undefined : { pattern });
}

async function keyFile(path: string, context: CommandContext): Promise<string> {
  const shown = JSON.stringify(path);
  try {
    const pem = fromUtf8(await readNamed(path, { flag: 'key', limit: maxKeyBytes }, context));
    parsePublicKeyPem(pem);
    return pem;
  } catch (error) {
    if (error instanceof UsageError || (isPackError(error) && error.code === 'ERR_STORE_READ')) throw error;
    const reason = error instanceof Error ? error.message : '';
    throw new UsageError('ERR_INVALID_ARGUMENT', `file ${shown} holds no public key that can be used: ${reason}`, {
      cause: error,
      argument: 'key',
      hint: 'give the public key in PEM: BEGIN PUBLIC KEY',
    });
  }
}

async function rootFile(path: string, pinned: Digest | undefined, context: CommandContext): Promise<TrustRoot> {
  const bytes = await readDocument(path, maxRootBytes, context);
  if (pinned !== undefined) verifyBytes(bytes, { digest: pinned });
  return parseTrustRoot(bytes);
}

/** A key that demands nothing else needs nobody to be trusted. */
function needsTrust({ signers, demand = {} }: Policy): boolean {
  const { log = 0, time = 0, timestamp = 0 } = demand;
  return log + time + timestamp > 0 || signers.anyOf.some((rule) => !('key' in rule) || rule.validFor !== undefined);
}

async function embeddedRoot(context: CommandContext): Promise<TrustRoot> {
  const { publicGoodTrustRoot, publicGoodTrustRootDate } = await import('../adapters/trust/public-good.ts');
  context.info(
    `trusting the public-good instance of Sigstore as of ${publicGoodTrustRootDate}, for lack of --trusted-root`,
  );
  return publicGoodTrustRoot();
}

function together(argument: string, message: string, hint: string): UsageError {
  return new UsageError('ERR_INVALID_ARGUMENT', message, { argument, hint });
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
