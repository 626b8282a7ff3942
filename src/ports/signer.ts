import type { Bundle } from '../attest/bundle.ts';
import type { ByteSource } from '../bytes/source.ts';
import type { Digest } from '../digest/digest-name.ts';
import type { OperationOptions } from './operation.ts';

/** What makes signatures: a key of WebCrypto, a KMS, an HSM. The private part never leaves it. */
export interface SigningKey {
  /** What its signatures are by, as `PublicKeyDetails` of protobuf-specs names it: `PKIX_ECDSA_P256_SHA_256`. */
  readonly details: string;
  /** Whether it takes messages, or digests by its hash, as many services do. One that takes both is asked with less. */
  readonly takes: 'message' | 'digest' | 'both';
  /** SubjectPublicKeyInfo in DER. */
  publicKey(options?: OperationOptions): Promise<Uint8Array<ArrayBuffer>>;
  /** A signature: in DER for ECDSA, as it is for the others. */
  sign(content: KeyContent, options?: OperationOptions): Promise<Uint8Array<ArrayBuffer>>;
}

/** What a key is asked to sign. */
export type KeyContent = { readonly message: Uint8Array } | { readonly digest: Digest };

/** Signs, and gives everything that somebody needs to verify it. */
export interface Signer {
  /**
   * The key that everything is signed with, where it is always the same. Bundles name it by a hint alone: only this
   * tells who attaches them that they are by it.
   */
  readonly key?: Pick<SigningKey, 'details' | 'publicKey'> | undefined;
  /**
   * A bundle of version 0.3 over an envelope or a message. It was verified before it is given: what cannot be verified
   * is an error.
   */
  sign(content: SignerContent, options?: OperationOptions): Promise<Bundle>;
}

/** What is signed: the payload of a DSSE envelope, or a message by itself. */
export type SignerContent =
  | { readonly kind: 'dsse'; readonly payloadType: string; readonly payload: Uint8Array }
  | { readonly kind: 'message'; readonly message: ByteSource | Uint8Array };
