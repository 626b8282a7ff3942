import { createHash } from '../../digest/hash.ts';
import { hexOf, type DigestAlgorithm } from '../../digest/digest-name.ts';
import { fromHex, toHex } from '../../bytes/encoding.ts';
import { rsaNumbers, type PublicKey } from './public-key.ts';

/** DER of a DigestInfo up to the digest (RFC 8017 section 9.2, note 1). The form without NULL is refused. */
const digestInfos: Readonly<Record<DigestAlgorithm, string>> = {
  sha256: '3031300d060960864801650304020105000420',
  sha384: '3041300d060960864801650304020205000430',
  sha512: '3051300d060960864801650304020305000440',
};

/** Checks a signature of RSA over a digest (RFC 8017 sections 8.1.2 and 8.2.2). The signature has the modulus's size. */
export function verifyRsa(key: PublicKey, signature: Uint8Array, digest: Uint8Array, saltLength: number): boolean {
  const { modulus, exponent } = rsaNumbers(key.raw);
  const number = BigInt(`0x${toHex(signature)}`);
  if (number >= modulus) return false;
  const encoded = power(number, exponent, modulus)
    .toString(16)
    .padStart(signature.length * 2, '0');
  if (key.scheme === 'RSA-PSS') return isPss(encoded, modulus.toString(2).length - 1, key.hash, digest, saltLength);
  const tail = `00${digestInfos[key.hash]}${toHex(digest)}`;
  return encoded === `0001${tail.padStart(encoded.length - 4, 'f')}`;
}

/** Nothing here is secret: what is checked is public. */
function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  for (const bit of exponent.toString(2)) {
    result = (result * result) % modulus;
    if (bit === '1') result = (result * base) % modulus;
  }
  return result;
}

/** EMSA-PSS-VERIFY (RFC 8017 section 9.1.2), with the mask generation function MGF1 of the same hash. */
function isPss(hex: string, bits: number, hash: DigestAlgorithm, digest: Uint8Array, saltLength: number): boolean {
  const encoded = fromHex(hex.slice(hex.length - Math.ceil(bits / 8) * 2)) ?? new Uint8Array();
  if (BigInt(`0x${hex}`) >> BigInt(bits) !== 0n) return false;
  const maskedLength = encoded.length - digest.length - 1;
  const padding = maskedLength - saltLength - 1;
  if (padding < 0 || encoded[encoded.length - 1] !== 0xbc) return false;
  const seed = encoded.subarray(maskedLength, -1);
  const mask = maskOf(seed, maskedLength, hash);
  const block = encoded.subarray(0, maskedLength).map((octet, index) => octet ^ (mask[index] ?? 0));
  block[0] = (block[0] ?? 0) & (0xff >> (encoded.length * 8 - bits));
  if (block.subarray(0, padding).some((octet) => octet !== 0) || block[padding] !== 1) return false;
  const salt = block.subarray(padding + 1);
  return toHex(seed) === hashOf(hash, new Uint8Array(8), digest, salt);
}

/** MGF1 (RFC 8017 appendix B.2.1). */
function maskOf(seed: Uint8Array, length: number, hash: DigestAlgorithm): Uint8Array {
  let hex = '';
  for (let counter = 0; hex.length < length * 2; counter++) {
    hex += hashOf(hash, seed, new Uint8Array([0, 0, counter >> 8, counter & 0xff]));
  }
  return fromHex(hex.slice(0, length * 2)) ?? new Uint8Array();
}

function hashOf(algorithm: DigestAlgorithm, ...parts: readonly Uint8Array[]): string {
  const hash = createHash(algorithm);
  for (const part of parts) hash.update(part);
  return hexOf(hash.digest());
}
