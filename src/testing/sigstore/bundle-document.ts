import { toBase64, utf8 } from '../../bytes/encoding.ts';
import { concatBytes } from '../../bytes/stream.ts';
import { hashOf } from './hash-of.ts';
import { protoHash, type JsonObject } from './log-body.ts';
import type { DigestAlgorithm } from '../../digest/digest.ts';

/** What a bundle holds. */
export interface BundleParts {
  readonly version: '0.1' | '0.2' | '0.3';
  /** Certificates in DER, the signing one first; or the name of a key. */
  readonly material: readonly Uint8Array[] | string;
  readonly entries: readonly JsonObject[];
  /** In DER. */
  readonly timestamps: readonly Uint8Array[];
  readonly signature: Uint8Array;
  readonly content:
    | { readonly artifact: Uint8Array; readonly hash: DigestAlgorithm }
    | { readonly payload: Uint8Array; readonly payloadType: string };
}

const mediaTypes = {
  '0.1': 'application/vnd.dev.sigstore.bundle+json;version=0.1',
  '0.2': 'application/vnd.dev.sigstore.bundle+json;version=0.2',
  '0.3': 'application/vnd.dev.sigstore.bundle.v0.3+json',
} as const;

/** A bundle as protobuf-specs writes it. */
export async function bundleDocument(parts: BundleParts): Promise<JsonObject> {
  const { version, entries, timestamps } = parts;
  const stamped = timestamps.map((der) => ({ signedTimestamp: toBase64(der) }));
  return {
    mediaType: mediaTypes[version],
    verificationMaterial: {
      ...materialOf(parts),
      tlogEntries: entries,
      ...(stamped.length === 0 ? {} : { timestampVerificationData: { rfc3161Timestamps: stamped } }),
    },
    ...(await contentOf(parts)),
  };
}

function materialOf({ material, version }: BundleParts): JsonObject {
  if (typeof material === 'string') return { publicKey: { hint: material } };
  const [leaf, ...rest] = material.map((der) => ({ rawBytes: toBase64(der) }));
  return version === '0.3'
    ? { certificate: leaf ?? {} }
    : { x509CertificateChain: { certificates: [leaf ?? {}, ...rest] } };
}

async function contentOf({ content, signature, material }: BundleParts): Promise<JsonObject> {
  if ('artifact' in content) {
    const digest = toBase64(await hashOf(content.artifact, content.hash));
    const messageDigest = { algorithm: protoHash(content.hash), digest };
    return { messageSignature: { messageDigest, signature: toBase64(signature) } };
  }
  const { payload, payloadType } = content;
  const keyid = typeof material === 'string' ? { keyid: material } : {};
  return {
    dsseEnvelope: { payload: toBase64(payload), payloadType, signatures: [{ sig: toBase64(signature), ...keyid }] },
  };
}

/** The pre-authentication encoding of an envelope (dsse v1.0.2 protocol): what its signature is over. */
export function paeOf(payloadType: string, payload: Uint8Array): Uint8Array<ArrayBuffer> {
  const head = utf8(`DSSEv1 ${utf8(payloadType).length} ${payloadType} ${payload.length} `);
  return concatBytes([head, payload]);
}
