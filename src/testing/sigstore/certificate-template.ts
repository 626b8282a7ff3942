import {
  derBitString,
  derBoolean,
  derElement,
  derExplicit,
  derInteger,
  derOctetString,
  derOid,
  derSequence,
  derTime,
} from '../../bytes/der-writer.ts';
import type { TestKey } from './test-key.ts';

/** An X.509 version 3 certificate before it is written (RFC 5280 section 4.1). */
export interface CertificateTemplate {
  /** Content octets of the serial number, as they are. */
  readonly serial: Uint8Array;
  /** The AlgorithmIdentifier inside what is signed; that of the issuer's key where it is left out. */
  readonly innerAlgorithm?: Uint8Array | undefined;
  /** Name in DER. */
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  /** Milliseconds since 1970. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** SubjectPublicKeyInfo in DER. */
  readonly publicKey: Uint8Array;
  readonly extensions: readonly ExtensionTemplate[];
}

/** An extension of a certificate. */
export interface ExtensionTemplate {
  readonly oid: string;
  readonly critical?: boolean | undefined;
  /** What its octet string holds. */
  readonly value: Uint8Array;
}

/** The part of a certificate that is signed. */
export function tbsOf(template: CertificateTemplate, issuer: TestKey): Uint8Array<ArrayBuffer> {
  return derSequence(
    derExplicit(0, derInteger(2)),
    derElement(0x02, template.serial),
    template.innerAlgorithm ?? issuer.identifier,
    template.issuer,
    derSequence(derTime(template.notBefore), derTime(template.notAfter)),
    template.subject,
    template.publicKey,
    derExplicit(3, derSequence(...template.extensions.map(extensionDer))),
  );
}

function extensionDer({ oid, critical, value }: ExtensionTemplate): Uint8Array<ArrayBuffer> {
  return derSequence(derOid(oid), ...(critical === true ? [derBoolean(true)] : []), derOctetString(value));
}

/** Signs a certificate and gives it in DER. */
export async function certificateOf(template: CertificateTemplate, issuer: TestKey): Promise<Uint8Array<ArrayBuffer>> {
  const tbs = tbsOf(template, issuer);
  return derSequence(tbs, issuer.identifier, derBitString(await issuer.sign(tbs)));
}

/** A template whose extension of one kind is replaced, or left out. */
export function withExtension(
  template: CertificateTemplate,
  oid: string,
  replace: (extension: ExtensionTemplate) => ExtensionTemplate | undefined,
): CertificateTemplate {
  const extensions = template.extensions.flatMap((extension) =>
    extension.oid === oid ? (replace(extension) ?? []) : [extension],
  );
  return { ...template, extensions };
}
