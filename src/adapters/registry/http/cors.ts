import { RegistryError } from '../../../errors.ts';
import type { Fetch } from '../../../http/exchange.ts';
import { networkCode, type HttpFailure } from '../../../http/http-failure.ts';
import type { FailureContext } from './registry-failure.ts';

/** What is needed to ask a registry without reading its answer. */
export interface CorsProbe {
  /** Who was asked; the registry by default. */
  readonly who?: 'registry' | 'token server' | undefined;
  /** Where that one is, or may be, asked. */
  readonly bases: readonly (URL | undefined)[];
  readonly fetch: Fetch | undefined;
}

/**
 * A browser says of a forbidden answer only that there is none. Where the registry answers a request whose answer nobody
 * may read, it is there, and does not allow pages of this origin (fetch standard, "CORS protocol").
 */
export async function explainCors(
  error: HttpFailure,
  { id, what }: FailureContext,
  { who = 'registry', bases, fetch = globalThis.fetch }: CorsProbe,
): Promise<RegistryError | undefined> {
  const page = pageOrigin();
  const isHidden = error.kind === 'network' && networkCode(error) === undefined;
  if (!isHidden || page === undefined) return undefined;
  const answers = await Promise.all(bases.map((base) => isThere(base, page, fetch)));
  if (!answers.includes(true)) return undefined;
  const message = `${what} of ${id} failed: the ${who} does not allow pages of ${page} (CORS)`;
  return new RegistryError('ERR_REGISTRY_NETWORK', message, {
    cause: error,
    hint: corsHint(who),
    details: { registry: id, cors: true },
  });
}

/** What to do where a page may not do what it does. */
export function corsHint(who: NonNullable<CorsProbe['who']> = 'registry'): string {
  const page = pageOrigin() ?? 'the origin of the page';
  const own = who === 'registry' ? ', and the storage that it redirects to,' : '';
  const flag = who === 'registry' ? ` (packwright serve: --cors-origin ${page})` : '';
  return `let the ${who}${own} allow ${page} by CORS headers${flag}, or ask through a proxy that does`;
}

function pageOrigin(): string | undefined {
  return (globalThis as { location?: { origin?: string } }).location?.origin;
}

async function isThere(base: URL | undefined, page: string, fetch: Fetch): Promise<boolean> {
  if (base === undefined || base.origin === page) return false;
  try {
    const answer = await fetch(new URL('v2/', base), { mode: 'no-cors', credentials: 'omit' });
    return answer.type === 'opaque';
  } catch {
    return false;
  }
}
