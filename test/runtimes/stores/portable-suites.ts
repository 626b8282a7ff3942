import { outcomesOfAll, type Outcomes, type Suites } from './contract-outcomes.ts';
import { memorySuites } from './memory-suites.ts';
import { s3Suites } from './s3-suites.ts';
import type { StoreWorld } from './store-world.ts';

/** The contracts over stores that need nothing but what the web has. */
export function portableSuites({ bucket }: StoreWorld): Suites {
  return { ...memorySuites, ...s3Suites(bucket) };
}

/** What became of the cases of the suites that are named. */
export function portableOutcomes(world: StoreWorld, names: readonly string[]): Promise<Record<string, Outcomes>> {
  return outcomesOfAll(portableSuites(world), names);
}
