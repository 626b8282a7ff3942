import { RegistryError } from '../../../errors.ts';
import { networkCode, type Fetch } from '../../../http/exchange.ts';
import type { HttpFailure } from '../../../http/http-failure.ts';
import type { FailureContext } from './registry-failure.ts';

/** What is needed to ask a registry without reading its answer. */
export interface CorsProbe {
  /** Where the registry is, or may be, asked. */
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
  { bases, fetch = globalThis.fetch }: CorsProbe,
): Promise<RegistryError | undefined> {
  const page = (globalThis as { location?: { origin?: string } }).location?.origin;
  const isHidden = error.kind === 'network' && networkCode(error) === undefined;
  if (!isHidden || page === undefined) return undefined;
  const answers = await Promise.all(bases.map((base) => isThere(base, page, fetch)));
  if (!answers.includes(true)) return undefined;
  return new RegistryError(
    'ERR_REGISTRY_NETWORK',
    `${what} of ${id} failed: it does not allow pages of ${page} (CORS)`,
    {
      cause: error,
      hint: `let the registry send CORS headers for ${page}, or ask it through a proxy that does`,
      details: { registry: id, cors: true },
    },
  );
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
