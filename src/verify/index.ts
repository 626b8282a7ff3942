/**
 * Verifies Sigstore bundles offline, on every platform: evidence gives facts, and a policy says which facts it takes.
 *
 * @module
 */
export type { Bundle, BundleContent, BundleVersion, InclusionProof, KeyMaterial, LogEntry } from '../attest/bundle.ts';
export type { Envelope, EnvelopeSignature } from '../attest/envelope.ts';
export { mergeTrustRoots } from '../attest/merge-trust-roots.ts';
export { parseBundle } from '../attest/parse-bundle.ts';
export { parseTrustRoot } from '../attest/parse-trust-root.ts';
export type {
  CertificateAuthority,
  TransparencyLog,
  TrustedKey,
  TrustRoot,
  ValidityPeriod,
} from '../attest/trust-root.ts';
export type { JsonValue } from '../bytes/json.ts';
export type { ByteSource, OpenOptions } from '../bytes/source.ts';
export type { Digest, DigestAlgorithm } from '../digest/digest-name.ts';
export { FormatError, isPackError, PackError, UsageError, VerificationError } from '../errors.ts';
export type { PackErrorCode, VerificationErrorCode } from '../errors.ts';
export { maxBufferedBytes, type ArtifactInput } from './artifact.ts';
export { evaluate, type VerifyLimits, type VerifyOptions } from './evaluate.ts';
export type {
  Demand,
  IdentityRule,
  KeyRule,
  KeyValidity,
  Policy,
  PredicateRule,
  SignerRule,
  SignerRules,
  StatementRule,
  TextPattern,
  TextRule,
  UnsafeAnyIdentity,
  UnsafeAnyPredicate,
} from './policy.ts';
export { parsePolicy } from './policy/parse-policy.ts';
export type { BundleReport, Check, CheckName, ProvenSigner, ProvenTime, VerificationReport } from './report.ts';
export { verify } from './verify.ts';
export { verifyingStream, type VerifyingStream } from './verifying-stream.ts';
