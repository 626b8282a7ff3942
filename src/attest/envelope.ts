/** A DSSE envelope (dsse v1.0.2), read: its payload is the bytes that were signed, still unproven. */
export interface Envelope {
  readonly payload: Uint8Array<ArrayBuffer>;
  readonly payloadType: string;
  readonly signatures: readonly EnvelopeSignature[];
}

/** One signature of an envelope. */
export interface EnvelopeSignature {
  readonly signature: Uint8Array<ArrayBuffer>;
  /** A hint that nobody vouches for; empty where there is none. */
  readonly keyId: string;
}
