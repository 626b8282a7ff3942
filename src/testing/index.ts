/**
 * Contract suites: tests that an adapter passes when it keeps the promises of its port. They take `describe` and `it`
 * as arguments, so that any runner will do.
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
