import { clients, type OpenClient } from '../../stores/postgres/clients.ts';
import { outcomesOfAll, type Outcomes, type Suites } from './contract-outcomes.ts';
import { fsSuites } from './fs-suites.ts';
import { openPGlite } from './open-pglite.ts';
import { portableSuites } from './portable-suites.ts';
import { postgresSuites } from './postgres-suites.ts';
import type { StoreWorld } from './store-world.ts';

interface OpenStores {
  readonly suites: Suites;
  /** Lets go of what was opened. */
  readonly close: () => Promise<void>;
}

/** The contracts over every store that has no need of a browser. What they need is opened when a case asks for it. */
export function programSuites(world: StoreWorld): OpenStores {
  const opened: (() => Promise<unknown>)[] = [];
  const connection = (connect: (url: string) => OpenClient): (() => Promise<OpenClient>) =>
    onFirstUse(async () => {
      const open = connect(world.postgres);
      opened.push(() => open.close());
      return open;
    });
  const lite = onFirstUse(async () => {
    const client = await openPGlite();
    opened.push(() => client.close());
    return { client };
  });
  const overServer = ['pg', 'postgres.js'].map((name) => {
    const connect = clients[name];
    if (connect === undefined) throw new Error(`there is no client ${name}`);
    return postgresSuites(name, connection(connect));
  });
  const all = [portableSuites(world), fsSuites(world.folder), ...overServer, postgresSuites('PGlite', lite)];
  return {
    suites: Object.assign({}, ...all) as Suites,
    close: async () => {
      await Promise.all(opened.map((close) => close()));
    },
  };
}

function onFirstUse<T>(open: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= open());
}

/** What became of the cases of the suites that are named. */
export async function programOutcomes(world: StoreWorld, names: readonly string[]): Promise<Record<string, Outcomes>> {
  const { suites, close } = programSuites(world);
  const outcomes = await outcomesOfAll(suites, names);
  await close();
  return outcomes;
}
