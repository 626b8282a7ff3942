import type { Bundle } from '../attest/bundle.ts';
import { parseStatement } from '../attest/statement.ts';
import { isPackError, type PackError } from '../errors.ts';
import { parseCertificate } from '../verify/certificate/certificate.ts';
import { fulcioExtensions } from '../verify/certificate/fulcio-extensions.ts';
import type { FindContext } from './find-bundles/candidate.ts';
import { findBundles, type SignedManifest } from './find-bundles/find-bundles.ts';

/** What lies beside a pack and may be a signature, as it describes itself. None of it was verified. */
export interface BundleClaims {
  readonly verified: false;
  readonly claims: readonly BundleClaim[];
  /** What may be a signature and could not be read. */
  readonly unread: readonly UnreadClaim[];
}

/** What one bundle says of itself. Anybody can write anything into it. */
export interface BundleClaim {
  /** The digest of the referrer that it lies in, or a tag and the number of the layer. */
  readonly origin: string;
  readonly mediaType: string;
  readonly content: 'message' | 'statement';
  readonly predicateType?: string;
  /** Of the certificate. */
  readonly identity?: string;
  readonly issuer?: string;
  /** The name of the key, where there is no certificate. */
  readonly keyHint?: string;
}

/** Something that could not be read, and why. */
export interface UnreadClaim {
  readonly origin: string;
  readonly code: string;
  readonly message: string;
}

/** Reads what is beside a manifest. More than may be looked at is told as what could not be read. */
export async function readClaims(manifest: SignedManifest, context: FindContext): Promise<BundleClaims> {
  try {
    const { bundles, unread } = await findBundles(manifest, context);
    return {
      verified: false,
      claims: bundles.map(({ origin, bundle }) => claimOf(origin, bundle)),
      unread: unread.map(({ origin, error }) => unreadClaim(origin, error)),
    };
  } catch (error) {
    if (!isPackError(error) || error.code !== 'ERR_LIMIT_EXCEEDED') throw error;
    return { verified: false, claims: [], unread: [unreadClaim(manifest.descriptor.digest, error)] };
  }
}

function unreadClaim(origin: string, { code, message }: PackError): UnreadClaim {
  return { origin, code, message };
}

function claimOf(origin: string, { mediaType, material, content }: Bundle): BundleClaim {
  const [leaf] = material.kind === 'certificate' ? material.certificates : [];
  return {
    origin,
    mediaType,
    content: content.kind === 'message' ? 'message' : 'statement',
    ...(content.kind === 'message' ? {} : whereReadable(() => typeOf(content.envelope.payload))),
    ...(leaf === undefined ? {} : whereReadable(() => identityIn(leaf))),
    ...(material.kind === 'key' ? { keyHint: material.hint } : {}),
  };
}

/** What cannot be read claims nothing; it is for a verification to say what is wrong. */
function whereReadable<T extends object>(read: () => T): T | Record<string, never> {
  try {
    return read();
  } catch (error) {
    if (isPackError(error)) return {};
    throw error;
  }
}

function typeOf(payload: Uint8Array): Pick<BundleClaim, 'predicateType'> {
  const { predicateType } = parseStatement(payload);
  return { predicateType };
}

function identityIn(der: Uint8Array): Pick<BundleClaim, 'identity' | 'issuer'> {
  const certificate = parseCertificate(der);
  const identity = certificate.alternativeNames[0]?.value;
  const { issuer } = fulcioExtensions(certificate);
  return { ...(identity === undefined ? {} : { identity }), ...(issuer === undefined ? {} : { issuer }) };
}
