/**
 * Signs without a key of one's own: an identity token gets a certificate for a key that lives for one signature, and
 * logs and timestamp authorities witness it (Sigstore). Runs wherever there are `fetch` and WebCrypto.
 *
 * @module
 */
export { chooseServices, type ChosenServices } from './keyless/choose-services.ts';
export type { ExpectedIdentity } from './keyless/expected-identity.ts';
export type { IdentitySigningOptions } from './keyless/identity-signing.ts';
export { keylessSigner, type KeylessSignerOptions } from './keyless/keyless-signer.ts';
export type { ServiceOptions } from './keyless/service.ts';
export {
  ambientToken,
  githubActionsToken,
  type Environment,
  type IdentityTokenProvider,
  type IdentityTokenRequest,
} from './keyless/token-provider.ts';
export { sigstoreWitness, type SigstoreWitnessOptions } from './keyless/witness.ts';
export type { Witness, WitnessedSignature, WitnessRequest, WitnessVerifier } from './shared/witness.ts';
