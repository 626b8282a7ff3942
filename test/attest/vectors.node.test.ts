import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseBundle } from '../../src/attest/parse-bundle.ts';
import { parseTrustRoot } from '../../src/attest/parse-trust-root.ts';
import { parseStatement } from '../../src/attest/statement.ts';
import { vectors } from '../vectors.ts';

const {
  path: folder,
  found,
  skipped,
} = vectors('sigstore-conformance/bundle-verify', 'documents of the Sigstore conformance suite');
/** Cases whose document is wrong by itself; in all others the evidence is. */
const malformed = [
  'bundle-empty-certificate-chain_fail',
  'bundle-invalid-base64-signature_fail',
  'bundle-malformed-json_fail',
  'bundle-negative-log-index_fail',
  'bundle-unknown-version_fail',
  'intoto-missing-inclusion-proof_fail',
  'rekor2-no-inclusion-proof_fail',
  // An inclusion proof of version 0.2 without a checkpoint.
  'invalid-inclusion-proof_fail',
  // Its timestamp is base64 that was broken into lines.
  'rekor2-timestamp-with-incorrect-time_fail',
];

describe('the documents of the Sigstore conformance suite', () => {
  const names = found ? readdirSync(folder).filter((name) => existsSync(`${folder}/${name}/bundle.sigstore.json`)) : [];

  it.skipIf(skipped)('are those of 70 cases', () => {
    expect(names.length).toBe(70);
  });

  it.each(names.filter((name) => !malformed.includes(name)))('reads the bundle of %s', (name) => {
    const { content } = parseBundle(readFileSync(`${folder}/${name}/bundle.sigstore.json`));
    if (content.kind === 'dsse') expect(parseStatement(content.envelope.payload).subjects.length).toBeGreaterThan(0);
  });

  it.each(malformed)('refuses the bundle of %s', { skip: skipped }, (name) => {
    const bytes = readFileSync(`${folder}/${name}/bundle.sigstore.json`);
    expect(() => parseBundle(bytes)).toThrow(expect.objectContaining({ code: 'ERR_BUNDLE_INVALID' }));
  });

  const roots = names.filter((name) => existsSync(`${folder}/${name}/trusted_root.json`));
  it.each(roots)('reads the trusted root of %s', (name) => {
    const root = parseTrustRoot(readFileSync(`${folder}/${name}/trusted_root.json`));
    expect(root.logs.length).toBeGreaterThan(0);
    expect(root.certificateAuthorities.length).toBeGreaterThan(0);
  });
});
