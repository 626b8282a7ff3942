import type { LogEntry } from '../../../attest/bundle.ts';
import type { SigningService } from '../../../attest/signing-config.ts';
import type { TransparencyLog } from '../../../attest/trust-root.ts';
import { algorithmOf } from '../../../digest/digest-name.ts';
import type { HttpClient } from '../../../http/http-client.ts';
import { verifyLogEntry } from '../../../verify/log/verify-log-entry.ts';
import type { SignedContent } from '../../../verify/signed-content.ts';
import type { WitnessRequest } from '../shared/witness.ts';
import { digestBytes } from './digest-bytes.ts';
import { enterRekorV1 } from './rekor-v1.ts';
import { enterRekorV2 } from './rekor-v2.ts';
import { believing, endpoint, type ServiceRequest } from './service.ts';

/** What is to be entered, where, and which logs to believe. */
export interface LogRequest {
  readonly log: SigningService;
  readonly signed: WitnessRequest;
  readonly trusted: readonly TransparencyLog[];
  /** When the signature was there, in milliseconds since 1970: a log of Rekor v2 does not say it. */
  readonly times: readonly number[];
  readonly signal?: AbortSignal | undefined;
}

/**
 * Enters a signature into a log and verifies the entry: that a trusted log holds it, and that it is about this signature
 * by this key over this content.
 *
 * @throws SigningError `ERR_LOG_ENTRY`.
 */
export async function requestLogEntry(client: HttpClient, asked: LogRequest): Promise<LogEntry> {
  const { log, signed, trusted, times, signal } = asked;
  const request: ServiceRequest = {
    url: endpoint(log.url, `/api/v${log.majorApiVersion}/log/entries`),
    name: 'transparency log',
    code: 'ERR_LOG_ENTRY',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    signal,
  };
  const entry = await (log.majorApiVersion === 1 ? enterRekorV1 : enterRekorV2)(client, request, signed);
  await believing(request, () =>
    verifyLogEntry(entry, { logs: trusted, version: '0.3', signed: signedContent(signed), times }),
  );
  return entry;
}

function signedContent({ content, signature, digest, verifier }: WitnessRequest): SignedContent {
  return {
    signature,
    key:
      verifier.kind === 'key'
        ? { kind: 'key', spki: verifier.publicKey }
        : { kind: 'certificate', der: verifier.certificate },
    hash: algorithmOf(digest),
    content:
      content.kind === 'dsse' ? content : { kind: 'message', digest: () => Promise.resolve(digestBytes(digest)) },
  };
}
