import { describe, expect, it } from 'vitest';
import { encodePae } from '../../src/attest/pae.ts';
import { fromUtf8, utf8 } from '../../src/bytes/encoding.ts';

describe('encodePae', () => {
  it('gives the example of the DSSE protocol', () => {
    expect(fromUtf8(encodePae('http://example.com/HelloWorld', utf8('hello world')))).toBe(
      'DSSEv1 29 http://example.com/HelloWorld 11 hello world',
    );
  });

  it('counts bytes, not characters', () => {
    expect(fromUtf8(encodePae('täxt/€', utf8('😀')))).toBe('DSSEv1 9 täxt/€ 4 😀');
  });

  it('keeps bytes that are no text', () => {
    const encoded = encodePae('a', Uint8Array.of(0, 255, 10));
    expect(encoded.subarray(-4)).toEqual(Uint8Array.of(0x20, 0, 255, 10));
    expect(encodePae('', new Uint8Array())).toEqual(utf8('DSSEv1 0  0 '));
  });
});
