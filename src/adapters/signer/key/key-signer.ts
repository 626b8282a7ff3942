import type { TrustRoot } from '../../../attest/trust-root.ts';
import { checkObject, checkOptions } from '../../../bytes/check-options.ts';
import { UsageError } from '../../../errors.ts';
import type { Signer, SigningKey } from '../../../ports/signer.ts';
import type { Witness } from '../shared/witness.ts';

/** What a {@link keySigner} signs with. */
export interface KeySignerOptions {
  readonly key: SigningKey;
  /** Puts each signature into a log, or has its time confirmed. Without it a bundle holds the signature alone. */
  readonly witness?: Witness | undefined;
  /** Whom to believe of those that the witness asked. Needed with a witness, and of no use without. */
  readonly trust?: TrustRoot | undefined;
}

/**
 * Signs with a key that is at hand: one of WebCrypto, or whatever implements {@link SigningKey}. Each bundle has version
 * 0.3, names the key by the SHA-256 of its SubjectPublicKeyInfo, and was verified with this key and no other.
 *
 * A message that is a source is read once. For a key that takes digests nothing of it is kept; for others at most 16 MiB.
 *
 * @example
 * ```ts
 * import { generateSigningKey, keySigner } from 'packwright/signer/key';
 *
 * const signer = keySigner({ key: await generateSigningKey() });
 * const bundle = await signer.sign({ kind: 'message', message: bytes });
 * ```
 * @throws UsageError `ERR_INVALID_ARGUMENT` for options that cannot be used. From the signer: SigningError `ERR_KEY` for a
 * key that cannot be had or does not sign, `ERR_SIGNATURE_REJECTED` for one whose signature does not hold, and what the
 * witness throws; UsageError `ERR_INVALID_ARGUMENT` and FormatError `ERR_STATEMENT_INVALID` for what is not signed.
 * @see https://github.com/sigstore/protobuf-specs/blob/v0.5.0/protos/sigstore_bundle.proto
 */
export function keySigner(options: KeySignerOptions): Signer {
  checkOptions('key signer', options, ['key', 'witness', 'trust']);
  const { key, witness, trust } = options;
  checkKey(key);
  if (witness !== undefined && trust === undefined) throw wrong('trust', 'witness was given, and nobody to believe');
  return {
    key,
    async sign(content, operation = {}) {
      operation.signal?.throwIfAborted();
      // What signs also verifies, and that is large: a page that makes a key, or shows one, does not wait for it.
      const { signByKey } = await import('./sign-by-key.ts');
      return signByKey({ key, witness, trust }, content, operation);
    },
  };
}

function checkKey(key: SigningKey): void {
  checkObject('key', key);
  if (typeof key.sign !== 'function' || typeof key.publicKey !== 'function')
    throw wrong('key', 'key is no signing key');
  if (!['message', 'digest', 'both'].includes(key.takes)) {
    throw wrong('key', `key takes ${JSON.stringify(key.takes)}, expected "message", "digest" or "both"`);
  }
  if (key.takes === 'digest' && key.details === 'PKIX_ED25519') {
    throw wrong('key', 'key of Ed25519 takes digests, and Ed25519 signs messages only');
  }
}

function wrong(argument: string, message: string): UsageError {
  return new UsageError('ERR_INVALID_ARGUMENT', message, { argument });
}
