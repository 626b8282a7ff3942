import { concatBytes } from '../../../bytes/stream.ts';
import { FormatError } from '../../../errors.ts';
import type { Exchange } from '../../../http/exchange.ts';
import { HttpFailure } from '../../../http/http-failure.ts';
import type { RegistryConnection, RegistryRequest } from './connection.ts';

/** An answer with its whole body. */
export interface Answer extends Pick<Exchange, 'url' | 'response'> {
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** A small request, whose answer is kept whole. */
export interface BytesRequest extends RegistryRequest {
  /** More bytes than this are an error. */
  readonly maxBytes: number;
  /** Looks at the head of the answer before its body is read, and throws where the body is not wanted. */
  readonly check?: ((answer: Exchange) => void) | undefined;
}

/**
 * Asks, and reads the whole answer; where it is cut, asks again.
 *
 * @throws RegistryError as `connection.ask` does. FormatError `ERR_LIMIT_EXCEEDED` for a body that is too large,
 * whatever length it announced.
 */
export async function askBytes(
  connection: RegistryConnection,
  target: string | URL,
  request: BytesRequest,
): Promise<Answer> {
  const { policy, clock } = connection.client;
  for (let retries = 0; ; retries++) {
    const answer = await connection.ask(target, request);
    const { url, response } = answer;
    try {
      return { url, response, bytes: await readBody(answer, request) };
    } catch (error) {
      const cut = error instanceof HttpFailure && error.retryable;
      if (!cut || retries + 1 >= policy.attempts) {
        const { registryFailure } = await import('./registry-failure.ts');
        const what = `${request.method ?? 'GET'} ${url.pathname}`;
        throw registryFailure(error, { id: connection.id, what, secrets: [], authorised: false });
      }
      await clock.sleep(clock.random() * Math.min(policy.capMs, policy.baseMs * 2 ** retries), request.signal);
    }
  }
}

async function readBody(answer: Exchange, { maxBytes, check }: BytesRequest): Promise<Uint8Array<ArrayBuffer>> {
  try {
    check?.(answer);
  } catch (error) {
    await answer.discard();
    throw error;
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of answer.chunks()) {
    size += chunk.length;
    if (size > maxBytes) throw tooLarge(answer, maxBytes);
    chunks.push(chunk);
  }
  return concatBytes(chunks, size);
}

function tooLarge({ url }: Exchange, limit: number): FormatError {
  return new FormatError(
    'ERR_LIMIT_EXCEEDED',
    `answer of ${url.host} to ${url.pathname} is larger than the limit of ${limit} bytes`,
    { details: { limit } },
  );
}
