import type { Registry, Repository } from '../ports/registry.ts';
import type { TestRunner } from './assert.ts';
import { registryBlobCases } from './registry-blob-cases.ts';
import { registryManifestCases } from './registry-manifest-cases.ts';
import { registryReferrerCases } from './registry-referrer-cases.ts';
import { registryTagCases } from './registry-tag-cases.ts';
import { defineCase, type DefineCase, type Disposable, type Subject } from './define-case.ts';

/** A registry to be tested, new and empty. */
export interface RegistryUnderTest extends Disposable {
  readonly registry: Registry;
  /** Another registry on the same content, as another process would open it. */
  readonly reopen?: (() => Promise<Registry>) | undefined;
}

/** The adapter that a suite is run on. */
export type RegistrySubject = Subject<RegistryUnderTest>;

/** What a case is given: the registry, and an empty repository of it. */
export interface RegistryCaseSubject extends RegistryUnderTest {
  readonly repository: Repository;
}

/** One case: a registry comes in, and is disposed of when the case is over. */
export type RegistryCase = DefineCase<RegistryCaseSubject>;

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
  const defineOne = defineCase(runner, subject);
  const define: RegistryCase = (name, run) =>
    defineOne(name, (made) => run({ ...made, repository: made.registry.repository('team/app') }));
  runner.describe(`${subject.name} keeps the contract of a registry`, () => {
    registryManifestCases(define);
    registryBlobCases(define);
    registryTagCases(define);
    registryReferrerCases(define);
  });
}
