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
    // What vite finds while tests run makes it load their page anew, and lose those that ran.
    optimizeDeps: {
      noDiscovery: true,
      include: [
        '@noble/curves/abstract/edwards.js',
        '@noble/curves/ed25519.js',
        '@noble/curves/nist.js',
        '@noble/hashes/hmac.js',
        '@noble/hashes/sha2.js',
        'bcryptjs',
        'canonicalize',
        'fast-check',
        'fflate/browser',
        'p-map',
        'zod/mini',
      ],
    },
    test: {
      include: [
        'test/{bytes,digest,oci,archive,lockfile,registry,store,pack}/**/*.test.ts',
        'test/http/{private-host,retry,slots}.test.ts',
        'test/adapters/registry/{http-contract,http/*}.test.ts',
        'test/adapters/blob-store/{memory,registry/contract}.test.ts',
        'test/{attest,verify}/**/*.test.ts',
        'test/adapters/trust/**/*.test.ts',
        'test/testing/sigstore/**/*.test.ts',
      ],
      exclude: [
        '**/*.{node,built,soak}.test.ts',
        // They are about streams that are sent and lengths that are said, which a page cannot do, and about no page.
        'test/adapters/registry/http/{attacker,blobs-put,connection,endless,upload-parts}.test.ts',
      ],
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
