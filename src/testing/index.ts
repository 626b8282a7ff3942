/**
 * Contract suites: tests that an adapter passes when it keeps the promises of its port. They take `describe` and `it`
 * as arguments, so that any runner will do. A registry that misbehaves as it is told to. And a Sigstore in memory with
 * everything that can be wrong about a bundle, for whoever tests what verifies bundles:
 *
 * ```ts
 * const sigstore = await createTestSigstore();
 * const bundle = await sigstore.sign({ artifact, identity: 'dev@example.com', issuer: 'https://login.example' });
 * const bad = await sigstore.withFaults('entry-of-another-artifact');
 * const forged = await bad.sign({ artifact, identity: 'dev@example.com', issuer: 'https://login.example' });
 * ```
 *
 * @module
 */
export type { TestRunner } from './assert.ts';
export { blobStoreContract, type BlobStoreSubject, type BlobStoreUnderTest } from './blob-store-contract.ts';
export type { Subject } from './define-case.ts';
export {
  fileSinkContract,
  type FileSinkSubject,
  type FileSinkUnderTest,
  type SunkEntry,
} from './file-sink-contract.ts';
export {
  faultKinds,
  quirkRegistry,
  quirks,
  type FaultKind,
  type FaultOptions,
  type Quirk,
  type QuirkCredential,
  type QuirkRegistry,
  type QuirkRegistryOptions,
  type QuirkSizes,
  type SeenRequest,
} from './quirk-registry.ts';
export { recordStoreContract, type RecordStoreSubject, type RecordStoreUnderTest } from './record-store-contract.ts';
export { registryContract, type RegistrySubject, type RegistryUnderTest } from './registry-contract.ts';
export { sourceContract, type SourceSubject, type SourceUnderTest } from './source-contract.ts';
export type { CertificateTemplate, ExtensionTemplate } from './sigstore/certificate-template.ts';
export type { CheckpointTemplate, NoteSigner } from './sigstore/checkpoint.ts';
export type { SctTemplate } from './sigstore/ct-log.ts';
export type { Edit, Edits, Workshop, WorkshopEdit } from './sigstore/edits.ts';
export type { Fault, FaultSection } from './sigstore/fault.ts';
export { everyFault } from './sigstore/faults.ts';
export type { TestIdentity } from './sigstore/fulcio-extensions.ts';
export { goodBundles, testArtifact, testStatement, type GoodBundleName } from './sigstore/good-bundles.ts';
export type { JsonObject, LogBodyTemplate, LogEntryKind, LogVerifier } from './sigstore/log-body.ts';
export { testSigstoreServices, type TestSigningConfigOptions, type TestSigstoreServices } from './sigstore/services.ts';
export type { SignOptions } from './sigstore/sign-options.ts';
export { createTestKey, testKeyOf, type TestKey, type TestKeyAlgorithm } from './sigstore/test-key.ts';
export type { TestKeyName, TestKeys } from './sigstore/test-keys.ts';
export { createTestIssuer, type TestIssuer, type TestIssuerOptions } from './sigstore/test-issuer.ts';
export { createTestSigstore, type TestSigstore, type TestSigstoreOptions } from './sigstore/test-sigstore.ts';
export type { TimestampSigner, TimestampTemplate } from './sigstore/timestamp-authority.ts';
