import type { LogEntry } from '../../../attest/bundle.ts';
import { parseLogEntry } from '../../../attest/parse-bundle.ts';
import { toBase64 } from '../../../bytes/encoding.ts';
import type { JsonValue } from '../../../bytes/json.ts';
import { SigningError } from '../../../errors.ts';
import type { HttpClient } from '../../../http/http-client.ts';
import { redactUrl } from '../../../http/redact-url.ts';
import type { WitnessRequest } from '../shared/witness.ts';
import { digestBytes } from './digest-bytes.ts';
import { askService, believing, type ServiceRequest } from './service.ts';

/**
 * Enters a signature into a log of Rekor v2, which knows entries of one kind: `hashedrekord` 0.0.2. An envelope is
 * entered as the digest of its DSSE encoding, which is what its signature is over. The answer is the entry as a bundle
 * has it; it comes with the next checkpoint of the log, and once only: nobody can ask for an entry that is there already.
 *
 * @see https://github.com/sigstore/rekor-tiles/blob/v2.3.0/CLIENTS.md
 */
export async function enterRekorV2(
  client: HttpClient,
  request: ServiceRequest,
  signed: WitnessRequest,
): Promise<LogEntry> {
  const content = JSON.stringify({ hashedRekordRequestV002: entryOf(signed) });
  const { status, body } = await askService(client, { ...request, content, expect: [200, 201, 409] });
  if (status === 409) throw alreadyEntered(request, signed);
  return believing(request, () => parseLogEntry(body));
}

/** An answer that was lost cannot be had again; but with ECDSA no two signatures are the same. */
function alreadyEntered({ url }: ServiceRequest, { verifier: { details } }: WitnessRequest): SigningError {
  return new SigningError('ERR_LOG_ENTRY', 'transparency log holds this signature already, and gives no entry twice', {
    service: redactUrl(url),
    retryable: details.startsWith('PKIX_ECDSA_'),
    hint: 'sign again; a key whose signatures of the same content are the same can enter each of them once',
  });
}

function entryOf({ digest, signature, verifier }: WitnessRequest): JsonValue {
  return {
    digest: toBase64(digestBytes(digest)),
    signature: {
      content: toBase64(signature),
      verifier: {
        ...(verifier.kind === 'key'
          ? { publicKey: { rawBytes: toBase64(verifier.publicKey) } }
          : { x509Certificate: { rawBytes: toBase64(verifier.certificate) } }),
        keyDetails: verifier.details,
      },
    },
  };
}
