/**
 * Signs without a key of one's own by the clients of sigstore-js, which are to be installed: for those who have to use
 * these, on Node. `packwright/signer/keyless` needs nothing else, and can more.
 *
 * @module
 */
export type { ExpectedIdentity } from './keyless/expected-identity.ts';
export type { IdentitySigningOptions } from './keyless/identity-signing.ts';
export type { IdentityTokenProvider, IdentityTokenRequest } from './keyless/token-provider.ts';
export { sigstoreSigner, type SigstoreSignerOptions } from './sigstore/sigstore-signer.ts';
