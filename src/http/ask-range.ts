import type { Exchange } from './exchange.ts';
import type { AskOptions, HttpClient } from './http-client.ts';
import { HttpFailure } from './http-failure.ts';
import { parseRange } from './range.ts';

function request(options: AskOptions, range: Readonly<Record<string, string>>): AskOptions {
  const expect = 'range' in range ? [200, 206] : [200];
  // A body that is decoded on its way is not the one that a digest names.
  return { ...options, expect, headers: { ...options.headers, 'accept-encoding': 'identity', ...range } };
}

/**
 * Asks for a range. Where the server has no ranges (416), or gives another one, it is asked for everything, and what
 * comes before is left out.
 */
export async function askFrom(
  client: HttpClient,
  url: URL,
  options: AskOptions,
  offset: number,
  range: Readonly<Record<string, string>>,
): Promise<Exchange> {
  try {
    const answer = await client.ask(url, request(options, range));
    if (answer.response.status !== 206 || parseRange(answer.response.headers).start === offset) return answer;
    await answer.discard();
  } catch (error) {
    const refused = 'range' in range && error instanceof HttpFailure && error.status === 416;
    if (!refused || isBehindEnd(error.headers, offset)) throw error;
  }
  return client.ask(url, request(options, {}));
}

/** True for a 416 that is right: it says how long the body is, and nothing is left of it. */
function isBehindEnd(headers: Headers | undefined, offset: number): boolean {
  const total = /^bytes \*\/(\d{1,15})$/.exec(headers?.get('content-range') ?? '')?.[1];
  return total !== undefined && Number(total) <= offset;
}
