import { ed25519, ed25519ph } from '@noble/curves/ed25519.js';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { derBitString, derInteger, derOid, derSequence } from '../../../src/bytes/der-writer.ts';
import { utf8 } from '../../../src/bytes/encoding.ts';
import { digestOf, type DigestAlgorithm } from '../../../src/digest/digest.ts';
import { verifyBytes } from '../../../src/verify/crypto/prehash.ts';
import { parsePublicKey, type PublicKey } from '../../../src/verify/crypto/public-key.ts';
import { verifySignature } from '../../../src/verify/crypto/verify-signature.ts';
import { someEdwardsKey, someKey, someRsaKey } from '../certificate/some-certificates.ts';

const message = utf8('what was signed');
const secret = new Uint8Array(32).fill(7);
const edwardsSpki = derSequence(derSequence(derOid('1.3.101.112')), derBitString(ed25519.getPublicKey(secret)));
const order = BigInt('0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551');
const malformed = { name: 'FormatError', code: 'ERR_DER_INVALID' };
const unsupported = { name: 'VerificationError', code: 'ERR_ALGORITHM_UNSUPPORTED' };

interface Case {
  readonly key: PublicKey;
  readonly signature: Uint8Array<ArrayBuffer>;
}

const p256 = await someKey();
const p521 = await someKey('P-521');
const cases: Readonly<Record<string, () => Promise<Case>>> = {
  'ECDSA on P-256': async () => ({ key: parsePublicKey(p256.spki), signature: await p256.sign(message) }),
  'ECDSA on P-384': async () => {
    const key = await someKey('P-384');
    return { key: parsePublicKey(key.spki), signature: await key.sign(message) };
  },
  'ECDSA on P-521': async () => ({ key: parsePublicKey(p521.spki), signature: await p521.sign(message) }),
  RSA: async () => {
    const key = await someRsaKey();
    return { key: parsePublicKey(key.spki), signature: await key.sign(message) };
  },
  'RSA-PSS': async () => {
    const key = await someRsaKey('SHA-256', 'RSA-PSS');
    return { key: parsePublicKey(key.spki, 'PKIX_RSA_PSS_2048_SHA256'), signature: await key.sign(message) };
  },
  Ed25519ph: async () => ({
    key: parsePublicKey(edwardsSpki, 'PKIX_ED25519_PH'),
    signature: Uint8Array.from(ed25519ph.sign(message, secret)),
  }),
};

function numbersOf(signature: Uint8Array): [bigint, bigint] {
  const length = signature[3] ?? 0;
  const number = (bytes: Uint8Array): bigint => bytes.reduce((sum, octet) => sum * 256n + BigInt(octet), 0n);
  return [number(signature.subarray(4, 4 + length)), number(signature.subarray(6 + length))];
}

afterEach(() => vi.restoreAllMocks());

describe('verifySignature', () => {
  it.each(Object.keys(cases))('says yes to %s, from the bytes and from their digest', async (name) => {
    const { key, signature } = (await cases[name]?.()) as Case;
    expect(await verifySignature(key, signature, { bytes: message })).toBe(true);
    expect(await verifySignature(key, signature, { digest: digestOf(message, key.hash) })).toBe(true);
  });

  it.each(Object.keys(cases))('says no to %s of anything else', async (name) => {
    const { key, signature } = (await cases[name]?.()) as Case;
    const changed = signature.slice();
    changed[changed.length - 1] = (changed[changed.length - 1] ?? 0) ^ 1;
    for (const wrong of [changed, signature.subarray(1), Uint8Array.of(...signature, 0), new Uint8Array()]) {
      expect(await verifySignature(key, wrong, { bytes: message })).toBe(false);
      expect(await verifySignature(key, wrong, { digest: digestOf(message, key.hash) })).toBe(false);
    }
    expect(await verifySignature(key, signature, { bytes: utf8('another') })).toBe(false);
    expect(await verifySignature(key, signature, { digest: digestOf(utf8('another'), key.hash) })).toBe(false);
  });

  it('says yes to pure Ed25519 from the bytes, and that a digest is not enough', async () => {
    const key = await someEdwardsKey();
    const parsed = parsePublicKey(key.spki);
    const signature = await key.sign(message);
    expect(await verifySignature(parsed, signature, { bytes: message })).toBe(true);
    expect(verifyBytes(parsed, signature, message)).toBe(true);
    expect(verifyBytes(parsed, signature, utf8('another'))).toBe(false);
    expect(await verifySignature({ ...parsed, scheme: 'Ed25519ph' }, signature, { bytes: message })).toBe(false);
    await expect(verifySignature(parsed, signature, { digest: digestOf(message, 'sha512') })).rejects.toMatchObject({
      ...unsupported,
      hint: expect.stringContaining('bytes') as unknown,
    });
  });

  it.each<[string, DigestAlgorithm]>([
    ['ECDSA on P-256', 'sha512'],
    ['ECDSA on P-384', 'sha256'],
    ['RSA', 'sha384'],
    ['Ed25519ph', 'sha256'],
  ])('refuses a digest by another hash than the key says: %s, %s', async (name, hash) => {
    const { key, signature } = (await cases[name]?.()) as Case;
    for (const given of [signature, new Uint8Array()]) {
      await expect(verifySignature(key, given, { digest: digestOf(message, hash) })).rejects.toMatchObject(unsupported);
    }
  });

  it('says yes to both values of s, which every signer may choose', async () => {
    const key = parsePublicKey(p256.spki);
    const [r, s] = numbersOf(await p256.sign(message));
    for (const other of [s, order - s]) {
      const signature = derSequence(derInteger(r), derInteger(other));
      expect(await verifySignature(key, signature, { bytes: message })).toBe(true);
      expect(await verifySignature(key, signature, { digest: digestOf(message) })).toBe(true);
    }
  });

  it('says no to numbers that are not in range, and to r || s', async () => {
    const key = parsePublicKey(p256.spki);
    const [r, s] = numbersOf(await p256.sign(message));
    const pairs = [
      ...[
        [r + order, s],
        [r, s + order],
        [0n, s],
        [r, 0n],
        [-r, s],
        [r, -s],
        [r, 2n ** 264n],
        [0n, 0n],
      ],
      ...[
        [order, s],
        [r, order],
        [2n ** 256n + r, s],
      ],
    ] as [bigint, bigint][];
    const padded = (value: bigint): number[] => [...derInteger(2n ** 256n + value).subarray(-32)];
    const compact = Uint8Array.of(...padded(r), ...padded(s));
    for (const signature of [...pairs.map(([a, b]) => derSequence(derInteger(a), derInteger(b))), compact]) {
      expect(await verifySignature(key, signature, { bytes: message })).toBe(false);
      expect(await verifySignature(key, signature, { digest: digestOf(message) })).toBe(false);
    }
  });

  // Pages have it only where they are isolated.
  it.skipIf(typeof SharedArrayBuffer === 'undefined')('reads shared memory', async () => {
    const share = (bytes: Uint8Array): Uint8Array => {
      const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
      shared.set(bytes);
      return shared;
    };
    const signature = share(await p256.sign(message));
    expect(await verifySignature(parsePublicKey(share(p256.spki)), signature, { bytes: share(message) })).toBe(true);
  });

  it.each([
    [
      'P-256',
      derSequence(derOid('1.2.840.10045.2.1'), derOid('1.2.840.10045.3.1.7')),
      Uint8Array.of(4, ...new Uint8Array(64)),
    ],
    [
      'P-521',
      derSequence(derOid('1.2.840.10045.2.1'), derOid('1.3.132.0.35')),
      Uint8Array.of(4, ...new Uint8Array(132)),
    ],
  ])('refuses a point that is not on its curve: %s', async (_curve, algorithm, point) => {
    const key = parsePublicKey(derSequence(algorithm, derBitString(point)));
    const signature = derSequence(derInteger(1), derInteger(1));
    await expect(verifySignature(key, signature, { bytes: message })).rejects.toMatchObject(malformed);
    await expect(verifySignature(key, signature, { digest: digestOf(message, key.hash) })).rejects.toMatchObject(
      malformed,
    );
  });

  it('refuses 32 octets that are no point of Ed25519', () => {
    const key = parsePublicKey(
      derSequence(derSequence(derOid('1.3.101.112')), derBitString(new Uint8Array(32).fill(0xff))),
    );
    expect(() => verifyBytes(key, new Uint8Array(64), message)).toThrow(expect.objectContaining(malformed) as Error);
  });

  it('imports a key once, and forgets the oldest of many', async () => {
    const key = await someKey();
    const importKey = vi.spyOn(crypto.subtle, 'importKey');
    const signature = await key.sign(message);
    const verify = (): Promise<boolean> => verifySignature(parsePublicKey(key.spki), signature, { bytes: message });
    expect([await verify(), await verify()]).toEqual([true, true]);
    expect(importKey).toHaveBeenCalledTimes(1);
    const others = await Promise.all(Array.from({ length: 64 }, () => someKey()));
    for (const other of others) await verifySignature(parsePublicKey(other.spki), signature, { bytes: message });
    expect(await verify()).toBe(true);
    expect(importKey).toHaveBeenCalledTimes(66);
  });

  it.each(['Ed25519', 'P-521'] as const)('verifies %s also where the platform lacks it', async (kind) => {
    const key = kind === 'Ed25519' ? await someEdwardsKey() : await someKey('P-521');
    const signature = await key.sign(message);
    vi.spyOn(crypto.subtle, 'importKey').mockRejectedValue(new DOMException('no', 'NotSupportedError'));
    expect(await verifySignature(parsePublicKey(key.spki), signature, { bytes: message })).toBe(true);
    expect(await verifySignature(parsePublicKey(key.spki), signature, { bytes: utf8('another') })).toBe(false);
  });

  it('says so where the platform lacks what nothing else has, and forgets it', async () => {
    const key = await someKey();
    const signature = await key.sign(message);
    const missing = vi.spyOn(crypto.subtle, 'importKey').mockRejectedValue(new DOMException('no', 'NotSupportedError'));
    const verify = (): Promise<boolean> => verifySignature(parsePublicKey(key.spki), signature, { bytes: message });
    await expect(verify()).rejects.toMatchObject(unsupported);
    missing.mockRestore();
    expect(await verify()).toBe(true);
  });

  it('says so where the platform cannot check, which is not a wrong signature', async () => {
    vi.spyOn(crypto.subtle, 'verify').mockRejectedValue(new DOMException('no', 'OperationError'));
    const verified = verifySignature(parsePublicKey(p256.spki), await p256.sign(message), { bytes: message });
    await expect(verified).rejects.toMatchObject(unsupported);
  });
});
