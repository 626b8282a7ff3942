import type { Digest } from '../digest/digest-name.ts';
import type { Envelope } from './envelope.ts';

/** A Sigstore bundle, read: nothing in it is believed yet. See `sigstore_bundle.proto` of protobuf-specs. */
export interface Bundle {
  /** As the document says it. */
  readonly mediaType: string;
  readonly version: BundleVersion;
  readonly material: KeyMaterial;
  /** Entries of transparency logs; 32 at most. */
  readonly logEntries: readonly LogEntry[];
  /** RFC 3161 responses in DER; 32 at most. */
  readonly timestamps: readonly Uint8Array<ArrayBuffer>[];
  readonly content: BundleContent;
}

/** Versions of the bundle format. */
export type BundleVersion = '0.1' | '0.2' | '0.3';

/** What the signature is to be checked with: certificates in DER, leaf first, or the name of a key. */
export type KeyMaterial =
  | { readonly kind: 'certificate'; readonly certificates: readonly Uint8Array<ArrayBuffer>[] }
  | { readonly kind: 'key'; readonly hint: string };

/** What was signed: a message of which the bundle holds the signature alone, or a DSSE envelope. */
export type BundleContent =
  | {
      readonly kind: 'message';
      readonly signature: Uint8Array<ArrayBuffer>;
      /** A hint that nobody vouches for: never verified from, only compared. */
      readonly digest: Digest | undefined;
    }
  | { readonly kind: 'dsse'; readonly envelope: Envelope };

/** An entry of a transparency log, with what shows that it is there. */
export interface LogEntry {
  /** The index that the promise covers. In a sharded log it differs from that of the proof. */
  readonly logIndex: bigint;
  /** SHA-256 of the log's public key, or what the log says it is. */
  readonly logId: Uint8Array<ArrayBuffer>;
  readonly kind: string;
  readonly version: string;
  /** Seconds since 1970; 0 where the log says none. Believed only with the promise. */
  readonly integratedTime: bigint;
  /** The signed entry timestamp. */
  readonly promise: Uint8Array<ArrayBuffer> | undefined;
  readonly proof: InclusionProof | undefined;
  /** The entry as the log stores it. */
  readonly body: Uint8Array<ArrayBuffer>;
}

/** A Merkle inclusion proof (RFC 6962 section 2.1.1). Size and root are believed from the checkpoint alone. */
export interface InclusionProof {
  readonly logIndex: bigint;
  readonly treeSize: bigint;
  readonly rootHash: Uint8Array<ArrayBuffer>;
  readonly hashes: readonly Uint8Array<ArrayBuffer>[];
  /** A signed note; empty or undefined where there is none. */
  readonly checkpoint: string | undefined;
}
