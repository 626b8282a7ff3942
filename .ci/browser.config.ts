import { playwright } from '@vitest/browser-playwright';
import { defineConfig, mergeConfig, type ViteUserConfig } from 'vitest/config';
import base from '../vitest.config.ts';

const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** The tests of the portable folders that name no module of Node's, in the Chromium that the system has. */
const browser: ViteUserConfig = mergeConfig(
  { ...base, test: { ...base.test, include: [], globalSetup: [] } },
  defineConfig({
    root: new URL('..', import.meta.url).pathname,
    test: {
      include: ['test/{bytes,digest,oci,archive,lockfile,registry,store,pack}/**/*.test.ts'],
      exclude: ['**/*.{node,built,soak}.test.ts'],
      browser: {
        enabled: true,
        headless: true,
        screenshotFailures: false,
        instances: [{ browser: 'chromium' }],
        provider: playwright({ launchOptions: { executablePath: '/usr/bin/chromium', args } }),
      },
    },
  }),
);
export default browser;
