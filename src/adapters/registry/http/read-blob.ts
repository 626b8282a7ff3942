import { checkRange } from '../../../bytes/check-range.ts';
import { streamOf } from '../../../bytes/source.ts';
import { chunksOf, streamFrom } from '../../../bytes/stream.ts';
import { hexOf, type Digest } from '../../../digest/digest.ts';
import { contentCheck, type ExpectedContent } from '../../../digest/verify-stream.ts';
import { StoreError } from '../../../errors.ts';
import { contentLength, isHtml } from '../../../http/answer-head.ts';
import type { Exchange } from '../../../http/exchange.ts';
import type { StoredBlob } from '../../../ports/blob-store.ts';
import type { OperationOptions } from '../../../ports/operation.ts';
import type { Scope } from './connection.ts';
import { cancelUnread } from './cancel-unread.ts';
import type { UploadTarget } from './upload-session.ts';

function pathOf({ repository }: UploadTarget, digest: Digest): string {
  return `${repository}/blobs/${digest}`;
}

function pullScope({ repository }: UploadTarget): readonly Scope[] {
  return [{ repository, actions: ['pull'] }];
}

/** Statuses of a HEAD that say nothing of the blob: GET is asked. */
const headRefused = [400, 403, 405, 406, 412, 415, 501];

/** How a blob is asked for. */
export interface StatOptions extends OperationOptions {
  /** Asks the mirrors as well: not where it is about to be pushed. */
  readonly mirrored: boolean;
}

/** The size of a blob: from HEAD, or where that is refused or says no length, from as little of a GET as will do. */
export async function statBlob(
  target: UploadTarget,
  digest: Digest,
  { signal, mirrored }: StatOptions,
): Promise<{ readonly size: number } | undefined> {
  const { connection } = target;
  const request = { scopes: pullScope(target), signal, mirrored };
  if (!connection.profile.noHead) {
    const answer = await connection.ask(pathOf(target, digest), {
      ...request,
      method: 'HEAD',
      headers: { 'accept-encoding': 'identity' },
      expect: [200, 404, ...headRefused],
    });
    await answer.discard();
    const { status } = answer.response;
    if (status === 404) return undefined;
    const size = status === 200 && !isOtherPage(answer, digest) ? contentLength(answer.response) : undefined;
    if (size !== undefined) return { size };
  }
  const { sizeByGet } = await import('./size-by-get.ts');
  return await sizeByGet(connection, pathOf(target, digest), request, (answer) => isOtherPage(answer, digest));
}

/** A blob may be a web page; but where the address does not name it either, it is the login page of somebody. */
function isOtherPage({ response, url }: Exchange, digest: Digest): boolean {
  return response.ok && isHtml(response.headers) && !url.pathname.includes(hexOf(digest));
}

/** A blob that a registry has. */
export async function getBlob(
  target: UploadTarget,
  digest: Digest,
  options: OperationOptions,
): Promise<StoredBlob | undefined> {
  const found = await statBlob(target, digest, { ...options, mirrored: true });
  if (found === undefined) return undefined;
  const { size } = found;
  return {
    size,
    open: async (opening = {}) => checked(await present(target, digest, { ...opening, size }), { digest, size }),
    openUnverifiedRange: async (start, end, opening = {}) => {
      opening.signal?.throwIfAborted();
      checkRange(start, end, size);
      if (start === end) return streamOf(new Uint8Array());
      return present(target, digest, { ...opening, start, end, size });
    },
  };
}

/** Which bytes of a blob to read. */
export interface ReadOptions extends OperationOptions {
  readonly start?: number | undefined;
  readonly end?: number | undefined;
  /** More bytes than this are not taken. */
  readonly size: number;
}

/** The bytes of a blob as they come, over as many requests as it takes; undefined where it is not there. */
export async function readBlob(
  target: UploadTarget,
  digest: Digest,
  { start = 0, end, size, signal }: ReadOptions,
): Promise<ReadableStream<Uint8Array> | undefined> {
  // A range behind the end is refused, and nothing at all has no other.
  if (start > 0 && start >= size) {
    const found = await statBlob(target, digest, { signal, mirrored: true });
    return found && streamOf(new Uint8Array());
  }
  const download = await target.connection.download(pathOf(target, digest), {
    scopes: pullScope(target),
    mirrored: true,
    size,
    maxBytes: size,
    signal,
    start,
    ...(end === undefined ? {} : { end }),
  });
  return download?.stream;
}

async function present(
  target: UploadTarget,
  digest: Digest,
  options: ReadOptions,
): Promise<ReadableStream<Uint8Array>> {
  const stream = await readBlob(target, digest, options);
  if (stream !== undefined) return stream;
  const store = `${target.connection.id}/${target.repository}`;
  throw new StoreError('ERR_BLOB_NOT_FOUND', `blob ${digest} is not in ${store} any more`, { store, digest });
}

function checked(stream: ReadableStream<Uint8Array>, expected: ExpectedContent): ReadableStream<Uint8Array> {
  return streamFrom((signal) => {
    cancelUnread(stream, signal);
    return checkedChunks(stream, expected, signal);
  });
}

async function* checkedChunks(
  stream: ReadableStream<Uint8Array>,
  expected: ExpectedContent,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const check = contentCheck(expected);
  for await (const chunk of chunksOf(stream, { signal })) {
    check.update(chunk);
    yield chunk;
  }
  check.end();
}
