import type { HttpClient } from '../../../http/http-client.ts';
import { HttpFailure } from '../../../http/http-failure.ts';
import type { Endpoint } from './endpoint.ts';

/** Finds out whether a registry on this machine is asked over http or https. */
export async function findLocalEndpoint(
  [plain, secure]: readonly [plain: URL, secure: URL],
  client: HttpClient,
  signal: AbortSignal,
): Promise<Endpoint> {
  const found = await greet(plain, client, signal);
  if ('base' in found) return found;
  const other = await greet(secure, client, signal);
  if ('base' in other) return other;
  if (found.kind === 'status') return { base: plain };
  // A certificate that is refused says more than a connection that is closed.
  throw other.retryable ? found : other;
}

/** Asks for `/v2/` once. A failure where this is not the protocol that is spoken there. */
async function greet(base: URL, client: HttpClient, signal: AbortSignal): Promise<Endpoint | HttpFailure> {
  try {
    const answer = await client.ask(new URL('v2/', base), { signal, repeatable: false });
    await answer.discard();
    return heard(base, answer.url, answer.response.headers);
  } catch (error) {
    if (!(error instanceof HttpFailure) || error.kind === 'timeout') throw error;
    // A server that wants TLS answers 400 to what is not encrypted.
    if (error.kind !== 'status' || error.status === 400) return error;
    return heard(base, error.url, error.headers);
  }
}

/** Only the registry itself says how it is to be asked: not where a redirect has led. */
function heard(base: URL, from: URL | undefined, headers: Headers | undefined): Endpoint {
  return from?.origin === base.origin ? { base, greeting: headers } : { base };
}
