/**
 * Digests, Subresource Integrity, running hashes, and the stream that checks bytes while they flow.
 *
 * @module
 */
export {
  algorithmOf,
  digestOf,
  digestSizes,
  hexOf,
  isDigest,
  isDigestAlgorithm,
  parseDigest,
  type Digest,
  type DigestAlgorithm,
} from './digest.ts';
export { createHash, type RunningHash } from './hash.ts';
export { integrityOf, parseIntegrity, strongestOf, type Integrity, type ParsedIntegrity } from './integrity.ts';
export { contentCheck, verifyBytes, verifyStream, type ContentCheck, type ExpectedContent } from './verify-stream.ts';
