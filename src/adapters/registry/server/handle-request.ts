import { isPackError } from '../../../errors.ts';
import { isRepositoryName } from '../../../oci/reference.ts';
import type { Repository } from '../../../ports/registry.ts';
import { checkDecision, checkEnabled, checkHost, decide } from './access.ts';
import { jsonAnswer, refusalAnswer } from './answer.ts';
import type { RegistryAction } from './auth.ts';
import { deleteBlob, getBlob } from './blob-routes.ts';
import type { ServerCall } from './call.ts';
import { checkOrigin, isPreflight, preflightAnswer, withCors } from './cors.ts';
import { listReferrers, listRepositories, listTags } from './listing-routes.ts';
import { deleteManifest, getManifest, putManifest } from './manifest-routes.ts';
import { notAllowed, Refusal } from './refusal.ts';
import { refusalOf } from './refusal-of.ts';
import { routeOf, type Route } from './route.ts';
import type { ServerSettings } from './settings.ts';
import { addChunk, cancelUpload, endUpload, startUpload, uploadStatus } from './upload-routes.ts';
import type { UploadSessions } from './upload-sessions.ts';

/** What lives as long as the server. */
export interface ServerState {
  readonly settings: ServerSettings;
  readonly uploads: UploadSessions;
  readonly repository: (name: string) => Repository;
}

/** Answers one request. Rejects only with the reason of the request's own signal. */
export async function handleRequest(state: ServerState, request: Request): Promise<Response> {
  const { settings } = state;
  const answer = await answerOf(state, request);
  answer.headers.set('docker-distribution-api-version', 'registry/2.0');
  answer.headers.set('x-content-type-options', 'nosniff');
  return withCors(answer, settings);
}

async function answerOf(state: ServerState, request: Request): Promise<Response> {
  try {
    const url = new URL(request.url);
    checkHost(request, url, state.settings);
    if (isPreflight(request)) return preflightAnswer(request, state.settings);
    checkOrigin(request, state.settings);
    return await routed(state, request, url);
  } catch (error) {
    if (!(error instanceof Refusal)) request.signal.throwIfAborted();
    return refusalAnswer(request, refusalOf(error) ?? failureOf(state.settings, request, error));
  }
}

/** A failure of the server: what it was is for its operator. */
function failureOf({ onError }: ServerSettings, request: Request, error: unknown): Refusal {
  onError(error, request);
  const again = isPackError(error) && error.retryable;
  return new Refusal(again ? 503 : 500, 'UNKNOWN', 'registry failed to answer', {
    headers: again ? { 'retry-after': '1' } : undefined,
  });
}

async function routed(state: ServerState, request: Request, url: URL): Promise<Response> {
  const { settings } = state;
  const route = routeOf(url.pathname);
  const verb = verbOf(route, request.method);
  const repository = 'repository' in route ? route.repository : undefined;
  checkDecision(await decide(settings, request, verb.action, repository));
  checkEnabled(verb.action, request, settings);
  const may = async (action: RegistryAction, name: string): Promise<boolean> =>
    isRepositoryName(name) && (await decide(settings, request, action, name)).outcome === 'allowed';
  return verb.run({ ...state, request, url, may });
}

interface Verb {
  readonly action: RegistryAction;
  readonly run: (call: ServerCall) => Promise<Response>;
}

function verbOf(route: Route, method: string): Verb {
  const verbs = verbsOf(route);
  const verb = verbs[method === 'HEAD' ? 'GET' : method];
  if (verb !== undefined && Object.hasOwn(verbs, method === 'HEAD' ? 'GET' : method)) return verb;
  throw notAllowed(
    method,
    Object.keys(verbs).flatMap((name) => (name === 'GET' ? ['GET', 'HEAD'] : [name])),
  );
}

/** The methods of each route, and what they need: distribution-spec 1.1.1, "Endpoints". */
function verbsOf(route: Route): Readonly<Record<string, Verb>> {
  switch (route.kind) {
    case 'ping':
      return { GET: { action: 'ping', run: async ({ request }) => jsonAnswer(request, {}) } };
    case 'catalog':
      return { GET: { action: 'catalog', run: listRepositories } };
    case 'tags':
      return { GET: { action: 'pull', run: (call) => listTags(call, route.repository) } };
    case 'referrers':
      return { GET: { action: 'pull', run: (call) => listReferrers(call, route.repository, route.digest) } };
    case 'blob':
      return {
        GET: { action: 'pull', run: (call) => getBlob(call, route.repository, route.digest) },
        DELETE: { action: 'delete', run: (call) => deleteBlob(call, route.repository, route.digest) },
      };
    case 'manifest':
      return {
        GET: { action: 'pull', run: (call) => getManifest(call, route.repository, route.reference) },
        PUT: { action: 'push', run: (call) => putManifest(call, route.repository, route.reference) },
        DELETE: { action: 'delete', run: (call) => deleteManifest(call, route.repository, route.reference) },
      };
    case 'uploads':
      return { POST: { action: 'push', run: (call) => startUpload(call, route.repository) } };
    case 'upload':
      return {
        GET: { action: 'push', run: (call) => uploadStatus(call, route.repository, route.session) },
        PATCH: { action: 'push', run: (call) => addChunk(call, route.repository, route.session) },
        PUT: { action: 'push', run: (call) => endUpload(call, route.repository, route.session) },
        DELETE: { action: 'push', run: (call) => cancelUpload(call, route.repository, route.session) },
      };
  }
}
