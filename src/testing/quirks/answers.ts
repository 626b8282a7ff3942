import type { Route } from '../../adapters/registry/server/route.ts';
import type { NextStep, QuirkCall, QuirkStep } from './quirk.ts';

/** Headers to set; null takes one away. */
export type HeaderChanges = Readonly<Record<string, string | null>>;

/** A response with other headers, another status, or another body. */
export function changed(
  response: Response,
  headers: HeaderChanges,
  { status = response.status, body = response.body }: { status?: number; body?: BodyInit | null } = {},
): Response {
  const all = new Headers(response.headers);
  for (const [name, value] of Object.entries(headers)) {
    if (value === null) all.delete(name);
    else all.set(name, value);
  }
  return new Response(status === 204 || status === 304 ? null : body, { status, headers: all });
}

/** An error as the specification wants it. */
export function refused(status: number, code: string, message: string, headers: HeadersInit = {}): Response {
  return Response.json({ errors: [{ code, message }] }, { status, headers });
}

/** Which requests a quirk is about. */
export type QuirkFilter = (call: QuirkCall) => boolean;

/** Requests with one of the methods, for one of the kinds of things. */
export function asked(methods: string, ...kinds: readonly Route['kind'][]): QuirkFilter {
  const names = methods.split(' ');
  return ({ request, route }) => names.includes(request.method) && route !== undefined && kinds.includes(route.kind);
}

/** Answers some requests without asking the registry. */
export function answering(
  when: QuirkFilter,
  answer: (call: QuirkCall, next: NextStep) => Response | undefined | Promise<Response | undefined>,
): QuirkStep {
  return async (call, next) => (when(call) ? ((await answer(call, next)) ?? next()) : next());
}

/** Changes what the registry answers to some requests. */
export function rewriting(
  when: QuirkFilter,
  change: (response: Response, call: QuirkCall) => Response | Promise<Response>,
): QuirkStep {
  return async (call, next) => {
    const response = await next();
    return when(call) ? change(response, call) : response;
  };
}

/** Changes only answers that say yes. */
export function rewritingSuccess(
  when: QuirkFilter,
  change: (response: Response, call: QuirkCall) => Response | Promise<Response>,
): QuirkStep {
  return rewriting(when, (response, call) => (response.ok ? change(response, call) : response));
}

/** The request, asked for at another address, with other headers or another body. */
export function readdressed(
  request: Request,
  url: URL | string,
  { headers = {}, body }: { headers?: HeaderChanges; body?: ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer> } = {},
): Request {
  const all = new Headers(request.headers);
  for (const [name, value] of Object.entries(headers)) {
    if (value === null) all.delete(name);
    else all.set(name, value);
  }
  const { method, signal } = request;
  const content = body ?? request.body;
  const init: RequestInit = { method, headers: all, signal };
  return new Request(url, content === null ? init : { ...init, ...halfDuplex, body: content });
}

/** The fetch standard wants it beside a stream; the DOM types do not know it yet. */
const halfDuplex = { duplex: 'half' };

/** All bytes of a request, for those who judge it by its size. */
export async function bytesOf(request: Request): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await request.arrayBuffer());
}
