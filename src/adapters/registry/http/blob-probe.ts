import { smallBytes } from './blob-content.ts';

/** Decides for which blobs it pays to ask first whether they are there. */
export interface BlobProbe {
  /** True where it pays. */
  wanted(size: number): boolean;
  /** What came of asking. */
  learn(there: boolean): void;
}

const firstAsked = 3;
const thenEvery = 8;

/**
 * A large blob is always asked for. For a small one the question costs as much as the answer saves: it is asked for the
 * first ones, and as long as some are there; then for every eighth.
 */
export function createBlobProbe(): BlobProbe {
  let misses = 0;
  let skipped = 0;
  return {
    wanted(size) {
      if (size > smallBytes || misses < firstAsked) return true;
      skipped = (skipped + 1) % thenEvery;
      return skipped === 0;
    },
    learn(there) {
      misses = there ? 0 : misses + 1;
    },
  };
}
