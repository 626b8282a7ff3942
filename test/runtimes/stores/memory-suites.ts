import { memoryBlobStore, memoryRecordStore } from 'packwright/blob-store/memory';
import { blobStoreContract, recordStoreContract } from 'packwright/testing';
import type { Suites } from './contract-outcomes.ts';

/** The contracts over memory. */
export const memorySuites: Suites = {
  memoryBlobStore: (runner) =>
    blobStoreContract(runner, { name: 'memory', create: () => Promise.resolve({ store: memoryBlobStore() }) }),
  memoryRecordStore: (runner) =>
    recordStoreContract(runner, { name: 'memory', create: () => Promise.resolve({ store: memoryRecordStore() }) }),
};
