import { describe, expect, it } from 'vitest';
import {
  derBitString,
  derInteger,
  derNull,
  derOctetString,
  derOid,
  derSequence,
} from '../../../src/bytes/der-writer.ts';
import { toBase64, utf8 } from '../../../src/bytes/encoding.ts';
import { readDer } from '../../../src/bytes/der-reader.ts';
import { digestOf } from '../../../src/digest/digest.ts';
import { keyDetailsOf } from '../../../src/verify/crypto/key-details.ts';
import { keyIdOf, parsePublicKey, parsePublicKeyPem } from '../../../src/verify/crypto/public-key.ts';
import { hashAlgorithmOf, keyForSignature } from '../../../src/verify/crypto/signature-algorithm.ts';

type Der = Uint8Array<ArrayBuffer>;
const ids = { ec: '1.2.840.10045.2.1', rsa: '1.2.840.113549.1.1.1', edwards: '1.3.101.112' };
const curveIds = { 'P-256': '1.2.840.10045.3.1.7', 'P-384': '1.3.132.0.34', 'P-521': '1.3.132.0.35' };

function spkiOf(raw: Uint8Array, oid: string, ...parameters: readonly Der[]): Der {
  return derSequence(derSequence(derOid(oid), ...parameters), derBitString(raw));
}

function point(size: number, form = 4): Uint8Array {
  return Uint8Array.of(form, ...new Uint8Array(form === 4 ? 2 * size : size).fill(1));
}

const p256 = spkiOf(point(32), ids.ec, derOid(curveIds['P-256']));
const p384 = spkiOf(point(48), ids.ec, derOid(curveIds['P-384']));
const p521 = spkiOf(point(66), ids.ec, derOid(curveIds['P-521']));
const edwards = spkiOf(new Uint8Array(32), ids.edwards);

function rsa(bits: number, exponent: bigint = 65537n): Der {
  return rsaOf(2n ** BigInt(bits - 1) + 1n, exponent);
}

function rsaOf(modulus: bigint, exponent: bigint, ...more: readonly Der[]): Der {
  return spkiOf(derSequence(derInteger(modulus), derInteger(exponent), ...more), ids.rsa, derNull());
}

const malformed = expect.objectContaining({ name: 'FormatError', code: 'ERR_DER_INVALID' }) as Error;
const unsupported = expect.objectContaining({ name: 'VerificationError', code: 'ERR_ALGORITHM_UNSUPPORTED' }) as Error;

describe('parsePublicKey', () => {
  it.each([
    ['P-256', p256, 'ECDSA', 'sha256'],
    ['P-384', p384, 'ECDSA', 'sha384'],
    ['P-521', p521, 'ECDSA', 'sha512'],
    ['Ed25519', edwards, 'Ed25519', 'sha512'],
    ['RSA-2048', rsa(2048), 'RSASSA-PKCS1-v1_5', 'sha256'],
    ['RSA-3072', rsa(3072, 3n), 'RSASSA-PKCS1-v1_5', 'sha256'],
    ['RSA-2049', rsa(2049), 'RSASSA-PKCS1-v1_5', 'sha256'],
    ['RSA-8192', rsa(8192, 0xffffffffn), 'RSASSA-PKCS1-v1_5', 'sha256'],
  ])('gives a key of %s its one algorithm', (kind, spki, scheme, hash) => {
    expect(parsePublicKey(spki)).toMatchObject({ kind, scheme, hash, spki });
  });

  it.each([
    ['PKIX_ECDSA_P256_SHA_256', p256, 'ECDSA', 'sha256'],
    ['PKIX_ECDSA_P384_SHA_384', p384, 'ECDSA', 'sha384'],
    ['PKIX_ECDSA_P521_SHA_512', p521, 'ECDSA', 'sha512'],
    ['PKIX_ECDSA_P384_SHA_256', p384, 'ECDSA', 'sha256'],
    ['PKIX_ECDSA_P521_SHA_256', p521, 'ECDSA', 'sha256'],
    ['PKIX_RSA_PKCS1V15_2048_SHA256', rsa(2048), 'RSASSA-PKCS1-v1_5', 'sha256'],
    ['PKIX_RSA_PKCS1V15_3072_SHA256', rsa(3072), 'RSASSA-PKCS1-v1_5', 'sha256'],
    ['PKIX_RSA_PKCS1V15_4096_SHA256', rsa(4096), 'RSASSA-PKCS1-v1_5', 'sha256'],
    ['PKIX_RSA_PSS_2048_SHA256', rsa(2048), 'RSA-PSS', 'sha256'],
    ['PKIX_RSA_PSS_3072_SHA256', rsa(3072), 'RSA-PSS', 'sha256'],
    ['PKIX_RSA_PSS_4096_SHA256', rsa(4096), 'RSA-PSS', 'sha256'],
    ['PKIX_ED25519', edwards, 'Ed25519', 'sha512'],
    ['PKIX_ED25519_PH', edwards, 'Ed25519ph', 'sha512'],
  ])('gives the algorithm that %s names', (details, spki, scheme, hash) => {
    const key = parsePublicKey(spki, details);
    expect(key).toMatchObject({ scheme, hash });
  });

  it.each([
    ['PKIX_ECDSA_P384_SHA_384', p256],
    ['PKIX_ECDSA_P256_SHA_256', rsa(2048)],
    ['PKIX_RSA_PKCS1V15_3072_SHA256', rsa(2048)],
    ['PKIX_ED25519', p256],
  ])('refuses details of another key: %s', (details, spki) => {
    expect(() => parsePublicKey(spki, details)).toThrow(unsupported);
  });

  it.each([
    ...['', 'PUBLIC_KEY_DETAILS_UNSPECIFIED', 'PKCS1_RSA_PKCS1V5', 'PKCS1_RSA_PSS', 'PKIX_RSA_PKCS1V5', 'PKIX_RSA_PSS'],
    ...['ML_DSA_44', 'ML_DSA_65', 'ML_DSA_87', 'LMS_SHA256', 'toString', '__proto__', 'pkix_ed25519'],
  ])('refuses details that are not supported, before the key is read: %j', (details) => {
    expect(() => parsePublicKey(derNull(), details)).toThrow(unsupported);
  });

  it.each([
    ['ML-DSA-65', spkiOf(new Uint8Array(1952), '2.16.840.1.101.3.4.3.18')],
    ['Ed448', spkiOf(new Uint8Array(57), '1.3.101.113')],
    ['RSA-PSS alone', spkiOf(new Uint8Array(8), '1.2.840.113549.1.1.10', derNull())],
    ['secp256k1', spkiOf(point(32), ids.ec, derOid('1.3.132.0.10'))],
    ['a curve that is written out', spkiOf(point(32), ids.ec, derSequence())],
    ['a curve that is not said', spkiOf(point(32), ids.ec)],
    ['a compressed point', spkiOf(point(32, 2), ids.ec, derOid(curveIds['P-256']))],
    ['RSA of 2047 bits', rsa(2047)],
    ['RSA of 8193 bits', rsa(8193)],
    ['RSA with the exponent 1', rsa(2048, 1n)],
    ['RSA with an even exponent', rsa(2048, 65536n)],
    ['RSA with a negative exponent', rsa(2048, -3n)],
    ['RSA with an exponent of 33 bits', rsa(2048, 2n ** 32n + 1n)],
  ])('says that it does not support %s', (_what, spki) => {
    expect(() => parsePublicKey(spki)).toThrow(unsupported);
  });

  it.each([
    ['nothing', new Uint8Array()],
    ['a byte behind', Uint8Array.of(...p256, 0)],
    [
      'another value behind the key',
      derSequence(derSequence(derOid(ids.edwards)), derBitString(new Uint8Array(32)), derNull()),
    ],
    ['a second parameter', spkiOf(point(32), ids.ec, derOid(curveIds['P-256']), derNull())],
    ['a key that is no bit string', derSequence(derSequence(derOid(ids.edwards)), derOctetString(new Uint8Array(32)))],
    ['a key of broken octets', derSequence(derSequence(derOid(ids.edwards)), derBitString(new Uint8Array(33), 1))],
    ['a point of another size', spkiOf(point(31), ids.ec, derOid(curveIds['P-256']))],
    ['a point of another curve', spkiOf(point(48), ids.ec, derOid(curveIds['P-256']))],
    ['the point at infinity', spkiOf(Uint8Array.of(0), ids.ec, derOid(curveIds['P-256']))],
    [
      'a point of the hybrid form',
      spkiOf(Uint8Array.of(6, ...point(32).subarray(1)), ids.ec, derOid(curveIds['P-256'])),
    ],
    ['Ed25519 of 31 octets', spkiOf(new Uint8Array(31), ids.edwards)],
    ['Ed25519 with parameters', spkiOf(new Uint8Array(32), ids.edwards, derNull())],
    ['RSA without NULL', spkiOf(derSequence(derInteger(2n ** 2047n + 1n), derInteger(3)), ids.rsa)],
    [
      'RSA with other parameters',
      spkiOf(derSequence(derInteger(2n ** 2047n + 1n), derInteger(3)), ids.rsa, derInteger(0)),
    ],
    ['RSA with a third number', rsaOf(2n ** 2047n + 1n, 3n, derInteger(1))],
    ['RSA with an even modulus', rsaOf(2n ** 2047n, 3n)],
    ['RSA with a negative modulus', rsaOf(-(2n ** 2047n) - 1n, 3n)],
    [
      'RSA with padding',
      spkiOf(
        Uint8Array.of(0x30, 0x82, 1, 8, 2, 0x82, 1, 1, 0, 0x7f, ...new Uint8Array(255).fill(1), 2, 1, 3),
        ids.rsa,
        derNull(),
      ),
    ],
    ['more bytes than a key has', spkiOf(new Uint8Array(5000), ids.edwards)],
  ])('refuses what is malformed: %s', (_what, spki) => {
    expect(() => parsePublicKey(spki)).toThrow(malformed);
  });

  it('reads PEM', () => {
    const pem = `-----BEGIN PUBLIC KEY-----\n${toBase64(edwards)}\n-----END PUBLIC KEY-----\n`;
    expect(parsePublicKeyPem(pem).spki).toEqual(edwards);
    expect(parsePublicKeyPem(pem, 'PKIX_ED25519_PH').scheme).toBe('Ed25519ph');
    expect(() => parsePublicKeyPem(pem.replaceAll('PUBLIC', 'EC PUBLIC'))).toThrow(malformed);
  });

  it('names a key by SHA-256 of all of it', async () => {
    expect(await keyIdOf(p256)).toBe(digestOf(p256));
  });

  it('knows no name for what the enumeration lacks', () => {
    expect(keyDetailsOf('constructor')).toBeUndefined();
  });
});

describe('keyForSignature', () => {
  const identifier = (oid: string, ...parameters: readonly Der[]) => readDer(derSequence(derOid(oid), ...parameters));
  const key = parsePublicKey(p256);
  const rsaKey = parsePublicKey(rsa(2048));

  it('takes the hash from elsewhere where CMS leaves it out', () => {
    expect(keyForSignature(rsaKey, identifier(ids.rsa, derNull()), 'sha512')).toMatchObject({ hash: 'sha512' });
    expect(keyForSignature(key, identifier(ids.ec, derOid(curveIds['P-256'])), 'sha384')).toMatchObject({
      hash: 'sha384',
    });
    expect(() => keyForSignature(rsaKey, identifier(ids.rsa, derNull()))).toThrow(unsupported);
  });

  it('gives none where CMS names another hash elsewhere', () => {
    expect(keyForSignature(key, identifier('1.2.840.10045.4.3.2'), 'sha256')).toMatchObject({ hash: 'sha256' });
    expect(keyForSignature(key, identifier('1.2.840.10045.4.3.2'), 'sha512')).toBeUndefined();
  });

  it('gives none for the algorithm of other keys', () => {
    expect(keyForSignature(key, identifier('1.3.101.112'))).toBeUndefined();
    expect(keyForSignature(parsePublicKey(edwards), identifier('1.2.840.10045.4.3.2'))).toBeUndefined();
    expect(keyForSignature(rsaKey, identifier('1.2.840.113549.1.1.11'))).toMatchObject({ hash: 'sha256' });
  });

  it('knows the hashes of SHA-2, and no other', () => {
    expect(hashAlgorithmOf(identifier('2.16.840.1.101.3.4.2.3', derNull()))).toBe('sha512');
    expect(() => hashAlgorithmOf(identifier('1.3.14.3.2.26'))).toThrow(unsupported);
    expect(() => hashAlgorithmOf(readDer(derSequence(derOctetString(utf8('a')))))).toThrow(malformed);
  });
});
