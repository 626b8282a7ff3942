import { derCursor, derError, derTags, readDer, type DerNode } from '../../bytes/der-reader.ts';
import { bitStringOf, integerOf, oidOf } from '../../bytes/der-values.ts';
import { toHex } from '../../bytes/encoding.ts';
import { parsePem } from '../../bytes/pem.ts';
import { digestSizes, type Digest } from '../../digest/digest-name.ts';
import { VerificationError } from '../../errors.ts';
import { hashBytes } from './hash-bytes.ts';
import { curveSizes, defaultAlgorithm, keyDetailsOf, type KeyKind, type SignatureAlgorithm } from './key-details.ts';

/** A public key, and what signatures by it are made with: nothing else is accepted. */
export interface PublicKey extends SignatureAlgorithm {
  readonly kind: KeyKind;
  /** SubjectPublicKeyInfo in DER. */
  readonly spki: Uint8Array<ArrayBuffer>;
  /** What is in the SubjectPublicKeyInfo: a point, 32 octets, or an RSAPublicKey in DER. */
  readonly raw: Uint8Array<ArrayBuffer>;
  /** Octets of salt in a signature of RSA-PSS; as many as in the hash where it is left out. */
  readonly saltLength?: number;
}

/** Octets of salt in a signature of RSA-PSS (RFC 8017 section 9.1). */
export function saltLengthOf(key: PublicKey): number {
  return key.saltLength ?? digestSizes[key.hash];
}

/** The error for a key, an algorithm or a platform that cannot be verified with. It says nothing of the signature. */
export function unsupported(message: string, options: { cause?: unknown; hint?: string } = {}): VerificationError {
  return new VerificationError('ERR_ALGORITHM_UNSUPPORTED', message, options);
}

const maximumBytes = 4096;

/**
 * Reads a SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7): ECDSA on P-256, P-384 and P-521 with an uncompressed point,
 * Ed25519, and RSA of 2048 to 8192 bits. `details` is a name of the enumeration `PublicKeyDetails`; without it the
 * algorithm is that of the Sigstore algorithm registry for such a key, which is PKCS #1 v1.5 for RSA.
 *
 * @throws FormatError `ERR_DER_INVALID` where it is malformed.
 * @throws VerificationError `ERR_ALGORITHM_UNSUPPORTED` for other keys and details, or details of another key.
 */
export function parsePublicKey(spki: Uint8Array, details?: string): PublicKey {
  const row = details === undefined ? undefined : keyDetailsOf(details);
  if (details !== undefined && row === undefined) {
    throw unsupported(`public key has details ${JSON.stringify(details.slice(0, 80))}, which are not supported`);
  }
  if (spki.length > maximumBytes)
    throw derError(`public key has ${spki.length} bytes, at most ${maximumBytes} are read`);
  const key = readPublicKey(readDer(spki, derTags.sequence));
  if (row === undefined) return { ...key, ...defaultAlgorithm(key.kind) };
  const [kind, scheme, hash] = row;
  if (kind !== key.kind) throw unsupported(`public key is ${key.kind}, its details say ${kind}`);
  return { ...key, scheme, hash };
}

/** Reads a public key in PEM (`PUBLIC KEY`); see {@link parsePublicKey}. */
export function parsePublicKeyPem(pem: string, details?: string): PublicKey {
  return parsePublicKey(parsePem(pem, 'PUBLIC KEY'), details);
}

/** SHA-256 of a SubjectPublicKeyInfo: what logs and cosign name a key by. */
export async function keyIdOf(spki: Uint8Array): Promise<Digest> {
  return `sha256:${toHex(await hashBytes(spki, 'sha256'))}`;
}

type KeyParts = Pick<PublicKey, 'kind' | 'spki' | 'raw'>;

function readPublicKey(node: DerNode): KeyParts {
  const outer = derCursor(node);
  const identifier = derCursor(outer.expect(derTags.sequence));
  const raw = bitStringOf(outer.expect(derTags.bitString));
  outer.end();
  const algorithm = oidOf(identifier.expect(derTags.oid));
  const parameters = identifier.next();
  identifier.end();
  return { kind: kindOf(algorithm, parameters, raw), spki: node.bytes, raw };
}

function kindOf(algorithm: string, parameters: DerNode | undefined, raw: Uint8Array): KeyKind {
  switch (algorithm) {
    case '1.2.840.10045.2.1':
      return curveOf(parameters, raw);
    case '1.2.840.113549.1.1.1':
      // RFC 3279 section 2.3.1: the parameters are NULL.
      if (parameters?.tag !== derTags.null) throw derError('public key of RSA has no NULL');
      return rsaKindOf(raw);
    case '1.3.101.112':
      if (parameters !== undefined || raw.length !== 32) throw derError('public key of Ed25519 is malformed');
      return 'Ed25519';
    default:
      throw unsupported(`public key has the algorithm ${algorithm}, which is not supported`);
  }
}

const curves: Readonly<Record<string, KeyKind>> = {
  '1.2.840.10045.3.1.7': 'P-256',
  '1.3.132.0.34': 'P-384',
  '1.3.132.0.35': 'P-521',
};

function curveOf(parameters: DerNode | undefined, point: Uint8Array): KeyKind {
  const name = parameters?.tag === derTags.oid ? oidOf(parameters) : undefined;
  const kind = name === undefined ? undefined : curves[name];
  if (kind === undefined)
    throw unsupported(`public key is on the curve ${name ?? 'of its own'}, which is not supported`);
  if (point[0] === 2 || point[0] === 3) throw unsupported('public key is a compressed point, which is not supported');
  if (point[0] !== 4 || point.length !== 1 + 2 * (curveSizes[kind] ?? 0))
    throw derError(`public key is not a point of ${kind}`);
  return kind;
}

/** Modulus and exponent of an RSAPublicKey (RFC 8017 appendix A.1.1). */
export function rsaNumbers(raw: Uint8Array): { readonly modulus: bigint; readonly exponent: bigint } {
  const sequence = derCursor(readDer(raw, derTags.sequence));
  const modulus = integerOf(sequence.expect(derTags.integer));
  const exponent = integerOf(sequence.expect(derTags.integer));
  sequence.end();
  return { modulus, exponent };
}

function rsaKindOf(raw: Uint8Array): KeyKind {
  const { modulus, exponent } = rsaNumbers(raw);
  const bits = modulus.toString(2).length;
  if (modulus <= 0n || modulus % 2n === 0n) throw derError('public key of RSA has no odd, positive modulus');
  if (bits < 2048 || bits > 8192) throw unsupported(`public key of RSA has ${bits} bits, expected 2048 to 8192`);
  // Platforms accept no larger exponent, and a large one costs time.
  if (exponent < 3n || exponent % 2n === 0n || exponent > 0xffffffffn) {
    throw unsupported('public key of RSA has an exponent that is not odd, or not of 2 to 32 bits');
  }
  return `RSA-${bits}`;
}
