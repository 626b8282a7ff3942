import { outcomesOfAll, type Outcomes, type Suites } from './contract-outcomes.ts';
import { openPGlite } from './open-pglite.ts';
import { portableSuites } from './portable-suites.ts';
import { postgresSuites } from './postgres-suites.ts';
import type { StoreWorld } from './store-world.ts';
import type { PresignedPut } from 'packwright/blob-store/s3';

let database: ReturnType<typeof openPGlite> | undefined;

/** The contracts over the stores that a page can reach, besides those of the browser itself. */
export function pageSuites(world: StoreWorld): Suites {
  const open = async () => ({ client: await (database ??= openPGlite()) });
  return { ...portableSuites(world), ...postgresSuites('PGlite', open) };
}

/** What became of the cases of the suites that are named. */
export function pageOutcomes(world: StoreWorld, names: readonly string[]): Promise<Record<string, Outcomes>> {
  return outcomesOfAll(pageSuites(world), names);
}

/** Writes and reads by URLs that were signed elsewhere: the page has no credentials. */
export async function bySignedUrls(
  { put: { url, ...init }, get }: { readonly put: PresignedPut; readonly get: string },
  text: string,
): Promise<string> {
  const other = await fetch(url, { ...init, body: `${text}, changed` });
  const answer = await fetch(url, { ...init, body: text });
  if (other.ok || !answer.ok) return `answered ${other.status} and ${answer.status}`;
  return (await fetch(get)).text();
}
