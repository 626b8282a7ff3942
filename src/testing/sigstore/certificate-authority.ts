import { derSequence } from '../../bytes/der-writer.ts';
import {
  authorityConstraints,
  extendedKeyUsage,
  keyIdentifiers,
  keyUsage,
  nameDer,
  oids,
} from './certificate-extensions.ts';
import { certificateOf, type CertificateTemplate } from './certificate-template.ts';
import type { Edits } from './edits.ts';
import { fulcioExtension, subjectAltName, type TestIdentity } from './fulcio-extensions.ts';
import { hashOf } from './hash-of.ts';
import type { TestKey } from './test-key.ts';

/** An authority of two levels: what issues, and the root above it. */
export interface TestAuthority {
  /** The issuing certificate first, in DER. */
  readonly chain: readonly Uint8Array<ArrayBuffer>[];
  readonly issuerKey: TestKey;
  readonly issuerName: Uint8Array<ArrayBuffer>;
  readonly operator: string;
}

/** What an authority is made of. */
export interface AuthorityOptions {
  readonly operator: string;
  readonly rootKey: TestKey;
  readonly issuerKey: TestKey;
  /** What its certificates may be for, by object identifier. */
  readonly purpose: string;
  /** When it begins and ends, in milliseconds since 1970. */
  readonly notBefore: number;
  readonly notAfter: number;
  readonly edits: Pick<Edits, 'root' | 'issuer'>;
}

/** Makes a root and an intermediate authority below it. */
export async function createAuthority(options: AuthorityOptions): Promise<TestAuthority> {
  const { operator, rootKey, issuerKey, purpose, notBefore, notAfter, edits } = options;
  const names = { root: nameDer(operator, 'root'), issuer: nameDer(operator, 'intermediate') };
  const root: CertificateTemplate = {
    serial: await serialOf(rootKey),
    issuer: names.root,
    subject: names.root,
    notBefore,
    notAfter,
    publicKey: rootKey.publicKey,
    extensions: [
      keyUsage(5, 6),
      authorityConstraints(),
      ...(await keyIdentifiers(rootKey.publicKey, rootKey.publicKey)),
    ],
  };
  const issuer: CertificateTemplate = {
    ...root,
    serial: await serialOf(issuerKey),
    subject: names.issuer,
    publicKey: issuerKey.publicKey,
    extensions: [
      keyUsage(5, 6),
      extendedKeyUsage([purpose]),
      authorityConstraints(0),
      ...(await keyIdentifiers(issuerKey.publicKey, rootKey.publicKey)),
    ],
  };
  const chain = [
    await certificateOf(edits.issuer?.(issuer) ?? issuer, rootKey),
    await certificateOf(edits.root?.(root) ?? root, rootKey),
  ];
  return { chain, issuerKey, issuerName: names.issuer, operator };
}

/** The same key has the same serial number, so that a Sigstore of the same keys has the same authorities. */
async function serialOf(key: Pick<TestKey, 'publicKey'>): Promise<Uint8Array> {
  const serial = (await hashOf(key.publicKey)).subarray(0, 16);
  serial[0] = 0x40 | ((serial[0] ?? 0) & 0x3f);
  return serial;
}

/** What a signing certificate says of its signer. */
export interface SignerClaims {
  readonly identity: TestIdentity;
  readonly issuer: string;
  /** Fulcio's extensions by name. */
  readonly extensions: Readonly<Record<string, string>>;
}

/** A signing certificate before its signed certificate timestamps are in: ten minutes, no subject (Fulcio). */
export async function signingTemplate(
  authority: TestAuthority,
  key: Pick<TestKey, 'publicKey'>,
  claims: SignerClaims,
  now: number,
): Promise<CertificateTemplate> {
  const said = { issuerV1: claims.issuer, issuerV2: claims.issuer, ...claims.extensions };
  return {
    serial: await serialOf(key),
    issuer: authority.issuerName,
    subject: derSequence(),
    notBefore: now,
    notAfter: now + 600_000,
    publicKey: key.publicKey,
    extensions: [
      keyUsage(0),
      extendedKeyUsage([oids.codeSigning]),
      ...(await keyIdentifiers(key.publicKey, authority.issuerKey.publicKey)),
      subjectAltName(claims.identity),
      ...Object.entries(said).map(([name, text]) => fulcioExtension(name, text)),
    ],
  };
}

/** The certificate that a timestamp authority signs with: one purpose, critical (RFC 3161 section 2.3). */
export async function timestampTemplate(
  authority: TestAuthority,
  key: TestKey,
  validity: { readonly notBefore: number; readonly notAfter: number },
): Promise<CertificateTemplate> {
  return {
    ...validity,
    serial: await serialOf(key),
    issuer: authority.issuerName,
    subject: nameDer(authority.operator, 'timestamp'),
    publicKey: key.publicKey,
    extensions: [
      keyUsage(0),
      extendedKeyUsage([oids.timeStamping], true),
      ...(await keyIdentifiers(key.publicKey, authority.issuerKey.publicKey)),
    ],
  };
}
