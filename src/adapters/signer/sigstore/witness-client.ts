import type { LogEntry } from '../../../attest/bundle.ts';
import { parseLogEntry } from '../../../attest/parse-bundle.ts';
import type { SigningService } from '../../../attest/signing-config.ts';
import type { TrustRoot } from '../../../attest/trust-root.ts';
import { toBase64 } from '../../../bytes/encoding.ts';
import { verifyTimestamp } from '../../../verify/timestamp/verify-timestamp.ts';
import { believing, endpoint, type ServiceRequest } from '../keyless/service.ts';
import { askClient, type ClientRequest } from './ask-client.ts';
import type { SigstoreClient } from './load-client.ts';

/** A signature and its content, as the package holds them. */
export type ClientContent = Parameters<InstanceType<SigstoreClient['RekorWitness']>['testify']>[0];

/** How the package asks. */
export interface ClientSettings {
  readonly timeout: number;
  readonly retry: { readonly retries: number; readonly minTimeout: number; readonly maxTimeout: number };
}

/** What is to be witnessed. */
export interface ClientWitnessRequest {
  readonly client: SigstoreClient;
  readonly settings: ClientSettings;
  readonly trust: TrustRoot;
  readonly content: ClientContent;
  /** In PEM. */
  readonly certificate: string;
  readonly signal: AbortSignal | undefined;
}

/**
 * Has a timestamp authority stamp a signature, and verifies what it gives.
 *
 * @throws SigningError `ERR_TIMESTAMP_REQUEST`.
 */
export async function stampByClient(
  { url }: SigningService,
  { client, settings, trust, content, signal }: ClientWitnessRequest,
): Promise<Uint8Array<ArrayBuffer>> {
  const request = { url: new URL(url), name: 'timestamp authority', code: 'ERR_TIMESTAMP_REQUEST', signal } as const;
  const witness = new client.TSAWitness({ tsaBaseURL: url, ...settings });
  const {
    rfc3161Timestamps: [stamp],
  } = await askClient(request, () => witness.testify(content));
  const response = new Uint8Array(stamp?.signedTimestamp ?? []);
  await believing(request, () => verifyTimestamp(response, signatureIn(content), trust.timestampAuthorities));
  return response;
}

/**
 * Enters a signature into a log.
 *
 * @throws SigningError `ERR_LOG_ENTRY`.
 */
export async function enterByClient(
  { url, majorApiVersion }: SigningService,
  { client, settings, content, certificate, signal }: ClientWitnessRequest,
): Promise<LogEntry> {
  const request = {
    url: endpoint(url, `/api/v${majorApiVersion}/log/entries`),
    name: 'transparency log',
    code: 'ERR_LOG_ENTRY',
    signal,
    hint: (status) =>
      status === 400 && content.$case === 'dsseEnvelope' && majorApiVersion === 2 ? dropped : undefined,
  } as const satisfies ClientRequest;
  const witness = new client.RekorWitness({ rekorBaseURL: baseUrl(url), majorApiVersion, ...settings });
  const { tlogEntries } = await askClient(request, () => witness.testify(content, certificate));
  return believing(request as ServiceRequest, () => parseLogEntry(JSON.stringify(tlogEntries[0] ?? null, inBase64)));
}

function signatureIn(content: ClientContent): Uint8Array {
  if (content.$case === 'messageSignature') return content.messageSignature.signature;
  return content.dsseEnvelope.signatures[0]?.sig ?? new Uint8Array();
}

/** The package puts its paths behind a slash of their own. */
export function baseUrl(url: string): string {
  return endpoint(url, '').href.replace(/\/$/, '');
}

const dropped =
  'the package enters envelopes as `dsse`, which logs of Rekor v2 take no more: sign with packwright/signer/keyless';

/** Bytes as bundles have them. A buffer has become an object of numbers when it gets here; its holder still has it. */
function inBase64(this: unknown, key: string, value: unknown): unknown {
  const held = (this as Readonly<Record<string, unknown>>)[key];
  return held instanceof Uint8Array ? toBase64(held) : value;
}
