import type { Bundle, LogEntry } from '../attest/bundle.ts';
import { toBase64, toHex, utf8 } from '../bytes/encoding.ts';
import { formatPem } from '../bytes/pem.ts';
import { digestOf } from '../digest/digest.ts';
import { UsageError } from '../errors.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { envelopeType, payloadType } from './find-bundles/manifest-candidates.ts';

/** A bundle as cosign 2 keeps it: a layer, with what proves it in annotations. */
export interface LegacyLayer {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly descriptor: Descriptor;
}

/**
 * A bundle in the older format. A payload is the layer of a signature, an envelope that of an attestation.
 *
 * @throws UsageError `ERR_UNSUPPORTED` for what that format cannot say: an entry of a log that gives no promise (as
 * version 2 of Rekor gives none), and several entries or timestamps.
 */
export function legacyLayer(bundle: Bundle, payload: Uint8Array<ArrayBuffer>, predicateType?: string): LegacyLayer {
  const { content } = bundle;
  const evidence = evidenceOf(bundle);
  if (content.kind === 'message') {
    const annotations = { [names.signature]: toBase64(content.signature), ...evidence };
    return layerOf(payload, payloadType, annotations);
  }
  const { signatures } = content.envelope;
  const envelope = {
    payloadType: content.envelope.payloadType,
    payload: toBase64(payload),
    signatures: signatures.map(({ signature, keyId }) => ({ keyid: keyId, sig: toBase64(signature) })),
  };
  const annotations = { [names.signature]: '', ...(predicateType && { predicateType }), ...evidence };
  return layerOf(utf8(JSON.stringify(envelope)), envelopeType, annotations);
}

const names = {
  signature: 'dev.cosignproject.cosign/signature',
  certificate: 'dev.sigstore.cosign/certificate',
  bundle: 'dev.sigstore.cosign/bundle',
  timestamp: 'dev.sigstore.cosign/rfc3161timestamp',
} as const;

function layerOf(
  bytes: Uint8Array<ArrayBuffer>,
  mediaType: string,
  annotations: Readonly<Record<string, string>>,
): LegacyLayer {
  return { bytes, descriptor: { mediaType, digest: digestOf(bytes), size: bytes.length, annotations } };
}

function evidenceOf({ material, logEntries, timestamps }: Bundle): Readonly<Record<string, string>> {
  const [entry, ...entries] = logEntries;
  const [timestamp, ...others] = timestamps;
  if (entries.length + others.length > 0) throw notSayable('several entries of logs or several timestamps');
  const [leaf] = material.kind === 'certificate' ? material.certificates : [];
  return {
    ...(leaf && { [names.certificate]: formatPem('CERTIFICATE', leaf) }),
    ...(entry && { [names.bundle]: promiseOf(entry) }),
    ...(timestamp && { [names.timestamp]: JSON.stringify({ SignedRFC3161Timestamp: toBase64(timestamp) }) }),
  };
}

function promiseOf({ promise, body, integratedTime, logIndex, logId }: LogEntry): string {
  if (promise === undefined) throw notSayable('an entry of a log that gives no promise');
  const payload = {
    body: toBase64(body),
    integratedTime: Number(integratedTime),
    logIndex: Number(logIndex),
    logID: toHex(logId),
  };
  return JSON.stringify({ SignedEntryTimestamp: toBase64(promise), Payload: payload });
}

function notSayable(what: string): UsageError {
  return new UsageError('ERR_UNSUPPORTED', `signature has ${what}, which the legacy format cannot say`, {
    argument: 'format',
    hint: 'leave out the format, or sign without a log',
  });
}
