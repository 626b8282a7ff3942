import { derInteger, derSequence } from '../../../bytes/der-writer.ts';

/** WebCrypto joins the two numbers of an ECDSA signature; Sigstore has them in DER (RFC 3279 section 2.2.3). */
export function ecdsaDer(joined: Uint8Array): Uint8Array<ArrayBuffer> {
  const half = joined.length / 2;
  return derSequence(derInteger(joined.subarray(0, half)), derInteger(joined.subarray(half)));
}
