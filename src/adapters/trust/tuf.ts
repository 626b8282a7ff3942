/**
 * Trust that is kept up to date over networks and mirrors which need not be trusted: a client of The Update Framework,
 * version 1.0, and what Sigstore instances publish with it.
 *
 * It is a client of our own, because none runs everywhere and does all of it: `tuf-js` 6 needs Node 22 with its file
 * system, and `@freedomofpress/tuf-browser` 0.1 knows neither delegations nor RSA keys nor a mirror of the caller's, and
 * bounds nothing that it downloads.
 *
 * @module
 */
export {
  tufClient,
  type FetchedTarget,
  type TufClient,
  type TufClientOptions,
  type TufState,
  type TufVersion,
} from './tuf/client.ts';
export type { TufTarget } from './tuf/find-target.ts';
export { folderMirror } from './tuf/folder-mirror.ts';
export { httpMirror, type HttpMirrorOptions } from './tuf/http-mirror.ts';
export type { TufStore } from './tuf/kept-metadata.ts';
export type { TufLimits } from './tuf/limits.ts';
export type { MirrorOptions, TufMirror } from './tuf/mirror.ts';
export { sigstoreSigningConfig, sigstoreTrust, type SigstoreTrustOptions } from './tuf/sigstore.ts';
