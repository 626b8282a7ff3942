import { HttpFailure } from '../../../http/http-failure.ts';
import type { HttpClient } from '../../../http/http-client.ts';
import { withRetry } from '../../../http/retry.ts';

/** Where a registry is asked. */
export interface Endpoint {
  /** The root of its host, `https://registry.example/`. */
  readonly base: URL;
  /** What its answer to `GET /v2/` said, where it was asked that. */
  readonly greeting?: Headers | undefined;
}

/** What to look for. */
export interface EndpointOptions {
  readonly host: string;
  readonly unsafePlainHttp: boolean;
  readonly client: HttpClient;
}

/** Hosts that are asked at another place than references say. */
const aliases: Readonly<Record<string, string>> = { 'docker.io': 'registry-1.docker.io' };

/**
 * Finds out where a registry is asked: over https, or over http where that is allowed. On this machine, both are usual:
 * there, http is tried first, without a credential.
 */
export async function findEndpoint(options: EndpointOptions, signal: AbortSignal): Promise<Endpoint> {
  const { host, unsafePlainHttp, client } = options;
  const [first, second] = basesOf(host, unsafePlainHttp);
  if (second === undefined) return { base: first };
  const { policy, clock } = client;
  return await withRetry(() => greetEither([first, second], client, signal), { policy, clock, signal });
}

/** Where a registry may be asked, in the order in which that is tried. */
export function basesOf(host: string, unsafePlainHttp: boolean): readonly [URL, URL?] {
  const name = aliases[host] ?? host;
  const plain = new URL(`http://${name}/`);
  if (unsafePlainHttp) return [plain];
  const secure = new URL(`https://${name}/`);
  return isLoopback(plain.hostname) ? [plain, secure] : [secure];
}

async function greetEither(
  [plain, secure]: readonly [URL, URL],
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

/** True for a host that is this machine, whoever resolves it (RFC 6761 section 6.3). */
export function isLoopback(hostname: string): boolean {
  return hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname) || /(?:^|\.)localhost\.?$/.test(hostname);
}
