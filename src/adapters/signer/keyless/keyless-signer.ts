import type { Bundle } from '../../../attest/bundle.ts';
import { checkOptions } from '../../../bytes/check-options.ts';
import { utf8 } from '../../../bytes/encoding.ts';
import type { HttpClient } from '../../../http/http-client.ts';
import type { Signer, SignerContent } from '../../../ports/signer.ts';
import { maxBufferedBytes } from '../../../verify/artifact.ts';
import { prepareContent, type PreparedContent } from '../shared/prepare-content.ts';
import { certifiedBundle, checkCertified, type CertifiedSigning } from './certified-bundle.ts';
import { requestCertificate, type IssuedCertificate } from './certificate-request.ts';
import { checkChosen } from './check-chosen.ts';
import { chooseServices, type ChosenServices } from './choose-services.ts';
import { createEphemeralKey, ephemeralDetails, type EphemeralKey } from './ephemeral-key.ts';
import { identitySigningNames, type IdentitySigningOptions } from './identity-signing.ts';
import type { IdentityToken } from './identity-token.ts';
import { serviceClient, type ServiceOptions } from './service.ts';
import { takeToken } from './take-token.ts';
import { checkTrust, enterLogs, serviceOptionNames, takeTimestamps } from './witness.ts';

/** What a {@link keylessSigner} signs with. */
export interface KeylessSignerOptions extends IdentitySigningOptions, ServiceOptions {}

/**
 * Signs for whoever an identity token is of. For each signature a key is made and forgotten; the certificate authority of
 * the signing config certifies it, timestamp authorities stamp the signature, logs take it in.
 *
 * Every answer is verified against the trust root before the next service is asked, and the whole bundle before a log is:
 * nothing is published that would be refused for another reason than the log's. The finished bundle was verified with
 * exactly the identity of the token. Nothing is sent but a token that is for this audience and has not expired.
 *
 * A message that is a source is read once; one larger than 16 MiB, or of unknown size, is signed by its digest and never
 * kept.
 *
 * @example
 * ```ts
 * const signer = keylessSigner({
 *   signingConfig: parseSigningConfig(configJson),
 *   trust: parseTrustRoot(rootJson),
 *   identityToken: ambientToken(process.env),
 * });
 * const bundle = await signer.sign({ kind: 'message', message: bytes });
 * ```
 * @throws UsageError `ERR_INVALID_ARGUMENT` for options that cannot be used. From the signer: SigningError with
 * `ERR_IDENTITY_TOKEN`, `ERR_CERTIFICATE_REQUEST`, `ERR_TIMESTAMP_REQUEST`, `ERR_LOG_ENTRY` or `ERR_SIGNATURE_REJECTED`,
 * and the service that failed; UsageError where a signing config has nobody who can be asked now.
 * @see https://github.com/sigstore/architecture-docs/blob/main/client-spec.md#3-signing
 */
export function keylessSigner(options: KeylessSignerOptions): Signer {
  checkOptions('keyless signer', options, [...identitySigningNames, ...serviceOptionNames]);
  checkTrust(options);
  const client = serviceClient(options);
  return {
    async sign(content, { signal } = {}) {
      const chosen = chooseServices(options.signingConfig, client.clock.now());
      const authority = checkChosen(chosen, options);
      const digestOnly = !isSmall(content);
      const prepared = await prepareContent(content, { hash: 'sha256', bytes: !digestOnly }, signal);
      const token = await takeToken(options, client.clock.now(), signal);
      const key = await createEphemeralKey(digestOnly);
      const issued = await certify(client, options, { authority, token, key, signal });
      const signing = { options, client, chosen, prepared, issued, signal };
      return finish(signing, await key.sign(toSign(prepared)));
    },
  };
}

/** Whether a content is kept in memory whole while it is signed. */
function isSmall(content: SignerContent): boolean {
  if (content.kind !== 'message' || content.message instanceof Uint8Array) return true;
  return (content.message.size ?? Infinity) <= maxBufferedBytes;
}

function toSign({ bytes, digest }: PreparedContent): Parameters<EphemeralKey['sign']>[0] {
  return bytes === undefined ? { digest } : { message: bytes };
}

interface Applicant {
  readonly authority: string;
  readonly token: IdentityToken;
  readonly key: EphemeralKey;
  readonly signal: AbortSignal | undefined;
}

async function certify(
  client: HttpClient,
  { trust, identity, unsafeNoSct }: KeylessSignerOptions,
  { authority, token, key, signal }: Applicant,
): Promise<IssuedCertificate> {
  const proof = await key.sign({ message: utf8(token.challenge) });
  const { publicKey } = key;
  return requestCertificate(client, {
    authority,
    token,
    publicKey,
    proof,
    trust,
    expected: identity,
    sct: unsafeNoSct !== true,
    signal,
  });
}

interface Signing extends CertifiedSigning {
  readonly options: KeylessSignerOptions;
  readonly client: HttpClient;
  readonly chosen: ChosenServices;
}

/** Stamps, verifies, publishes, and verifies again. */
async function finish(signing: Signing, signature: Uint8Array<ArrayBuffer>): Promise<Bundle> {
  const { options, client, chosen, prepared, issued, signal } = signing;
  const { trust } = options;
  const signed = certifiedBundle(signing, signature);
  await checkCertified(signed, signing, { unsafeNoTime: true, unsafeNoLog: true });
  const stamps = await takeTimestamps(client, chosen, trust, signature, signal);
  const stamped = { ...signed, timestamps: stamps.map(({ response }) => response) };
  if (stamps.length > 0) await checkCertified(stamped, signing, { unsafeNoLog: true });
  const verifier = { kind: 'certificate', certificate: issued.certificate, details: ephemeralDetails } as const;
  const request = { content: signed.content, signature, digest: prepared.digest, verifier };
  const logEntries = await enterLogs(client, chosen, trust, { signed: request, stamps, signal });
  return checkCertified({ ...stamped, logEntries }, signing, chosen.logs.length === 0 ? { unsafeNoLog: true } : {});
}
