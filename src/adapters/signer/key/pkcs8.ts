import { derCursor, derTags, readDer, type DerNode } from '../../../bytes/der-reader.ts';
import { bitStringOf, integerOf, oidOf } from '../../../bytes/der-values.ts';
import {
  derBitString,
  derExplicit,
  derInteger,
  derNull,
  derOctetString,
  derOid,
  derSequence,
} from '../../../bytes/der-writer.ts';
import { curveSizes, type KeyKind } from '../../../verify/crypto/key-details.ts';
import { algorithmForKind, type KeyAlgorithmFacts } from './algorithm.ts';
import { keyError } from './key-error.ts';

/** A private key as the one form of PKCS#8 that every platform imports, and what it signs with by itself. */
export interface PrivateKeyDer {
  readonly der: Uint8Array<ArrayBuffer>;
  readonly facts: KeyAlgorithmFacts;
}

const oids = {
  ec: '1.2.840.10045.2.1',
  rsa: '1.2.840.113549.1.1.1',
  pss: '1.2.840.113549.1.1.10',
  ed25519: '1.3.101.112',
} as const;

const curves: Readonly<Record<string, KeyKind>> = {
  '1.2.840.10045.3.1.7': 'P-256',
  '1.3.132.0.34': 'P-384',
  '1.3.132.0.35': 'P-521',
};

/**
 * Reads a private key in DER, whichever of three forms it has: what stands behind the version tells them apart.
 *
 * @throws SigningError `ERR_KEY` for other keys, FormatError `ERR_DER_INVALID`.
 */
export function readPrivateKey(bytes: Uint8Array): PrivateKeyDer {
  const { children } = readDer(bytes, derTags.sequence);
  if (children[1]?.tag === derTags.octetString) return readSec1(bytes);
  return children[1]?.tag === derTags.integer ? readPkcs1(bytes) : readPkcs8(bytes);
}

/**
 * Reads a PrivateKeyInfo or OneAsymmetricKey (RFC 5958 section 2), and writes it again as platforms agree on it: without
 * attributes, and without what stands in it twice.
 *
 * @throws SigningError `ERR_KEY` for other keys, FormatError `ERR_DER_INVALID`.
 */
export function readPkcs8(bytes: Uint8Array): PrivateKeyDer {
  const outer = derCursor(readDer(bytes, derTags.sequence));
  const version = integerOf(outer.expect(derTags.integer));
  if (version !== 0n && version !== 1n) throw keyError(`is in PKCS#8 of version ${version}, expected 0 or 1`);
  const identifier = derCursor(outer.expect(derTags.sequence));
  const algorithm = oidOf(identifier.expect(derTags.oid));
  const parameters = identifier.next();
  identifier.end();
  const { value } = outer.expect(derTags.octetString);
  // Attributes, and since version 1 the public key.
  outer.optional(0xa0);
  if (version === 1n) outer.optional(0x81);
  outer.end();
  return keyOf(algorithm, parameters, value);
}

function keyOf(algorithm: string, parameters: DerNode | undefined, value: Uint8Array): PrivateKeyDer {
  switch (algorithm) {
    case oids.ec:
      return readSec1(value, parameters?.tag === derTags.oid ? oidOf(parameters) : undefined);
    case oids.ed25519:
      return privateKey('Ed25519', [derOid(oids.ed25519)], readDer(value, derTags.octetString).bytes);
    case oids.rsa:
      return readPkcs1(value);
    case oids.pss:
      return readPkcs1(value, 'RSA-PSS');
    default:
      throw keyError(`has the algorithm ${algorithm}, expected ECDSA, Ed25519 or RSA`);
  }
}

/** Reads an RSAPrivateKey (RFC 8017 appendix A.1.2). */
export function readPkcs1(bytes: Uint8Array, scheme?: 'RSA-PSS'): PrivateKeyDer {
  const node = readDer(bytes, derTags.sequence);
  const cursor = derCursor(node);
  if (integerOf(cursor.expect(derTags.integer)) !== 0n) throw keyError('is of RSA with more than two primes');
  const bits = integerOf(cursor.expect(derTags.integer)).toString(2).length;
  return privateKey(`RSA-${bits}`, [derOid(oids.rsa), derNull()], node.bytes, scheme);
}

/**
 * Reads an ECPrivateKey (RFC 5915), by itself or with its curve named outside. Where both name one they agree.
 */
export function readSec1(bytes: Uint8Array, outerCurve?: string): PrivateKeyDer {
  const cursor = derCursor(readDer(bytes, derTags.sequence));
  if (integerOf(cursor.expect(derTags.integer)) !== 1n) throw keyError('is of ECDSA in a version that is not known');
  const { value: secret } = cursor.expect(derTags.octetString);
  const inner = cursor.optional(0xa0)?.children[0];
  const point = cursor.optional(0xa1)?.children[0];
  cursor.end();
  const curve = outerCurve ?? (inner?.tag === derTags.oid ? oidOf(inner) : undefined);
  if (outerCurve !== undefined && inner !== undefined && (inner.tag !== derTags.oid || oidOf(inner) !== outerCurve)) {
    throw keyError('names two curves');
  }
  const kind = curve === undefined ? undefined : curves[curve];
  if (kind === undefined || curve === undefined)
    throw keyError(`is on ${curve ?? 'a curve without a name'}, expected P-256, P-384 or P-521`);
  const elements = [derInteger(1), derOctetString(padded(secret, curveSizes[kind] ?? 0))];
  if (point !== undefined) elements.push(derExplicit(1, derBitString(bitStringOf(point))));
  return privateKey(kind, [derOid(oids.ec), derOid(curve)], derSequence(...elements));
}

/** Some writers leave out the zeros in front of a number; platforms want them. */
function padded(secret: Uint8Array, size: number): Uint8Array {
  if (secret.length > size) throw keyError(`has ${secret.length} octets, expected ${size}`);
  const whole = new Uint8Array(size);
  whole.set(secret, size - secret.length);
  return whole;
}

function privateKey(
  kind: KeyKind,
  identifier: readonly Uint8Array[],
  value: Uint8Array,
  scheme?: string,
): PrivateKeyDer {
  const facts = algorithmForKind(kind, scheme);
  if (facts === undefined) throw keyError(`is ${kind}, expected RSA of 2048, 3072 or 4096 bits`);
  return { facts, der: derSequence(derInteger(0), derSequence(...identifier), derOctetString(value)) };
}
