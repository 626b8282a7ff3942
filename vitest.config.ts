import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { entry } from './tsup.config.ts';

/** `packwright/digest` is its source file: no test of this configuration needs a build. */
const alias = Object.entries(entry).map(([name, source]) => ({
  find: new RegExp(`^packwright${name === 'index' ? '' : `/${name}`}$`),
  replacement: fileURLToPath(new URL(source, import.meta.url)),
}));

export default defineConfig({
  resolve: { alias },
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/interop/say-skipped.ts'],
    // Hooks start servers and remove folders: on a busy machine that takes what it takes.
    hookTimeout: 120_000,
    // Those need the built package, or much time: .ci/run and `npm run soak` run them.
    exclude: ['**/*.built.test.ts', '**/*.soak.test.ts'],
    coverage: { provider: 'v8', include: ['src/**/*.ts'], thresholds: { lines: 90, branches: 90 } },
  },
});
