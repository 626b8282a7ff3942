import type { CertificateAuthority } from '../../../src/attest/trust-root.ts';
import {
  derElement,
  derExplicit,
  derGeneralizedTime,
  derInteger,
  derNull,
  derOctetString,
  derOid,
  derRetag,
  derSequence,
  derSetOf,
  derTime,
} from '../../../src/bytes/der-writer.ts';
import type { DigestAlgorithm } from '../../../src/digest/index.ts';
import { createAuthority, timestampTemplate } from '../../../src/testing/sigstore/certificate-authority.ts';
import { oids } from '../../../src/testing/sigstore/certificate-extensions.ts';
import { certificateOf, type CertificateTemplate } from '../../../src/testing/sigstore/certificate-template.ts';
import { hashOf } from '../../../src/testing/sigstore/hash-of.ts';
import { createTestKey, type TestKey, type TestKeyAlgorithm } from '../../../src/testing/sigstore/test-key.ts';

type Der = Uint8Array<ArrayBuffer>;

/** When every timestamp here is made, in milliseconds since 1970. */
export const stampTime = 1_700_000_000_000;
const year = 31_536_000_000;

/** A timestamp authority, and what it signs with. */
export interface TestStamper {
  readonly key: TestKey;
  readonly template: CertificateTemplate;
  readonly certificate: Der;
  /** The certificate with which it was issued, and the root. */
  readonly above: readonly Der[];
  readonly issue: (template: CertificateTemplate) => Promise<Der>;
  /** As a trust root lists it: with the certificate that it signs with first. */
  readonly trusted: CertificateAuthority;
}

export async function makeStamper(algorithm: TestKeyAlgorithm = 'PKIX_ECDSA_P256_SHA_256'): Promise<TestStamper> {
  const [rootKey, issuerKey, key] = [await createTestKey(), await createTestKey(), await createTestKey(algorithm)];
  const [notBefore, notAfter] = [stampTime - year, stampTime + year];
  const { chain, ...authority } = await createAuthority({
    ...{ operator: 'example', rootKey, issuerKey, notBefore, notAfter, edits: {} },
    purpose: oids.timeStamping,
  });
  const template = await timestampTemplate({ chain, ...authority }, key, { notBefore, notAfter });
  const certificate = await certificateOf(template, issuerKey);
  return {
    ...{ key, template, certificate, above: chain },
    issue: (changed) => certificateOf(changed, issuerKey),
    trusted: {
      uri: 'https://timestamp.example',
      certificates: [certificate, ...chain],
      validFor: { start: stampTime, end: stampTime },
      operator: 'example',
    },
  };
}

/** Everything in a token that a test may want otherwise. */
export interface TokenTemplate {
  readonly status: number;
  readonly infoVersion: number;
  readonly imprintHash: Der;
  readonly imprint: Der;
  readonly genTime: Der;
  /** What follows the time in a TSTInfo. */
  readonly infoRest: readonly Der[];
  readonly responseType: string;
  readonly contentType: string;
  /** What is signed, where it is not the TSTInfo. */
  readonly content?: Der;
  readonly certificates: readonly Der[];
  readonly signerVersion: number;
  readonly sid: Der;
  readonly hash: Der;
  readonly attributes: readonly Der[];
  readonly identifier: Der;
  readonly sign: (bytes: Uint8Array) => Promise<Der>;
  /** What follows the signature. */
  readonly signerRest: readonly Der[];
  readonly signers: (signer: Der) => readonly Der[];
}

export const hashOids = {
  sha1: '1.3.14.3.2.26',
  sha256: '2.16.840.1.101.3.4.2.1',
  sha384: '2.16.840.1.101.3.4.2.2',
  sha512: '2.16.840.1.101.3.4.2.3',
} as const;

export const attributeTypes = {
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  signingTime: '1.2.840.113549.1.9.5',
  certificate: '1.2.840.113549.1.9.16.2.12',
  certificateV2: '1.2.840.113549.1.9.16.2.47',
} as const;

const tstInfo = '1.2.840.113549.1.9.16.1.4';

export function algorithm(oid: string): Der {
  return derSequence(derOid(oid), derNull());
}

export function attribute(oid: string, ...values: readonly Der[]): Der {
  return derSequence(derOid(oid), derSetOf(...values));
}

/** The value of a SigningCertificateV2 (RFC 5816); the hash is left out where it is SHA-256. */
export async function signingCertificateV2(
  certificate: Der,
  hash: DigestAlgorithm = 'sha256',
  ...rest: Der[]
): Promise<Der> {
  const named = hash === 'sha256' ? [] : [algorithm(hashOids[hash])];
  return derSequence(derSequence(derSequence(...named, derOctetString(await hashOf(certificate, hash)), ...rest)));
}

/** The value of a SigningCertificate, which is bound by SHA-1 (RFC 2634). */
export async function signingCertificate(certificate: Der): Promise<Der> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-1', certificate));
  return derSequence(derSequence(derSequence(derOctetString(digest))));
}

/** A TimeStampResp over some bytes, with what a test wants otherwise. */
export async function stamp(
  stamper: TestStamper,
  bytes: Uint8Array,
  change: (good: TokenTemplate) => Partial<TokenTemplate> | Promise<Partial<TokenTemplate>> = () => ({}),
): Promise<Der> {
  const { key, template, certificate } = stamper;
  const good: TokenTemplate = {
    ...{ status: 0, infoVersion: 1, infoRest: [], responseType: '1.2.840.113549.1.7.2', contentType: tstInfo },
    imprintHash: algorithm(hashOids.sha256),
    imprint: await hashOf(bytes),
    genTime: derGeneralizedTime(stampTime),
    certificates: [certificate],
    signerVersion: 1,
    sid: derSequence(template.issuer, derElement(0x02, template.serial)),
    hash: algorithm(hashOids[key.hash]),
    attributes: [
      attribute(attributeTypes.contentType, derOid(tstInfo)),
      attribute(attributeTypes.signingTime, derTime(stampTime)),
      attribute(attributeTypes.certificateV2, await signingCertificateV2(certificate)),
    ],
    identifier: key.identifier,
    sign: (bytes) => key.sign(bytes),
    signerRest: [],
    signers: (signer) => [signer],
  };
  return responseOf({ ...good, ...(await change(good)) }, key.hash);
}

async function responseOf(token: TokenTemplate, digestHash: DigestAlgorithm): Promise<Der> {
  const info = infoOf(token);
  const content = token.content ?? info;
  const certificates = token.certificates.length === 0 ? [] : [derRetag(0, derSetOf(...token.certificates))];
  const signer = await signerOf(token, content, digestHash);
  const signedData = derSequence(
    ...[derInteger(3), derSetOf(token.hash)],
    derSequence(derOid(token.contentType), derExplicit(0, derOctetString(info))),
    ...certificates,
    derSetOf(...token.signers(signer)),
  );
  return derSequence(
    derSequence(derInteger(token.status)),
    derSequence(derOid(token.responseType), derExplicit(0, signedData)),
  );
}

function infoOf({ infoVersion, imprintHash, imprint, genTime, infoRest }: TokenTemplate): Der {
  return derSequence(
    ...[derInteger(infoVersion), derOid('1.3.6.1.4.1.57264.2')],
    derSequence(imprintHash, derOctetString(imprint)),
    ...[derInteger(1), genTime],
    ...infoRest,
  );
}

async function signerOf(token: TokenTemplate, content: Der, hash: DigestAlgorithm): Promise<Der> {
  const digest = attribute(attributeTypes.messageDigest, derOctetString(await hashOf(content, hash)));
  const attributes = derSetOf(digest, ...token.attributes);
  return derSequence(
    ...[derInteger(token.signerVersion), token.sid, token.hash, derRetag(0, attributes), token.identifier],
    derOctetString(await token.sign(attributes)),
    ...token.signerRest,
  );
}
