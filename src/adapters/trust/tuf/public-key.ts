import { concatBytes } from '../../../bytes/stream.ts';
import { fromHex } from '../../../bytes/encoding.ts';
import { parsePublicKey, parsePublicKeyPem, unsupported, type PublicKey } from '../../../verify/crypto/public-key.ts';
import type { SignatureAlgorithm } from '../../../verify/crypto/key-details.ts';
import type { TufKey } from './role-keys.ts';

interface Scheme extends SignatureAlgorithm {
  /** Names of the type of key; older repositories name it as the scheme. */
  readonly types: readonly string[];
  /** What the curve's key is, or how it begins: `RSA-` is of any size. */
  readonly kind: string;
  /** What stands before a key that is written in hexadecimal digits, to make a SubjectPublicKeyInfo of it. */
  readonly prefix?: string;
}

/** Section 4.2.2, and what securesystemslib has besides. */
const schemes: Readonly<Record<string, Scheme>> = {
  ed25519: {
    types: ['ed25519'],
    kind: 'Ed25519',
    scheme: 'Ed25519',
    hash: 'sha512',
    prefix: '302a300506032b6570032100',
  },
  'ecdsa-sha2-nistp256': {
    types: ['ecdsa', 'ecdsa-sha2-nistp256'],
    kind: 'P-256',
    scheme: 'ECDSA',
    hash: 'sha256',
    prefix: '3059301306072a8648ce3d020106082a8648ce3d030107034200',
  },
  'ecdsa-sha2-nistp384': {
    types: ['ecdsa', 'ecdsa-sha2-nistp384'],
    kind: 'P-384',
    scheme: 'ECDSA',
    hash: 'sha384',
    prefix: '3076301006072a8648ce3d020106052b81040022036200',
  },
  'ecdsa-sha2-nistp521': {
    types: ['ecdsa', 'ecdsa-sha2-nistp521'],
    kind: 'P-521',
    scheme: 'ECDSA',
    hash: 'sha512',
    prefix: '30819b301006072a8648ce3d020106052b8104002303818600',
  },
  'rsa-pkcs1v15-sha256': { types: ['rsa'], kind: 'RSA-', scheme: 'RSASSA-PKCS1-v1_5', hash: 'sha256' },
  'rsassa-pss-sha256': { types: ['rsa'], kind: 'RSA-', scheme: 'RSA-PSS', hash: 'sha256' },
};

/**
 * A key of TUF as one that verifies. The scheme decides how, and a key of another kind is refused.
 *
 * @throws VerificationError `ERR_ALGORITHM_UNSUPPORTED`, FormatError `ERR_DER_INVALID`.
 */
export function publicKeyOf({ type, scheme, value }: TufKey): PublicKey {
  const known = Object.hasOwn(schemes, scheme) ? schemes[scheme] : undefined;
  if (known === undefined || value === undefined || !known.types.includes(type)) {
    throw unsupported(
      `key of type ${JSON.stringify(type.slice(0, 40))} with scheme ${JSON.stringify(scheme.slice(0, 40))} is not supported`,
    );
  }
  const key = value.trimStart().startsWith('-----') ? parsePublicKeyPem(value) : parseHexKey(value, known);
  if (!key.kind.startsWith(known.kind)) throw unsupported(`key is ${key.kind}, its scheme says ${scheme}`);
  return { ...key, scheme: known.scheme, hash: known.hash };
}

function parseHexKey(value: string, { prefix }: Scheme): PublicKey {
  const bytes = fromHex(value);
  const before = prefix === undefined ? undefined : fromHex(prefix);
  if (bytes === undefined || before === undefined) throw unsupported('key is neither PEM nor hexadecimal digits');
  return parsePublicKey(concatBytes([before, bytes]));
}
