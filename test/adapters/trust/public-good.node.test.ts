import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const vector = fileURLToPath(new URL('../../../../shared/vectors/trust/sigstore-public-good.json', import.meta.url));
const skipped = !existsSync(vector) && process.env['CI'] === undefined;
if (skipped) console.log('skipped: the public-good trust root, for its vector is not beside the repository');

describe('the embedded trust root of the public-good instance', () => {
  it.skipIf(skipped)('is the published one to the byte', () => {
    const source = readFileSync(new URL('../../../src/adapters/trust/public-good.ts', import.meta.url), 'utf8');
    const [, embedded] = /^const document = `([^`]*)`;$/m.exec(source) ?? [];
    expect(embedded).toBe(readFileSync(vector, 'utf8'));
  });
});
