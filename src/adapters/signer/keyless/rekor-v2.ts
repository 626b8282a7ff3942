import type { LogEntry } from '../../../attest/bundle.ts';
import { parseLogEntry } from '../../../attest/parse-bundle.ts';
import { fromHex, toBase64 } from '../../../bytes/encoding.ts';
import type { JsonValue } from '../../../bytes/json.ts';
import { hexOf } from '../../../digest/digest-name.ts';
import type { HttpClient } from '../../../http/http-client.ts';
import type { WitnessRequest } from '../shared/witness.ts';
import { askService, believing, type ServiceRequest } from './service.ts';

/**
 * Enters a signature into a log of Rekor v2, which knows entries of one kind: `hashedrekord` 0.0.2. An envelope is
 * entered as the digest of its DSSE encoding, which is what its signature is over. The answer is the entry as a bundle
 * has it; it comes with the next checkpoint of the log.
 *
 * @see https://github.com/sigstore/rekor-tiles/blob/v2.3.0/CLIENTS.md
 */
export async function enterRekorV2(
  client: HttpClient,
  request: ServiceRequest,
  signed: WitnessRequest,
): Promise<LogEntry> {
  const content = JSON.stringify({ hashedRekordRequestV002: entryOf(signed) });
  const { body } = await askService(client, { ...request, content });
  return believing(request, () => parseLogEntry(body));
}

function entryOf({ digest, signature, verifier }: WitnessRequest): JsonValue {
  return {
    digest: toBase64(fromHex(hexOf(digest)) ?? new Uint8Array()),
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
