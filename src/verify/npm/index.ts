/**
 * A package of npm's registry against both of its attestations: that it was published, and how it was built.
 *
 * @module
 */
export { parseNpmAttestations, parseNpmKeys, type NpmAttestation } from './npm-documents.ts';
export { npmPolicies, type NpmKey, type NpmPolicies, type NpmPolicyOptions } from './npm-policies.ts';
export { verifyNpmAttestations, type NpmReports, type VerifyNpmOptions } from './verify-npm.ts';
