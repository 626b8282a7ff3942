import { VerificationError } from '../../errors.ts';
import type { PackVerdict } from '../../pack/verify.ts';
import type { VerificationReport } from '../../verify/report.ts';
import {
  listFlag,
  numberFlag,
  switchFlag,
  textFlag,
  type CommandOutput,
  type CommandSpec,
  type FlagValues,
} from '../command.ts';
import type { CommandContext } from '../context.ts';
import type { VerificationFlags } from '../verification-demand.ts';
import { verificationText } from '../verification-text.ts';

/** What `packwright verify` takes. */
export interface VerifyCommandOptions extends VerificationFlags {
  /** A reference; or with `bundles` a file, or the digest of one. */
  readonly subject: string;
  /** Files with bundles, for a file: one bundle each, or one a line where the name ends in `.jsonl`. */
  readonly bundles?: readonly string[] | undefined;
  /** Verifies the manifest for this platform in an index: `os/architecture[/variant]`. */
  readonly platform?: string | undefined;
  /** Signatures that are looked at; 100 by default. */
  readonly maxSignatures?: number | undefined;
}

/** What `packwright verify` gives: the report, and of a pack what it is about. */
export interface VerifyCommandResult extends VerificationReport, Partial<Omit<PackVerdict, 'report'>> {}

/**
 * Verifies a pack by the signatures beside it, or a file by bundles that were given. A file is read as a stream.
 *
 * @throws VerificationError with the report in `report`, where the verdict is no; UsageError for flags that do not go
 * together; FormatError for a bundle, a trusted root or a policy that cannot be read.
 */
export async function verifyCommand(
  options: VerifyCommandOptions,
  context: CommandContext,
): Promise<VerifyCommandResult> {
  const { verifySubject } = await import('../verify-subject.ts');
  return verifySubject(options, context);
}

/** `packwright verify`. */
export const verifySpec: CommandSpec = {
  name: 'verify',
  summary: 'verify who signed a pack, or a file by its bundle',
  arguments: [{ name: 'subject', summary: 'a pack; or with --bundle a file, or its digest (sha256:…)' }],
  flags: [
    {
      flags: '--bundle <file>',
      summary: 'bundle for a file (.sigstore.json, .jsonl); may be given again',
      kind: 'many',
    },
    { flags: '--key <file>', summary: 'public key that signed, in PEM' },
    { flags: '--certificate-identity <text>', summary: 'who signed: the whole identity in the certificate' },
    { flags: '--certificate-identity-regexp <pattern>', summary: 'the same as a pattern, which must match all of it' },
    { flags: '--certificate-oidc-issuer <url>', summary: 'who vouched for that identity' },
    {
      flags: '--certificate-oidc-issuer-regexp <pattern>',
      summary: 'the same as a pattern, which must match all of it',
    },
    { flags: '--policy <file>', summary: 'what must be proven, in place of these flags' },
    {
      flags: '--type <type>',
      summary: 'attestation of this type (slsaprovenance1, spdx, …, or a URI), not a signature',
    },
    {
      flags: '--trusted-root <file>',
      summary: 'whom to believe; for certificates the embedded public-good instance without it',
    },
    {
      flags: '--trusted-root-digest <digest>',
      summary: 'digest of the trusted root; without --trusted-root, of one that travels with the pack',
    },
    { flags: '--platform <platform>', summary: 'the manifest for os/architecture[/variant] in an index' },
    { flags: '--max-signatures <count>', summary: 'how many signatures are looked at (100)', kind: 'count' },
    { flags: '--insecure-ignore-sct', summary: 'ask for no proof that the certificate was published', kind: 'switch' },
    { flags: '--insecure-ignore-tlog', summary: 'ask for no entry in a transparency log', kind: 'switch' },
  ],
  registries: true,
  examples: [
    'packwright verify registry.example/app:1.0 --certificate-identity dev@example.com --certificate-oidc-issuer https://accounts.example.com',
    'packwright verify oci:packs:1.0 --key cosign.pub',
    'packwright verify app.tgz --bundle app.tgz.sigstore.json --key cosign.pub',
  ],
  async run([subject = ''], flags, context) {
    try {
      const result = await verifyCommand({ subject, ...optionsOf(flags) }, context);
      return outputOf(result, result.reference ?? subject, packOf(result));
    } catch (error) {
      if (!(error instanceof VerificationError) || error.report === undefined) throw error;
      return { ...outputOf(error.report as VerificationReport, subject), error };
    }
  },
};

function packOf({ signed, descriptor }: VerifyCommandResult): Pick<PackVerdict, 'signed' | 'descriptor'> | undefined {
  return signed === undefined || descriptor === undefined ? undefined : { signed, descriptor };
}

function outputOf(
  report: VerificationReport,
  subject: string,
  pack?: Pick<PackVerdict, 'signed' | 'descriptor'>,
): CommandOutput {
  return { json: report, text: verificationText(report, subject, pack) };
}

function optionsOf(flags: FlagValues): Omit<VerifyCommandOptions, 'subject'> {
  return {
    bundles: listFlag(flags, 'bundle'),
    key: textFlag(flags, 'key'),
    certificateIdentity: textFlag(flags, 'certificateIdentity'),
    certificateIdentityRegexp: textFlag(flags, 'certificateIdentityRegexp'),
    certificateOidcIssuer: textFlag(flags, 'certificateOidcIssuer'),
    certificateOidcIssuerRegexp: textFlag(flags, 'certificateOidcIssuerRegexp'),
    policy: textFlag(flags, 'policy'),
    type: textFlag(flags, 'type'),
    trustedRoot: textFlag(flags, 'trustedRoot'),
    trustedRootDigest: textFlag(flags, 'trustedRootDigest'),
    platform: textFlag(flags, 'platform'),
    maxSignatures: numberFlag(flags, 'maxSignatures'),
    insecureIgnoreSct: switchFlag(flags, 'insecureIgnoreSct'),
    insecureIgnoreTlog: switchFlag(flags, 'insecureIgnoreTlog'),
  };
}
