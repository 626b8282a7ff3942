import { createHash } from 'node:crypto';
import { publicGoodTrustRoot } from '../../src/adapters/trust/public-good.ts';
import type { Bundle } from '../../src/attest/bundle.ts';
import { parseBundle } from '../../src/attest/parse-bundle.ts';
import { parseTrustRoot } from '../../src/attest/parse-trust-root.ts';
import type { TrustRoot } from '../../src/attest/trust-root.ts';
import { parsePem } from '../../src/bytes/pem.ts';
import type { DigestAlgorithm } from '../../src/digest/index.ts';
import type { SignedContent } from '../../src/verify/signed-content.ts';
import { bundleCases } from '../conformance/bundle-cases.ts';

export { skipped } from '../conformance/bundle-cases.ts';

/** The names of all cases. */
export const caseNames: readonly string[] = bundleCases.map(({ name }) => name);

/** One case of the Sigstore conformance suite, as the parts of the verifier take it. */
export interface ConformanceCase {
  readonly bundle: Bundle;
  readonly trust: TrustRoot;
  readonly signed: SignedContent;
}

/** Reads a case whose key is on P-256, which all of them are. */
export function readCase(name: string): ConformanceCase {
  const found = bundleCases.find((one) => one.name === name);
  if (found === undefined) throw new Error(`${name} is no case`);
  const bundle = parseBundle(found.bundle);
  const trust = found.trustedRoot === undefined ? publicGoodTrustRoot() : parseTrustRoot(found.trustedRoot);
  const digest = async (algorithm: DigestAlgorithm): Promise<Uint8Array> =>
    createHash(algorithm).update(found.artifact).digest();
  return { bundle, trust, signed: signedContent(bundle, digest, found.keyPem ?? '') };
}

type DigestOf = (algorithm: DigestAlgorithm) => Promise<Uint8Array>;

function signedContent({ material, content }: Bundle, digest: DigestOf, keyPem: string): SignedContent {
  const key =
    material.kind === 'certificate'
      ? ({ kind: 'certificate', der: material.certificates[0] ?? new Uint8Array() } as const)
      : ({ kind: 'key', spki: parsePem(keyPem, 'PUBLIC KEY') } as const);
  if (content.kind === 'message') {
    return { signature: content.signature, key, hash: 'sha256', content: { kind: 'message', digest } };
  }
  const signature = content.envelope.signatures[0]?.signature ?? new Uint8Array();
  return { signature, key, hash: 'sha256', content };
}
