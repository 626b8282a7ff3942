import type { Registry, Repository } from '../ports/registry.ts';
import type { TestRunner } from './assert.ts';
import { registryBlobCases } from './registry-blob-cases.ts';
import { registryManifestCases } from './registry-manifest-cases.ts';
import { registryReferrerCases } from './registry-referrer-cases.ts';
import { registryTagCases } from './registry-tag-cases.ts';

/** A registry to be tested, new and empty. */
export interface RegistryUnderTest {
  readonly registry: Registry;
  /** Another registry on the same content, as another process would open it. */
  readonly reopen?: (() => Promise<Registry>) | undefined;
  /** Is called when the case is over, also when it failed. */
  readonly dispose?: (() => Promise<void>) | undefined;
}

/** The adapter that a suite is run on. */
export interface RegistrySubject {
  /** The name of the suite. */
  readonly name: string;
  /** A new, empty one for each case. */
  readonly create: () => Promise<RegistryUnderTest>;
}

/** What a case is given: the registry, and an empty repository of it. */
export interface RegistryCaseSubject extends RegistryUnderTest {
  readonly repository: Repository;
}

/** One case: a registry comes in, and is disposed of when the case is over. */
export type RegistryCase = (name: string, run: (subject: RegistryCaseSubject) => Promise<void>) => void;

/**
 * Tests that an adapter keeps the contract of `Registry` and `Repository`. What a repository says in `capabilities`
 * that it cannot do is not asked of it.
 *
 * @example
 * ```ts
 * registryContract({ describe, it }, { name: 'mine', create: async () => ({ registry: myRegistry() }) });
 * ```
 */
export function registryContract(runner: TestRunner, subject: RegistrySubject): void {
  const define: RegistryCase = (name, run) =>
    runner.it(name, async () => {
      const made = await subject.create();
      try {
        await run({ ...made, repository: made.registry.repository('team/app') });
      } finally {
        await made.dispose?.();
      }
    });
  runner.describe(`${subject.name} keeps the contract of a registry`, () => {
    registryManifestCases(define);
    registryBlobCases(define);
    registryTagCases(define);
    registryReferrerCases(define);
  });
}
