import { describe, expect, it, vi } from 'vitest';
import {
  exportPublicKeyPem,
  generateSigningKey,
  importSigningKey,
  keySigner,
  type SigningKeyAlgorithm,
  type WebSigningKey,
} from '../../../../src/adapters/signer/key.ts';
import { formatPem } from '../../../../src/bytes/pem.ts';
import { derCursor, derTags, readDer } from '../../../../src/bytes/der-reader.ts';
import {
  derBitString,
  derExplicit,
  derInteger,
  derNull,
  derOctetString,
  derOid,
  derSequence,
} from '../../../../src/bytes/der-writer.ts';
import { utf8 } from '../../../../src/bytes/encoding.ts';
import { cosignKey, message, quickAlgorithms } from './some-keys.ts';

type Bytes = Uint8Array<ArrayBuffer>;

const pkcs8Of = async ({ pair }: WebSigningKey): Promise<Bytes> =>
  new Uint8Array(await crypto.subtle.exportKey('pkcs8', pair.privateKey));
const jwkOf = ({ pair }: WebSigningKey): Promise<JsonWebKey> => crypto.subtle.exportKey('jwk', pair.privateKey);

/** What stands in PKCS#8: an ECPrivateKey, or an RSAPrivateKey. */
function innerOf(pkcs8: Uint8Array): Bytes {
  const [, , octets] = readDer(pkcs8, derTags.sequence).children;
  return octets?.value ?? new Uint8Array();
}

/** PKCS#8 with something else in it. */
function pkcs8(identifier: readonly Uint8Array[], inner: Uint8Array, ...rest: readonly Uint8Array[]): Bytes {
  return derSequence(derInteger(rest.length > 0 ? 1 : 0), derSequence(...identifier), derOctetString(inner), ...rest);
}

const ecOid = derOid('1.2.840.10045.2.1');
const p256Oid = derOid('1.2.840.10045.3.1.7');
const rsaOid = derOid('1.2.840.113549.1.1.1');
const edOid = derOid('1.3.101.112');

const made = new Map<SigningKeyAlgorithm, Promise<WebSigningKey>>();
/** Each key is made once. */
function keyOf(algorithm: SigningKeyAlgorithm): Promise<WebSigningKey> {
  const key = made.get(algorithm) ?? generateSigningKey({ algorithm });
  made.set(algorithm, key);
  return key;
}
const p256 = (): Promise<WebSigningKey> => keyOf('PKIX_ECDSA_P256_SHA_256');
const rsa = (): Promise<WebSigningKey> => keyOf('PKIX_RSA_PKCS1V15_2048_SHA256');

describe('a key is the same, read from', () => {
  const forms: Readonly<Record<string, (key: WebSigningKey) => Promise<Parameters<typeof importSigningKey>[0]>>> = {
    'PKCS#8 in DER': pkcs8Of,
    'PKCS#8 in PEM': async (key) => formatPem('PRIVATE KEY', await pkcs8Of(key)),
    'PEM with lines of Windows and text before it': async (key) =>
      `made yesterday\n${formatPem('PRIVATE KEY', await pkcs8Of(key))}`.replaceAll('\n', '\r\n'),
    'PEM with a byte order mark': async (key) => `\ufeff${formatPem('PRIVATE KEY', await pkcs8Of(key))}`,
    'the bytes of a JWK with a byte order mark': async (key) => utf8(`\ufeff${JSON.stringify(await jwkOf(key))}\r\n`),
    'the bytes of a file of PEM': async (key) => utf8(formatPem('PRIVATE KEY', await pkcs8Of(key))),
    'a JWK': jwkOf,
    'a JWK in text': async (key) => ` ${JSON.stringify(await jwkOf(key))}`,
    'a pair': async ({ pair }) => pair,
  };

  it.each(Object.keys(forms).flatMap((form) => quickAlgorithms.map((algorithm) => [form, algorithm] as const)))(
    '%s: %s',
    async (form, algorithm) => {
      const key = await keyOf(algorithm);
      const input = (await forms[form]?.(key)) ?? '';
      const imported = await importSigningKey(input, { algorithm });
      expect(imported).toMatchObject({ details: algorithm, takes: 'message' });
      expect(await exportPublicKeyPem(imported)).toBe(await exportPublicKeyPem(key));
      expect(imported.pair.privateKey.extractable).toBe(form === 'a pair');
      expect((await keySigner({ key: imported }).sign(message)).content.kind).toBe('message');
    },
  );

  it('SEC1 in PEM, with the parameters that OpenSSL writes before it', async () => {
    const key = await p256();
    const inner = readDer(innerOf(await pkcs8Of(key)));
    const sec1 = derSequence(...inner.children.slice(0, 2).map(({ bytes }) => bytes), derExplicit(0, p256Oid));
    const pem = formatPem('EC PARAMETERS', p256Oid) + formatPem('EC PRIVATE KEY', sec1);
    expect(await exportPublicKeyPem(await importSigningKey(pem))).toBe(await exportPublicKeyPem(key));
  });

  it('SEC1 whose number lacks the zeros in front', async () => {
    const secret = Uint8Array.of(7);
    const sec1 = derSequence(derInteger(1), derOctetString(secret), derExplicit(0, p256Oid));
    const padded = derSequence(
      derInteger(1),
      derOctetString(Uint8Array.of(...new Uint8Array(31), 7)),
      derExplicit(0, p256Oid),
    );
    const [one, other] = await Promise.all(
      [sec1, padded].map((der) => importSigningKey(formatPem('EC PRIVATE KEY', der))),
    );
    expect(await one?.publicKey()).toEqual(await other?.publicKey());
  });

  it('PKCS#1 in PEM, and PKCS#8 that says PSS', async () => {
    const key = await rsa();
    const inner = innerOf(await pkcs8Of(key));
    const pkcs1 = await importSigningKey(formatPem('RSA PRIVATE KEY', inner));
    expect([pkcs1.details, await pkcs1.publicKey()]).toEqual([key.details, await key.publicKey()]);
    expect((await importSigningKey(inner)).details).toBe(key.details);
    const pss = await importSigningKey(pkcs8([derOid('1.2.840.113549.1.1.10')], inner));
    expect([pss.details, await pss.publicKey()]).toEqual(['PKIX_RSA_PSS_2048_SHA256', await key.publicKey()]);
  });

  it('OneAsymmetricKey, with attributes and its public key', async () => {
    const key = await keyOf('PKIX_ED25519');
    const raw = new Uint8Array(await crypto.subtle.exportKey('raw', key.pair.publicKey));
    const publicPart = Uint8Array.of(0x81, 33, 0, ...raw);
    const der = pkcs8([edOid], innerOf(await pkcs8Of(key)), Uint8Array.of(0xa0, 0), publicPart);
    expect(await exportPublicKeyPem(await importSigningKey(der))).toBe(await exportPublicKeyPem(key));
  });
});

describe('what a key signs with', () => {
  it('is what its kind is used with where nothing is said', async () => {
    for (const algorithm of quickAlgorithms.filter((name) => !name.includes('PSS'))) {
      expect((await importSigningKey(await pkcs8Of(await keyOf(algorithm)))).details).toBe(algorithm);
    }
    const pss = await keyOf('PKIX_RSA_PSS_2048_SHA256');
    expect((await importSigningKey(pss.pair)).details).toBe('PKIX_RSA_PSS_2048_SHA256');
    expect((await importSigningKey(await jwkOf(pss))).details).toBe('PKIX_RSA_PSS_2048_SHA256');
  });

  it('may be another that its kind can do', async () => {
    const algorithm = 'PKIX_ECDSA_P384_SHA_256';
    const key = await keyOf('PKIX_ECDSA_P384_SHA_384');
    for (const input of [await pkcs8Of(key), key.pair]) {
      expect((await importSigningKey(input, { algorithm })).details).toBe(algorithm);
    }
    const pss = await importSigningKey(await pkcs8Of(await rsa()), { algorithm: 'PKIX_RSA_PSS_2048_SHA256' });
    expect((await keySigner({ key: pss }).sign(message)).version).toBe('0.3');
  });

  it('may be extractable again', async () => {
    const key = await importSigningKey(await pkcs8Of(await p256()), { extractable: true });
    expect(await pkcs8Of(key)).toEqual(await pkcs8Of(await p256()));
    expect((await generateSigningKey({ extractable: false })).pair.privateKey.extractable).toBe(false);
  });
});

/** Makes a broken input out of a good key. */
type Break = () => Promise<Parameters<typeof importSigningKey>[0]>;

describe('a key that cannot be used is refused', () => {
  const jwk =
    (edit: object, algorithm: SigningKeyAlgorithm = 'PKIX_ECDSA_P256_SHA_256'): Break =>
    async () => ({ ...(await jwkOf(await keyOf(algorithm))), ...edit });
  const pem =
    (label: string, edit: (text: string) => string = (text) => text): Break =>
    async () =>
      edit(formatPem(label, await pkcs8Of(await p256())));
  const der =
    (edit: (pkcs8: Bytes) => Uint8Array): Break =>
    async () =>
      edit(await pkcs8Of(await p256()));

  it.each<[string, Break, RegExp]>([
    ['no text', async () => '', /no private key in PEM/],
    ['other text', async () => 'ssh-ed25519 AAAA', /no private key in PEM/],
    ['bytes that are no text', async () => Uint8Array.of(0xff, 0xfe), /neither DER nor text/],
    ['too many bytes', async () => new Uint8Array(65_537), /larger than 65536 bytes/],
    ['a public key', pem('PUBLIC KEY'), /no private key in PEM, but PUBLIC KEY/],
    ['a key of OpenSSH', pem('OPENSSH PRIVATE KEY'), /OPENSSH PRIVATE KEY, which is not read/],
    [
      'a key that old OpenSSL encrypted',
      pem('EC PRIVATE KEY', (text) => text.replace('\n', '\nProc-Type: 4,ENCRYPTED\n')),
      /old OpenSSL/,
    ],
    ['two keys', pem('PRIVATE KEY', (text) => text + text), /several blocks/],
    ['PEM without an end', pem('PRIVATE KEY', (text) => text.slice(0, -10)), /cannot be read/],
    ['PEM that is cut', pem('PRIVATE KEY', (text) => text.replace(/\n.*\n-----END/, '\n-----END')), /cannot be read/],
    ['DER that is cut', der((bytes) => bytes.subarray(0, -1)), /cannot be read/],
    ['DER with a byte behind it', der((bytes) => Uint8Array.of(...bytes, 0)), /cannot be read/],
    ['PKCS#8 of version 2', der((bytes) => Uint8Array.from(bytes).fill(2, 5, 6)), /version 2/],
    ['X25519', der((bytes) => pkcs8([derOid('1.3.101.110')], innerOf(bytes))), /algorithm 1\.3\.101\.110/],
    ['secp256k1', der((bytes) => pkcs8([ecOid, derOid('1.3.132.0.10')], innerOf(bytes))), /1\.3\.132\.0\.10/],
    ['a curve without a name', der((bytes) => pkcs8([ecOid, derSequence()], innerOf(bytes))), /without a name/],
    [
      'two curves',
      der(() =>
        pkcs8(
          [ecOid, p256Oid],
          derSequence(derInteger(1), derOctetString(new Uint8Array(32)), derExplicit(0, derOid('1.3.132.0.34'))),
        ),
      ),
      /two curves/,
    ],
    [
      'an ECPrivateKey of version 2',
      der(() => pkcs8([ecOid, p256Oid], derSequence(derInteger(2), derOctetString(new Uint8Array(32))))),
      /version/,
    ],
    [
      'a number that is too long',
      der(() => pkcs8([ecOid, p256Oid], derSequence(derInteger(1), derOctetString(new Uint8Array(33))))),
      /33 octets/,
    ],
    [
      'a number that is 0',
      der(() => pkcs8([ecOid, p256Oid], derSequence(derInteger(1), derOctetString(new Uint8Array(32))))),
      /not valid/,
    ],
    ['RSA with more than two primes', der(() => pkcs8([rsaOid, derNull()], derSequence(derInteger(1)))), /two primes/],
    [
      'RSA of 1024 bits',
      der(() => pkcs8([rsaOid, derNull()], derSequence(derInteger(0), derInteger(2n ** 1023n + 1n)))),
      /RSA-1024/,
    ],
    [
      'RSA that is no more than a modulus',
      der(() => pkcs8([rsaOid, derNull()], derSequence(derInteger(0), derInteger(2n ** 2047n + 1n)))),
      /not valid/,
    ],
    ['JSON that is none', async () => '{"kty":', /cannot be read/],
    ['a JWK that is public', jwk({ d: undefined }), /without a private part/],
    ['a JWK that lacks a member', jwk({ x: undefined }), /lacks x/],
    ['a JWK of a secret key', jwk({ kty: 'oct' }), /no JWK of type/],
    ['a JWK for encryption', jwk({ use: 'enc' }), /may not be used to sign/],
    ['a JWK that may only verify', jwk({ key_ops: ['verify'] }), /may not be used to sign/],
    ['a JWK on another curve', jwk({ crv: 'secp256k1' }), /"secp256k1"/],
    ['a JWK for another algorithm', jwk({ alg: 'ES384' }), /"ES384"/],
    ['a JWK of RSA for SHA-1', jwk({ alg: 'RS1' }, 'PKIX_RSA_PKCS1V15_2048_SHA256'), /"RS1"/],
    ['a JWK of RSA with more primes', jwk({ oth: [] }, 'PKIX_RSA_PKCS1V15_2048_SHA256'), /two primes/],
    ['a JWK whose number is broken', jwk({ d: '!' }), /not valid/],
    ['half a pair', async () => ({ privateKey: (await p256()).pair.privateKey }) as CryptoKeyPair, /lacks one/],
    [
      'a pair of two keys',
      async () => ({ ...(await p256()).pair, publicKey: (await generateSigningKey()).pair.publicKey }),
      /belongs to another/,
    ],
    [
      'a pair of two kinds',
      async () => ({ ...(await p256()).pair, publicKey: (await rsa()).pair.publicKey }),
      /does not sign/,
    ],
    [
      'a pair that derives',
      () => crypto.subtle.generateKey({ name: 'ECDH', namedCurve: 'P-256' }, true, ['deriveBits']),
      /may not be used to sign/,
    ],
  ])('%s', async (_, broken, text) => {
    const error: unknown = await importSigningKey(await broken()).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: 'SigningError', code: 'ERR_KEY' });
    expect((error as Error).message).toMatch(text);
  });

  it('a key whose public part is another one', async () => {
    const [key, other] = [await p256(), await generateSigningKey()];
    const { x = '', y = '' } = await jwkOf(other);
    await expect(importSigningKey({ ...(await jwkOf(key)), x, y })).rejects.toMatchObject({ code: 'ERR_KEY' });
    const point = readDer(await other.publicKey()).children[1]?.value.subarray(1) ?? new Uint8Array();
    const secret = derCursor(readDer(innerOf(await pkcs8Of(key))));
    const sec1 = derSequence(
      secret.expect(derTags.integer).bytes,
      secret.expect(derTags.octetString).bytes,
      derExplicit(1, derBitString(point)),
    );
    await expect(importSigningKey(pkcs8([ecOid, p256Oid], sec1))).rejects.toMatchObject({ code: 'ERR_KEY' });
  });

  it('a pair whose public key may not be shown', async () => {
    const { pair } = await p256();
    const spki = new Uint8Array(await crypto.subtle.exportKey('spki', pair.publicKey));
    const hidden = await crypto.subtle.importKey('spki', spki, pair.publicKey.algorithm, false, ['verify']);
    await expect(importSigningKey({ ...pair, publicKey: hidden })).rejects.toMatchObject({ code: 'ERR_KEY' });
  });

  it('a key of RSA that is bound to another hash, or of another scheme than is asked for', async () => {
    const pair = await crypto.subtle.generateKey(
      { name: 'RSA-PSS', modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1), hash: 'SHA-512' },
      false,
      ['sign', 'verify'],
    );
    await expect(importSigningKey(pair)).rejects.toMatchObject({ code: 'ERR_KEY' });
    const algorithm = 'PKIX_RSA_PSS_2048_SHA256';
    await expect(importSigningKey((await rsa()).pair, { algorithm })).rejects.toMatchObject({ code: 'ERR_KEY' });
  });

  it('a key of another kind than is asked for', async () => {
    const algorithm = 'PKIX_ECDSA_P384_SHA_384';
    const key = await p256();
    for (const input of [await pkcs8Of(key), await jwkOf(key), key.pair]) {
      await expect(importSigningKey(input, { algorithm })).rejects.toMatchObject({
        code: 'ERR_KEY',
        message: 'key is P-256, expected P-384',
      });
    }
  });

  it('options that cannot be used', async () => {
    const refusal = { code: 'ERR_INVALID_ARGUMENT' };
    const key = await pkcs8Of(await p256());
    await expect(importSigningKey(key, { passphrase: 'pw' } as object)).rejects.toMatchObject(refusal);
    await expect(importSigningKey(null as never)).rejects.toMatchObject(refusal);
    await expect(importSigningKey(5 as never)).rejects.toMatchObject(refusal);
    for (const algorithm of ['PKIX_ED25519_PH', 'toString', 5] as never[]) {
      await expect(importSigningKey(key, { algorithm })).rejects.toMatchObject(refusal);
      await expect(generateSigningKey({ algorithm })).rejects.toMatchObject(refusal);
    }
  });

  it('a password that is none', async () => {
    for (const password of [5, async () => 5] as never[]) {
      await expect(importSigningKey(cosignKey, { password })).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
    }
  });

  it('nothing where the signal says so', async () => {
    const reason = new DOMException('enough', 'AbortError');
    const signal = AbortSignal.abort(reason);
    await expect(importSigningKey(await pkcs8Of(await p256()), { signal })).rejects.toBe(reason);
    await expect(generateSigningKey({ signal })).rejects.toBe(reason);
    await expect((await p256()).publicKey({ signal })).rejects.toBe(reason);
  });
});

describe('a platform that fails', () => {
  const refusal = new DOMException('not here', 'NotSupportedError');

  it.each([
    ['makes no such key', 'generateKey', () => generateSigningKey({ algorithm: 'PKIX_ED25519' })],
    ['does not sign', 'sign', async () => (await p256()).sign({ message: Uint8Array.of(1) })],
    ['tells no public key', 'exportKey', async () => (await p256()).publicKey()],
  ] as const)('is an error of the key where it %s', async (_, method, run) => {
    await p256();
    const failing = vi.spyOn(crypto.subtle, method).mockRejectedValue(refusal);
    try {
      await expect(run()).rejects.toMatchObject({ name: 'SigningError', code: 'ERR_KEY', cause: refusal });
    } finally {
      failing.mockRestore();
    }
  });
});
