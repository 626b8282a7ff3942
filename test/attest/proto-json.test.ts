import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseBundle } from '../../src/attest/parse-bundle.ts';
import { parseSigningConfig } from '../../src/attest/signing-config.ts';
import { parseTrustRoot } from '../../src/attest/parse-trust-root.ts';
import { changed, refusal, thrownBy } from './change-document.ts';
import { someBundle, someSigningConfig, someTrustRoot } from './some-documents.ts';

const index = 'verificationMaterial.tlogEntries.0.logIndex';
const withIndex = (value: unknown): string => JSON.stringify(changed(someBundle, index, value));
const indexOf = (text: string): bigint | undefined => parseBundle(text).logEntries[0]?.logIndex;

describe('a 64-bit number in the JSON of protobuf', () => {
  it.each<[unknown, bigint]>([
    ['0', 0n],
    [0, 0n],
    [null, 0n],
    [undefined, 0n],
    [12, 12n],
    ['9223372036854775807', 2n ** 63n - 1n],
    [Number.MAX_SAFE_INTEGER, 2n ** 53n - 1n],
  ])('reads %j', (value, expected) => {
    expect(indexOf(withIndex(value))).toBe(expected);
  });

  it('reads a whole number in any form of JSON', () => {
    expect(indexOf(withIndex('@').replace('"@"', '1e3'))).toBe(1000n);
    expect(indexOf(withIndex('@').replace('"@"', '12.0'))).toBe(12n);
  });

  it.each<unknown>([
    '-1',
    -1,
    '9223372036854775808',
    '18446744073709551616',
    '9'.repeat(5000),
    2 ** 53,
    1.5,
    '',
    ' 1',
    '1 ',
    '01',
    '+1',
    '-0',
    '1e3',
    '1.0',
    '0x10',
    '１',
    true,
    [],
    {},
  ])('refuses %j', (value) => {
    expect(thrownBy(() => indexOf(withIndex(value)))).toMatchObject(refusal('ERR_BUNDLE_INVALID', index));
  });

  it('keeps every number that it can say', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }), (number) => {
        expect(indexOf(withIndex(String(number)))).toBe(number);
      }),
    );
  });
});

describe('a 32-bit number in the JSON of protobuf', () => {
  const path = 'caUrls.0.majorApiVersion';
  const versionOf = (value: unknown): number | undefined =>
    parseSigningConfig(JSON.stringify(changed(someSigningConfig, path, value))).certificateAuthorities[0]
      ?.majorApiVersion;

  it.each<[unknown, number]>([
    [1, 1],
    ['2', 2],
    [null, 0],
    [undefined, 0],
    [4294967295, 4294967295],
  ])('reads %j', (value, expected) => {
    expect(versionOf(value)).toBe(expected);
  });

  it.each<unknown>([-1, 1.5, 4294967296, '4294967296', '', 'one', true, {}])('refuses %j', (value) => {
    expect(thrownBy(() => versionOf(value))).toMatchObject(refusal('ERR_TRUST_ROOT_INVALID', path));
  });
});

describe('bytes in the JSON of protobuf', () => {
  const path = 'messageSignature.signature';
  const signed = (value: unknown): unknown => parseBundle(JSON.stringify(changed(someBundle, path, value))).content;

  it.each<unknown>([
    'MEQ',
    'MEQC====',
    'ME_-',
    'ME QC',
    'MEQC\n',
    'MEQ=C===',
    'M===',
    'ME==MEQC',
    'MR==',
    'M€==',
    12,
    [77],
  ])('refuses %j', (value) => {
    expect(thrownBy(() => signed(value))).toMatchObject(refusal('ERR_BUNDLE_INVALID', path));
  });

  it('reads one byte, two and three', () => {
    expect(signed('/w==')).toMatchObject({ signature: Uint8Array.of(255) });
    expect(signed('//8=')).toMatchObject({ signature: Uint8Array.of(255, 255) });
    expect(signed('////')).toMatchObject({ signature: Uint8Array.of(255, 255, 255) });
  });
});

describe('an enumeration in the JSON of protobuf', () => {
  const path = 'tlogs.0.publicKey.keyDetails';
  const detailsOf = (value: unknown): string | undefined =>
    parseTrustRoot(JSON.stringify(changed(someTrustRoot, path, value))).logs[0]?.publicKey.details;

  it.each<[unknown, string]>([
    ['PKIX_ED25519', 'PKIX_ED25519'],
    [7, 'PKIX_ED25519'],
    [null, 'PUBLIC_KEY_DETAILS_UNSPECIFIED'],
    [undefined, 'PUBLIC_KEY_DETAILS_UNSPECIFIED'],
    [21, '21'],
    ['NEW_ALGORITHM', 'NEW_ALGORITHM'],
  ])('reads %j', (value, expected) => {
    expect(detailsOf(value)).toBe(expected);
  });

  it.each<unknown>([1.5, true, {}, []])('refuses %j', (value) => {
    expect(thrownBy(() => detailsOf(value))).toMatchObject(refusal('ERR_TRUST_ROOT_INVALID', path));
  });
});

describe('a message in the JSON of protobuf', () => {
  it.each<[string, unknown]>([
    ['verificationMaterial', []],
    ['verificationMaterial.certificate', 'MIIB'],
    ['verificationMaterial.tlogEntries', {}],
    ['verificationMaterial.tlogEntries.0', []],
    ['mediaType', {}],
  ])('refuses another kind of value at %s', (path, value) => {
    expect(thrownBy(() => parseBundle(JSON.stringify(changed(someBundle, path, value))))).toMatchObject(
      refusal('ERR_BUNDLE_INVALID', path),
    );
  });

  it('takes null for a field that is not there, also in a choice', () => {
    const document = { ...someBundle, dsseEnvelope: null };
    expect(parseBundle(JSON.stringify(document)).content.kind).toBe('message');
  });

  it('refuses null in a list', () => {
    const path = 'verificationMaterial.tlogEntries.0';
    expect(thrownBy(() => parseBundle(JSON.stringify(changed(someBundle, path, null))))).toMatchObject(
      refusal('ERR_BUNDLE_INVALID', path),
    );
  });
});
