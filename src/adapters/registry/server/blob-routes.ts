import { isDigest, type Digest } from '../../../digest/digest.ts';
import type { StoredBlob } from '../../../ports/blob-store.ts';
import { emptyAnswer } from './answer.ts';
import { parseByteRange } from './byte-range.ts';
import type { ServerCall } from './call.ts';
import { etagOf, listsDigest, parseEtags } from './etag.ts';
import { notAllowed, Refusal } from './refusal.ts';
import { sizedBody } from './sized-body.ts';

/** end-2: `GET` and `HEAD` of a blob, whole or a range of it. */
export async function getBlob(call: ServerCall, name: string, text: string): Promise<Response> {
  const { request } = call;
  const digest = checkDigest(text);
  const blobs = call.repository(name).blob;
  if (request.method === 'HEAD') {
    const stat = await blobs.stat(digest, { signal: request.signal });
    if (stat === undefined) throw unknownBlob(digest);
    return new Response(null, { headers: { ...blobHeaders(digest), 'content-length': String(stat.size) } });
  }
  const blob = await blobs.get(digest, { signal: request.signal });
  if (blob === undefined) throw unknownBlob(digest);
  if (listsDigest(parseEtags(request.headers.get('if-none-match')), digest)) {
    return emptyAnswer(304, blobHeaders(digest));
  }
  return blobAnswer(request, digest, blob);
}

async function blobAnswer(request: Request, digest: Digest, blob: StoredBlob): Promise<Response> {
  const { size } = blob;
  const ifRange = request.headers.get('if-range');
  const wanted = ifRange === null || ifRange === etagOf(digest) ? request.headers.get('range') : null;
  const range = parseByteRange(wanted, size);
  if (range === 'unsatisfiable') {
    throw new Refusal(416, 'SIZE_INVALID', `range does not lie in a blob of ${size} bytes`, {
      headers: { 'content-range': `bytes */${size}`, 'accept-ranges': 'bytes' },
    });
  }
  if (range === 'whole') {
    const headers = { ...blobHeaders(digest), 'content-length': String(size) };
    return new Response(sizedBody(await blob.open(), size), { headers });
  }
  const { start, end } = range;
  const headers = {
    ...blobHeaders(digest),
    'content-length': String(end - start),
    'content-range': `bytes ${start}-${end - 1}/${size}`,
  };
  return new Response(sizedBody(await blob.openUnverifiedRange(start, end), end - start), { status: 206, headers });
}

/** end-10: `DELETE` of a blob. */
export async function deleteBlob(call: ServerCall, name: string, text: string): Promise<Response> {
  const digest = checkDigest(text);
  const blobs = call.repository(name).blob;
  if (blobs.delete === undefined) throw notAllowed('DELETE', ['GET', 'HEAD'], 'on blobs of this registry');
  if (await blobs.delete(digest, { signal: call.request.signal })) return emptyAnswer(202);
  throw unknownBlob(digest);
}

/**
 * A digest of a path or a query.
 *
 * @throws Refusal 400.
 */
export function checkDigest(text: string): Digest {
  if (isDigest(text)) return text;
  throw new Refusal(400, 'DIGEST_INVALID', 'digest is not sha256, sha384 or sha512 with lower-case hex');
}

function blobHeaders(digest: Digest): Record<string, string> {
  return {
    'accept-ranges': 'bytes',
    'content-type': 'application/octet-stream',
    'docker-content-digest': digest,
    etag: etagOf(digest),
  };
}

function unknownBlob(digest: Digest): Refusal {
  return new Refusal(404, 'BLOB_UNKNOWN', `blob ${digest} is not in this repository`, { detail: { digest } });
}
