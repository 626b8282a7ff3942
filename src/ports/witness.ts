import type { Bundle, LogEntry } from '../attest/bundle.ts';
import type { OperationOptions } from './operation.ts';

/**
 * Has others vouch for a signature that was made: that it was there at a time, and that a log holds it. What it gives
 * was verified, and is put into the bundle as it is.
 *
 * The bundle is whole but for that: key material, signature, and content with the digest of a message. A bundle names a
 * key by a hint alone, so the key is given along.
 */
export type Witness = (bundle: Bundle, signed: WitnessedKey, options?: OperationOptions) => Promise<Testimony>;

/** What a signature that is to be witnessed was made with. */
export interface WitnessedKey {
  /** SubjectPublicKeyInfo in DER. */
  readonly publicKey: Uint8Array<ArrayBuffer>;
  /** What the signature is by, as `PublicKeyDetails` of protobuf-specs names it: `PKIX_ECDSA_P256_SHA_256`. */
  readonly details: string;
}

/** What witnesses give, in the order in which a bundle holds it. */
export interface Testimony {
  /** RFC 3161 responses in DER. */
  readonly timestamps: readonly Uint8Array<ArrayBuffer>[];
  readonly logEntries: readonly LogEntry[];
}
