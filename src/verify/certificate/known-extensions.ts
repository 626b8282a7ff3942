import { derCursor, derError, derTags, readDer, type DerNode } from '../../bytes/der-reader.ts';
import { booleanOf, integerOf, oidOf } from '../../bytes/der-values.ts';
import { alternativeNamesOf, type AlternativeName } from './alternative-names.ts';
import type { CertificateExtension } from './certificate.ts';
import { certificateError } from './certificate-error.ts';

/** What the extensions say that a chain is checked by. */
export interface KnownExtensions {
  readonly keyUsage: readonly KeyUsage[] | undefined;
  /** Object identifiers of purposes. */
  readonly extendedKeyUsage: readonly string[] | undefined;
  readonly basicConstraints: BasicConstraints | undefined;
  readonly alternativeNames: readonly AlternativeName[];
  readonly subjectKeyId: Uint8Array<ArrayBuffer> | undefined;
}

/** RFC 5280 section 4.2.1.9. */
export interface BasicConstraints {
  readonly ca: boolean;
  /** How many intermediate authorities may follow. */
  readonly pathLength: number | undefined;
}

/** What a key may be used for (RFC 5280 section 4.2.1.3). */
export type KeyUsage =
  | 'digitalSignature'
  | 'nonRepudiation'
  | 'keyEncipherment'
  | 'dataEncipherment'
  | 'keyAgreement'
  | 'keyCertSign'
  | 'cRLSign'
  | 'encipherOnly'
  | 'decipherOnly';

/** By the number of their bit. */
const usages: readonly KeyUsage[] = [
  ...(['digitalSignature', 'nonRepudiation', 'keyEncipherment', 'dataEncipherment', 'keyAgreement'] as const),
  ...(['keyCertSign', 'cRLSign', 'encipherOnly', 'decipherOnly'] as const),
];

/** Object identifiers of extensions. */
export const extensionIds = {
  subjectKeyId: '2.5.29.14',
  keyUsage: '2.5.29.15',
  alternativeNames: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  nameConstraints: '2.5.29.30',
  extendedKeyUsage: '2.5.29.37',
  scts: '1.3.6.1.4.1.11129.2.4.2',
  poison: '1.3.6.1.4.1.11129.2.4.3',
} as const;

/** Those that may be critical; what else is, is refused (RFC 5280 section 4.2). Key identifiers must not be critical. */
const known: readonly string[] = ['keyUsage', 'alternativeNames', 'basicConstraints', 'extendedKeyUsage'].map(
  (name) => extensionIds[name as keyof typeof extensionIds],
);

/** Reads the extensions that are known, and refuses what must not be passed over. */
export function readExtensions(extensions: readonly CertificateExtension[]): KnownExtensions {
  if (new Set(extensions.map(({ oid }) => oid)).size < extensions.length) {
    throw certificateError('has an extension twice');
  }
  const read = <T>(name: keyof typeof extensionIds, parse: (node: DerNode) => T): T | undefined => {
    const extension = extensions.find(({ oid }) => oid === extensionIds[name]);
    return extension && parse(readDer(extension.value));
  };
  read('poison', () => {
    throw certificateError('is a precertificate');
  });
  read('nameConstraints', () => {
    throw certificateError('has name constraints, which are not supported');
  });
  for (const { oid, critical } of extensions) {
    if (critical && !known.includes(oid)) throw certificateError(`has the unknown critical extension ${oid}`);
  }
  return {
    keyUsage: read('keyUsage', keyUsageOf),
    extendedKeyUsage: read('extendedKeyUsage', extendedKeyUsageOf),
    basicConstraints: read('basicConstraints', basicConstraintsOf),
    alternativeNames: read('alternativeNames', alternativeNamesOf) ?? [],
    subjectKeyId: read('subjectKeyId', subjectKeyIdOf),
  };
}

function keyUsageOf({ tag, value }: DerNode): KeyUsage[] {
  const [unused = 0, ...octets] = value;
  const last = octets.at(-1) ?? 0;
  // X.690 section 11.2.2: bits that are not set are left out at the end. One at least is set.
  if (tag !== derTags.bitString || octets.length > 2 || ((last >> unused) & 1) === 0) {
    throw derError('has a malformed key usage');
  }
  return usages.filter((_, bit) => ((octets[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) !== 0);
}

function extendedKeyUsageOf({ tag, children }: DerNode): string[] {
  if (tag !== derTags.sequence || children.length === 0) throw derError('has a malformed extended key usage');
  return children.map(oidOf);
}

function basicConstraintsOf(node: DerNode): BasicConstraints {
  const cursor = derCursor(node);
  const flag = cursor.optional(derTags.boolean);
  const length = cursor.optional(derTags.integer);
  cursor.end();
  const ca = flag !== undefined && booleanOf(flag);
  const pathLength = length && Number(integerOf(length));
  const wrong = (flag !== undefined && !ca) || (pathLength !== undefined && (pathLength < 0 || !ca));
  if (node.tag !== derTags.sequence || wrong) throw derError('has malformed basic constraints');
  return { ca, pathLength };
}

function subjectKeyIdOf({ tag, value }: DerNode): Uint8Array<ArrayBuffer> {
  if (tag !== derTags.octetString) throw derError('has a malformed subject key identifier');
  return value;
}
