import type { CertificateAuthority } from '../../../attest/trust-root.ts';
import { derBoolean, derInteger, derNull, derOctetString, derOid, derSequence } from '../../../bytes/der-writer.ts';
import { toHex } from '../../../bytes/encoding.ts';
import type { HttpClient } from '../../../http/http-client.ts';
import { hashBytes } from '../../../verify/crypto/hash-bytes.ts';
import { parseTimestampResponse } from '../../../verify/timestamp/timestamp-token.ts';
import { verifyTimestamp } from '../../../verify/timestamp/verify-timestamp.ts';
import { answerError, askService, believing, type ServiceRequest } from './service.ts';

/** What is to be stamped, by whom, and whom of those to believe. */
export interface TimestampRequest {
  /** The whole URL. */
  readonly authority: string;
  readonly signature: Uint8Array;
  readonly trusted: readonly CertificateAuthority[];
  readonly signal?: AbortSignal | undefined;
}

/** A timestamp that was verified. */
export interface Timestamp {
  /** TimeStampResp in DER. */
  readonly response: Uint8Array<ArrayBuffer>;
  /** Milliseconds since 1970. */
  readonly time: number;
}

/**
 * Asks a timestamp authority for a timestamp over the bytes of a signature (RFC 3161), and verifies it.
 *
 * @throws SigningError `ERR_TIMESTAMP_REQUEST`.
 * @see https://www.rfc-editor.org/rfc/rfc3161
 */
export async function requestTimestamp(client: HttpClient, asked: TimestampRequest): Promise<Timestamp> {
  const { authority, signature, trusted, signal } = asked;
  const nonce = crypto.getRandomValues(new Uint8Array(16));
  const request: ServiceRequest = {
    url: new URL(authority),
    name: 'timestamp authority',
    code: 'ERR_TIMESTAMP_REQUEST',
    headers: { 'content-type': 'application/timestamp-query', accept: 'application/timestamp-reply' },
    content: await timestampQuery(signature, nonce),
    signal,
  };
  const { body: response } = await askService(client, request);
  return believing(request, async () => {
    const { time } = await verifyTimestamp(response, signature, trusted);
    if (parseTimestampResponse(response).info.nonce !== BigInt(`0x${toHex(nonce)}`)) {
      throw answerError(request, 'is one to another request');
    }
    return { response, time };
  });
}

const sha256 = '2.16.840.1.101.3.4.2.1';

/** TimeStampReq (RFC 3161 section 2.4.1), which asks for the certificate of whoever signs. */
async function timestampQuery(signature: Uint8Array, nonce: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const imprint = derOctetString(await hashBytes(signature, 'sha256'));
  return derSequence(
    derInteger(1),
    derSequence(derSequence(derOid(sha256), derNull()), imprint),
    derInteger(nonce),
    derBoolean(true),
  );
}
