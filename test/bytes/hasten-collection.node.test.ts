import { constants, PerformanceObserver } from 'node:perf_hooks';
import { describe, expect, it, onTestFinished } from 'vitest';
import { hastenCollection } from '../../src/bytes/hasten-collection.ts';

/** Counts how often the young part of the heap is collected, until the test is over. */
function countCollections(): () => number {
  let count = 0;
  const observer = new PerformanceObserver((list) => {
    const entries = list.getEntries() as unknown as readonly { readonly detail: { readonly kind: number } }[];
    count += entries.filter(({ detail }) => detail.kind === constants.NODE_PERFORMANCE_GC_MINOR).length;
  });
  observer.observe({ entryTypes: ['gc'] });
  onTestFinished(() => observer.disconnect());
  return () => count;
}

describe.skipIf(process.version.startsWith('v20.'))('hastening the collector', () => {
  it.each([2 ** 16, 2 ** 18, 100_000])(
    'has V8 collect in every 64 MiB of chunks of %i bytes, also once it has been compiled',
    async (chunk) => {
      const all = 2 ** 31;
      const collections = countCollections();
      for (let done = 0; done < all; done += chunk) hastenCollection(chunk);
      // They are told of in later turns.
      await expect.poll(collections, { timeout: 10_000 }).toBeGreaterThan(all / 2 ** 26);
    },
  );
});
