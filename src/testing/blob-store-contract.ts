import type { Digest } from '../digest/digest.ts';
import type { BlobStore } from '../ports/blob-store.ts';
import type { TestRunner } from './assert.ts';
import { blobIngestCases } from './blob-ingest-cases.ts';
import { blobReadCases } from './blob-read-cases.ts';
import { blobWriteCases } from './blob-write-cases.ts';

/** A store to be tested, new and empty. */
export interface BlobStoreUnderTest {
  readonly store: BlobStore;
  /** Replaces the bytes of a stored blob behind the store's back. Cases about damage are left out where it is missing. */
  readonly corrupt?: ((digest: Digest, bytes: Uint8Array) => Promise<void>) | undefined;
  /** Another store on the same blobs, as another process would open it. */
  readonly reopen?: (() => Promise<BlobStore>) | undefined;
  /** Is called when the case is over, also when it failed. */
  readonly dispose?: (() => Promise<void>) | undefined;
}

/** The adapter that a suite is run on. */
export interface BlobStoreSubject {
  /** The name of the suite. */
  readonly name: string;
  /** A new, empty one for each case. */
  readonly create: () => Promise<BlobStoreUnderTest>;
}

/** One case: a store comes in, and is disposed of when the case is over. */
export type BlobStoreCase = (name: string, run: (subject: BlobStoreUnderTest) => Promise<void>) => void;

/**
 * Tests that an adapter keeps the contract of `BlobStore`.
 *
 * @example
 * ```ts
 * blobStoreContract({ describe, it }, { name: 'my store', create: async () => ({ store: myBlobStore() }) });
 * ```
 */
export function blobStoreContract(runner: TestRunner, subject: BlobStoreSubject): void {
  const define: BlobStoreCase = (name, run) =>
    runner.it(name, async () => {
      const made = await subject.create();
      try {
        await run(made);
      } finally {
        await made.dispose?.();
      }
    });
  runner.describe(`${subject.name} keeps the contract of a blob store`, () => {
    blobWriteCases(define);
    blobReadCases(define);
    blobIngestCases(define);
  });
}
