import { parseBundle } from '../../../src/attest/parse-bundle.ts';
import type { Bundle } from '../../../src/attest/bundle.ts';
import { fromUtf8 } from '../../../src/bytes/encoding.ts';
import type { Descriptor } from '../../../src/oci/index.ts';
import type { Registry, Repository } from '../../../src/ports/registry.ts';
import type { Signer, SignerContent } from '../../../src/ports/signer.ts';
import { pemOf } from '../../../src/testing/sigstore/pem-of.ts';
import type { SignOptions } from '../../../src/testing/sigstore/sign-options.ts';
import { createTestKey, type TestKey } from '../../../src/testing/sigstore/test-key.ts';
import { createTestSigstore, type TestSigstore } from '../../../src/testing/sigstore/test-sigstore.ts';
import type { Policy } from '../../../src/verify/policy.ts';
import { putImage } from '../verify/packs.ts';

export const sigstore: TestSigstore = await createTestSigstore();

/** A signer whose certificates are of an authority in memory. */
export function certified(options: SignOptions = {}, by: TestSigstore = sigstore): Signer {
  return { sign: async (content) => bundleOf(content, options, by) };
}

/** A signer with the key of a Sigstore in memory, and no log. */
export function keyed(by: TestSigstore = sigstore, options: SignOptions = {}): Signer & { readonly pem: string } {
  const { algorithm: details, publicKey } = by.keys.signer;
  return {
    ...certified({ signer: 'key', logs: [], timestamps: 0, ...options }, by),
    key: { details, publicKey: () => Promise.resolve(publicKey) },
    pem: pemOf('PUBLIC KEY', publicKey),
  };
}

/** Another key of its own each time. */
export async function anotherKey(): Promise<Signer & { readonly pem: string }> {
  const signer: TestKey = await createTestKey();
  return keyed(await createTestSigstore({ keys: { ...sigstore.keys, signer } }));
}

export function policyFor(...pems: readonly string[]): Policy {
  return { version: 1, signers: { anyOf: pems.map((key) => ({ key })) } };
}

/** An image to be signed. */
export interface SomeImage {
  readonly repository: Repository;
  /** Its reference. */
  readonly text: string;
  readonly image: Descriptor;
}

/** Another image each time, in a repository of its own whose name begins as said. */
export function imagesIn(registry: Registry, prefix: string): () => Promise<SomeImage> {
  let count = 0;
  return async () => {
    const name = `${prefix}${count++}`;
    const repository = registry.repository(name);
    return { repository, text: `registry.example/${name}:v1`, image: await putImage(repository, name) };
  };
}

async function bundleOf(content: SignerContent, options: SignOptions, by: TestSigstore): Promise<Bundle> {
  const what =
    content.kind === 'dsse'
      ? { statement: JSON.parse(fromUtf8(content.payload)) as NonNullable<SignOptions['statement']> }
      : { artifact: content.message as Uint8Array };
  return parseBundle(await by.sign({ ...what, ...options }));
}
