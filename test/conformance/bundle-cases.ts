import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { vectors } from '../vectors.ts';

const suite = vectors('sigstore-conformance/bundle-verify', 'the Sigstore conformance suite');
const folder = suite.path;

/** True where the suite is not there and need not be; see `test/vectors.ts`. */
export const skipped: boolean = suite.skipped;

/** A case of the Sigstore conformance suite, as its command line gives it. */
export interface BundleCase {
  readonly name: string;
  readonly bundle: string;
  readonly trustedRoot: string | undefined;
  readonly identity: string;
  readonly issuer: string;
  readonly keyPem: string | undefined;
  readonly artifact: Uint8Array;
  /** The paths of the same things. */
  readonly files: {
    readonly bundle: string;
    readonly artifact: string;
    readonly key: string;
    readonly trustedRoot: string;
  };
}

const workflow =
  'https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon' +
  '/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main';

/** Every case that is there. */
export const bundleCases: readonly BundleCase[] = suite.found
  ? readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => readBundleCase(name))
  : [];

function readBundleCase(name: string): BundleCase {
  const path = (file: string): string => join(folder, name, file);
  const textOf = (file: string): string | undefined =>
    existsSync(path(file)) ? readFileSync(path(file), 'utf8') : undefined;
  const artifact = existsSync(path('artifact')) ? path('artifact') : join(folder, 'a.txt');
  return {
    name,
    bundle: textOf('bundle.sigstore.json') ?? '',
    trustedRoot: textOf('trusted_root.json'),
    identity: textOf('identity')?.trim() ?? workflow,
    issuer: textOf('issuer')?.trim() ?? 'https://token.actions.githubusercontent.com',
    keyPem: textOf('key.pub'),
    artifact: new Uint8Array(readFileSync(artifact)),
    files: {
      artifact,
      bundle: path('bundle.sigstore.json'),
      key: path('key.pub'),
      trustedRoot: path('trusted_root.json'),
    },
  };
}

/** Why each bad case is refused, so that none is refused for the fault of another. */
export const refusals: Readonly<Record<string, string>> = {
  'bundle-empty-certificate-chain_fail': 'ERR_BUNDLE_INVALID',
  // No promise of a log that is trusted: nothing of another instance counts.
  'bundle-from-wrong-instance_fail': 'ERR_TIMESTAMP_MISSING',
  'bundle-invalid-base64-signature_fail': 'ERR_BUNDLE_INVALID',
  'bundle-malformed-json_fail': 'ERR_BUNDLE_INVALID',
  'bundle-negative-log-index_fail': 'ERR_BUNDLE_INVALID',
  'bundle-unknown-version_fail': 'ERR_BUNDLE_INVALID',
  'bundle-with-root-cert_fail': 'ERR_CERTIFICATE_INVALID',
  'checkpoint-bad-keyhint_fail': 'ERR_LOG_PROOF_INVALID',
  'checkpoint-wrong-roothash_fail': 'ERR_LOG_PROOF_INVALID',
  'dsse-invalid-sig_fail': 'ERR_SIGNATURE_INVALID',
  'dsse-mismatch-envelope_fail': 'ERR_LOG_ENTRY_INVALID',
  'dsse-mismatch-sig_fail': 'ERR_LOG_ENTRY_INVALID',
  'inclusion-proof-corrupted-hash_fail': 'ERR_LOG_PROOF_INVALID',
  // The promise is over the body that was changed.
  'incorrect-public-key_fail': 'ERR_LOG_ENTRY_INVALID',
  'integrated-time-in-future_fail': 'ERR_CERTIFICATE_EXPIRED',
  'intoto-expired-certificate_fail': 'ERR_CERTIFICATE_EXPIRED',
  'intoto-log-entry-mismatch_fail': 'ERR_LOG_ENTRY_INVALID',
  'intoto-missing-inclusion-proof_fail': 'ERR_BUNDLE_INVALID',
  'intoto-set-outside-signing-cert-validity_fail': 'ERR_CERTIFICATE_EXPIRED',
  'intoto-tsa-timestamp-outside-cert-validity_fail': 'ERR_CERTIFICATE_EXPIRED',
  'invalid-checkpoint-signature_fail': 'ERR_LOG_PROOF_INVALID',
  // The log that published the certificate is not the one with that key.
  'invalid-ct-key_fail': 'ERR_SCT_MISSING',
  // Its proof has no checkpoint.
  'invalid-inclusion-proof_fail': 'ERR_BUNDLE_INVALID',
  'managed-key-no-key_fail': 'ERR_KEY_MISMATCH',
  // The key is no point, and its PEM no base64.
  'managed-key-wrong-key_fail': 'ERR_INVALID_ARGUMENT',
  'message-digest-mismatch_fail': 'ERR_SUBJECT_MISMATCH',
  'rekor2-checkpoint-missing-log-signature_fail': 'ERR_LOG_PROOF_INVALID',
  'rekor2-checkpoint-missing-origin_fail': 'ERR_LOG_PROOF_INVALID',
  'rekor2-checkpoint-missing-root-hash_fail': 'ERR_LOG_PROOF_INVALID',
  'rekor2-checkpoint-missing-size_fail': 'ERR_LOG_PROOF_INVALID',
  'rekor2-checkpoint-no-matching-signature_fail': 'ERR_LOG_PROOF_INVALID',
  'rekor2-dsse-invalid-sig_fail': 'ERR_SIGNATURE_INVALID',
  'rekor2-dsse-mismatch-envelope_fail': 'ERR_LOG_ENTRY_INVALID',
  'rekor2-dsse-mismatch-sig_fail': 'ERR_LOG_ENTRY_INVALID',
  'rekor2-no-inclusion-proof_fail': 'ERR_BUNDLE_INVALID',
  'rekor2-no-timestamp_fail': 'ERR_TIMESTAMP_MISSING',
  'rekor2-timestamp-outside-trust-root-tsa-validity_fail': 'ERR_TIMESTAMP_INVALID',
  'rekor2-timestamp-outside-tsa-cert-validity_fail': 'ERR_TIMESTAMP_INVALID',
  'rekor2-timestamp-payload-mismatch_fail': 'ERR_TIMESTAMP_INVALID',
  'rekor2-timestamp-untrusted-tsa-with-embedded-cert_fail': 'ERR_TIMESTAMP_MISSING',
  'rekor2-timestamp-untrusted-tsa-without-embedded-cert_fail': 'ERR_TIMESTAMP_MISSING',
  // Its base64 has line breaks; what is behind them has a test of its own.
  'rekor2-timestamp-with-incorrect-time_fail': 'ERR_BUNDLE_INVALID',
  'set-invalid-signature_fail': 'ERR_LOG_ENTRY_INVALID',
  'signature-mismatch_fail': 'ERR_SIGNATURE_INVALID',
  'trust-root-tlog-missing-validity-start_fail': 'ERR_LOG_ENTRY_INVALID',
  'wrong-hashedrekord-artifact_fail': 'ERR_LOG_ENTRY_INVALID',
  'wrong-hashedrekord-cert-and-sig_fail': 'ERR_LOG_ENTRY_INVALID',
  'wrong-hashedrekord-entry_fail': 'ERR_LOG_ENTRY_INVALID',
  'wrong-material_fail': 'ERR_SUBJECT_MISMATCH',
};
