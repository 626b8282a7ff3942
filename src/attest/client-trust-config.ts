import { trustRoot } from './parse-trust-root.ts';
import { inside, invalid, message, readDocument, required, text, type DocumentKind } from './proto-json.ts';
import { signingConfig, type SigningConfig } from './signing-config.ts';
import type { TrustRoot } from './trust-root.ts';

/** All that a client of one instance of Sigstore needs: whom to believe, and where to sign. */
export interface ClientTrustConfig {
  readonly trustRoot: TrustRoot;
  readonly signingConfig: SigningConfig;
}

const clientTrustConfigDocument: DocumentKind = {
  name: 'client trust config',
  code: 'ERR_TRUST_ROOT_INVALID',
  maxBytes: 8 * 1024 * 1024,
};
const mediaType = 'application/vnd.dev.sigstore.clienttrustconfig.v0.1+json';

/**
 * Reads a ClientTrustConfig document of version 0.1, both of whose parts must be there; they are read as
 * {@link parseTrustRoot} and {@link parseSigningConfig} do.
 *
 * @throws FormatError `ERR_TRUST_ROOT_INVALID` with the path of what is wrong; `ERR_LIMIT_EXCEEDED`.
 * @see https://github.com/sigstore/protobuf-specs/blob/v0.5.0/protos/sigstore_trustroot.proto
 */
export function parseClientTrustConfig(input: Uint8Array | string): ClientTrustConfig {
  return readDocument(clientTrustConfigDocument, input, (value, place) => {
    const { trustedRoot, ...read } = clientTrustConfigMessage(value, place);
    if (read.mediaType !== mediaType) {
      throw invalid(inside(place, 'mediaType'), 'is no media type of a client trust config that is known');
    }
    return { trustRoot: trustedRoot, signingConfig: read.signingConfig };
  });
}

const clientTrustConfigMessage = required(
  message({ mediaType: required(text), trustedRoot: trustRoot, signingConfig }),
);
