import { isDigestAlgorithm, type Digest } from '../../../digest/digest.ts';
import { emptyAnswer } from './answer.ts';
import { checkDigest } from './blob-routes.ts';
import { pathOf, type ServerCall } from './call.ts';
import { etagOf } from './etag.ts';
import { Refusal } from './refusal.ts';
import { refusalOf } from './refusal-of.ts';
import { contentLength, requestBody, tooLarge } from './request-body.ts';
import type { UploadSession } from './upload-sessions.ts';

/** end-4 and end-11: `POST` starts an upload, or is all of it, or mounts a blob of another repository. */
export async function startUpload(call: ServerCall, name: string): Promise<Response> {
  const { searchParams } = call.url;
  const mount = searchParams.get('mount');
  const digest = searchParams.get('digest');
  const algorithm = searchParams.get('digest-algorithm');
  if (algorithm !== null && !isDigestAlgorithm(algorithm)) {
    throw new Refusal(400, 'DIGEST_INVALID', 'digest algorithm is not sha256, sha384 or sha512');
  }
  if (mount !== null && (await mountBlob(call, name, checkDigest(mount)))) return created(name, checkDigest(mount));
  const expected = digest === null ? undefined : checkDigest(digest);
  const session = await call.uploads.begin(call.repository(name), call.request.signal);
  if (expected === undefined) return accepted(call, session);
  try {
    return await finish(call, session, expected);
  } catch (error) {
    // Nobody was told of the session.
    await call.uploads.cancel(session);
    throw error;
  }
}

/**
 * A mount that names no repository is never one: to look into all of them would tell who asks what others have.
 */
async function mountBlob(call: ServerCall, name: string, digest: Digest): Promise<boolean> {
  const { signal } = call.request;
  const from = call.url.searchParams.get('from');
  const { blob } = call.repository(name);
  if (from === null) return false;
  if (from === name) return (await blob.stat(digest, { signal })) !== undefined;
  return (await call.may('pull', from)) && blob.mount(digest, from, { signal });
}

/** end-5: `PATCH` adds bytes, as a chunk that says where it belongs or as a stream. */
export async function addChunk(call: ServerCall, name: string, id: string): Promise<Response> {
  const session = await call.uploads.find(call.repository(name), id, call.request.signal);
  await call.uploads.alone(session, call.request.signal, (signal) => append(call, session, signal));
  return accepted(call, session);
}

/** end-6: `PUT` adds the last bytes, where there are any, and ends the upload. */
export async function endUpload(call: ServerCall, name: string, id: string): Promise<Response> {
  const digest = call.url.searchParams.get('digest');
  if (digest === null) throw new Refusal(400, 'DIGEST_INVALID', 'digest of the blob is missing');
  const expected = checkDigest(digest);
  const session = await call.uploads.find(call.repository(name), id, call.request.signal);
  return finish(call, session, expected);
}

/** end-13: `GET` says how much came. */
export async function uploadStatus(call: ServerCall, name: string, id: string): Promise<Response> {
  const session = await call.uploads.find(call.repository(name), id, call.request.signal);
  return emptyAnswer(204, sessionHeaders(session));
}

/** end-14: `DELETE` forgets an upload. */
export async function cancelUpload(call: ServerCall, name: string, id: string): Promise<Response> {
  const session = await call.uploads.find(call.repository(name), id, call.request.signal);
  await call.uploads.cancel(session);
  return emptyAnswer(204);
}

async function finish(call: ServerCall, session: UploadSession, expected: Digest): Promise<Response> {
  const { uploads, request } = call;
  const digest = await uploads.alone(session, request.signal, async (signal) => {
    await append(call, session, signal);
    return commit(call, session, expected, signal);
  });
  uploads.end(session);
  return created(session.repository, digest);
}

async function commit(
  { uploads }: ServerCall,
  session: UploadSession,
  expected: Digest,
  signal: AbortSignal,
): Promise<Digest> {
  try {
    return (await session.ingest.commit(expected, { signal })).digest;
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal?.code !== 'DIGEST_INVALID') throw error;
    // No other bytes will ever make the digest right.
    uploads.end(session);
    await session.ingest.abort();
    throw refusal;
  }
}

/** Adds the body of the request to a session; what comes of a body that is cut off stays. */
async function append(call: ServerCall, session: UploadSession, signal: AbortSignal): Promise<void> {
  const { request, settings } = call;
  const { offset } = session.ingest;
  const size = chunkSize(request, session);
  const left = settings.limits.blobBytes - offset;
  if (size !== undefined && size > left) throw tooLarge(settings.limits.blobBytes);
  if (size === 0) return;
  const body = requestBody(request, size, left);
  try {
    await session.ingest.append(body.source, { signal });
  } catch (error) {
    throw body.failure ?? error;
  }
}

const rangePattern = /^([0-9]{1,16})-([0-9]{1,16})$/;

/**
 * The bytes that a request adds, where it says so.
 *
 * @throws Refusal 416 for a chunk that does not begin where the last one ended, 400 for one that contradicts itself.
 */
function chunkSize(request: Request, session: UploadSession): number | undefined {
  const length = contentLength(request);
  const header = request.headers.get('content-range');
  if (header === null) return length;
  const [, first, last] = rangePattern.exec(header) ?? [];
  const size = Number(last) - Number(first) + 1;
  if (first === undefined || size < 1) {
    throw new Refusal(400, 'BLOB_UPLOAD_INVALID', 'Content-Range is not <first>-<last>');
  }
  if (Number(first) !== session.ingest.offset) {
    throw new Refusal(416, 'BLOB_UPLOAD_INVALID', `chunk begins at ${first}, expected ${session.ingest.offset}`, {
      headers: sessionHeaders(session),
    });
  }
  if (length === undefined || length === size) return size;
  throw new Refusal(400, 'SIZE_INVALID', `Content-Range has ${size} bytes, Content-Length ${length}`);
}

function accepted(call: ServerCall, session: UploadSession): Response {
  const { chunkMinLength } = call.settings.limits;
  return emptyAnswer(202, {
    ...sessionHeaders(session),
    'oci-chunk-min-length': chunkMinLength > 1 ? String(chunkMinLength) : undefined,
  });
}

/** `0-0` for no bytes at all, as every registry says it: the header has no way to say nothing. */
function sessionHeaders({ id, repository, ingest }: UploadSession): Record<string, string> {
  return {
    location: pathOf(repository, 'blobs', 'uploads', id),
    range: `0-${Math.max(0, ingest.offset - 1)}`,
    'docker-upload-uuid': id,
  };
}

function created(repository: string, digest: Digest): Response {
  return emptyAnswer(201, {
    location: pathOf(repository, 'blobs', digest),
    'docker-content-digest': digest,
    etag: etagOf(digest),
  });
}
