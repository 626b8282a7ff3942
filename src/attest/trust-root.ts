/**
 * Whom to believe: logs and authorities with their keys and when they were good. A value: what TUF delivers, what a
 * private instance publishes, or both in one. See `sigstore_trustroot.proto` of protobuf-specs.
 */
export interface TrustRoot {
  readonly logs: readonly TransparencyLog[];
  readonly ctLogs: readonly TransparencyLog[];
  readonly certificateAuthorities: readonly CertificateAuthority[];
  readonly timestampAuthorities: readonly CertificateAuthority[];
}

/** A transparency log and its key. The key is parsed when it is first needed, so that a strange one breaks nothing. */
export interface TransparencyLog {
  readonly baseUrl: string;
  /** The name in the enumeration `HashAlgorithm`, of the log's Merkle tree; `SHA2_256` where it is left out. */
  readonly hashAlgorithm?: string | undefined;
  readonly publicKey: TrustedKey;
  /** The whole key id that entries name the log by. */
  readonly logId: Uint8Array<ArrayBuffer>;
  /** The key id that checkpoints name the log by, where the root says one. */
  readonly checkpointKeyId: Uint8Array<ArrayBuffer> | undefined;
  /** Who runs it: proofs of one operator count once. */
  readonly operator: string;
}

/** A public key in DER. */
export interface TrustedKey {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The name in the enumeration `PublicKeyDetails`, `PKIX_ECDSA_P256_SHA_256` for example. */
  readonly details: string;
  readonly validFor: ValidityPeriod;
}

/** A closed interval of time, in milliseconds since 1970; fractions are kept. */
export interface ValidityPeriod {
  /** A log's or authority's key without a start is refused when it is used. */
  readonly start: number | undefined;
  readonly end: number | undefined;
}

/** A certificate authority, or a timestamp authority. */
export interface CertificateAuthority {
  readonly uri: string;
  /** In DER, leaf or intermediate first; the last one is the anchor, self-signed or not. */
  readonly certificates: readonly Uint8Array<ArrayBuffer>[];
  readonly validFor: ValidityPeriod;
  readonly operator: string;
}
