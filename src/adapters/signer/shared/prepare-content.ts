import type { BundleContent } from '../../../attest/bundle.ts';
import { encodePae } from '../../../attest/pae.ts';
import { parseStatement } from '../../../attest/statement.ts';
import { checkObject } from '../../../bytes/check-options.ts';
import { toHex } from '../../../bytes/encoding.ts';
import type { ByteSource } from '../../../bytes/source.ts';
import type { Digest, DigestAlgorithm } from '../../../digest/digest-name.ts';
import { UsageError } from '../../../errors.ts';
import type { SignerContent } from '../../../ports/signer.ts';
import { maxBufferedBytes, readArtifact, type ArtifactInput } from '../../../verify/artifact.ts';
import { hashBytes } from '../../../verify/crypto/hash-bytes.ts';

/** What is to be signed, read once. */
export interface PreparedContent {
  /** What the signature is over, a message or the DSSE encoding; undefined where its bytes were not asked for. */
  readonly bytes: Uint8Array<ArrayBuffer> | undefined;
  /** The digest of that by the hash that was asked for. */
  readonly digest: Digest;
  /** What a verifier would be given: the message, or a subject of the statement. */
  readonly artifact: ArtifactInput;
  /** What a bundle holds when it is signed. */
  bundleContent(signature: Uint8Array<ArrayBuffer>): BundleContent;
}

/** What a key has to be given. */
export interface ContentDemand {
  readonly hash: DigestAlgorithm;
  /** Whether the key signs bytes, and no digest will do. */
  readonly bytes: boolean;
}

/**
 * Reads what is to be signed, and refuses what nobody could verify afterwards. A message that is a source is hashed as it
 * flows; where its bytes are needed they are kept, 16 MiB at most.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for what is no content, a payload that is no in-toto statement, a statement
 * without a subject by a strong digest, or too many bytes; FormatError `ERR_STATEMENT_INVALID`.
 */
export async function prepareContent(
  content: SignerContent,
  demand: ContentDemand,
  signal: AbortSignal | undefined,
): Promise<PreparedContent> {
  signal?.throwIfAborted();
  checkObject('content', content);
  if (content.kind === 'dsse') return prepareEnvelope(content, demand.hash);
  // Whatever the types say.
  if ((content.kind as string) === 'message') return prepareMessage(content.message, demand, signal);
  throw wrong('content is neither an envelope nor a message');
}

const inTotoTypes = /^application\/vnd\.in-toto(\.[a-z0-9._-]{1,80})?\+json$/;

async function prepareEnvelope(
  { payloadType, payload: given }: Extract<SignerContent, { readonly kind: 'dsse' }>,
  hash: DigestAlgorithm,
): Promise<PreparedContent> {
  if (!(given instanceof Uint8Array)) throw wrong('payload is not bytes');
  if (!inTotoTypes.test(payloadType)) {
    throw wrong(`payload is ${JSON.stringify(payloadType.slice(0, 80))}, expected an in-toto statement`);
  }
  // A copy: what is signed and what is in the bundle must be the same, whatever the caller does meanwhile.
  const payload = new Uint8Array(given);
  const subject = parseStatement(payload).subjects.find(({ digests }) => digests.length > 0);
  if (subject === undefined) throw wrong('statement has no subject with a digest by sha256, sha384 or sha512');
  const bytes = encodePae(payloadType, payload);
  return {
    bytes,
    digest: `${hash}:${toHex(await hashBytes(bytes, hash))}`,
    artifact: subject.digests,
    bundleContent: (signature) => ({
      kind: 'dsse',
      envelope: { payload, payloadType, signatures: [{ signature, keyId: '' }] },
    }),
  };
}

async function prepareMessage(
  message: ByteSource | Uint8Array,
  { hash, bytes: wantsBytes }: ContentDemand,
  signal: AbortSignal | undefined,
): Promise<PreparedContent> {
  const isSource = typeof (message as Partial<ByteSource> | null)?.open === 'function';
  if (!isSource && !(message instanceof Uint8Array)) throw wrong('message is not bytes or a source of bytes');
  const size = message instanceof Uint8Array ? 0 : (message.size ?? 0);
  if (wantsBytes && size > maxBufferedBytes) throw tooLarge();
  const { bytes, digests } = await readArtifact(message, { algorithms: new Set([hash]), bytes: wantsBytes }, signal);
  if (wantsBytes && bytes === undefined) throw tooLarge();
  const digest = digests.get(hash) as Digest;
  return {
    bytes,
    digest,
    artifact: bytes ?? digest,
    bundleContent: (signature) => ({ kind: 'message', signature, digest }),
  };
}

function tooLarge(): UsageError {
  return wrong(`message is larger than ${maxBufferedBytes} bytes, and this key signs no digests`, {
    hint: 'sign a statement about its digest, pass it as bytes, or use a key that takes digests',
  });
}

function wrong(message: string, options: { readonly hint?: string } = {}): UsageError {
  return new UsageError('ERR_INVALID_ARGUMENT', message, { argument: 'content', ...options });
}
