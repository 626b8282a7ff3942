import { fromHex, toBase64, utf8 } from '../bytes/encoding.ts';
import { algorithmOf, hexOf, type Digest } from '../digest/digest-name.ts';
import type { Bundle, BundleContent, InclusionProof, LogEntry } from './bundle.ts';
import { parseBundle } from './parse-bundle.ts';

/** The media type of the bundles that are made today. */
export const bundleMediaType = 'application/vnd.dev.sigstore.bundle.v0.3+json';

/**
 * Writes a bundle as the JSON that every client reads: only fields that the format has, 64-bit numbers as text,
 * canonical base64, the form that the bundle's version asks for. The same bundle gives the same bytes.
 *
 * @throws FormatError where {@link parseBundle} would refuse the result: a chain in version 0.3, an entry without what
 * the version asks for.
 */
export function formatBundle(bundle: Bundle): Uint8Array<ArrayBuffer> {
  const { mediaType, material, logEntries, timestamps, content } = bundle;
  const bytes = utf8(
    JSON.stringify({
      mediaType,
      verificationMaterial: {
        ...materialOf(bundle, material),
        tlogEntries: logEntries.map(entryOf),
        timestampVerificationData: {
          rfc3161Timestamps: timestamps.map((timestamp) => ({ signedTimestamp: toBase64(timestamp) })),
        },
      },
      ...contentOf(content),
    }),
  );
  parseBundle(bytes);
  return bytes;
}

function materialOf({ version }: Bundle, material: Bundle['material']): object {
  if (material.kind === 'key') return { publicKey: { hint: material.hint } };
  const certificates = material.certificates.map((certificate) => ({ rawBytes: toBase64(certificate) }));
  const [leaf] = certificates;
  return version === '0.3' && certificates.length === 1
    ? { certificate: leaf }
    : { x509CertificateChain: { certificates } };
}

function entryOf(entry: LogEntry): object {
  return {
    logIndex: String(entry.logIndex),
    logId: { keyId: toBase64(entry.logId) },
    kindVersion: { kind: entry.kind, version: entry.version },
    integratedTime: String(entry.integratedTime),
    inclusionPromise: entry.promise && { signedEntryTimestamp: toBase64(entry.promise) },
    inclusionProof: entry.proof && proofOf(entry.proof),
    canonicalizedBody: toBase64(entry.body),
  };
}

function proofOf(proof: InclusionProof): object {
  return {
    logIndex: String(proof.logIndex),
    rootHash: toBase64(proof.rootHash),
    treeSize: String(proof.treeSize),
    hashes: proof.hashes.map(toBase64),
    checkpoint: proof.checkpoint === undefined ? undefined : { envelope: proof.checkpoint },
  };
}

function contentOf(content: BundleContent): object {
  if (content.kind === 'message') {
    const { signature, digest } = content;
    return {
      messageSignature: { messageDigest: digest && hashOutputOf(digest), signature: toBase64(signature) },
    };
  }
  const { payload, payloadType, signatures } = content.envelope;
  return {
    dsseEnvelope: {
      payload: toBase64(payload),
      payloadType,
      signatures: signatures.map(({ signature, keyId }) => ({
        sig: toBase64(signature),
        keyid: keyId === '' ? undefined : keyId,
      })),
    },
  };
}

function hashOutputOf(digest: Digest): object {
  return {
    algorithm: algorithmOf(digest).replace('sha', 'SHA2_'),
    digest: toBase64(fromHex(hexOf(digest)) ?? new Uint8Array()),
  };
}
