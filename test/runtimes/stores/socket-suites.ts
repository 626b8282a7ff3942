import postgres from 'postgres';
import { outcomesOfAll, type Outcomes, type Suites } from './contract-outcomes.ts';
import { postgresSuites } from './postgres-suites.ts';
import type { StoreWorld } from './store-world.ts';

/** The contracts over Postgres by the sockets of workerd, and how to close them. */
export function socketSuites({ postgres: url }: StoreWorld): {
  readonly suites: Suites;
  readonly close: () => Promise<void>;
} {
  const sql = postgres(url, { max: 4, onnotice: () => undefined });
  const client = {
    query: async (text: string, values: unknown[]) => ({ rows: await sql.unsafe(text, values as never[]) }),
  };
  return {
    suites: postgresSuites('postgres.js', () => Promise.resolve({ client })),
    close: () => sql.end({ timeout: 1 }),
  };
}

/** What became of the cases of the suites that are named. */
export async function socketOutcomes(world: StoreWorld, names: readonly string[]): Promise<Record<string, Outcomes>> {
  const { suites, close } = socketSuites(world);
  const outcomes = await outcomesOfAll(suites, names);
  await close();
  return outcomes;
}
