import { parseJson, type JsonValue } from '../../../bytes/json.ts';

/** Answers one request of a service. */
export type Handler = (request: Request) => Promise<Response>;

/** A refusal, as gRPC services behind HTTP say it. */
export function refusal(status: number, message: string): Response {
  return Response.json({ code: 3, message, details: [] }, { status });
}

/** The JSON of a request, and a reader of its texts; undefined where it is no object. */
export async function bodyOf(request: Request): Promise<JsonValue> {
  return parseJson(new Uint8Array(await request.arrayBuffer()));
}

/** The text at a path of members; empty where there is none. */
export function textAt(value: JsonValue, path: string): string {
  const found = valueAt(value, path);
  return typeof found === 'string' ? found : '';
}

/** The value at a path of members, numbers for items; undefined where there is none. */
export function valueAt(value: JsonValue, path: string): JsonValue | undefined {
  let found: JsonValue | undefined = value;
  for (const key of path.split('.')) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) return undefined;
    found = (found as Readonly<Record<string, JsonValue>>)[key];
  }
  return found;
}
