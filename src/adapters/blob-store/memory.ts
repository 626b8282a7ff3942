/**
 * Blobs and records in memory.
 *
 * @module
 */
export { memoryBlobStore } from '../memory/memory-blob-store.ts';
export { memoryRecordStore } from '../memory/memory-record-store.ts';
export type { MemoryStoreOptions } from '../memory/memory-quota.ts';
