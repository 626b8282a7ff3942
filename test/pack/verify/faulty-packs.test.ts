import { describe, expect, it } from 'vitest';
import { memoryRegistry } from '../../../src/adapters/registry/memory.ts';
import { parseTrustRoot } from '../../../src/attest/parse-trust-root.ts';
import { utf8 } from '../../../src/bytes/encoding.ts';
import { digestOf, hexOf } from '../../../src/digest/index.ts';
import { VerificationError } from '../../../src/errors.ts';
import { createPackService } from '../../../src/index.ts';
import type { StoredManifest } from '../../../src/ports/registry.ts';
import { everyFault } from '../../../src/testing/sigstore/faults.ts';
import { goodBundles, type GoodBundleName } from '../../../src/testing/sigstore/good-bundles.ts';
import type { SignOptions } from '../../../src/testing/sigstore/sign-options.ts';
import type { TestSigstore } from '../../../src/testing/sigstore/test-sigstore.ts';
import { policyFor } from '../../verify/must-refuse/judge.ts';
import { attachBundle, putImage } from './packs.ts';
import { sigstore } from './signed-packs.ts';

const service = createPackService();

/** The same bundle, about a manifest. */
function about(name: GoodBundleName, { bytes }: StoredManifest): SignOptions {
  const { statement, ...options } = goodBundles[name];
  if (statement === undefined) return { ...options, artifact: bytes };
  const subject = [{ name: 'manifest', digest: { sha256: hexOf(digestOf(bytes)) } }];
  return { ...options, statement: { ...statement, subject } };
}

/** What comes of a pack with a bundle that a Sigstore made, where that Sigstore is trusted. */
async function outcome(name: GoodBundleName, by: TestSigstore): Promise<string> {
  const repository = memoryRegistry().repository('team/app');
  const image = await putImage(repository);
  const manifest = (await repository.manifest.get(image.digest)) as StoredManifest;
  await attachBundle(repository, image, utf8(await by.sign(about(name, manifest))));
  const demand = { policy: policyFor(name, by), trust: parseTrustRoot(by.trustRoot) };
  try {
    await service.verify({ repository, reference: 'v1' }, demand);
    return 'passed';
  } catch (error) {
    if (!(error instanceof VerificationError)) throw error;
    return (error.report as { verdict: string }).verdict;
  }
}

describe('a pack with a good bundle is verified:', () => {
  it.each(Object.keys(goodBundles) as GoodBundleName[])('%s', async (name) => {
    expect(await outcome(name, sigstore)).toBe('passed');
  });
});

describe('a pack with a bundle in which something is wrong is refused:', () => {
  const trusted = everyFault.map((fault) => ({ ...fault, first: fault.on[0] ?? 'message' }));

  it.each(trusted)('$name', async ({ name, first }) => {
    const bad = await sigstore.withFaults(name);
    expect(await outcome(first, bad)).toBe('failed');
  });
});
