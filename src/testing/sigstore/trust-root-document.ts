import { toBase64 } from '../../bytes/encoding.ts';
import type { JsonObject } from './log-body.ts';
import type { TestKey } from './test-key.ts';

/** What a trust root says of a log. */
export interface TrustedLog {
  readonly baseUrl: string;
  readonly key: TestKey;
  readonly logId: Uint8Array;
  readonly operator: string;
}

/** What a trust root says of an authority. */
export interface TrustedAuthority {
  readonly uri: string;
  /** In DER, the root last. */
  readonly chain: readonly Uint8Array[];
  readonly operator: string;
}

/** What a trust root holds. */
export interface TrustRootParts {
  readonly logs: readonly TrustedLog[];
  readonly ctLogs: readonly TrustedLog[];
  readonly authorities: readonly TrustedAuthority[];
  readonly timestampAuthorities: readonly TrustedAuthority[];
  /** When all of it is good from, in milliseconds since 1970. */
  readonly since: number;
}

/** A TrustedRoot as protobuf-specs writes it, version 0.2: with the operators. */
export function trustRootDocument(parts: TrustRootParts): JsonObject {
  const validFor = { start: new Date(parts.since).toISOString() };
  const logOf = ({ baseUrl, key, logId, operator }: TrustedLog): JsonObject => ({
    baseUrl,
    hashAlgorithm: 'SHA2_256',
    publicKey: { rawBytes: toBase64(key.publicKey), keyDetails: key.algorithm, validFor },
    logId: { keyId: toBase64(logId) },
    operator,
  });
  const authorityOf = ({ uri, chain, operator }: TrustedAuthority): JsonObject => ({
    subject: { organization: operator, commonName: 'intermediate' },
    uri,
    certChain: { certificates: chain.map((der) => ({ rawBytes: toBase64(der) })) },
    validFor,
    operator,
  });
  return {
    mediaType: 'application/vnd.dev.sigstore.trustedroot.v0.2+json',
    tlogs: parts.logs.map(logOf),
    certificateAuthorities: parts.authorities.map(authorityOf),
    ctlogs: parts.ctLogs.map(logOf),
    timestampAuthorities: parts.timestampAuthorities.map(authorityOf),
  };
}
