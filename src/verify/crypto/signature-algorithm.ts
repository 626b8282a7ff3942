import { derCursor, derError, derTags, type DerNode } from '../../bytes/der-reader.ts';
import { integerOf, oidOf } from '../../bytes/der-values.ts';
import type { DigestAlgorithm } from '../../digest/digest-name.ts';
import type { SignatureAlgorithm, SignatureScheme } from './key-details.ts';
import { unsupported, type PublicKey } from './public-key.ts';

type Row = readonly [scheme: SignatureScheme, hash?: DigestAlgorithm];

const ecdsa = '1.2.840.10045.';
const pkcs1 = '1.2.840.113549.1.1.';

/** Algorithms of signatures. Those without a hash are found in CMS, which names it elsewhere. */
const rows: Readonly<Record<string, Row>> = {
  [`${ecdsa}4.3.2`]: ['ECDSA', 'sha256'],
  [`${ecdsa}4.3.3`]: ['ECDSA', 'sha384'],
  [`${ecdsa}4.3.4`]: ['ECDSA', 'sha512'],
  [`${ecdsa}2.1`]: ['ECDSA'],
  [`${pkcs1}11`]: ['RSASSA-PKCS1-v1_5', 'sha256'],
  [`${pkcs1}12`]: ['RSASSA-PKCS1-v1_5', 'sha384'],
  [`${pkcs1}13`]: ['RSASSA-PKCS1-v1_5', 'sha512'],
  [`${pkcs1}1`]: ['RSASSA-PKCS1-v1_5'],
  [`${pkcs1}10`]: ['RSA-PSS'],
  '1.3.101.112': ['Ed25519', 'sha512'],
};

const hashes: Readonly<Record<string, DigestAlgorithm>> = {
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
};

/**
 * The hash that an AlgorithmIdentifier names (RFC 5754 section 2).
 *
 * @throws VerificationError `ERR_ALGORITHM_UNSUPPORTED` for one that is not of SHA-2, or is SHA-224.
 */
export function hashAlgorithmOf(identifier: DerNode): DigestAlgorithm {
  const { oid, parameters } = algorithmParts(identifier);
  const hash = parameters === undefined || parameters.tag === derTags.null ? hashes[oid] : undefined;
  if (hash === undefined) throw unsupported(`hash algorithm ${oid} is not supported`);
  return hash;
}

/**
 * The key, with the algorithm that an AlgorithmIdentifier of a certificate or of CMS names; undefined where no signature
 * by such a key is made with it. `digest` is the hash that CMS names elsewhere, which must be the same.
 *
 * @throws VerificationError `ERR_ALGORITHM_UNSUPPORTED` for an algorithm that is not supported, SHA-1 for example.
 */
export function keyForSignature(key: PublicKey, identifier: DerNode, digest?: DigestAlgorithm): PublicKey | undefined {
  const { oid, parameters } = algorithmParts(identifier);
  const [scheme, named = digest] = rows[oid] ?? [];
  const chosen = scheme === 'RSA-PSS' ? pssOf(parameters) : { scheme, hash: named };
  if (chosen.scheme === undefined || chosen.hash === undefined) {
    throw unsupported(`signature algorithm ${oid} is not supported`);
  }
  if (!key.kind.startsWith(chosen.scheme === 'ECDSA' ? 'P-' : chosen.scheme.slice(0, 3))) return undefined;
  if (digest !== undefined && digest !== chosen.hash) return undefined;
  // RFC 4055 section 5 lets RSA have NULL or nothing; RFC 5758 and RFC 8410 let the others have nothing.
  const plain = parameters === undefined || (chosen.scheme === 'RSASSA-PKCS1-v1_5' && parameters.tag === derTags.null);
  if (!plain && scheme !== 'RSA-PSS' && oid !== `${ecdsa}2.1`) return undefined;
  return { ...key, ...(chosen as SignatureAlgorithm) };
}

function algorithmParts(identifier: DerNode): { readonly oid: string; readonly parameters: DerNode | undefined } {
  if (identifier.tag !== derTags.sequence) throw derError('has a malformed algorithm');
  const cursor = derCursor(identifier);
  const oid = oidOf(cursor.expect(derTags.oid));
  const parameters = cursor.next();
  cursor.end();
  return { oid, parameters };
}

/** RSASSA-PSS-params (RFC 4055 section 3.1): the same hash in both places; the default of SHA-1 is not supported. */
function pssOf(parameters: DerNode | undefined): Pick<PublicKey, 'scheme' | 'hash' | 'saltLength'> {
  if (parameters === undefined) throw unsupported('signature algorithm RSASSA-PSS without a hash is not supported');
  const cursor = derCursor(parameters);
  const [hash, mask, salt] = [0xa0, 0xa1, 0xa2].map((tag) => cursor.optional(tag)?.children[0]);
  cursor.end();
  const generator = mask === undefined ? undefined : algorithmParts(mask);
  const inner = generator?.oid === `${pkcs1}8` ? generator.parameters : undefined;
  const algorithm = hash === undefined ? undefined : hashAlgorithmOf(hash);
  if (algorithm === undefined || inner === undefined || hashAlgorithmOf(inner) !== algorithm) {
    throw unsupported('signature algorithm RSASSA-PSS needs one hash of SHA-2 in both places');
  }
  return { scheme: 'RSA-PSS', hash: algorithm, saltLength: salt === undefined ? 20 : Number(integerOf(salt)) };
}
