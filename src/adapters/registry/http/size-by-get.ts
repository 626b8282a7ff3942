import { RegistryError } from '../../../errors.ts';
import { contentLength } from '../../../http/answer-head.ts';
import type { Exchange } from '../../../http/exchange.ts';
import type { RegistryConnection, RegistryRequest } from './connection.ts';

/** The size of a blob from as little of a GET as will do. undefined for a 404. */
export async function sizeByGet(
  connection: RegistryConnection,
  path: string,
  request: Omit<RegistryRequest, 'expect'>,
  isOtherPage: (answer: Exchange) => boolean,
): Promise<{ readonly size: number } | undefined> {
  const headers = { 'accept-encoding': 'identity', range: 'bytes=0-0' };
  const answer = await connection.ask(path, { ...request, headers, expect: [200, 206, 404, 416] });
  if (isOtherPage(answer)) throw await pageFailure(connection, answer);
  if (answer.response.status !== 404) return { size: await sizeOf(answer) };
  await answer.discard();
  return undefined;
}

async function pageFailure({ id }: RegistryConnection, answer: Exchange): Promise<RegistryError> {
  await answer.discard();
  const { webPageError } = await import('./registry-failure.ts');
  return webPageError({ id, what: 'HEAD of a blob', secrets: [], authorised: false }, 200);
}

async function sizeOf(answer: Exchange): Promise<number> {
  const { status, headers } = answer.response;
  const length = status === 200 ? contentLength(answer.response) : undefined;
  if (status === 200 && length === undefined) return await count(answer);
  await answer.discard();
  if (length !== undefined) return length;
  const total = /\/(\d{1,15})$/.exec(headers.get('content-range') ?? '')?.[1];
  if (total !== undefined) return Number(total);
  // Nothing has no first byte.
  if (status === 416) return 0;
  throw new RegistryError('ERR_REGISTRY_PROTOCOL', `${answer.url.host} does not say how large a blob is`, { status });
}

async function count(answer: Exchange): Promise<number> {
  let size = 0;
  for await (const chunk of answer.chunks()) size += chunk.length;
  return size;
}
