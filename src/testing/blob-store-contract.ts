import type { Digest } from '../digest/digest.ts';
import type { BlobStore } from '../ports/blob-store.ts';
import type { TestRunner } from './assert.ts';
import { blobIngestCases } from './blob-ingest-cases.ts';
import { blobReadCases } from './blob-read-cases.ts';
import { blobWriteCases } from './blob-write-cases.ts';
import { defineCase, type DefineCase, type Disposable, type Subject } from './define-case.ts';

/** A store to be tested, new and empty. */
export interface BlobStoreUnderTest extends Disposable {
  readonly store: BlobStore;
  /** Replaces the bytes of a stored blob behind the store's back. Cases about damage are left out where it is missing. */
  readonly corrupt?: ((digest: Digest, bytes: Uint8Array) => Promise<void>) | undefined;
  /** Another store on the same blobs, as another process would open it. */
  readonly reopen?: (() => Promise<BlobStore>) | undefined;
}

/** The adapter that a suite is run on. */
export type BlobStoreSubject = Subject<BlobStoreUnderTest>;

/** One case: a store comes in, and is disposed of when the case is over. */
export type BlobStoreCase = DefineCase<BlobStoreUnderTest>;

/**
 * Tests that an adapter keeps the contract of `BlobStore`.
 *
 * @example
 * ```ts
 * blobStoreContract({ describe, it }, { name: 'my store', create: async () => ({ store: myBlobStore() }) });
 * ```
 */
export function blobStoreContract(runner: TestRunner, subject: BlobStoreSubject): void {
  const define = defineCase(runner, subject);
  runner.describe(`${subject.name} keeps the contract of a blob store`, () => {
    blobWriteCases(define);
    blobReadCases(define);
    blobIngestCases(define);
  });
}
