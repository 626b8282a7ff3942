import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Bundle } from '../../src/attest/bundle.ts';
import { parseBundle } from '../../src/attest/parse-bundle.ts';
import { parseTrustRoot } from '../../src/attest/parse-trust-root.ts';
import type { TrustRoot } from '../../src/attest/trust-root.ts';
import { parsePem } from '../../src/bytes/pem.ts';
import type { DigestAlgorithm } from '../../src/digest/index.ts';
import type { SignedContent } from '../../src/verify/signed-content.ts';

const vectors = fileURLToPath(new URL('../../../shared/vectors', import.meta.url));
const folder = `${vectors}/sigstore-conformance/bundle-verify`;
const found = existsSync(folder);

/** True where the vectors are not beside the repository: a user's clone. CI must have them. */
export const skipped: boolean = !found && process.env['CI'] === undefined;
if (skipped)
  console.log('skipped: cases of the Sigstore conformance suite, for its folder is not beside the repository');

/** The names of all cases. */
export const caseNames: readonly string[] = found
  ? readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
  : [];

/** One case of the Sigstore conformance suite. */
export interface ConformanceCase {
  readonly bundle: Bundle;
  readonly trust: TrustRoot;
  readonly signed: SignedContent;
}

/** Reads a case whose key is on P-256, which all of them are. */
export function readCase(name: string): ConformanceCase {
  const file = (base: string): string => `${folder}/${name}/${base}`;
  const bundle = parseBundle(readFileSync(file('bundle.sigstore.json')));
  const own = existsSync(file('trusted_root.json'));
  const trust = parseTrustRoot(
    readFileSync(own ? file('trusted_root.json') : `${vectors}/trust/sigstore-public-good.json`),
  );
  const artifact = readFileSync(existsSync(file('artifact')) ? file('artifact') : `${folder}/a.txt`);
  const digest = async (algorithm: DigestAlgorithm): Promise<Uint8Array> =>
    createHash(algorithm).update(artifact).digest();
  return { bundle, trust, signed: signedContent(bundle, digest, file('key.pub')) };
}

type DigestOf = (algorithm: DigestAlgorithm) => Promise<Uint8Array>;

function signedContent({ material, content }: Bundle, digest: DigestOf, keyFile: string): SignedContent {
  const key =
    material.kind === 'certificate'
      ? ({ kind: 'certificate', der: material.certificates[0] ?? new Uint8Array() } as const)
      : ({ kind: 'key', spki: parsePem(readFileSync(keyFile, 'utf8'), 'PUBLIC KEY') } as const);
  if (content.kind === 'message') {
    return { signature: content.signature, key, hash: 'sha256', content: { kind: 'message', digest } };
  }
  const signature = content.envelope.signatures[0]?.signature ?? new Uint8Array();
  return { signature, key, hash: 'sha256', content };
}
