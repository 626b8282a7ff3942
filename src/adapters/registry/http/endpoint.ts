import type { HttpClient } from '../../../http/http-client.ts';
import { isLoopback } from '../../../http/loopback.ts';
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
  const { findLocalEndpoint } = await import('./local-endpoint.ts');
  const { policy, clock } = client;
  return await withRetry(() => findLocalEndpoint([first, second], client, signal), { policy, clock, signal });
}

/** Where a registry may be asked, in the order in which that is tried. */
export function basesOf(host: string, unsafePlainHttp: boolean): readonly [URL, URL?] {
  const name = aliases[host] ?? host;
  const plain = new URL(`http://${name}/`);
  if (unsafePlainHttp) return [plain];
  const secure = new URL(`https://${name}/`);
  return isLoopback(plain.hostname) ? [plain, secure] : [secure];
}
