import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { vectors } from '../../vectors.ts';

const { path, skipped } = vectors('trust/sigstore-public-good.json', 'the public-good trust root');

describe('the embedded trust root of the public-good instance', () => {
  it.skipIf(skipped)('is the published one to the byte', () => {
    const source = readFileSync(new URL('../../../src/adapters/trust/public-good.ts', import.meta.url), 'utf8');
    const [, embedded] = /^const document = `([^`]*)`;$/m.exec(source) ?? [];
    expect(embedded).toBe(readFileSync(path, 'utf8'));
  });
});
