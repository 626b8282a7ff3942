import type { Bundle, BundleContent } from '../../../attest/bundle.ts';
import { bundleMediaType } from '../../../attest/format-bundle.ts';
import type { TrustRoot } from '../../../attest/trust-root.ts';
import { toBase64 } from '../../../bytes/encoding.ts';
import { isPackError } from '../../../errors.ts';
import type { OperationOptions } from '../../../ports/operation.ts';
import type { KeyContent, SignerContent, SigningKey } from '../../../ports/signer.ts';
import { hashBytes } from '../../../verify/crypto/hash-bytes.ts';
import { parsePublicKey, type PublicKey } from '../../../verify/crypto/public-key.ts';
import { checkBundle } from '../shared/check-bundle.ts';
import { prepareContent, type ContentDemand, type PreparedContent } from '../shared/prepare-content.ts';
import type { Witness, WitnessedSignature } from '../shared/witness.ts';
import { keyError } from './key-error.ts';
import type { KeySignerOptions } from './key-signer.ts';
import { formatPem } from '../../../bytes/pem.ts';

/** The key, as bundles and verifiers know it. */
interface KnownKey {
  readonly key: SigningKey;
  readonly publicKey: PublicKey;
  /** SHA-256 of the SubjectPublicKeyInfo in base64, which is how cosign names keys. */
  readonly hint: string;
  readonly pem: string;
}

/** One signature in the making. */
interface Request {
  readonly known: KnownKey;
  readonly prepared: PreparedContent;
  readonly operation: OperationOptions;
  readonly trust?: TrustRoot | undefined;
}

/** Signs, verifies, has it witnessed, and verifies again. Throws as the signer of `keySigner` does. */
export async function signByKey(
  { key, witness, trust }: KeySignerOptions,
  content: SignerContent,
  operation: OperationOptions,
): Promise<Bundle> {
  const known = await knownKey(key, operation);
  const prepared = await prepareContent(content, demandOf(known), operation.signal);
  const signature = await askKey(key, keyContentOf(known, prepared), operation);
  const request = { known, prepared, operation };
  // Nothing is published before what can fail here was tried.
  const bundle = await verified(bundleOf(known, prepared, signature), request);
  if (witness === undefined) return bundle;
  const evidence = await witnessed(witness, bundle.content, signature, request);
  return verified({ ...bundle, ...evidence }, { ...request, trust });
}

/** The public part is asked for each time: a service may have put another version in its place. */
async function knownKey(key: SigningKey, operation: OperationOptions): Promise<KnownKey> {
  const spki = await asked('public part could not be had', operation, () => key.publicKey(operation));
  const publicKey = readPublicKey(spki, key.details);
  return {
    key,
    publicKey,
    hint: toBase64(await hashBytes(publicKey.spki, 'sha256')),
    pem: formatPem('PUBLIC KEY', spki),
  };
}

function readPublicKey(spki: Uint8Array, details: string): PublicKey {
  try {
    return parsePublicKey(spki, details);
  } catch (cause) {
    if (!isPackError(cause)) throw cause;
    throw keyError(`of ${JSON.stringify(details)} cannot be used: ${cause.message}`, { cause });
  }
}

/** A digest is less to send, but Ed25519 alone signs the message itself. */
function demandOf({ key, publicKey }: KnownKey): ContentDemand {
  return { hash: publicKey.hash, bytes: key.takes === 'message' || publicKey.scheme === 'Ed25519' };
}

function keyContentOf(known: KnownKey, { bytes, digest }: PreparedContent): KeyContent {
  return demandOf(known).bytes && bytes !== undefined ? { message: bytes } : { digest };
}

async function askKey(
  key: SigningKey,
  content: KeyContent,
  operation: OperationOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  // A copy: a service's client may hand out a part of a buffer that it uses again.
  return new Uint8Array(await asked('did not sign', operation, () => key.sign(content, operation)));
}

/** Asks somebody else's key. What it says goes no further than the cause: it may hold what is secret. */
async function asked(
  failure: string,
  { signal }: OperationOptions,
  ask: () => Promise<Uint8Array>,
): Promise<Uint8Array> {
  try {
    const bytes: unknown = await ask();
    signal?.throwIfAborted();
    if (bytes instanceof Uint8Array) return bytes;
  } catch (cause) {
    signal?.throwIfAborted();
    if (isPackError(cause)) throw cause;
    throw keyError(failure, { cause });
  }
  throw keyError(`${failure}: it gave no bytes`);
}

function bundleOf({ hint }: KnownKey, prepared: PreparedContent, signature: Uint8Array<ArrayBuffer>): Bundle {
  return {
    mediaType: bundleMediaType,
    version: '0.3',
    material: { kind: 'key', hint },
    logEntries: [],
    timestamps: [],
    content: prepared.bundleContent(signature),
  };
}

async function witnessed(
  witness: Witness,
  content: BundleContent,
  signature: Uint8Array<ArrayBuffer>,
  { known: { key, publicKey }, prepared, operation }: Request,
): Promise<WitnessedSignature> {
  const verifier = { kind: 'key', publicKey: publicKey.spki, details: key.details } as const;
  const { logEntries, timestamps } = await witness(
    { content, signature, digest: prepared.digest, verifier },
    operation,
  );
  operation.signal?.throwIfAborted();
  return { logEntries, timestamps };
}

/** Every kind of evidence that the witness gave has to hold. */
function verified(bundle: Bundle, { known, prepared, operation, trust }: Request): Promise<Bundle> {
  const { logEntries, timestamps } = bundle;
  return checkBundle(bundle, {
    artifact: prepared.artifact,
    signer: { key: known.pem, hint: known.hint, details: known.key.details },
    trust,
    demand: {
      ...(logEntries.length > 0 ? { log: 1 } : {}),
      ...(timestamps.length > 0 ? { timestamp: 1 } : {}),
    },
    signal: operation.signal,
  });
}
