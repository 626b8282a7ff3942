import type { RegistryAuth } from '../../adapters/registry/server.ts';
import { changed, readdressed } from './answers.ts';
import { faults } from './fault.ts';
import type { FaultPlan } from './fault-plan.ts';
import {
  ConnectionLost,
  routeIn,
  signature,
  type NextStep,
  type QuirkCall,
  type QuirkRule,
  type QuirkWorld,
} from './quirk.ts';

/** How who asks proves who he is. */
export type AuthMode = 'password' | 'token' | undefined;

/** Who may do what: nobody but the robot, where that is asked for. */
export function authOf({ tokens }: QuirkWorld, mode: () => AuthMode): RegistryAuth {
  return (question) => {
    const wanted = mode();
    if (wanted === undefined || question.authorization === signature) return { outcome: 'allowed' };
    return wanted === 'password' ? tokens.byPassword(question) : tokens.byToken(question);
  };
}

/** How a registry behaves: its quirks, what goes wrong, and the registry itself. */
export interface Behaviour {
  readonly rules: readonly QuirkRule[];
  readonly plans: readonly FaultPlan[];
  readonly world: QuirkWorld;
  readonly serve: (request: Request) => Promise<Response>;
}

/** Answers a request as badly as it is told to. */
export async function misbehave(behaviour: Behaviour, request: Request): Promise<Response> {
  const { world, plans, rules } = behaviour;
  try {
    const call = callOf(request, world);
    if (call.url.origin === world.evilOrigin) return await evilAnswer(request);
    for (const plan of plans) {
      const kind = plan.next(call);
      if (kind !== undefined)
        return await faults[kind](call, (changed) => passed(behaviour, rules, changed ?? request));
    }
    return await passed(behaviour, rules, request);
  } catch (error) {
    if (!(error instanceof ConnectionLost)) throw error;
    return Response.error();
  }
}

function callOf(request: Request, world: QuirkWorld): QuirkCall {
  const url = new URL(request.url);
  return { request, url, route: routeIn(url.pathname), world };
}

/** Passes a request through the quirks that are left, and then to the registry. */
async function passed(behaviour: Behaviour, left: readonly QuirkRule[], request: Request): Promise<Response> {
  const [first, ...rest] = left;
  const { world } = behaviour;
  if (first === undefined) return served(behaviour, request);
  const call = callOf(request, world);
  // What is kept elsewhere is kept well.
  const here = call.url.origin !== world.storageOrigin || call.url.pathname === '/token';
  const next: NextStep = (changed) => passed(behaviour, rest, changed ?? request);
  return here ? first.run(call, next) : next();
}

async function served({ world, serve }: Behaviour, request: Request): Promise<Response> {
  const url = new URL(request.url);
  if (url.pathname === '/token') return world.tokens.answer(request);
  if (url.origin === world.storageOrigin) return storageAnswer(serve, request, url);
  // The hosts of a request are many here, and all the same registry.
  const response = await serve(readdressed(request, url, { headers: { host: null } }));
  const challenge = response.headers.get('www-authenticate');
  if (challenge === null) return response;
  return changed(response, { 'www-authenticate': challenge.replace('{origin}', url.origin) });
}

/** A store of blobs: it wants its signature, and no credential beside it, as S3 does. */
function storageAnswer(serve: Behaviour['serve'], request: Request, url: URL): Promise<Response> | Response {
  if (url.pathname === '/too-many') return page('too many requests', 429);
  if (url.pathname === '/login') return page('log in', 200);
  const signed = url.search.includes('signature=abc%2F%3D');
  if (!signed || request.headers.has('authorization')) return new Response('InvalidArgument', { status: 400 });
  return serve(readdressed(request, url, { headers: { host: null, authorization: signature } }));
}

function page(text: string, status: number): Response {
  return new Response(`<!doctype html><p>${text}`, { status, headers: { 'content-type': 'text/html' } });
}

/** Says yes to everything, and has nothing that is true. */
async function evilAnswer(request: Request): Promise<Response> {
  await request.body?.cancel();
  if (request.method === 'GET') return new Response('evil bytes', { headers: { 'content-type': 'text/plain' } });
  return new Response(null, { status: request.method === 'HEAD' ? 200 : 201 });
}
