import type { BundleContent, LogEntry } from '../../../attest/bundle.ts';
import type { Digest } from '../../../digest/digest-name.ts';
import type { OperationOptions } from '../../../ports/operation.ts';

/**
 * Makes a signature known: puts it into transparency logs, has its time confirmed, or both. What it gives goes into the
 * bundle and is verified there, so that it need not be believed. It is asked only when the signature itself was found
 * good. What it throws ends the signing.
 */
export type Witness = (request: WitnessRequest, options?: OperationOptions) => Promise<WitnessedSignature>;

/** A signature that is to be made known. */
export interface WitnessRequest {
  /** What the bundle will hold: the envelope, or the signature of a message with its digest. */
  readonly content: BundleContent;
  /** The signature, in the form that bundles have. A timestamp is over these bytes. */
  readonly signature: Uint8Array<ArrayBuffer>;
  /** The digest of what the signature is over, a message or the DSSE encoding, by the hash of the key's algorithm. */
  readonly digest: Digest;
  /** What the signature is checked with. */
  readonly verifier: WitnessVerifier;
}

/** A public key, or a certificate, in DER. */
export type WitnessVerifier =
  | { readonly kind: 'key'; readonly publicKey: Uint8Array<ArrayBuffer>; readonly details: string }
  | { readonly kind: 'certificate'; readonly certificate: Uint8Array<ArrayBuffer>; readonly details: string };

/** What shows that a signature was made known, and when. */
export interface WitnessedSignature {
  readonly logEntries: readonly LogEntry[];
  /** RFC 3161 responses in DER. */
  readonly timestamps: readonly Uint8Array<ArrayBuffer>[];
}
