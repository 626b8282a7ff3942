import { describe, expect, it } from 'vitest';
import { defaultOciLimits, type OciLimits } from '../../src/oci/index.ts';
import { ociLimits } from '../../src/oci/limits.ts';

describe('ociLimits', () => {
  it('gives the defaults', () => {
    expect(ociLimits()).toEqual(defaultOciLimits);
    expect(ociLimits({ manifests: undefined })).toEqual(defaultOciLimits);
  });

  it('puts those of the caller over the defaults', () => {
    expect(ociLimits({ manifests: 0 })).toEqual({ ...defaultOciLimits, manifests: 0 });
  });

  it.each([
    ['a name that is no limit', { bytes: 1 }],
    ['a name of every object', { toString: 1 }],
    ['a fraction', { manifests: 1.5 }],
    ['a negative number', { manifests: -1 }],
    ['NaN', { manifests: NaN }],
  ])('refuses %s', (_, limits) => {
    expect(() => ociLimits(limits as Partial<OciLimits>)).toThrow(
      expect.objectContaining({ name: 'UsageError', code: 'ERR_INVALID_ARGUMENT', argument: 'limits' }) as Error,
    );
  });
});
