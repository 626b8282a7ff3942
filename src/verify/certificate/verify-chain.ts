import type { CertificateAuthority } from '../../attest/trust-root.ts';
import { equalBytes } from '../../bytes/equal-bytes.ts';
import { isPackError, VerificationError } from '../../errors.ts';
import { certificateError } from './certificate-error.ts';
import { parseCertificate, type Certificate } from './certificate.ts';
import { checkPath, type PathOptions } from './check-path.ts';
import { isIssued, parseTrustedCertificate } from './trusted-certificate.ts';

/** What a chain is looked for with. */
export interface ChainOptions extends PathOptions {
  readonly authorities: readonly CertificateAuthority[];
}

/** A chain that holds, and the authority that it ends at. */
export interface VerifiedChain {
  /** Leaf first, anchor last. */
  readonly chain: readonly Certificate[];
  readonly authority: CertificateAuthority;
}

const maximumChain = 10;
/** So many signatures are checked at most, however many certificates have the same name. */
const maximumSignatures = 100;

/**
 * Finds a chain from a leaf to the anchor of an authority (RFC 5280 section 6): `certificates` holds the leaf and, after
 * it, others that may help and are never believed; in DER, or read already. Every certificate of the chain is valid at
 * `at`, and so is the authority.
 *
 * @throws VerificationError `ERR_CERTIFICATE_UNTRUSTED` where no chain ends at an anchor, `ERR_CERTIFICATE_EXPIRED` where
 * one does and is not valid at that time, `ERR_CERTIFICATE_INVALID` for everything else that is wrong, and
 * `ERR_ALGORITHM_UNSUPPORTED` where a signature cannot be checked.
 */
export async function verifyCertificateChain(
  certificates: readonly (Uint8Array | Certificate)[],
  options: ChainOptions,
): Promise<VerifiedChain> {
  const [first, ...others] = certificates;
  if (first === undefined) throw certificateError('is missing');
  if (others.length >= maximumChain) throw certificateError(`chain is longer than ${maximumChain}`);
  const leaf = readOnce(first);
  const search: Search = { failure: undefined, signatures: 0 };
  const helpers = readHelpers(others, search);
  const usable = helpers.filter((helper) => !isSelfIssued(helper));
  if (usable.length < helpers.length && options.purpose === 'code-signing') {
    throw certificateError('chain of the bundle holds a root, which nobody believes from there');
  }
  for (const authority of options.authorities) {
    const chain = await chainTo(leaf, usable, authority, options, search);
    if (chain !== undefined) return { chain, authority };
  }
  throw search.failure ?? untrusted('leads to no authority that is trusted');
}

interface Search {
  /** The failure that says most: of the chain that came furthest. */
  failure: VerificationError | undefined;
  signatures: number;
}

function readOnce(certificate: Uint8Array | Certificate): Certificate {
  return 'tbs' in certificate ? certificate : parseCertificate(certificate);
}

/** One that cannot be read helps nobody; it may be one that nobody needs. */
function readHelpers(certificates: readonly (Uint8Array | Certificate)[], search: Search): Certificate[] {
  return certificates.flatMap((der) => {
    try {
      return readOnce(der);
    } catch (error) {
      keep(search, error);
      return [];
    }
  });
}

function untrusted(message: string): VerificationError {
  return new VerificationError('ERR_CERTIFICATE_UNTRUSTED', `certificate ${message}`);
}

const order = [
  'ERR_CERTIFICATE_UNTRUSTED',
  'ERR_ALGORITHM_UNSUPPORTED',
  'ERR_CERTIFICATE_INVALID',
  'ERR_CERTIFICATE_EXPIRED',
];

function keep(search: Search, error: unknown): void {
  if (!isPackError(error)) throw error;
  const failure = error instanceof VerificationError ? error : certificateError('of an authority is malformed', error);
  const rank = (one: VerificationError | undefined): number => (one === undefined ? -1 : order.indexOf(one.code));
  if (rank(failure) > rank(search.failure)) search.failure = failure;
}

async function chainTo(
  leaf: Certificate,
  helpers: readonly Certificate[],
  authority: CertificateAuthority,
  options: ChainOptions,
  search: Search,
): Promise<readonly Certificate[] | undefined> {
  try {
    const own = authority.certificates.map(parseTrustedCertificate);
    const anchor = own.pop();
    if (anchor === undefined) throw untrusted('authority has no anchor');
    for await (const path of pathsTo(anchor, [leaf], [...own, ...helpers], search)) {
      try {
        checkPath(path, authority, options);
        return path;
      } catch (error) {
        keep(search, error);
      }
    }
  } catch (error) {
    keep(search, error);
  }
  return undefined;
}

function isSelfIssued(certificate: Certificate): boolean {
  return equalBytes(certificate.issuer, certificate.subject);
}

/** Every way up by names and signatures, in the order in which the certificates are given. */
async function* pathsTo(
  anchor: Certificate,
  path: readonly Certificate[],
  others: readonly Certificate[],
  search: Search,
): AsyncGenerator<readonly Certificate[]> {
  const top = path[path.length - 1];
  if (top === undefined || path.length > maximumChain) return;
  if (equalBytes(top.bytes, anchor.bytes)) {
    yield path;
    return;
  }
  for (const above of [anchor, ...others]) {
    if (!equalBytes(above.subject, top.issuer) || path.some((one) => equalBytes(one.bytes, above.bytes))) continue;
    if (await isIssuedBy(top, above, search)) yield* pathsTo(anchor, [...path, above], others, search);
  }
}

async function isIssuedBy(certificate: Certificate, issuer: Certificate, search: Search): Promise<boolean> {
  search.signatures += 1;
  if (search.signatures > maximumSignatures) throw certificateError('has too many possible chains');
  try {
    if (await isIssued(certificate, issuer)) return true;
    throw certificateError('was not signed by the authority that it names');
  } catch (error) {
    keep(search, error);
    return false;
  }
}
