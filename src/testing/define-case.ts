import type { TestRunner } from './assert.ts';

/** What a suite is run on: an adapter, by its name, and how to make one. */
export interface Subject<Made> {
  /** The name of the suite. */
  readonly name: string;
  /** A new, empty one for each case. */
  readonly create: () => Promise<Made>;
}

/** What can be cleared away. */
export interface Disposable {
  /** Is called when the case is over, also when it failed. */
  readonly dispose?: (() => Promise<void>) | undefined;
}

/** Defines one case: a subject comes in, and is disposed of when the case is over. */
export type DefineCase<Made> = (name: string, run: (made: Made) => Promise<void>) => void;

/** The {@link DefineCase} of a suite. */
export function defineCase<Made extends Disposable>(runner: TestRunner, { create }: Subject<Made>): DefineCase<Made> {
  return (name, run) =>
    runner.it(name, async () => {
      const made = await create();
      try {
        await run(made);
      } finally {
        await made.dispose?.();
      }
    });
}
