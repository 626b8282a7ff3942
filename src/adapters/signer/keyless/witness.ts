import type { LogEntry } from '../../../attest/bundle.ts';
import type { SigningConfig } from '../../../attest/signing-config.ts';
import type { TrustRoot } from '../../../attest/trust-root.ts';
import { checkOptions } from '../../../bytes/check-options.ts';
import { UsageError } from '../../../errors.ts';
import type { HttpClient } from '../../../http/http-client.ts';
import { redactUrl } from '../../../http/redact-url.ts';
import type { Witness, WitnessRequest } from '../shared/witness.ts';
import { chooseServices, type ChosenServices } from './choose-services.ts';
import { requestLogEntry } from './log-request.ts';
import { serviceClient, type ServiceOptions } from './service.ts';
import { requestTimestamp, type Timestamp } from './timestamp-request.ts';

/** Who witnesses, and whom of those to believe. */
export interface SigstoreWitnessOptions extends ServiceOptions {
  /** What `parseSigningConfig` gives. */
  readonly signingConfig: SigningConfig;
  /** What `parseTrustRoot` gives. */
  readonly trust: TrustRoot;
}

/**
 * Has the logs and timestamp authorities of a signing config witness signatures that a key makes: for `keySigner`. First
 * the timestamps are asked for and verified, and only then is anything published.
 *
 * @example
 * ```ts
 * const witness = sigstoreWitness({ signingConfig, trust });
 * const signer = keySigner({ key, witness, trust });
 * ```
 * @throws UsageError `ERR_INVALID_ARGUMENT`, also from the witness, where nothing that is listed can be asked, and there
 * `ERR_UNSUPPORTED` for a key of Ed25519 and a log that is shown digests. The witness throws SigningError `ERR_TIMESTAMP_REQUEST` and `ERR_LOG_ENTRY`.
 */
export function sigstoreWitness(options: SigstoreWitnessOptions): Witness {
  checkOptions('sigstore witness', options, ['signingConfig', 'trust', ...serviceOptionNames]);
  const { signingConfig, trust } = options;
  checkTrust(options);
  const client = serviceClient(options);
  return async (signed, { signal } = {}) => {
    const chosen = chooseServices(signingConfig, client.clock.now());
    checkWitnesses(chosen, trust);
    checkEnterable(chosen, signed);
    const stamps = await takeTimestamps(client, chosen, trust, signed.signature, signal);
    const logEntries = await enterLogs(client, chosen, trust, { signed, stamps, signal });
    return { logEntries, timestamps: stamps.map(({ response }) => response) };
  };
}

/** The options that say how services are asked. */
export const serviceOptionNames: readonly string[] = ['fetch', 'retry', 'timeouts', 'clock'];

/** Refuses documents that were not read: nothing is asked before. */
export function checkTrust({ signingConfig, trust }: Pick<SigstoreWitnessOptions, 'signingConfig' | 'trust'>): void {
  checkRead('signingConfig', signingConfig, 'parseSigningConfig', 'identityProviders');
  checkRead('trust', trust, 'parseTrustRoot', 'ctLogs');
}

function checkRead(argument: string, value: unknown, reader: string, member: string): void {
  if (typeof value === 'object' && value !== null && member in value) return;
  throw new UsageError('ERR_INVALID_ARGUMENT', `${argument} is not what ${reader} gives`, { argument });
}

/** Whose answer nobody could believe is not asked: what it publishes would be of no use. */
export function checkWitnesses({ logs, timestampAuthorities }: ChosenServices, trust: TrustRoot): void {
  const lists = [
    ['log', logs, trust.logs],
    ['timestamp authority', timestampAuthorities, trust.timestampAuthorities],
  ] as const;
  for (const [what, chosen, trusted] of lists) {
    if (chosen.length === 0 || trusted.length > 0) continue;
    throw new UsageError('ERR_INVALID_ARGUMENT', `signing config has a ${what}, and the trust root knows none`, {
      argument: 'trust',
    });
  }
}

/** Refuses what a log would: shown a digest, it cannot check what signs the message itself. */
function checkEnterable({ logs }: ChosenServices, { content, verifier: { details } }: WitnessRequest): void {
  if (details !== 'PKIX_ED25519') return;
  const log = logs.find(({ majorApiVersion }) => majorApiVersion > 1 || content.kind === 'message');
  if (log === undefined) return;
  throw new UsageError('ERR_UNSUPPORTED', `log ${redactUrl(new URL(log.url))} takes no signature of Ed25519`, {
    argument: 'key',
    hint: 'sign with a key of ECDSA or RSA, or without a log',
  });
}

/** Asks all timestamp authorities at once. */
export function takeTimestamps(
  client: HttpClient,
  { timestampAuthorities }: ChosenServices,
  trust: TrustRoot,
  signature: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<readonly Timestamp[]> {
  const trusted = trust.timestampAuthorities;
  return Promise.all(
    timestampAuthorities.map(({ url }) => requestTimestamp(client, { authority: url, signature, trusted, signal })),
  );
}

/** What is entered into logs, and when it was there. */
export interface LogContent {
  readonly signed: WitnessRequest;
  readonly stamps: readonly Timestamp[];
  readonly signal: AbortSignal | undefined;
}

/** Asks one log after the other, so that after one that fails nothing more is published. */
export async function enterLogs(
  client: HttpClient,
  { logs }: ChosenServices,
  trust: TrustRoot,
  { signed, stamps, signal }: LogContent,
): Promise<readonly LogEntry[]> {
  const times = stamps.length === 0 ? [client.clock.now()] : stamps.map(({ time }) => time);
  const entries: LogEntry[] = [];
  for (const log of logs) {
    entries.push(await requestLogEntry(client, { log, signed, trusted: trust.logs, times, signal }));
  }
  return entries;
}
