/**
 * A registry as a fetch handler: the OCI distribution API over any registry or pair of stores, by Web standards only.
 *
 * @module
 */
import type { Repository } from '../../ports/registry.ts';
import { handleRequest } from './server/handle-request.ts';
import { serverSettings, type RegistryServerOptions } from './server/settings.ts';
import { UploadSessions } from './server/upload-sessions.ts';

/**
 * A registry as a function from request to response: the whole OCI distribution-spec 1.1.1 (pull, push, content
 * discovery, content management), and what its main branch added since. Runs in Node (behind a listener), Deno, Bun
 * and Workers.
 *
 * It is the registry given, behind HTTP: what that guarantees, several servers over one store for example, it
 * guarantees, and what is stored survives a restart when the store does, uploads that are under way too. Bodies flow
 * into the store and out of it; nothing but manifests is held in memory. An answer never tells what went wrong inside;
 * `onError` is told. It rejects only with the reason of the request's own signal.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for options that are missing, wrong or unknown.
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md
 */
export function registryServer(options: RegistryServerOptions): (request: Request) => Promise<Response> {
  const settings = serverSettings(options);
  const { limits, clock, registry } = settings;
  const uploads = new UploadSessions({ limit: limits.uploads, lifetime: limits.uploadLifetime, clock });
  const state = { settings, uploads, repository: remembered((name) => registry.repository(name)) };
  return (request) => handleRequest(state, request);
}

const maxRemembered = 1000;

/** The repositories that were asked for last: some remember what they read. */
function remembered(open: (name: string) => Repository): (name: string) => Repository {
  const known = new Map<string, Repository>();
  return (name) => {
    const repository = known.get(name) ?? open(name);
    known.delete(name);
    known.set(name, repository);
    for (const oldest of known.keys()) {
      if (known.size <= maxRemembered) break;
      known.delete(oldest);
    }
    return repository;
  };
}

export type { RegistryAction, RegistryAuth, RegistryAuthDecision, RegistryAuthRequest } from './server/auth.ts';
export { htpasswdAuth, type HtpasswdAuthOptions } from './server/htpasswd-auth.ts';
export type { CorsOptions, RegistryServerLimits, RegistryServerOptions } from './server/settings.ts';
export { tokenAuth, type TokenAccess, type TokenAuthOptions } from './server/token-auth.ts';
