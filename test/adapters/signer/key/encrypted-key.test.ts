import { readDer } from '../../../../src/bytes/der-reader.ts';
import { xsalsa20poly1305 } from '@noble/ciphers/salsa.js';
import { scrypt } from '@noble/hashes/scrypt.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  encryptSigningKey,
  exportPublicKeyPem,
  generateSigningKey,
  importSigningKey,
} from '../../../../src/adapters/signer/key.ts';
import { decryptCosignKey, encryptCosignKey } from '../../../../src/adapters/signer/key/cosign-key.ts';
import { deriveKey, portableScrypt } from '../../../../src/adapters/signer/key/derive-key.ts';
import { checkScryptCost } from '../../../../src/adapters/signer/key/scrypt-cost.ts';
import {
  derExplicit,
  derInteger,
  derNull,
  derOctetString,
  derOid,
  derSequence,
} from '../../../../src/bytes/der-writer.ts';
import { toBase64, toHex, utf8 } from '../../../../src/bytes/encoding.ts';
import { formatPem, parsePem } from '../../../../src/bytes/pem.ts';
import { cosignKey, cosignPublicKey } from './some-keys.ts';

const label = 'ENCRYPTED SIGSTORE PRIVATE KEY';
const key = await generateSigningKey();
const pkcs8 = new Uint8Array(await crypto.subtle.exportKey('pkcs8', key.pair.privateKey));
const pem = await exportPublicKeyPem(key);

/** The members of a key in cosign's format. */
interface Sealed {
  readonly kdf: { readonly name: string; readonly params: object; readonly salt: unknown };
  readonly cipher: { readonly name: string; readonly nonce: unknown };
  readonly ciphertext: unknown;
}

/** A key in cosign's format that costs next to nothing to open, with the password `pw`. */
function sealed(content: Uint8Array = pkcs8): Sealed {
  const [salt, nonce, params] = [new Uint8Array(32).fill(1), new Uint8Array(24).fill(2), { N: 16, r: 8, p: 1 }];
  const secret = scrypt('pw', salt, { ...params, dkLen: 32 });
  return {
    kdf: { name: 'scrypt', params, salt: toBase64(salt) },
    cipher: { name: 'nacl/secretbox', nonce: toBase64(nonce) },
    ciphertext: toBase64(xsalsa20poly1305(secret, nonce).encrypt(content)),
  };
}

const asPem = (document: object, name = label): string => formatPem(name, utf8(JSON.stringify(document)));

describe("cosign's encrypted format", () => {
  it('is read as cosign wrote it, and under its former name', async () => {
    for (const text of [cosignKey, cosignKey.replaceAll('SIGSTORE', 'COSIGN')]) {
      expect(await exportPublicKeyPem(await importSigningKey(text, { password: 'pw' }))).toBe(cosignPublicKey);
    }
  });

  it('gives a key again after it was written', async () => {
    const text = await encryptSigningKey(key, { password: 'pässword' });
    expect(text).toMatch(/^-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\n([A-Za-z0-9+/=]{1,64}\n)+-----END /);
    const document: unknown = JSON.parse(new TextDecoder().decode(parsePem(text, label)));
    expect(document).toMatchObject({
      kdf: { name: 'scrypt', params: { N: 65536, r: 8, p: 1 } },
      cipher: { name: 'nacl/secretbox' },
    });
    const read = await importSigningKey(text, { password: async () => utf8('pässword') });
    expect(await exportPublicKeyPem(read)).toBe(pem);
    expect(await encryptSigningKey(key, { password: utf8('pässword') })).not.toBe(text);
  });

  it('gives any bytes again after they were written, with any password', async () => {
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 3000 });
    await fc.assert(
      fc.asyncProperty(bytes, fc.uint8Array({ maxLength: 100 }), async (content, password) => {
        const written = parsePem(await encryptCosignKey(content, password), label);
        expect([...(await decryptCosignKey(written, async () => password))]).toEqual([...content]);
      }),
      { numRuns: 4 },
    );
  }, 60_000);

  it('is opened by its password alone, which no error repeats', async () => {
    const text = asPem(sealed());
    expect(await exportPublicKeyPem(await importSigningKey(text, { password: 'pw' }))).toBe(pem);
    for (const password of ['hush-hush', '', undefined, utf8('PW')]) {
      const error: unknown = await importSigningKey(text, { password }).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ name: 'SigningError', code: 'ERR_KEY_PASSWORD' });
      expect(JSON.stringify(error)).not.toContain('hush');
    }
  });

  it('is read with SEC1 inside, too', async () => {
    const sec1 = readDer(readDer(pkcs8).children[2]?.value ?? pkcs8).children.slice(0, 2);
    const inside = derSequence(...sec1.map(({ bytes }) => bytes), derExplicit(0, derOid('1.2.840.10045.3.1.7')));
    expect(await exportPublicKeyPem(await importSigningKey(asPem(sealed(inside)), { password: 'pw' }))).toBe(pem);
  });

  it('asks for no password where the key is not encrypted, or cannot be read', async () => {
    const password = (): Promise<string> => Promise.reject(new Error('asked'));
    await importSigningKey(pkcs8, { password });
    const broken = { ...sealed(), cipher: { name: 'aes', nonce: '' } };
    await expect(importSigningKey(asPem(broken), { password })).rejects.toMatchObject({ code: 'ERR_KEY' });
    await expect(importSigningKey(asPem(sealed()), { password })).rejects.toThrow('asked');
  });

  const bad = sealed();
  it.each<[string, object]>([
    ['no object', []],
    ['no derivation', { ...bad, kdf: undefined }],
    ['another derivation', { ...bad, kdf: { ...bad.kdf, name: 'argon2' } }],
    ['another cipher', { ...bad, cipher: { ...bad.cipher, name: 'aes-gcm' } }],
    ['a short nonce', { ...bad, cipher: { ...bad.cipher, nonce: 'AAAA' } }],
    ['a nonce that is no text', { ...bad, cipher: { ...bad.cipher, nonce: 5 } }],
    ['a salt without end', { ...bad, kdf: { ...bad.kdf, salt: toBase64(new Uint8Array(1025)) } }],
    ['nothing that is encrypted', { ...bad, ciphertext: toBase64(new Uint8Array(16)) }],
    ['no cost', { ...bad, kdf: { ...bad.kdf, params: {} } }],
    ['a cost of more than 128 MiB', { ...bad, kdf: { ...bad.kdf, params: { N: 2 ** 18, r: 8, p: 1 } } }],
    ['a cost without end', { ...bad, kdf: { ...bad.kdf, params: { N: 2 ** 14, r: 8, p: 2 ** 20 } } }],
    ['a key inside that is none', sealed(utf8('hello'))],
    [
      'a key of another kind inside',
      sealed(derSequence(derInteger(0), derSequence(derOid('1.3.101.110')), derOctetString(new Uint8Array(34)))),
    ],
  ])('is refused with %s', async (_, document) => {
    await expect(importSigningKey(asPem(document), { password: 'pw' })).rejects.toMatchObject({
      name: 'SigningError',
      code: 'ERR_KEY',
    });
  });

  it('is refused where it is no JSON, and one byte was changed', async () => {
    const text = formatPem(label, utf8('{"kdf":'));
    await expect(importSigningKey(text, { password: 'pw' })).rejects.toMatchObject({ code: 'ERR_KEY' });
    const ciphertext = (bad.ciphertext as string).replace(/^./, (letter) => (letter === 'A' ? 'B' : 'A'));
    await expect(importSigningKey(asPem({ ...bad, ciphertext }), { password: 'pw' })).rejects.toMatchObject({
      code: 'ERR_KEY_PASSWORD',
    });
  });

  it('is not written for a key that does not leave the platform, or without a password', async () => {
    const kept = await generateSigningKey({ extractable: false });
    await expect(encryptSigningKey(kept, { password: 'pw' })).rejects.toMatchObject({ code: 'ERR_KEY' });
    const refusal = { code: 'ERR_INVALID_ARGUMENT' };
    await expect(encryptSigningKey(key, {} as never)).rejects.toMatchObject(refusal);
    await expect(encryptSigningKey(key, { password: 'pw', N: 2 } as never)).rejects.toMatchObject(refusal);
  });

  it('ends where the signal says so, also while it derives', async () => {
    const reason = new DOMException('enough', 'AbortError');
    const controller = new AbortController();
    const running = encryptSigningKey(key, { password: 'pw', signal: controller.signal });
    setTimeout(() => controller.abort(reason), 5);
    await expect(running).rejects.toBe(reason);
    await expect(importSigningKey(cosignKey, { password: 'pw', signal: controller.signal })).rejects.toBe(reason);
    const asking = new AbortController();
    const password = async (): Promise<string> => {
      asking.abort(reason);
      return 'pw';
    };
    await expect(importSigningKey(cosignKey, { password, signal: asking.signal })).rejects.toBe(reason);
  });
});

describe('scrypt', () => {
  // RFC 7914 section 12, the first 32 octets of each.
  it.each([
    ['', '', 16, 1, 1, '77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442'],
    ['password', 'NaCl', 1024, 8, 16, 'fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162'],
    [
      'pleaseletmein',
      'SodiumChloride',
      16384,
      8,
      1,
      '7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2',
    ],
  ])('derives what the RFC says, by the platform and without: %j', async (password, salt, N, r, p, expected) => {
    const request = { password: utf8(password), salt: utf8(salt), cost: { N, r, p } };
    for (const derive of [deriveKey, portableScrypt]) expect(toHex(await derive(request))).toBe(expected);
  });

  it('derives also what the platform refuses', async () => {
    // OpenSSL wants N to be less than 2 to the power of 16 × r.
    const request = { password: utf8('pw'), salt: utf8('salt'), cost: { N: 65_536, r: 1, p: 1 } };
    expect(await deriveKey(request)).toEqual(await portableScrypt(request));
  });

  it('ends without the platform, too, where the signal says so', async () => {
    const controller = new AbortController();
    const cost = { N: 65_536, r: 8, p: 1 };
    const running = portableScrypt({ password: utf8('pw'), salt: utf8('salt'), cost, signal: controller.signal });
    setTimeout(() => controller.abort(new DOMException('enough', 'AbortError')), 5);
    await expect(running).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe('the cost of scrypt', () => {
  it.each([
    [2, 1, 1],
    [32_768, 8, 1],
    [65_536, 8, 2],
    [131_072, 8, 1],
  ])('may be N=%d, r=%d, p=%d', (N, r, p) => {
    expect(() => checkScryptCost({ N, r, p })).not.toThrow();
  });

  it.each([
    [131_072, 8, 2],
    [262_144, 8, 1],
    [2, 1, 2 ** 30],
    [2, 2 ** 30, 1],
    [2 ** 53, 1, 1],
    [1, 8, 1],
    [0, 8, 1],
    [-2, 8, 1],
    [65_535, 8, 1],
    [16, 0, 1],
    [16, 1, 0.5],
    [NaN, 8, 1],
    ['16', 8, 1],
  ] as [number, number, number][])('may not be N=%d, r=%d, p=%d', (N, r, p) => {
    expect(() => checkScryptCost({ N, r, p })).toThrow(expect.objectContaining({ code: 'ERR_KEY' }) as Error);
  });
});

const pbes2 = '1.2.840.113549.1.5.13';
const pbkdf2 = '1.2.840.113549.1.5.12';

/** How a key is encrypted, where it is not as most do. */
interface Scheme {
  readonly scheme?: string;
  readonly kdf?: string;
  readonly prf?: string | undefined;
  readonly hash?: string;
  readonly cipher?: string;
  readonly bits?: number;
  readonly rounds?: number | bigint;
  readonly vector?: Uint8Array | undefined;
}

/** PKCS#8 that is encrypted with the password `pw`. */
async function encrypted(options: Scheme = {}, content: Uint8Array<ArrayBuffer> = pkcs8): Promise<string> {
  const { scheme = pbes2, kdf = pbkdf2, hash = 'SHA-256', bits = 256, rounds = 10 } = options;
  const { cipher = bits === 256 ? '2.16.840.1.101.3.4.1.42' : '2.16.840.1.101.3.4.1.2' } = options;
  const prf = 'prf' in options ? options.prf : '1.2.840.113549.2.9';
  const salt = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
  const iv = new Uint8Array(16).fill(3);
  const base = await crypto.subtle.importKey('raw', utf8('pw'), 'PBKDF2', false, ['deriveKey']);
  const algorithm = { name: 'PBKDF2', salt, iterations: 10, hash };
  const secret = await crypto.subtle.deriveKey(algorithm, base, { name: 'AES-CBC', length: bits }, false, ['encrypt']);
  const ciphertext = new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-CBC', iv }, secret, content));
  const function_ = prf === undefined ? [] : [derSequence(derOid(prf), derNull())];
  const derivation = derSequence(derOid(kdf), derSequence(derOctetString(salt), derInteger(rounds), ...function_));
  const vector = 'vector' in options ? options.vector : iv;
  const own = vector === undefined ? [] : [derOctetString(vector)];
  const parameters = derSequence(derivation, derSequence(derOid(cipher), ...own));
  const der = derSequence(derSequence(derOid(scheme), parameters), derOctetString(ciphertext));
  return formatPem('ENCRYPTED PRIVATE KEY', der);
}

describe('encrypted PKCS#8', () => {
  it.each<[string, Scheme]>([
    ['AES-256 and HMAC with SHA-256', {}],
    ['AES-128', { bits: 128 }],
    ['SHA-1, which is not named', { prf: undefined, hash: 'SHA-1' }],
    ['SHA-512', { prf: '1.2.840.113549.2.11', hash: 'SHA-512' }],
  ])('is read with %s', async (_, scheme) => {
    expect(await exportPublicKeyPem(await importSigningKey(await encrypted(scheme), { password: 'pw' }))).toBe(pem);
  });

  it('is opened by its password alone', async () => {
    const text = await encrypted();
    // One in some hundred has the padding right, and is no key.
    for (const password of [undefined, ...Array.from({ length: 600 }, (_, index) => `no-${index}`)]) {
      await expect(importSigningKey(text, { password })).rejects.toMatchObject({ code: 'ERR_KEY_PASSWORD' });
    }
  });

  it.each<[string, Scheme]>([
    ['another scheme', { scheme: '1.2.840.113549.1.5.3' }],
    ['another derivation', { kdf: '1.3.6.1.4.1.11591.4.11' }],
    ['another function', { prf: '1.2.840.113549.2.8' }],
    ['another cipher', { cipher: '1.2.840.113549.3.7' }],
    ['a short vector', { vector: new Uint8Array(8) }],
    ['no rounds', { rounds: 0 }],
    ['rounds without end', { rounds: 10_000_001 }],
    ['a cipher without parameters', { vector: undefined }],
  ])('is refused with %s', async (_, scheme) => {
    await expect(importSigningKey(await encrypted(scheme), { password: 'pw' })).rejects.toMatchObject({
      name: 'SigningError',
      code: 'ERR_KEY',
    });
  });

  it('is refused with a key of another kind inside', async () => {
    const inside = derSequence(derInteger(0), derSequence(derOid('1.3.101.110')), derOctetString(new Uint8Array(34)));
    await expect(importSigningKey(await encrypted({}, inside), { password: 'pw' })).rejects.toMatchObject({
      code: 'ERR_KEY',
    });
  });
});
