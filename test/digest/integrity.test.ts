import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPackError } from '../../src/errors.ts';
import { digestOf, integrityOf, parseIntegrity, strongestOf } from '../../src/digest/index.ts';

const empty = new Uint8Array();
const sha256 = digestOf(empty);
const sha384 = digestOf(empty, 'sha384');
const sha512 = digestOf(empty, 'sha512');
const other512 = digestOf(new Uint8Array(1), 'sha512');
const sri = integrityOf(sha256);

describe('integrityOf', () => {
  it('is the base64 of the digest', () => {
    expect(sri).toBe('sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=');
  });

  it('is read back by parseIntegrity', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.constantFrom('sha256', 'sha384', 'sha512'), (bytes, algorithm) => {
        const digest = digestOf(bytes, algorithm);
        expect(parseIntegrity(integrityOf(digest))).toEqual({ digests: [digest], weak: false });
      }),
    );
  });
});

describe('parseIntegrity', () => {
  it.each([
    ['white space around it', ` \t${sri}\r\n`, [sha256], false],
    ['options', `${sri}?ct=text/plain?other`, [sha256], false],
    [
      'several algorithms, the strongest first',
      [sha256, sha512, sha384].map(integrityOf).join(' '),
      [sha512, sha384, sha256],
      false,
    ],
    ['several hashes of one algorithm', `${integrityOf(sha512)}  ${integrityOf(other512)}`, [sha512, other512], false],
    ['the same hash twice', `${sri} ${sri}`, [sha256], false],
    ['sha1 alone', 'sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk=', [], true],
    ['md5 alone', 'md5-1B2M2Y8AsgTpgAmY7PhCfg==', [], true],
    ['sha1 beside sha512', `sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk= ${integrityOf(sha512)}`, [sha512], true],
    ['an algorithm that nobody knows', 'blake3-AAAA', [], false],
    ['an algorithm called as what every object has', 'constructor-AAAA', [], false],
    ['an unknown algorithm beside a known one', `sha3-AAAA ${sri}`, [sha256], false],
  ])('reads one with %s', (_, text, digests, weak) => {
    expect(parseIntegrity(text)).toEqual({ digests, weak });
  });

  it.each([
    ['nothing', ''],
    ['white space', ' \t\n'],
    ['no dash', 'sha256'],
    ['no algorithm', `-${sri.slice(7)}`],
    ['no hash', 'sha256-'],
    ['no padding', sri.slice(0, -1)],
    ['too much padding', `${sri}=`],
    ['url-safe letters', sri.replaceAll('+', '-').replaceAll('/', '_')],
    ['stray pad bits', sri.replace('U=', 'V=')],
    ['a letter too few', 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuA=='],
    ['the length of another algorithm', sri.replace('sha256', 'sha512')],
    ['hexadecimal', sha256.replace(':', '-')],
    ['a digest', sha256],
    ['a good hash and a bad one', `${integrityOf(sha512)} sha256-AAAA`],
    ['a comma between two', `${sri},${sri}`],
  ])('refuses %s', (_, text) => {
    expect(() => parseIntegrity(text)).toThrow(
      expect.objectContaining({ name: 'FormatError', code: 'ERR_LOCK_ENTRY' }) as Error,
    );
  });

  it('reads 4,096 characters and refuses one more', () => {
    expect(parseIntegrity(sri.padEnd(4096)).digests).toEqual([sha256]);
    expect(() => parseIntegrity(sri.padEnd(4097))).toThrow(
      expect.objectContaining({ code: 'ERR_LOCK_ENTRY' }) as Error,
    );
  });

  it('gives an answer or an error of ours, whatever the text', () => {
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.stringMatching(/^(sha(1|256|512)-[A-Za-z0-9+/=?]{0,90} ?){0,3}$/),
    );
    fc.assert(
      fc.property(texts, (text) => {
        try {
          parseIntegrity(text);
        } catch (error) {
          return isPackError(error);
        }
        return true;
      }),
    );
  });
});

describe('strongestOf', () => {
  it('gives every hash of the strongest algorithm, and no other', () => {
    const integrity = parseIntegrity([sha256, sha512, other512].map(integrityOf).join(' '));
    expect(strongestOf(integrity)).toEqual([sha512, other512]);
  });

  it('gives nothing where nothing is pinned', () => {
    expect(strongestOf(parseIntegrity('sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk='))).toEqual([]);
  });
});
