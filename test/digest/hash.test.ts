import * as fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { concatBytes } from '../../src/bytes/stream.ts';
import { toHex } from '../../src/bytes/encoding.ts';
import { portableHash } from '../../src/digest/hash.ts';
import { createHash, digestOf, type DigestAlgorithm, type RunningHash } from '../../src/digest/index.ts';
import { nativeHash } from '../../src/digest/native.ts';

const algorithms: readonly DigestAlgorithm[] = ['sha256', 'sha384', 'sha512'];

const hashed = (hash: RunningHash | undefined, chunks: readonly Uint8Array[]): string | undefined => {
  for (const chunk of chunks) hash?.update(chunk);
  return hash?.digest();
};

describe.each(algorithms)('the running hash by %s', (algorithm) => {
  it('gives the same, natively and portably, however the bytes are cut', () => {
    const chunk = fc.oneof(fc.uint8Array(), fc.uint8Array({ minLength: 100, maxLength: 300 }));
    fc.assert(
      fc.property(fc.array(chunk), (chunks) => {
        const expected = digestOf(concatBytes(chunks), algorithm);
        expect(hashed(portableHash(algorithm), chunks)).toBe(expected);
        expect(hashed(createHash(algorithm), chunks)).toBe(expected);
        expect([undefined, expected]).toContain(hashed(nativeHash(algorithm), chunks));
      }),
    );
  });

  it('gives what WebCrypto gives', async () => {
    const bytes = Uint8Array.from({ length: 1000 }, (_, index) => index);
    const name = algorithm.replace('sha', 'SHA-');
    const expected = toHex(new Uint8Array(await crypto.subtle.digest(name, bytes)));
    expect(hashed(portableHash(algorithm), [bytes])).toBe(`${algorithm}:${expected}`);
  });

  it('has read the bytes when update returns', () => {
    for (const hash of [createHash(algorithm), portableHash(algorithm)]) {
      const bytes = new Uint8Array([1, 2, 3]);
      hash.update(bytes);
      bytes.fill(0);
      expect(hash.digest()).toBe(digestOf(new Uint8Array([1, 2, 3]), algorithm));
    }
  });

  it('reads only the part of a buffer that its view shows', () => {
    const view = new Uint8Array([9, 1, 2, 9]).subarray(1, 3);
    const expected = digestOf(new Uint8Array([1, 2]), algorithm);
    expect([hashed(createHash(algorithm), [view]), hashed(portableHash(algorithm), [view])]).toEqual([
      expected,
      expected,
    ]);
  });

  it('cannot be used after its digest was asked for', () => {
    for (const hash of [createHash(algorithm), portableHash(algorithm)]) {
      hash.digest();
      expect(() => hash.update(new Uint8Array(1))).toThrow();
      expect(() => hash.digest()).toThrow();
    }
  });
});

describe('createHash', () => {
  it.each(['md5', 'sha1', 'SHA256', 'constructor', ''])('refuses the algorithm %j', (algorithm) => {
    const refused = expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT', argument: 'algorithm' }) as Error;
    expect(() => createHash(algorithm as DigestAlgorithm)).toThrow(refused);
    expect(() => portableHash(algorithm as DigestAlgorithm)).toThrow(refused);
  });

  it.each([
    ['no process', undefined],
    ['a process without built-in modules', {}],
    ['a process whose crypto is missing', { getBuiltinModule: () => undefined }],
  ])('is the portable one on a platform with %s', (_, process) => {
    vi.stubGlobal('process', process);
    try {
      expect(nativeHash('sha256')).toBeUndefined();
      expect(createHash('sha256').digest()).toBe(
        'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
      );
    } finally {
      vi.unstubAllGlobals();
    }
  });
});
