import { fromBase64, fromHex } from '../../bytes/encoding.ts';
import { equalBytes } from '../../bytes/equal-bytes.ts';
import { parsePem } from '../../bytes/pem.ts';
import type { Bundle, BundleContent, KeyMaterial, LogEntry } from '../../attest/bundle.ts';
import { bytes, count64, message, readDocument, required, text, type Reader } from '../../attest/proto-json.ts';
import { FormatError } from '../../errors.ts';
import { parseCertificate } from '../../verify/certificate/certificate.ts';

const annotation = {
  signature: 'dev.cosignproject.cosign/signature',
  certificate: 'dev.sigstore.cosign/certificate',
  chain: 'dev.sigstore.cosign/chain',
  bundle: 'dev.sigstore.cosign/bundle',
  timestamp: 'dev.sigstore.cosign/rfc3161timestamp',
} as const;

type Annotations = Readonly<Record<string, string>>;

const maxDocumentBytes = 4 * 1024 * 1024;
const maxCertificates = 10;

/**
 * What cosign 2 keeps around a layer, as a bundle of the first version, which has a promise of the log and no proof.
 * The hints of a bundle are not among it.
 *
 * @throws FormatError `ERR_BUNDLE_INVALID`, naming the annotation.
 */
export function legacyBundle(annotations: Annotations, content: BundleContent): Bundle {
  const entry = annotations[annotation.bundle];
  const timestamp = annotations[annotation.timestamp];
  return {
    mediaType: 'application/vnd.dev.sigstore.bundle+json;version=0.1',
    version: '0.1',
    material: materialOf(annotations),
    logEntries: isGiven(entry) ? [logEntry(entry)] : [],
    timestamps: isGiven(timestamp)
      ? [read(annotation.timestamp, timestamp, timestampMessage).SignedRFC3161Timestamp]
      : [],
    content,
  };
}

/** The signature over a layer that is a payload. */
export function legacySignature(annotations: Annotations): Uint8Array<ArrayBuffer> {
  const signature = fromBase64(annotations[annotation.signature] ?? '');
  if (signature !== undefined && signature.length > 0) return signature;
  throw invalid(annotation.signature, 'expected a signature in base64');
}

/** cosign writes `{}`, null or nothing where there is none. */
function isGiven(value: string | undefined): value is string {
  return value !== undefined && !['', '{}', 'null'].includes(value.trim());
}

function materialOf(annotations: Annotations): KeyMaterial {
  const leaf = annotations[annotation.certificate] ?? '';
  if (leaf === '') return { kind: 'key', hint: '' };
  const above = certificatesOf(annotations[annotation.chain] ?? '', annotation.chain);
  // cosign keeps the root, too, which is none of a bundle's: nobody believes it from there.
  const certificates = [...certificatesOf(leaf, annotation.certificate), ...above.filter((der) => !isRoot(der))];
  return { kind: 'certificate', certificates };
}

function isRoot(der: Uint8Array): boolean {
  const { issuer, subject } = parseCertificate(der);
  return equalBytes(issuer, subject);
}

const block = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

function certificatesOf(pem: string, name: string): Uint8Array<ArrayBuffer>[] {
  const blocks = pem.match(block) ?? [];
  if (blocks.length > maxCertificates) throw invalid(name, `has more than ${maxCertificates} certificates`);
  if (pem.replace(block, '').trim() !== '') throw invalid(name, 'expected certificates in PEM');
  return blocks.map((one) => parsePem(one, 'CERTIFICATE'));
}

const timestampMessage = required(message({ SignedRFC3161Timestamp: required(bytes) }, true));
const entryMessage = required(
  message(
    {
      SignedEntryTimestamp: required(bytes),
      Payload: required(
        message({ body: required(bytes), integratedTime: count64, logIndex: count64, logID: required(text) }, true),
      ),
    },
    true,
  ),
);
const bodyMessage = required(message({ kind: required(text), apiVersion: required(text) }, true));

function logEntry(json: string): LogEntry {
  const { SignedEntryTimestamp: promise, Payload: payload } = read(annotation.bundle, json, entryMessage);
  const { body, integratedTime, logIndex, logID } = payload;
  const logId = fromHex(logID);
  if (logId === undefined) throw invalid(annotation.bundle, 'logID is not hexadecimal');
  const { kind, apiVersion: version } = read(annotation.bundle, body, bodyMessage);
  return { logIndex, logId, kind, version, integratedTime, promise, proof: undefined, body };
}

function read<T>(name: string, input: Uint8Array | string, reader: Reader<T>): T {
  const document = { name: `annotation ${name}`, code: 'ERR_BUNDLE_INVALID', maxBytes: maxDocumentBytes } as const;
  return readDocument(document, input, reader);
}

function invalid(name: string, message: string): FormatError {
  return new FormatError('ERR_BUNDLE_INVALID', `annotation ${name} is invalid: ${message}`, {
    issues: [{ path: name, message }],
  });
}
