import { smallBytes } from './blob-content.ts';

/** Decides for which blobs it pays to ask first whether they are there. */
export interface BlobProbe {
  /** True where it pays. */
  wanted(size: number): boolean;
  /** What came of asking. */
  learn(there: boolean): void;
}

const firstAsked = 3;
/** The first pause between two questions, and the longest: each that was in vain makes the next one twice as long. */
const firstPause = 8;
const longestPause = 64;

/**
 * A large blob is always asked for. For a small one the question costs as much as the answer saves: it is asked for the
 * first ones, and as long as some are there; then ever more seldom.
 */
export function createBlobProbe(): BlobProbe {
  let misses = 0;
  let pause = firstPause;
  let skipped = 0;
  return {
    wanted(size) {
      if (size > smallBytes || misses < firstAsked) return true;
      skipped++;
      if (skipped < pause) return false;
      skipped = 0;
      pause = Math.min(pause * 2, longestPause);
      return true;
    },
    learn(there) {
      misses = there ? 0 : misses + 1;
      if (there) pause = firstPause;
    },
  };
}
