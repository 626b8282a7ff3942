import type { TestRunner } from 'packwright/testing';

/** Contracts over stores, by the name of the store. */
export type Suites = Readonly<Record<string, (runner: TestRunner) => void>>;

/** What became of each case of a suite: `works`, or why not. */
export type Outcomes = Readonly<Record<string, string>>;

/** What a case on a busy machine does not take: one that hangs must not keep the others from being told. */
const patience = 240_000;

/** The names of the cases of a suite. */
export function casesOf(suites: Suites, suite: string): string[] {
  return casesIn(suites, suite).map(([title]) => title);
}

/** Runs the cases of a suite, one after the other, wherever this runs. */
export async function outcomesIn(suites: Suites, suite: string): Promise<Outcomes> {
  const outcomes: Record<string, string> = {};
  for (const [title, run] of casesIn(suites, suite)) outcomes[title] = await outcomeOf(run);
  return outcomes;
}

/** The same for several suites. */
export async function outcomesOfAll(suites: Suites, names: readonly string[]): Promise<Record<string, Outcomes>> {
  const outcomes: Record<string, Outcomes> = {};
  for (const name of names) outcomes[name] = await outcomesIn(suites, name);
  return outcomes;
}

type Case = readonly [title: string, run: () => Promise<void>];

function casesIn(suites: Suites, suite: string): Case[] {
  const define = suites[suite];
  if (define === undefined) throw new Error(`there is no suite ${suite}`);
  const cases = new Map<string, () => Promise<void>>();
  // Two groups of a suite may have a case of the same name.
  const nameOf = (title: string): string => (cases.has(title) ? nameOf(`${title}, again`) : title);
  define({ describe: (_name, body) => body(), it: (title, run) => void cases.set(nameOf(title), run) });
  return [...cases];
}

async function outcomeOf(run: () => Promise<void>): Promise<string> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`has not ended in ${patience} ms`), patience);
  });
  const done = run().then(
    () => 'works',
    (error: unknown) => (error instanceof Error ? `${error.name}: ${error.message}` : String(error)),
  );
  return Promise.race([done, late]).finally(() => clearTimeout(timer));
}
