/**
 * Signs with keys that are at hand: those of WebCrypto, from files of cosign and others, and those of a KMS or HSM
 * behind {@link SigningKey}.
 *
 * @module
 */
export type { Bundle } from '../../attest/bundle.ts';
export type { KeyContent, Signer, SignerContent, SigningKey } from '../../ports/signer.ts';
export type { SigningKeyAlgorithm } from './key/algorithm.ts';
export { encryptSigningKey, type EncryptSigningKeyOptions } from './key/encrypt-key.ts';
export { generateSigningKey, type GenerateSigningKeyOptions } from './key/generate.ts';
export {
  importSigningKey,
  type ImportSigningKeyOptions,
  type KeyPassword,
  type SigningKeyInput,
} from './key/import.ts';
export { keySigner, type KeySignerOptions } from './key/key-signer.ts';
export { exportPublicKeyPem } from './key/public-key-pem.ts';
export type { WebSigningKey } from './key/web-key.ts';
export type { Witness, WitnessedSignature, WitnessRequest, WitnessVerifier } from './shared/witness.ts';
