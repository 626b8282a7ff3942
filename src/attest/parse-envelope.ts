import { fromBase64 } from '../bytes/encoding.ts';
import type { Envelope } from './envelope.ts';
import { invalid, list, message, readDocument, required, text, type DocumentKind, type Reader } from './proto-json.ts';

const envelopeDocument: DocumentKind = {
  name: 'envelope',
  code: 'ERR_ENVELOPE_INVALID',
  maxBytes: 16 * 1024 * 1024,
};
const maxSignatures = 32;

/**
 * Reads a DSSE envelope that stands alone, outside of a bundle.
 *
 * As DSSE demands of readers, base64 may be standard or url-safe, and members that are not known are ignored. Payload
 * and signatures must be there; at most 16 MiB and 32 signatures. An envelope inside of a bundle is read by
 * {@link parseBundle}, which is stricter.
 *
 * @throws FormatError `ERR_ENVELOPE_INVALID` with the path of what is wrong; `ERR_LIMIT_EXCEEDED`.
 * @see https://github.com/secure-systems-lab/dsse/blob/v1.0.2/envelope.md
 */
export function parseEnvelope(input: Uint8Array | string): Envelope {
  const { payload, payloadType, signatures } = readDocument(envelopeDocument, input, envelopeMessage);
  return { payload, payloadType, signatures: signatures.map(({ sig, keyid }) => ({ signature: sig, keyId: keyid })) };
}

const anyBase64: Reader<Uint8Array<ArrayBuffer>> = (value, place) => {
  const encoded = text(value, place);
  if (/[+/]/.test(encoded) && /[-_]/.test(encoded)) throw invalid(place, 'mixes two alphabets of base64');
  const standard = encoded.replaceAll('-', '+').replaceAll('_', '/');
  // Url-safe base64 mostly comes without padding.
  const decoded = fromBase64(standard.padEnd(Math.ceil(standard.length / 4) * 4, '='));
  if (decoded === undefined) throw invalid(place, 'expected base64');
  return decoded;
};

const envelopeMessage = required(
  message(
    {
      payload: required(anyBase64),
      payloadType: required(text),
      signatures: required(list(required(message({ sig: required(anyBase64), keyid: text }, true)), maxSignatures)),
    },
    true,
  ),
);
