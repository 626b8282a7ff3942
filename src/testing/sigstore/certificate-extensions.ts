import {
  derBoolean,
  derElement,
  derInteger,
  derNamedBits,
  derOctetString,
  derOid,
  derPrintableString,
  derSequence,
  derSetOf,
} from '../../bytes/der-writer.ts';
import type { ExtensionTemplate } from './certificate-template.ts';
import { hashOf } from './hash-of.ts';

/** Object identifiers of the extensions and purposes that the certificates of a Sigstore have. */
export const oids: Readonly<Record<OidName, string>> = /* @__PURE__ */ Object.freeze({
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyIdentifier: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  codeSigning: '1.3.6.1.5.5.7.3.3',
  timeStamping: '1.3.6.1.5.5.7.3.8',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  sct: '1.3.6.1.4.1.11129.2.4.2',
});

type OidName =
  | 'subjectKeyIdentifier'
  | 'keyUsage'
  | 'subjectAltName'
  | 'basicConstraints'
  | 'authorityKeyIdentifier'
  | 'extendedKeyUsage'
  | 'codeSigning'
  | 'timeStamping'
  | 'serverAuth'
  | 'sct';

/** A Name of an organisation and a common name. */
export function nameDer(organization: string, commonName: string): Uint8Array<ArrayBuffer> {
  const attribute = (oid: string, text: string): Uint8Array =>
    derSetOf(derSequence(derOid(oid), derPrintableString(text)));
  return derSequence(attribute('2.5.4.10', organization), attribute('2.5.4.3', commonName));
}

/** KeyUsage, by the numbers of its bits: 0 digitalSignature, 5 keyCertSign, 6 cRLSign. */
export function keyUsage(...bits: readonly number[]): ExtensionTemplate {
  return { oid: oids.keyUsage, critical: true, value: derNamedBits(bits) };
}

/** ExtendedKeyUsage of some purposes. */
export function extendedKeyUsage(purposes: readonly string[], critical = false): ExtensionTemplate {
  return { oid: oids.extendedKeyUsage, critical, value: derSequence(...purposes.map(derOid)) };
}

/** BasicConstraints of an authority, with the number of authorities that may follow it. */
export function authorityConstraints(pathLength?: number): ExtensionTemplate {
  const limit = pathLength === undefined ? [] : [derInteger(pathLength)];
  return { oid: oids.basicConstraints, critical: true, value: derSequence(derBoolean(true), ...limit) };
}

/** SubjectKeyIdentifier and AuthorityKeyIdentifier: the first 20 octets of the SHA-256 of the keys (RFC 7093 2). */
export async function keyIdentifiers(subject: Uint8Array, issuer: Uint8Array): Promise<ExtensionTemplate[]> {
  return [
    { oid: oids.subjectKeyIdentifier, value: derOctetString(await keyIdentifier(subject)) },
    {
      oid: oids.authorityKeyIdentifier,
      value: derSequence(derElement(0x80, await keyIdentifier(issuer))),
    },
  ];
}

async function keyIdentifier(publicKey: Uint8Array): Promise<Uint8Array> {
  return (await hashOf(publicKey)).subarray(0, 20);
}
