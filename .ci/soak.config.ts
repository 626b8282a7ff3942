import { defineConfig, mergeConfig, type ViteUserConfig } from 'vitest/config';
import base from '../vitest.config.ts';

const long = process.env.PACKWRIGHT_SOAK !== 'short';

const soak: ViteUserConfig = mergeConfig(
  { ...base, test: { ...base.test, include: [], exclude: [], globalSetup: [] } },
  defineConfig({
    root: new URL('..', import.meta.url).pathname,
    test: {
      maxConcurrency: 32,
      include: ['test/**/*.soak.test.ts'],
      testTimeout: long ? 3_600_000 : 300_000,
      fileParallelism: false,
    },
  }),
);
export default soak;
