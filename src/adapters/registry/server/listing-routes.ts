import { mediaTypes } from '../../../oci/media-types.ts';
import type { Digest } from '../../../digest/digest.ts';
import type { Descriptor } from '../../../oci/descriptor.ts';
import type { ReferrersOptions, Repository } from '../../../ports/registry.ts';
import { bytesAnswer, jsonAnswer } from './answer.ts';
import { utf8 } from '../../../bytes/encoding.ts';
import { checkDigest } from './blob-routes.ts';
import type { ServerCall } from './call.ts';
import { Refusal } from './refusal.ts';

/** end-8: the tags of a repository, in pages. */
export async function listTags(call: ServerCall, name: string): Promise<Response> {
  const repository = call.repository(name);
  const page = await pageOf(call, (options) => repository.tags(options));
  if (page.items.length === 0 && !(await exists(call, repository))) {
    throw new Refusal(404, 'NAME_UNKNOWN', 'repository is not known here');
  }
  return jsonAnswer(call.request, { name, tags: page.items }, { link: page.link });
}

/** The repositories that there are, in pages (`_catalog`, which distribution-spec leaves to its predecessor). */
export async function listRepositories(call: ServerCall): Promise<Response> {
  const page = await pageOf(call, (options) => call.settings.registry.repositories(options));
  return jsonAnswer(call.request, { repositories: page.items }, { link: page.link });
}

interface Page {
  readonly items: readonly string[];
  readonly link: string | undefined;
}

interface PageOptions {
  readonly after: string | undefined;
  readonly limit: number;
  readonly signal: AbortSignal;
}

async function pageOf(call: ServerCall, list: (options: PageOptions) => AsyncIterable<string>): Promise<Page> {
  const { url, request, settings } = call;
  const wanted = countOf(url.searchParams.get('n'));
  if (wanted === 0) return { items: [], link: undefined };
  const size = Math.min(wanted ?? Infinity, settings.limits.pageSize);
  const after = url.searchParams.get('last') ?? undefined;
  const items: string[] = [];
  // One more than wanted says whether there is a next page.
  for await (const item of list({ after, limit: size + 1, signal: request.signal })) items.push(item);
  if (items.length <= size) return { items, link: undefined };
  items.length = size;
  return { items, link: nextLink(url, { n: String(size), last: items.at(-1) ?? '' }) };
}

function countOf(text: string | null): number | undefined {
  if (text === null) return undefined;
  if (/^[0-9]{1,15}$/.test(text)) return Number(text);
  throw new Refusal(400, 'UNSUPPORTED', 'n is not a number of entries');
}

/** RFC 8288; the query is encoded, so that nothing in it can end the header or the link. */
function nextLink(url: URL, changed: Readonly<Record<string, string>>): string {
  const query = new URLSearchParams(url.searchParams);
  for (const [name, value] of Object.entries(changed)) query.set(name, value);
  return `<${url.pathname}?${query.toString()}>; rel="next"`;
}

async function exists(call: ServerCall, repository: Repository): Promise<boolean> {
  const { signal } = call.request;
  if (repository.exists !== undefined) return repository.exists({ signal });
  for await (const name of call.settings.registry.repositories({ signal })) if (name === repository.name) return true;
  return false;
}

/** end-12: the manifests whose subject is a digest, in pages. */
export async function listReferrers(call: ServerCall, name: string, text: string): Promise<Response> {
  const { url, request, settings } = call;
  const subject = checkDigest(text);
  const last = url.searchParams.get('last');
  const artifactType = url.searchParams.get('artifactType') ?? undefined;
  const { pageSize } = settings.limits;
  const after = last === null ? undefined : checkDigest(last);
  const found = await referrersPage(call.repository(name), subject, {
    artifactType,
    after,
    limit: pageSize + 1,
    signal: request.signal,
  });
  const page = fitting(found, pageSize, settings.limits.manifestBytes);
  const end = page.at(-1);
  return bytesAnswer(request, utf8(indexOf(page)), {
    'content-type': mediaTypes.imageIndex,
    'oci-filters-applied': artifactType === undefined ? undefined : 'artifactType',
    link: page.length < found.length && end !== undefined ? nextLink(url, { last: end.digest }) : undefined,
  });
}

async function referrersPage(
  repository: Repository,
  subject: Digest,
  options: ReferrersOptions,
): Promise<readonly Descriptor[]> {
  return (await repository.referrers(subject, options)).referrers;
}

/** As many as one answer may have; at least one, as each alone is a part of a manifest that was taken. */
function fitting(found: readonly Descriptor[], count: number, bytes: number): readonly Descriptor[] {
  let left = bytes - indexOf([]).length;
  const page: Descriptor[] = [];
  for (const descriptor of found) {
    left -= utf8(JSON.stringify(descriptor)).length + 1;
    if (page.length === count || (left < 0 && page.length > 0)) break;
    page.push(descriptor);
  }
  return page;
}

function indexOf(manifests: readonly Descriptor[]): string {
  return JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.imageIndex, manifests });
}
