import type { Envelope } from '../attest/envelope.ts';
import type { DigestAlgorithm } from '../digest/digest-name.ts';

/** What a signature was made over, by what, and how: all that a log entry or a timestamp has to be bound to. */
export interface SignedContent {
  /** As it stands in the bundle. */
  readonly signature: Uint8Array<ArrayBuffer>;
  readonly key: SigningMaterial;
  /** What the signature's algorithm hashes with, by the key and never by the document; `sha512` for Ed25519. */
  readonly hash: DigestAlgorithm;
  readonly content: ContentToBind;
}

/** The certificate or the bare key that the signature is checked with, in DER. */
export type SigningMaterial =
  | { readonly kind: 'certificate'; readonly der: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'key'; readonly spki: Uint8Array<ArrayBuffer> };

/** The artifact itself, by a digest that was computed and not read; or an envelope that holds a statement about it. */
export type ContentToBind =
  | { readonly kind: 'message'; readonly digest: (algorithm: DigestAlgorithm) => Promise<Uint8Array> }
  | { readonly kind: 'dsse'; readonly envelope: Envelope };
