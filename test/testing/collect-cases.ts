import type { TestRunner } from '../../src/testing/index.ts';

type Suite = (runner: TestRunner) => void;

/** The names of the cases of a suite that fail. */
export async function failuresOf(suite: Suite): Promise<string[]> {
  const failed: string[] = [];
  for await (const name of failures(suite)) failed.push(name);
  return failed;
}

/** The name of the first case of a suite that fails; undefined when none does. */
export async function firstFailureOf(suite: Suite): Promise<string | undefined> {
  for await (const name of failures(suite)) return name;
  return undefined;
}

async function* failures(suite: Suite): AsyncGenerator<string> {
  const cases: [string, () => Promise<void>][] = [];
  suite({
    describe: (_name, define) => {
      define();
    },
    it: (name, run) => {
      cases.push([name, run]);
    },
  });
  for (const [name, run] of cases) {
    const failed = await run().then(
      () => false,
      () => true,
    );
    if (failed) yield name;
  }
}
