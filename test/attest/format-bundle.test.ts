import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bundleMediaType, formatBundle } from '../../src/attest/format-bundle.ts';
import { parseBundle } from '../../src/attest/parse-bundle.ts';
import { fromUtf8 } from '../../src/bytes/encoding.ts';
import { arbitraryBundle } from './arbitrary-bundle.ts';

const bundle = fc
  .sample(arbitraryBundle, { numRuns: 200, seed: 1 })
  .find(
    ({ material, logEntries, version }) =>
      version === '0.3' && material.kind === 'certificate' && logEntries.length > 0,
  );
if (bundle === undefined) throw new Error('no bundle of version 0.3 with a certificate was made');

describe('formatBundle', () => {
  it('writes what parseBundle reads as the same', () => {
    fc.assert(
      fc.property(arbitraryBundle, (bundle) => {
        expect(parseBundle(formatBundle(bundle))).toEqual(bundle);
      }),
    );
  });

  it('writes the same bytes again for what was read', () => {
    const bytes = formatBundle(bundle);
    expect(formatBundle(parseBundle(bytes))).toEqual(bytes);
  });

  it('writes 64-bit numbers as text, and no field that is not there', () => {
    const [entry] = bundle.logEntries;
    if (entry === undefined) throw new Error('no entry');
    const text = fromUtf8(
      formatBundle({ ...bundle, logEntries: [{ ...entry, logIndex: 2n ** 60n, promise: undefined }] }),
    );
    expect(text).toContain('"logIndex":"1152921504606846976"');
    expect(text).not.toContain('inclusionPromise');
    expect(text).not.toContain('null');
  });

  it('writes the media type of today where it is asked to', () => {
    const { mediaType } = parseBundle(formatBundle({ ...bundle, mediaType: bundleMediaType }));
    expect(mediaType).toBe('application/vnd.dev.sigstore.bundle.v0.3+json');
  });

  it.each<[string, Partial<typeof bundle>]>([
    [
      'a chain in version 0.3',
      { material: { kind: 'certificate', certificates: [Uint8Array.of(1), Uint8Array.of(2)] } },
    ],
    ['no certificate', { material: { kind: 'certificate', certificates: [] } }],
    ['an entry without a proof', { logEntries: bundle.logEntries.map((entry) => ({ ...entry, proof: undefined })) }],
    ['an empty signature', { content: { kind: 'message', signature: new Uint8Array(), digest: undefined } }],
  ])('refuses to write what nobody reads: %s', (_what, change) => {
    expect(() => formatBundle({ ...bundle, ...change })).toThrow(
      expect.objectContaining({ code: 'ERR_BUNDLE_INVALID' }),
    );
  });
});
