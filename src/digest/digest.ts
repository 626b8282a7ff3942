// Who only reads and compares digests takes `digest-name.ts`: it loads no code that computes them.
export {
  algorithmOf,
  digestSizes,
  hexOf,
  isDigest,
  isDigestAlgorithm,
  parseDigest,
  type Digest,
  type DigestAlgorithm,
} from './digest-name.ts';
export { digestOf } from './digest-of.ts';
