import { hmac } from '@noble/hashes/hmac.js';
import { sha256 as reference } from '@noble/hashes/sha2.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hmacSha256, sha256 } from '../../../../src/adapters/blob-store/s3/hmac-sha256.ts';
import { toHex, utf8 } from '../../../../src/bytes/encoding.ts';

describe('HMAC with SHA-256', () => {
  it('is that of RFC 4231, also with a key that is longer than a block', () => {
    const mac = (key: Uint8Array, text: string): string => toHex(hmacSha256(key, text));
    expect(mac(utf8('Jefe'), 'what do ya want for nothing?')).toBe(
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    );
    expect(mac(new Uint8Array(131).fill(0xaa), 'Test Using Larger Than Block-Size Key - Hash Key First')).toBe(
      '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54',
    );
  });

  it('is that of another implementation for any key and text', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.string(), (key, text) => {
        expect(hmacSha256(key, text)).toEqual(hmac(reference, key, utf8(text)));
      }),
      { numRuns: 200 },
    );
  });

  it('hashes arrays one after the other', () => {
    expect(sha256(utf8('ab'), utf8('c'))).toEqual(reference(utf8('abc')));
  });
});
