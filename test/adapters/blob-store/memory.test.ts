import { describe, expect, it } from 'vitest';
import { memoryBlobStore, memoryRecordStore } from '../../../src/adapters/blob-store/memory.ts';
import { bytesSource } from '../../../src/bytes/source.ts';
import { utf8 } from '../../../src/bytes/encoding.ts';
import { digestOf } from '../../../src/digest/digest.ts';
import { blobStoreContract, recordStoreContract } from '../../../src/testing/index.ts';

blobStoreContract({ describe, it }, { name: 'memory', create: () => Promise.resolve({ store: memoryBlobStore() }) });
recordStoreContract(
  { describe, it },
  { name: 'memory', create: () => Promise.resolve({ store: memoryRecordStore() }) },
);
