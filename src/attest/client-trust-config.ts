import { trustRoot } from './parse-trust-root.ts';
import { message, oneOf, readDocument, required, type DocumentKind } from './proto-json.ts';
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
const mediaType = oneOf('application/vnd.dev.sigstore.clienttrustconfig.v0.1+json');

/**
 * Reads a ClientTrustConfig document of version 0.1, both of whose parts must be there; they are read as
 * {@link parseTrustRoot} and {@link parseSigningConfig} do.
 *
 * @throws FormatError `ERR_TRUST_ROOT_INVALID` with the path of what is wrong; `ERR_LIMIT_EXCEEDED`.
 * @see https://github.com/sigstore/protobuf-specs/blob/v0.5.0/protos/sigstore_trustroot.proto
 */
export function parseClientTrustConfig(input: Uint8Array | string): ClientTrustConfig {
  return readDocument(clientTrustConfigDocument, input, (value, place) => {
    const { trustedRoot, signingConfig: config } = clientTrustConfigMessage(value, place);
    return { trustRoot: trustedRoot, signingConfig: config };
  });
}

const clientTrustConfigMessage = required(message({ mediaType, trustedRoot: trustRoot, signingConfig }));
