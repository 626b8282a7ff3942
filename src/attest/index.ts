/**
 * Documents of signing, read and written: Sigstore bundles, DSSE envelopes, in-toto statements and their predicates,
 * trust roots. Reading believes nothing: see `packwright/verify` for that.
 *
 * @module
 */
export { buildCustomPredicate, type CustomPredicateInput } from './build-custom-predicate.ts';
export type { Predicate } from './build-predicate.ts';
export { buildProvenance, type BuildDefinition, type Builder, type ProvenanceInput } from './build-provenance.ts';
export { buildTestResult, testResultType, type TestResultInput } from './build-test-result.ts';
export { buildVerificationSummary, type VerificationSummaryInput } from './build-verification-summary.ts';
export type { Bundle, BundleContent, BundleVersion, InclusionProof, KeyMaterial, LogEntry } from './bundle.ts';
export { parseClientTrustConfig, type ClientTrustConfig } from './client-trust-config.ts';
export type { Envelope, EnvelopeSignature } from './envelope.ts';
export { bundleMediaType, formatBundle } from './format-bundle.ts';
export {
  githubActionsBuilder,
  githubActionsBuildType,
  type GithubActionsBuilderOptions,
} from './github-actions-builder.ts';
export { mergeTrustRoots } from './merge-trust-roots.ts';
export { encodePae } from './pae.ts';
export { parseBundle } from './parse-bundle.ts';
export { parseBundles, type BundleFileLimits } from './parse-bundles.ts';
export { parseEnvelope } from './parse-envelope.ts';
export { parseTrustRoot } from './parse-trust-root.ts';
export { predicateTypeOf, predicateTypes, signaturePredicateType } from './predicate-types.ts';
export { parseProvenance, provenanceType, type Provenance, type ProvenanceSource } from './provenance.ts';
export { parsePublishPredicate, publishType, type PublishPredicate } from './publish-predicate.ts';
export type { ResourceInput } from './resource-input.ts';
export type { Resource } from './resource.ts';
export type { SbomOptions } from './sbom-options.ts';
export { buildSbom, type Sbom, type SbomFormat } from './sbom.ts';
export { parseSigningConfig, type ServiceSelector, type SigningConfig, type SigningService } from './signing-config.ts';
export {
  parseStatement,
  statementPayloadType,
  type Statement,
  type StatementPredicate,
  type StatementSubject,
  type StatementVersion,
} from './statement.ts';
export type { CertificateAuthority, TransparencyLog, TrustedKey, TrustRoot, ValidityPeriod } from './trust-root.ts';
export { parseVerificationSummary, verificationSummaryType, type VerificationSummary } from './verification-summary.ts';
