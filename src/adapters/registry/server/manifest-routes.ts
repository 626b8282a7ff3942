import { readAll } from '../../../bytes/stream.ts';
import { isDigest, type Digest } from '../../../digest/digest.ts';
import { isPackError } from '../../../errors.ts';
import type { Descriptor } from '../../../oci/descriptor.ts';
import { parseManifest } from '../../../oci/parse-manifest.ts';
import { isTag } from '../../../oci/reference.ts';
import type { Repository } from '../../../ports/registry.ts';
import { bytesAnswer, emptyAnswer } from './answer.ts';
import { pathOf, type ServerCall } from './call.ts';
import { digestsIn, etagOf, listsDigest, parseEtags } from './etag.ts';
import { Refusal } from './refusal.ts';
import { contentLength, requestBody } from './request-body.ts';

/** end-3: `GET` and `HEAD` of a manifest. `Accept` is not asked: bytes that have a digest come in one form only. */
export async function getManifest(call: ServerCall, name: string, reference: string): Promise<Response> {
  const { request } = call;
  checkReference(reference, 404);
  const found = await call.repository(name).manifest.get(reference, { signal: request.signal });
  if (found === undefined) throw unknownManifest();
  const { digest, mediaType } = found.descriptor;
  const headers = { 'content-type': mediaType, 'docker-content-digest': digest, etag: etagOf(digest) };
  if (listsDigest(parseEtags(request.headers.get('if-none-match')), digest)) return emptyAnswer(304, headers);
  return bytesAnswer(request, new Uint8Array(found.bytes), headers);
}

/** end-7: `PUT` of a manifest under a tag, or under its digest and any number of tags. */
export async function putManifest(call: ServerCall, name: string, reference: string): Promise<Response> {
  checkReference(reference, 400);
  const tags = isDigest(reference) ? tagsOf(call) : [reference];
  const repository = call.repository(name);
  const expected = await preconditionOf(call, repository, reference);
  const bytes = await manifestBytes(call);
  const mediaType = mediaTypeOf(call.request) ?? parseManifest(bytes).mediaType;
  const { signal } = call.request;
  const digest = isDigest(reference) ? reference : undefined;
  const tag = expected === undefined && tags.length === 1 ? tags[0] : undefined;
  const descriptor = await repository.manifest.put(bytes, { mediaType, digest, tag, signal });
  // Who loses the race for a tag has put the manifest all the same, without it: it is there by its digest.
  if (tag === undefined) await setTags(call, repository, { tags, descriptor, ifMatch: expected });
  const { subject } = parseManifest(bytes, { mediaType }).document;
  return emptyAnswer(201, {
    location: pathOf(name, 'manifests', descriptor.digest),
    'docker-content-digest': descriptor.digest,
    etag: etagOf(descriptor.digest),
    'oci-subject': subject?.digest,
    'oci-tag': isDigest(reference) && tags.length > 0 ? tags.join(', ') : undefined,
  });
}

/** end-9: `DELETE` of a tag, or of a manifest with every tag that points at it. */
export async function deleteManifest(call: ServerCall, name: string, reference: string): Promise<Response> {
  checkReference(reference, 404);
  const { signal } = call.request;
  if (await call.repository(name).delete(reference, { signal })) return emptyAnswer(202);
  throw unknownManifest();
}

/** What a tag must point at for a `PUT` to happen; null for nothing, undefined where the request does not say. */
async function preconditionOf(
  call: ServerCall,
  repository: Repository,
  reference: string,
): Promise<Digest | null | undefined> {
  const { headers, signal } = call.request;
  const match = parseEtags(headers.get('if-match'));
  const noneMatch = parseEtags(headers.get('if-none-match'));
  if (match === undefined && noneMatch === undefined) return undefined;
  const now = (await repository.resolve(reference, { signal }))?.digest ?? null;
  if (match !== undefined && (now === null || (match !== 'any' && !digestsIn(match).includes(now)))) throw moved();
  if (noneMatch !== undefined && now !== null && listsDigest(noneMatch, now)) throw moved();
  // What a digest names never changes, so that there is no race to lose.
  return isDigest(reference) ? undefined : now;
}

interface NewTags {
  readonly tags: readonly string[];
  readonly descriptor: Descriptor;
  readonly ifMatch: Digest | null | undefined;
}

async function setTags(
  { request }: ServerCall,
  repository: Repository,
  { tags, descriptor, ifMatch }: NewTags,
): Promise<void> {
  const { signal } = request;
  try {
    for (const tag of tags) await repository.tag(tag, descriptor, { ifMatch, signal });
  } catch (error) {
    if (ifMatch !== undefined && isPackError(error) && error.code === 'ERR_CONFLICT') throw moved();
    throw error;
  }
}

async function manifestBytes({ request, settings }: ServerCall): Promise<Uint8Array<ArrayBuffer>> {
  const limit = settings.limits.manifestBytes;
  const size = contentLength(request);
  if (size !== undefined && size > limit) throw tooLarge(limit);
  const body = requestBody(request, size, limit);
  try {
    return await readAll(await body.source.open(), { limit, signal: request.signal });
  } catch (error) {
    throw body.failure?.status === 413 ? tooLarge(limit) : (body.failure ?? error);
  }
}

/** The media type without parameters, which a registry should ignore. */
function mediaTypeOf(request: Request): string | undefined {
  const [type = ''] = (request.headers.get('content-type') ?? '').split(';');
  return type.trim() === '' ? undefined : type.trim().toLowerCase();
}

function tagsOf({ url, settings }: ServerCall): readonly string[] {
  const tags = [...new Set(url.searchParams.getAll('tag'))];
  if (tags.length > settings.limits.tagsPerPut) throw new Refusal(414, 'UNSUPPORTED', 'too many tags in one request');
  if (tags.every(isTag)) return tags;
  throw new Refusal(400, 'MANIFEST_INVALID', 'tag is not one that distribution-spec allows');
}

function checkReference(reference: string, status: number): void {
  const digest = reference.includes(':');
  if (isDigest(reference) || isTag(reference)) return;
  if (digest) throw new Refusal(400, 'DIGEST_INVALID', 'digest of the manifest is not one');
  const code = status === 404 ? 'MANIFEST_UNKNOWN' : 'MANIFEST_INVALID';
  throw new Refusal(status, code, 'reference is neither a tag nor a digest');
}

function unknownManifest(): Refusal {
  return new Refusal(404, 'MANIFEST_UNKNOWN', 'manifest is not in this repository');
}

function moved(): Refusal {
  return new Refusal(412, 'DENIED', 'tag does not point where the request demands');
}

function tooLarge(limit: number): Refusal {
  return new Refusal(413, 'MANIFEST_INVALID', `manifest is larger than the limit of ${limit} bytes`);
}
