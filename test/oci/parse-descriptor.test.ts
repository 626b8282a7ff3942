import { describe, expect, it } from 'vitest';
import { emptyDescriptor, parseDescriptor } from '../../src/oci/index.ts';

describe('parseDescriptor', () => {
  it('gives a descriptor as it came', () => {
    expect(parseDescriptor({ ...emptyDescriptor, extra: 1 })).toEqual({ ...emptyDescriptor, extra: 1 });
  });

  it('says what is wrong where', () => {
    expect(() => parseDescriptor({ ...emptyDescriptor, size: -1 })).toThrow(
      expect.objectContaining({
        code: 'ERR_MANIFEST_INVALID',
        issues: [expect.objectContaining({ path: 'size' })],
      }) as Error,
    );
  });
});
