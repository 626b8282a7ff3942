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
} from '../../bytes/der-writer.ts';
import type { DigestAlgorithm } from '../../digest/digest.ts';
import { hashOf } from './hash-of.ts';
import type { TestKey } from './test-key.ts';

/** A timestamp before it is signed (RFC 3161 section 2.4.2, RFC 5652 section 5, RFC 5816). */
export interface TimestampTemplate {
  /** PKIStatus: 0 granted, 1 granted with changes, 2 rejection. */
  readonly status: number;
  readonly contentType: string;
  readonly policy: string;
  readonly imprintAlgorithm: DigestAlgorithm;
  /** What the imprint is the hash of: the bytes of a signature. */
  readonly imprintOf: Uint8Array;
  /** The hash itself, where the bytes are not known. */
  readonly imprint?: Uint8Array | undefined;
  readonly serial: number;
  /** Milliseconds since 1970. */
  readonly genTime: number;
  readonly nonce?: bigint | undefined;
  /** Certificates that go along; none of them is believed for that. */
  readonly embedded: readonly Uint8Array[];
  /** The certificate that the token is signed with, its issuer's name and its serial number. */
  readonly signer: TimestampSigner;
  /** What the signed attribute names as the signing certificate, as ESSCertIDv2; none writes no such attribute. */
  readonly boundTo: Uint8Array | undefined;
  /** What the signed attribute says of the content, where it is not the hash of the content. */
  readonly messageDigestOf?: Uint8Array | undefined;
}

/** Who signs timestamps. */
export interface TimestampSigner {
  readonly key: TestKey;
  /** In DER. */
  readonly certificate: Uint8Array;
  readonly issuerName: Uint8Array;
  readonly serial: Uint8Array;
}

const signedData = '1.2.840.113549.1.7.2';
/** id-ct-TSTInfo. */
export const timestampContentType = '1.2.840.113549.1.9.16.1.4';

const hashOids = {
  sha256: '2.16.840.1.101.3.4.2.1',
  sha384: '2.16.840.1.101.3.4.2.2',
  sha512: '2.16.840.1.101.3.4.2.3',
} as const;

/** Signs a timestamp and gives the whole TimeStampResp in DER. */
export async function timestampOf(template: TimestampTemplate): Promise<Uint8Array<ArrayBuffer>> {
  const info = await timestampInfo(template);
  const token = derSequence(derOid(signedData), derExplicit(0, await signedDataOf(template, info)));
  return derSequence(derSequence(derInteger(template.status)), token);
}

async function timestampInfo(template: TimestampTemplate): Promise<Uint8Array> {
  const { policy, imprintAlgorithm, imprintOf, serial, genTime, nonce } = template;
  const imprint = derOctetString(template.imprint ?? (await hashOf(imprintOf, imprintAlgorithm)));
  return derSequence(
    derInteger(1),
    derOid(policy),
    derSequence(hashIdentifier(imprintAlgorithm), imprint),
    derInteger(serial),
    derGeneralizedTime(genTime),
    ...(nonce === undefined ? [] : [derInteger(nonce)]),
  );
}

async function signedDataOf(template: TimestampTemplate, info: Uint8Array): Promise<Uint8Array> {
  const { key } = template.signer;
  const hash = key.hash;
  const certificates = template.embedded.length === 0 ? [] : [derRetag(0, derSetOf(...template.embedded))];
  return derSequence(
    derInteger(3),
    derSetOf(hashIdentifier(hash)),
    derSequence(derOid(template.contentType), derExplicit(0, derOctetString(info))),
    ...certificates,
    derSetOf(await signerInfo(template, info)),
  );
}

async function signerInfo(template: TimestampTemplate, info: Uint8Array): Promise<Uint8Array> {
  const { key, issuerName, serial } = template.signer;
  const attributes = await signedAttributes(template, info);
  return derSequence(
    derInteger(1),
    derSequence(issuerName, derElement(0x02, serial)),
    hashIdentifier(key.hash),
    // They are signed as a SET and written under a context tag (RFC 5652 section 5.4).
    derRetag(0, attributes),
    key.identifier,
    derOctetString(await key.sign(attributes)),
  );
}

async function signedAttributes(template: TimestampTemplate, info: Uint8Array): Promise<Uint8Array> {
  const { contentType, genTime, boundTo, messageDigestOf, signer } = template;
  const digest = await hashOf(messageDigestOf ?? info, signer.key.hash);
  return derSetOf(
    attribute('1.2.840.113549.1.9.3', derOid(contentType)),
    attribute('1.2.840.113549.1.9.5', derTime(genTime)),
    attribute('1.2.840.113549.1.9.4', derOctetString(digest)),
    ...(boundTo === undefined ? [] : [attribute('1.2.840.113549.1.9.16.2.47', await signingCertificate(boundTo))]),
  );
}

function attribute(oid: string, value: Uint8Array): Uint8Array {
  return derSequence(derOid(oid), derSetOf(value));
}

/** SigningCertificateV2 of one ESSCertIDv2, whose hash is SHA-256 and therefore not said. */
async function signingCertificate(certificate: Uint8Array): Promise<Uint8Array> {
  return derSequence(derSequence(derSequence(derOctetString(await hashOf(certificate)))));
}

function hashIdentifier(algorithm: DigestAlgorithm): Uint8Array {
  return derSequence(derOid(hashOids[algorithm]), derNull());
}
