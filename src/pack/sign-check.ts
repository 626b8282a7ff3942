import type { Bundle } from '../attest/bundle.ts';
import { bundleMediaType, formatBundle } from '../attest/format-bundle.ts';
import { canonicalJson } from '../bytes/canonical-json.ts';
import { equalBytes } from '../bytes/equal-bytes.ts';
import { parseJson } from '../bytes/json.ts';
import { formatPem } from '../bytes/pem.ts';
import { isPackError, SigningError, type PackError } from '../errors.ts';
import type { OperationOptions } from '../ports/operation.ts';
import type { Signer, SignerContent } from '../ports/signer.ts';
import { parseCertificate } from '../verify/certificate/certificate.ts';
import { evaluate } from '../verify/evaluate.ts';
import { certifiedKey, tryKeys } from '../verify/signing-key.ts';
import { refusalOf } from '../verify/verify.ts';
import type { AttestPackOptions } from './sign-options.ts';
import { policyAndTrust, type PolicyAndTrust } from './verification-input.ts';

/** What one signature is about: the bytes of the manifest, and what stands for them in the signature. */
export interface Signable {
  readonly manifest: Uint8Array;
  readonly payload: Uint8Array<ArrayBuffer>;
  readonly content: SignerContent;
  /** Undefined where a payload of cosign 2 is signed, which says nothing. */
  readonly predicateType: string | undefined;
}

/**
 * What the signer's bundles are verified by: what the caller says, else the key of the signer. Undefined where neither
 * is known.
 *
 * @throws UsageError for a policy that cannot be used; whatever the key throws.
 */
export async function demandOf(
  signer: Signer,
  { verification }: AttestPackOptions,
  options: OperationOptions,
): Promise<PolicyAndTrust | undefined> {
  if (verification !== undefined) return policyAndTrust(verification);
  if (signer.key === undefined) return undefined;
  const { details } = signer.key;
  const key = formatPem('PUBLIC KEY', await signer.key.publicKey(options));
  return policyAndTrust({ version: 1, signers: { anyOf: [{ key, details }] } });
}

/**
 * Verifies what a signer gave before anybody else sees it: that it is over these bytes and no others, and that it
 * verifies. Gives the bundle as it is stored.
 *
 * @throws SigningError `ERR_SIGNATURE_REJECTED`; `ERR_KEY` where nothing says which key signed.
 */
export async function checkSigned(
  bundle: Bundle,
  signable: Signable,
  demand: PolicyAndTrust | undefined,
  options: OperationOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = storedBytes(bundle);
  const other = differenceOf(bundle, signable);
  if (other !== undefined) throw rejected(other);
  const refusal = await refusalBy(bundle, signable, demand, options);
  if (refusal !== undefined) throw rejected(refusal.message, refusal);
  return bytes;
}

function storedBytes(bundle: Bundle): Uint8Array<ArrayBuffer> {
  try {
    return formatBundle(bundle);
  } catch (cause) {
    if (!isPackError(cause)) throw cause;
    throw rejected(cause.message, cause);
  }
}

/** What the bundle has that was not asked for. */
function differenceOf({ content, mediaType }: Bundle, { content: asked, payload }: Signable): string | undefined {
  if (mediaType !== bundleMediaType) return `bundle is ${mediaType}, expected ${bundleMediaType}`;
  if (content.kind !== asked.kind) return `bundle holds a ${content.kind}, expected a ${asked.kind}`;
  if (content.kind === 'message' || asked.kind === 'message') return undefined;
  const { envelope } = content;
  if (envelope.payloadType !== asked.payloadType) return 'envelope has another payload type than was signed';
  return equalBytes(envelope.payload, payload) ? undefined : 'envelope has another payload than was signed';
}

/** Why a bundle does not verify; undefined where it does. */
export async function refusalBy(
  bundle: Bundle,
  signable: Signable,
  demand: PolicyAndTrust | undefined,
  { signal }: OperationOptions,
): Promise<PackError | undefined> {
  if (demand === undefined) return refusalByCertificate(bundle, signable);
  const { policy, trust } = demand;
  // Each bundle by itself: how many signers somebody else demands is not for one of them to meet.
  const signers = { anyOf: policy.signers.anyOf };
  const { predicateType, content, manifest, payload } = signable;
  const [artifact, own] =
    content.kind === 'message'
      ? [payload, { ...policy, signers, digests: undefined, predicates: undefined }]
      : [manifest, { ...policy, signers, predicates: predicatesOf(predicateType) }];
  const report = await evaluate(artifact, bundle, { policy: own, trust, signal });
  return report.verdict === 'passed' ? undefined : refusalOf(report);
}

function predicatesOf(type: string | undefined): readonly { readonly type: string }[] | undefined {
  return type === undefined ? undefined : [{ type }];
}

/** A certificate says whose key it is: whether it is to be believed is for whoever verifies. */
async function refusalByCertificate(bundle: Bundle, { payload }: Signable): Promise<PackError | undefined> {
  const [leaf] = bundle.material.kind === 'certificate' ? bundle.material.certificates : [];
  if (leaf === undefined) {
    return new SigningError('ERR_KEY', 'bundle names a key by a hint alone, and the signer does not say which it is', {
      hint: 'give the signer its key, or give verification',
    });
  }
  try {
    const key = certifiedKey(parseCertificate(leaf));
    const tried = await tryKeys([key], bundle, { bytes: payload, digests: new Map() });
    if (tried?.form !== undefined) return undefined;
    return tried?.problem ?? new SigningError('ERR_SIGNATURE_REJECTED', 'signature is not by the certificate');
  } catch (error) {
    if (isPackError(error)) return error;
    throw error;
  }
}

/** True where two payloads say the same, whatever their spelling. What is no JSON says nothing. */
export function samePayload(found: Uint8Array, wanted: Uint8Array): boolean {
  try {
    return equalBytes(canonicalJson(parseJson(found)), canonicalJson(parseJson(wanted)));
  } catch {
    return false;
  }
}

function rejected(message: string, cause?: PackError): SigningError {
  if (cause instanceof SigningError) return cause;
  return new SigningError('ERR_SIGNATURE_REJECTED', `signature of the signer was refused: ${message}`, {
    ...(cause === undefined ? {} : { cause, hint: cause.hint }),
    details: { reason: cause?.code ?? 'content' },
  });
}
