import { provenanceType } from '../../attest/provenance.ts';
import { publishType } from '../../attest/publish-predicate.ts';
import { checkOptions } from '../../bytes/check-options.ts';
import { UsageError } from '../../errors.ts';
import type { KeyValidity, Policy, SignerRule } from '../policy.ts';
import { parsePolicy } from '../policy/parse-policy.ts';

/** A key that npm's registry signs with. */
export interface NpmKey {
  /** `SHA256:…`: the hint of the bundles that it signed. */
  readonly keyId: string;
  /** SubjectPublicKeyInfo in base64. */
  readonly key: string;
  readonly validFor?: KeyValidity | undefined;
}

/** Which package is verified, and whom to believe about it. */
export interface NpmPolicyOptions {
  readonly name: string;
  readonly version: string;
  /** The registry's keys; see `parseNpmKeys`. */
  readonly keys: readonly NpmKey[];
  /** The repository that it must be built from: `https://github.com/owner/name`, or one on gitlab.com. */
  readonly source?: string | undefined;
  /** Takes a build from any repository. The package is then whatever its publisher says. */
  readonly unsafeAnySource?: true | undefined;
}

/** The policies for the two attestations of a package. */
export interface NpmPolicies {
  /** That the registry published these bytes under this name and version. */
  readonly publish: Policy;
  /** That they were built from the source. */
  readonly provenance: Policy;
}

/**
 * Policies for the attestations of a package on npm's registry: one signed by the registry, one by the platform that
 * built it. Both name the package as a package URL and its tarball by SHA-512.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` where the source is missing or not on a platform that npm takes builds of.
 * @see https://github.com/npm/attestation
 */
export function npmPolicies(options: NpmPolicyOptions): NpmPolicies {
  checkOptions('npm policy', options, npmPolicyKeys);
  const { name, version, keys } = options;
  const subject = packageUrl(name, version);
  const signers = keys.map(({ keyId, key, validFor }) => ({ key: pemOf(key), hint: keyId, validFor }));
  const { signer, predicate } = buildRules(options);
  return {
    publish: parsePolicy({
      version: 1,
      demand: { log: 1, time: 1 },
      signers: { anyOf: signers },
      predicates: [{ type: publishType, subject, members: { name, version } }],
    }),
    provenance: parsePolicy({
      version: 1,
      signers: { anyOf: [signer] },
      predicates: [provenanceType, 'https://slsa.dev/provenance/v0.2'].map((type) => ({ type, subject, ...predicate })),
    }),
  };
}

/** The options of {@link npmPolicies}. */
export const npmPolicyKeys: readonly string[] = ['name', 'version', 'keys', 'source', 'unsafeAnySource'];

interface BuildRules {
  readonly signer: SignerRule;
  readonly predicate: object;
}

/** By the host of a repository: who vouches for builds from it, and whether their provenance says the source. */
const platforms: Readonly<Record<string, { readonly issuer: string; readonly saysSource: boolean }>> = {
  'https://github.com': { issuer: 'https://token.actions.githubusercontent.com', saysSource: true },
  'https://gitlab.com': { issuer: 'https://gitlab.com', saysSource: false },
};

function buildRules({ source, unsafeAnySource }: NpmPolicyOptions): BuildRules {
  // Any builder: what the provenance says of the build is compared with the certificate then.
  const predicate = { builder: { pattern: '.+' } };
  if (source === undefined && unsafeAnySource === true) return { signer: { unsafeAnyIdentity: true }, predicate };
  const origin = /^https:\/\/[^/]+/.exec(source ?? '')?.[0] ?? '';
  const platform = Object.hasOwn(platforms, origin) ? platforms[origin] : undefined;
  if (source === undefined || platform === undefined || unsafeAnySource !== undefined) {
    throw new UsageError('ERR_INVALID_ARGUMENT', 'source is not a repository on github.com or gitlab.com', {
      argument: 'source',
      hint: 'pass the URL of the repository, or unsafeAnySource: true',
    });
  }
  const { issuer, saysSource } = platform;
  const identity = { pattern: `${origin.replaceAll('.', '\\.')}/.+` };
  return {
    signer: { identity, issuer, extensions: { sourceRepositoryURI: source } },
    predicate: { ...predicate, ...(saysSource ? { source } : {}) },
  };
}

/** The package URL of a version, as npm writes it: the `@` of a scope is encoded. */
function packageUrl(name: string, version: string): string {
  return `pkg:npm/${name.replace(/^@/, '%40')}@${version}`;
}

function pemOf(base64: string): string {
  return `-----BEGIN PUBLIC KEY-----\n${base64}\n-----END PUBLIC KEY-----\n`;
}
