import type { JsonValue } from '../../../bytes/json.ts';
import { utf8 } from '../../../bytes/encoding.ts';
import type { Refusal } from './refusal.ts';

/** The headers of an answer; one that is undefined is left out. */
export type AnswerHeaders = Readonly<Record<string, string | undefined>>;

/** An answer without a body. */
export function emptyAnswer(status: number, headers: AnswerHeaders = {}): Response {
  const without = status === 204 || status === 304;
  return new Response(null, { status, headers: present(without ? headers : { 'content-length': '0', ...headers }) });
}

/** An answer of bytes that are in memory; the body is left out for HEAD, its length stays. */
export function bytesAnswer(request: Request, bytes: Uint8Array<ArrayBuffer>, headers: AnswerHeaders): Response {
  const body = request.method === 'HEAD' ? null : bytes;
  return new Response(body, { headers: present({ ...headers, 'content-length': String(bytes.length) }) });
}

/** An answer of JSON. */
export function jsonAnswer(request: Request, value: JsonValue, headers: AnswerHeaders = {}): Response {
  return bytesAnswer(request, utf8(JSON.stringify(value)), { 'content-type': 'application/json', ...headers });
}

/** The answer of a refusal: the JSON of distribution-spec 1.1.1, "Error Codes". */
export function refusalAnswer(request: Request, refusal: Refusal): Response {
  const { code, message, detail, status, headers } = refusal;
  const text = JSON.stringify({ errors: [{ code, message, ...(detail === undefined ? {} : { detail }) }] });
  return new Response(request.method === 'HEAD' ? null : text, {
    status,
    headers: { 'content-type': 'application/json', 'content-length': String(utf8(text).length), ...headers },
  });
}

function present(headers: AnswerHeaders): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) if (value !== undefined) found[name] = value;
  return found;
}
