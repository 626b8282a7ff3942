import { checkOptions } from '../../bytes/check-options.ts';
import { UsageError } from '../../errors.ts';
import { combineEdits } from './combine-edits.ts';
import type { Edits } from './edits.ts';
import { faultOf } from './faults.ts';
import { signBundle } from './sign-bundle.ts';
import type { SignOptions } from './sign-options.ts';
import type { TestKeyAlgorithm } from './test-key.ts';
import { createTestKeys, type TestKeyName, type TestKeys } from './test-keys.ts';
import { createWorld, trustRootOf, type World } from './world.ts';

/** How a {@link TestSigstore} is made. */
export interface TestSigstoreOptions {
  /** The time in milliseconds since 1970; always the first of January 2025 by default. */
  readonly clock?: (() => number) | undefined;
  /** Keys to use again; the others are made. */
  readonly keys?: Partial<TestKeys> | undefined;
  /** Algorithms of the keys that are made: ECDSA P-256 by default, Ed25519 for logs of Rekor v2. */
  readonly algorithms?: Partial<Record<TestKeyName, TestKeyAlgorithm>> | undefined;
  /** Names of {@link everyFault}: what is done wrong. */
  readonly faults?: readonly string[] | undefined;
  /** Something else that is done wrong, after the faults. */
  readonly edits?: Edits | undefined;
}

/** A Sigstore in memory: certificate authority, logs of both versions of Rekor, CT logs, timestamp authorities. */
export interface TestSigstore {
  readonly keys: TestKeys;
  /** A TrustedRoot document, as JSON text. */
  readonly trustRoot: string;
  /** Signs and gives a bundle, as JSON text. */
  sign(options: SignOptions): Promise<string>;
  /**
   * A Sigstore with the same keys and at the same time that does something wrong. Its certificates are new, and so is
   * its trust root: what it signs is to be verified with that one.
   */
  withFaults(...names: readonly string[]): Promise<TestSigstore>;
}

/**
 * Makes a Sigstore in memory, to test what verifies bundles: real certificates, logs, timestamps and a trust root, which
 * other implementations accept. Nothing in it is secret, and nothing goes over a network. The bytes differ from run to
 * run, for keys are made and ECDSA is random; what is in them is the same at the same clock.
 *
 * A fault changes one thing of what a good Sigstore does, and a strong verifier refuses what comes of it: the name of
 * each says why. See {@link everyFault}.
 *
 * @example
 * ```ts
 * const sigstore = await createTestSigstore();
 * for (const [name, options] of Object.entries(goodBundles)) {
 *   await mustAccept(name, await sigstore.sign(options), sigstore.trustRoot, testArtifact);
 * }
 * for (const { name, says, on } of everyFault) {
 *   const bad = await sigstore.withFaults(name);
 *   for (const good of on) await mustRefuse(says, await bad.sign(goodBundles[good]), bad.trustRoot, testArtifact);
 * }
 * ```
 */
export async function createTestSigstore(options: TestSigstoreOptions = {}): Promise<TestSigstore> {
  checkOptions('createTestSigstore', options, ['clock', 'keys', 'algorithms', 'faults', 'edits']);
  const { clock = () => Date.UTC(2025, 0, 1), faults = [] } = options;
  const edits = combineEdits([...faults.map((name) => faultOf(name).edits), options.edits ?? {}]);
  const keys = await createTestKeys(options.keys, options.algorithms);
  const founded = clock();
  const world = await createWorld(keys, edits, founded);
  const sigstore: TestSigstore = {
    keys,
    trustRoot: JSON.stringify(await trustRootOf(world, founded)),
    sign: (signOptions) => signBundle(world, signOptions, clock()),
    withFaults: (...names) => createTestSigstore({ ...options, keys, clock, faults: [...faults, ...names] }),
  };
  worlds.set(sigstore, { world, clock });
  return sigstore;
}

/** What a Sigstore in memory is made of, for what else speaks for it. */
export interface Inside {
  readonly world: World;
  readonly clock: () => number;
}

const worlds = /* @__PURE__ */ new WeakMap<TestSigstore, Inside>();

/** The inside of a Sigstore that {@link createTestSigstore} made. */
export function insideOf(sigstore: TestSigstore): Inside {
  const inside = worlds.get(sigstore);
  if (inside !== undefined) return inside;
  throw new UsageError('ERR_INVALID_ARGUMENT', 'sigstore is not what createTestSigstore gives', {
    argument: 'sigstore',
  });
}
