import type { RegistryAction, RegistryAuthDecision } from './auth.ts';
import { notAllowed, Refusal } from './refusal.ts';
import type { ServerSettings } from './settings.ts';

const loopback = ['localhost', '127.0.0.1', '[::1]'];

/**
 * Refuses a request for another host. A page that has a name of its own point here is asked for under that name. A
 * request that was made in this process has no `Host`, and its URL is what its maker likes; where the author named his
 * hosts, that is asked too.
 */
export function checkHost(request: Request, url: URL, { hosts }: ServerSettings): void {
  const header = request.headers.get('host');
  const named = [...(header === null ? [] : [header.toLowerCase()]), ...(hosts === undefined ? [] : [url.host])];
  if (named.every((host) => isServed(host, hosts ?? loopback))) return;
  throw new Refusal(421, 'DENIED', 'host is not one that this registry is served under');
}

function isServed(host: string, hosts: readonly string[]): boolean {
  return hosts.includes(host) || hosts.includes(host.replace(/:[0-9]*$/, ''));
}

/** Refuses what the server does for nobody. */
export function checkEnabled(action: RegistryAction, request: Request, { readOnly, deletes }: ServerSettings): void {
  const writes = action === 'push' || action === 'delete';
  if (readOnly && writes) throw notAllowed(request.method, ['GET', 'HEAD'], 'in a registry that is read-only');
  if (action === 'delete' && !deletes) {
    throw notAllowed(request.method, ['GET', 'HEAD', 'PUT'], 'in a registry that deletes nothing');
  }
}

/** Who asks, as a question to `RegistryAuth`. */
export async function decide(
  { auth }: ServerSettings,
  request: Request,
  action: RegistryAction,
  repository?: string,
): Promise<RegistryAuthDecision> {
  const authorization = request.headers.get('authorization') ?? undefined;
  return auth?.({ action, repository, authorization, signal: request.signal }) ?? { outcome: 'allowed' };
}

/**
 * Refuses who may not, the same way whether there is something or nothing.
 *
 * @throws Refusal 401, 403 or 429.
 */
export function checkDecision(decision: RegistryAuthDecision): void {
  switch (decision.outcome) {
    case 'allowed':
      return;
    case 'unauthorized':
      throw new Refusal(401, 'UNAUTHORIZED', 'authentication is required', {
        headers: { 'www-authenticate': decision.challenge },
      });
    case 'busy':
      throw new Refusal(429, 'TOOMANYREQUESTS', 'too many passwords are being checked', {
        headers: { 'retry-after': '1' },
      });
    default:
      throw new Refusal(403, 'DENIED', 'access to this is denied');
  }
}
