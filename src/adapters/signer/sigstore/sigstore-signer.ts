import { Buffer } from 'node:buffer';
import type { Bundle, BundleContent, LogEntry } from '../../../attest/bundle.ts';
import { checkOptions } from '../../../bytes/check-options.ts';
import { parsePem } from '../../../bytes/pem.ts';
import { UsageError } from '../../../errors.ts';
import type { Signer } from '../../../ports/signer.ts';
import { parseCertificate } from '../../../verify/certificate/certificate.ts';
import { certifiedBundle, checkCertified, type CertifiedSigning } from '../keyless/certified-bundle.ts';
import { checkChosen } from '../keyless/check-chosen.ts';
import { checkIssued } from '../keyless/check-issued.ts';
import { chooseServices, type ChosenServices } from '../keyless/choose-services.ts';
import { digestBytes } from '../keyless/digest-bytes.ts';
import { identitySigningNames, type IdentitySigningOptions } from '../keyless/identity-signing.ts';
import type { IdentityToken } from '../keyless/identity-token.ts';
import { believing, endpoint } from '../keyless/service.ts';
import { takeToken } from '../keyless/take-token.ts';
import { checkTrust } from '../keyless/witness.ts';
import { prepareContent, type PreparedContent } from '../shared/prepare-content.ts';
import { askClient, type ClientRequest } from './ask-client.ts';
import { loadClient, type SigstoreClient } from './load-client.ts';
import { baseUrl, enterByClient, stampByClient, type ClientContent, type ClientSettings } from './witness-client.ts';

/** What a {@link sigstoreSigner} signs with: that of `keylessSigner`, but for how services are asked. */
export interface SigstoreSignerOptions extends IdentitySigningOptions {
  /** Milliseconds for one answer; 30,000 by default. A log of Rekor v2 takes up to 10,000. */
  readonly timeoutMs?: number | undefined;
  /** How often a service that fails is asked again; 2 by default. */
  readonly retries?: number | undefined;
}

/**
 * Signs for whoever an identity token is of, as `keylessSigner` does, by the clients of sigstore-js: for those who have
 * to use these. They are those of the package `@sigstore/sign`, version 5, which is loaded with the first signature and
 * is to be installed beside this one. `sigstore` itself signs with it, but knows no Rekor v2.
 *
 * As there, the certificate is checked before the signature is published, timestamps come before logs, and the finished
 * bundle was verified with exactly the identity of the token. Besides, the package has limits, all seen in 5.1.0:
 *
 * - It runs on Node alone, from 22.22.2 or 24.15 on by its own word. Proxies of the environment are obeyed.
 * - A statement cannot be entered into a current Rekor v2: it is sent as `dsse`, which was dropped there in 2026. It can
 *   into Rekor v1, and with a timestamp and no log. Messages can everywhere.
 * - Everything is in memory when it is signed: of a message that is a source 16 MiB at most.
 * - Keys are ECDSA on P-256 with SHA-256, of the package's own making.
 * - Timestamps are asked for in the JSON of Sigstore's own server, which no other authority speaks, and without a nonce.
 * - Redirects are followed to any host, with the token where Fulcio's answer is one of status 307 or 308.
 * - Answers are bounded by time, not by size; a request that was begun is not ended by the signal, only not waited for.
 *
 * @example
 * ```ts
 * const signer = sigstoreSigner({
 *   signingConfig: parseSigningConfig(configJson),
 *   trust: parseTrustRoot(rootJson),
 *   identityToken: process.env.SIGSTORE_ID_TOKEN ?? '',
 * });
 * const bundle = await signer.sign({ kind: 'message', message: bytes });
 * ```
 * @throws UsageError `ERR_INVALID_ARGUMENT` for options that cannot be used. From the signer: UsageError
 * `ERR_UNSUPPORTED` where the package is not installed; SigningError with `ERR_IDENTITY_TOKEN`,
 * `ERR_CERTIFICATE_REQUEST`, `ERR_TIMESTAMP_REQUEST`, `ERR_LOG_ENTRY` or `ERR_SIGNATURE_REJECTED`, and the service that
 * failed.
 * @see https://github.com/sigstore/sigstore-js/tree/main/packages/sign
 */
export function sigstoreSigner(options: SigstoreSignerOptions): Signer {
  checkOptions('sigstore signer', options, [...identitySigningNames, 'timeoutMs', 'retries']);
  checkTrust(options);
  const settings = settingsOf(options);
  return {
    async sign(content, { signal } = {}) {
      signal?.throwIfAborted();
      const client = await loadClient();
      const chosen = chooseServices(options.signingConfig, Date.now());
      const authority = checkChosen(chosen, options);
      const prepared = await prepareContent(content, { hash: 'sha256', bytes: true }, signal);
      const token = await takeToken(options, Date.now(), signal);
      return finish(await certify({ options, settings, client, chosen, authority, prepared, token, signal }));
    },
  };
}

function settingsOf({ timeoutMs = 30_000, retries = 2 }: SigstoreSignerOptions): ClientSettings {
  const limits = [
    ['timeoutMs', timeoutMs, 1, 2 ** 31 - 1],
    ['retries', retries, 0, 10],
  ] as const;
  for (const [argument, value, least, most] of limits) {
    if (Number.isInteger(value) && value >= least && value <= most) continue;
    throw new UsageError('ERR_INVALID_ARGUMENT', `${argument} is ${value}, expected ${least} to ${most}`, { argument });
  }
  return { timeout: timeoutMs, retry: { retries, minTimeout: 200, maxTimeout: 2000 } };
}

interface Applying {
  readonly options: SigstoreSignerOptions;
  readonly settings: ClientSettings;
  readonly client: SigstoreClient;
  readonly chosen: ChosenServices;
  readonly authority: string;
  readonly prepared: PreparedContent;
  readonly token: IdentityToken;
  readonly signal: AbortSignal | undefined;
}

interface Signing extends Applying, CertifiedSigning {
  readonly options: SigstoreSignerOptions;
  readonly prepared: PreparedContent;
  readonly signal: AbortSignal | undefined;
  readonly signature: Uint8Array<ArrayBuffer>;
  /** In PEM. */
  readonly certificate: string;
}

/** Has the key certified and the content signed with it. Whether the one belongs to the other is not known yet. */
async function certify(applying: Applying): Promise<Signing> {
  const { options, settings, client, authority, prepared, token, signal } = applying;
  const request: ClientRequest = {
    url: endpoint(authority, '/api/v2/signingCert'),
    name: 'certificate authority',
    code: 'ERR_CERTIFICATE_REQUEST',
    secrets: [token.text],
    signal,
  };
  const identityProvider = { getToken: () => Promise.resolve(token.text) };
  const fulcio = new client.FulcioSigner({ fulcioBaseURL: baseUrl(authority), identityProvider, ...settings });
  const { signature, key } = await askClient(request, () => fulcio.sign(Buffer.from(prepared.bytes ?? [])));
  const certificate = pemOf(key);
  const issued = await believing(request, () => {
    const der = parsePem(certificate, 'CERTIFICATE');
    const { publicKey } = parseCertificate(der);
    const asked = { publicKey, token, expected: options.identity, trust: options.trust };
    return checkIssued(der, { ...asked, sct: options.unsafeNoSct !== true }, Date.now());
  });
  return { ...applying, signature: new Uint8Array(signature), certificate, issued };
}

/** The package takes whatever Fulcio answers. */
function pemOf(key: object): string {
  const { certificate } = key as { readonly certificate?: unknown };
  return typeof certificate === 'string' ? certificate : '';
}

/** Verifies, stamps, publishes, and verifies again. */
async function finish(signing: Signing): Promise<Bundle> {
  const { options, client, settings, chosen, prepared, signature, certificate, signal } = signing;
  const { trust } = options;
  const signed = certifiedBundle(signing, signature);
  await checkCertified(signed, signing, { unsafeNoTime: true, unsafeNoLog: true });
  const request = { client, settings, trust, certificate, content: clientContent(signed.content, prepared), signal };
  const timestamps = await Promise.all(chosen.timestampAuthorities.map((one) => stampByClient(one, request)));
  const stamped = { ...signed, timestamps };
  if (timestamps.length > 0) await checkCertified(stamped, signing, { unsafeNoLog: true });
  const logEntries: LogEntry[] = [];
  for (const log of chosen.logs) logEntries.push(await enterByClient(log, request));
  return checkCertified({ ...stamped, logEntries }, signing, chosen.logs.length === 0 ? { unsafeNoLog: true } : {});
}

type MessageContent = Extract<ClientContent, { readonly $case: 'messageSignature' }>;
type HashAlgorithm = NonNullable<MessageContent['messageSignature']['messageDigest']>['algorithm'];

// eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- `SHA2_256`, of a package that we do not need
const sha256 = 1 as HashAlgorithm;

function clientContent(content: BundleContent, { digest }: PreparedContent): ClientContent {
  if (content.kind === 'message') {
    const messageDigest = { algorithm: sha256, digest: Buffer.from(digestBytes(digest)) };
    return {
      $case: 'messageSignature',
      messageSignature: { messageDigest, signature: Buffer.from(content.signature) },
    };
  }
  const { payload, payloadType, signatures } = content.envelope;
  const signed = signatures.map(({ signature, keyId }) => ({ sig: Buffer.from(signature), keyid: keyId }));
  return { $case: 'dsseEnvelope', dsseEnvelope: { payload: Buffer.from(payload), payloadType, signatures: signed } };
}
