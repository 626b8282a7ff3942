import { defineConfig } from 'vitest/config';

/** The suites that judge the built package: `npm run build` comes first. */
export default defineConfig({
  root: new URL('..', import.meta.url).pathname,
  test: {
    include: ['test/**/*.built.test.ts'],
    hookTimeout: 120_000,
    // They start browsers and other runtimes: one at a time on two cores.
    fileParallelism: false,
  },
});
