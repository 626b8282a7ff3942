import { toHex } from '../bytes/encoding.ts';
import { isDigest, type Digest } from '../digest/digest-name.ts';
import type { Bundle, BundleContent, BundleVersion, KeyMaterial, LogEntry } from './bundle.ts';
import type { Envelope } from './envelope.ts';
import {
  bytes,
  count64,
  hashAlgorithm,
  inside,
  invalid,
  list,
  message,
  oneOf,
  only,
  readDocument,
  required,
  requireOne,
  text,
  type DocumentKind,
  type Place,
  type Reader,
} from './proto-json.ts';

/** Larger bundles are refused. */
export const maxBundleBytes: number = 16 * 1024 * 1024;
const maxEntries = 32;
const maxTimestamps = 32;
const maxCertificates = 10;
/** More than the one that is allowed, so that two are told apart from too many. */
const maxSignatures = 32;
/** As many as a tree of 2^63 entries is high. */
const maxHashes = 63;

/** The version that each media type says. */
const bundleMediaTypes: Readonly<Record<string, BundleVersion>> = /* @__PURE__ */ Object.freeze({
  'application/vnd.dev.sigstore.bundle+json;version=0.1': '0.1',
  'application/vnd.dev.sigstore.bundle+json;version=0.2': '0.2',
  'application/vnd.dev.sigstore.bundle+json;version=0.3': '0.3',
  'application/vnd.dev.sigstore.bundle.v0.3+json': '0.3',
});

/**
 * Reads a Sigstore bundle of version 0.1, 0.2 or 0.3.
 *
 * Of protobuf's JSON only the spelling is read that Sigstore's writers use: names in lowerCamelCase, canonical base64
 * with padding, 64-bit numbers as text or whole numbers, enumerations by name or number; null is what is not there.
 * A field that the format does not have, and a key that stands twice, are refused.
 *
 * What the format says must be there is there afterwards: one kind of key material, in the form of its version (a
 * chain in 0.1 and 0.2, a single certificate in 0.3); one kind of content; a signature; one signature in an envelope,
 * whose key id is not another than the hint; a promise with each log entry in 0.1, and a proof with a checkpoint in 0.2
 * and 0.3. Nothing is believed yet: certificates are not even parsed, so it is the check of the certificate chain that
 * refuses a root among them.
 *
 * At most 16 MiB, 32 log entries, 32 timestamps and 10 certificates.
 *
 * @throws FormatError `ERR_BUNDLE_INVALID` with the path of what is wrong; `ERR_LIMIT_EXCEEDED`.
 * @see https://github.com/sigstore/protobuf-specs/blob/v0.5.0/protos/sigstore_bundle.proto
 */
export function parseBundle(input: Uint8Array | string): Bundle {
  return readBundle(input, 'bundle');
}

/** Reads a bundle that errors call by the given name. */
export function readBundle(input: Uint8Array | string, name: string): Bundle {
  const document: DocumentKind = { name, code: 'ERR_BUNDLE_INVALID', maxBytes: maxBundleBytes };
  return readDocument(document, input, bundle);
}

const certificate = only('rawBytes', required(bytes));

const entryMessage = required(
  message({
    logIndex: count64,
    logId: required(only('keyId', required(bytes))),
    kindVersion: required(message({ kind: required(text), version: required(text) })),
    integratedTime: count64,
    inclusionPromise: only('signedEntryTimestamp', required(bytes)),
    inclusionProof: message({
      logIndex: count64,
      rootHash: required(bytes),
      treeSize: count64,
      hashes: list(required(bytes), maxHashes),
      checkpoint: only('envelope', text),
    }),
    canonicalizedBody: required(bytes),
  }),
);

const entry: Reader<LogEntry> = (value, place) => {
  const { kindVersion, inclusionPromise, inclusionProof, canonicalizedBody, ...read } = entryMessage(value, place);
  return { ...read, ...kindVersion, promise: inclusionPromise, proof: inclusionProof, body: canonicalizedBody };
};

/**
 * Reads an entry as a log answers with it, by itself, as strictly as one in a bundle.
 *
 * @throws FormatError `ERR_BUNDLE_INVALID` with the path of what is wrong; `ERR_LIMIT_EXCEEDED`.
 */
export function parseLogEntry(input: Uint8Array | string): LogEntry {
  return readDocument({ name: 'log entry', code: 'ERR_BUNDLE_INVALID', maxBytes: maxBundleBytes }, input, entry);
}

const materialMessage = required(
  message({
    publicKey: message({ hint: text }),
    x509CertificateChain: only('certificates', required(list(required(certificate), maxCertificates))),
    certificate,
    tlogEntries: list(entry, maxEntries),
    timestampVerificationData: only(
      'rfc3161Timestamps',
      list(required(only('signedTimestamp', required(bytes))), maxTimestamps),
    ),
  }),
);

const messageSignature = message({
  messageDigest: message({ algorithm: hashAlgorithm, digest: bytes }),
  signature: required(bytes),
});

const dsseEnvelope = message({
  payload: required(bytes),
  payloadType: required(text),
  signatures: list(required(message({ sig: required(bytes), keyid: text })), maxSignatures),
});

const bundleMessage = required(
  message({
    mediaType: oneOf(...Object.keys(bundleMediaTypes)),
    verificationMaterial: materialMessage,
    messageSignature,
    dsseEnvelope,
  }),
);

const bundle: Reader<Bundle> = (value, place) => {
  const read = bundleMessage(value, place);
  const { mediaType } = read;
  const version = bundleMediaTypes[mediaType] as BundleVersion;
  requireOne(place, read, ['messageSignature', 'dsseEnvelope']);
  const at = inside(place, 'verificationMaterial');
  const { tlogEntries, timestampVerificationData, ...keys } = read.verificationMaterial;
  checkEvidence(tlogEntries, version, inside(at, 'tlogEntries'));
  const material = materialOf(keys, version, at);
  return {
    mediaType,
    version,
    material,
    logEntries: tlogEntries,
    timestamps: timestampVerificationData ?? [],
    content: contentOf(read, material, place),
  };
};

type Material = Omit<ReturnType<typeof materialMessage>, 'tlogEntries' | 'timestampVerificationData'>;

function materialOf(read: Material, version: BundleVersion, place: Place): KeyMaterial {
  requireOne(place, read, ['publicKey', 'x509CertificateChain', 'certificate']);
  if (read.publicKey) return { kind: 'key', hint: read.publicKey.hint };
  const [expected, other] =
    version === '0.3'
      ? [read.certificate && [read.certificate], 'x509CertificateChain']
      : [read.x509CertificateChain, 'certificate'];
  if (expected === undefined) throw invalid(inside(place, other), `is not the form of version ${version}`);
  return { kind: 'certificate', certificates: expected };
}

/** What must come with each entry; a bundle without entries is for a policy to judge. */
function checkEvidence(entries: readonly LogEntry[], version: BundleVersion, place: Place): void {
  for (const [index, { promise, proof }] of entries.entries()) {
    const at = inside(place, index);
    if (version === '0.1') {
      if (promise === undefined) throw invalid(inside(at, 'inclusionPromise'), 'is missing');
    } else if (!proof?.checkpoint) {
      throw invalid(inside(at, `inclusionProof${proof === undefined ? '' : '.checkpoint'}`), 'is missing');
    }
  }
}

function contentOf(read: ReturnType<typeof bundleMessage>, material: KeyMaterial, place: Place): BundleContent {
  const { messageSignature: signed, dsseEnvelope: sealed } = read;
  if (sealed) return { kind: 'dsse', envelope: envelopeOf(sealed, material, inside(place, 'dsseEnvelope')) };
  // requireOne has seen to it that there is one.
  const { messageDigest, signature } = signed as NonNullable<typeof signed>;
  const at = inside(place, 'messageSignature.messageDigest');
  return { kind: 'message', signature, digest: messageDigest && digestOf(messageDigest, at) };
}

function digestOf({ algorithm, digest }: { algorithm: string; digest: Uint8Array }, place: Place): Digest | undefined {
  if (algorithm === 'HASH_ALGORITHM_UNSPECIFIED' && digest.length === 0) return undefined;
  const read = `${algorithm.replace('SHA2_', 'sha')}:${toHex(digest)}`;
  if (!isDigest(read)) throw invalid(place, 'expected SHA2_256, SHA2_384 or SHA2_512 with a digest of its length');
  return read;
}

function envelopeOf(read: NonNullable<ReturnType<typeof dsseEnvelope>>, material: KeyMaterial, place: Place): Envelope {
  const at = inside(place, 'signatures');
  const [signature] = read.signatures;
  if (signature === undefined || read.signatures.length > 1) {
    throw invalid(at, `has ${read.signatures.length} items, expected 1`);
  }
  const { sig, keyid } = signature;
  // Sigstore's Go library writes a hint and no key id.
  if (material.kind === 'key' && keyid !== '' && keyid !== material.hint) {
    throw invalid(inside(at, '0.keyid'), 'is not the hint of the verification material');
  }
  const { payload, payloadType } = read;
  return { payload, payloadType, signatures: [{ signature: sig, keyId: keyid }] };
}
