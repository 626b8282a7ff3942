import type { Descriptor } from '../../oci/descriptor.ts';
import { mediaTypes } from '../../oci/media-types.ts';
import { answering, asked, changed, readdressed, refused, rewriting, rewritingSuccess } from './answers.ts';
import type { QuirkCall, QuirkRule, QuirkStep } from './quirk.ts';

const lists = asked('GET', 'referrers');
const puts = asked('PUT', 'manifest');
const fallbackTag = /^(sha256|sha384|sha512)-([0-9a-f]{32,64})$/;

/** How registries know what refers to a manifest. */
export const referrerQuirks: readonly QuirkRule[] = [
  {
    name: 'referrers-404',
    summary: 'referrers are not listed: 404 with plain text',
    seenOn: 'distribution, and everything older than specification 1.1',
    run: withoutApi(() => new Response('404 page not found\n', { status: 404 })),
  },
  {
    name: 'referrers-404-json',
    summary: 'referrers are not listed: 404 MANIFEST_UNKNOWN',
    seenOn: 'GHCR (aicr 1957), Quay before 2024-07',
    run: withoutApi(() => refused(404, 'MANIFEST_UNKNOWN', 'manifest unknown')),
  },
  ...[400, 405, 406, 501].map((status): QuirkRule => ({
    name: `referrers-${status}`,
    summary: `referrers are not listed: ${status}`,
    seenOn: 'registries that take the path for another one',
    run: withoutApi(() => refused(status, 'UNSUPPORTED', 'operation is not supported')),
  })),
  {
    name: 'referrers-303',
    summary: 'a question for referrers is sent to another host, which answers 429 with a page',
    seenOn: 'GHCR (artifacthub 4785)',
    run: withoutApi(({ world }) => Response.redirect(`${world.storageOrigin}/too-many`, 303)),
  },
  {
    name: 'referrers-429',
    summary: 'a question for referrers is answered 429',
    seenOn: 'GHCR (artifacthub 4785)',
    run: withoutApi(() => refused(429, 'TOOMANYREQUESTS', 'slow down')),
  },
  {
    name: 'referrers-html',
    summary: 'a question for referrers is answered with a web page',
    seenOn: 'login pages',
    run: withoutApi(() => new Response('<!doctype html><p>hello', { headers: { 'content-type': 'text/html' } })),
  },
  {
    name: 'referrers-empty',
    summary: 'the list of referrers is empty, whatever refers to a manifest',
    seenOn: 'GHCR (sbomify 1530)',
    run: withoutApi(() => indexAnswer({ manifests: [] })),
  },
  {
    name: 'referrers-null',
    summary: 'a list of no referrers is null',
    seenOn: 'registries written in Go',
    run: rewritingSuccess(lists, async (response) => {
      const list = (await response.clone().json()) as { manifests: unknown[] };
      return list.manifests.length === 0 ? indexAnswer({ manifests: null }) : response;
    }),
  },
  {
    name: 'subject-header-lies',
    summary: 'OCI-Subject says that referrers are listed, and they are not',
    seenOn: 'ECR in 2024 (sigstore-js 1183)',
    run: answering(lists, () => new Response('404 page not found\n', { status: 404 })),
  },
  {
    name: 'subject-header-missing',
    summary: 'referrers are listed, and no OCI-Subject says so',
    seenOn: 'registries on the way to specification 1.1',
    run: rewriting(puts, (response) => changed(response, { 'oci-subject': null })),
  },
  {
    name: 'fallback-tag-is-image',
    summary: 'the tag for referrers gives the image itself, and referrers are not listed',
    seenOn: 'GitLab (oras 2148)',
    run: async (call, next) => {
      const subject = subjectOfTag(call);
      if (subject === undefined) return withoutApi(() => new Response(null, { status: 404 }))(call, next);
      const url = new URL(call.url);
      url.pathname = url.pathname.replace(/[^/]+$/, subject);
      return next(readdressed(call.request, url));
    },
  },
  {
    name: 'filter-ignored',
    summary: 'the filter for an artifact type is not applied, and nothing says that it was',
    seenOn: 'what the specification allows',
    run: async (call, next) => (lists(call) ? withoutHeader(await next(unfiltered(call))) : next()),
  },
  {
    name: 'filter-lies',
    summary: 'the filter for an artifact type is not applied, and OCI-Filters-Applied says that it was',
    seenOn: 'registries with a fault',
    run: async (call, next) =>
      lists(call) ? changed(await next(unfiltered(call)), { 'oci-filters-applied': 'artifactType' }) : next(),
  },
  {
    name: 'referrers-without-type',
    summary: 'the list has neither artifact types nor annotations, and is not filtered',
    seenOn: 'Quay before 2024-07',
    run: async (call, next) => {
      if (!lists(call)) return next();
      const list = (await (await next(unfiltered(call))).json()) as { readonly manifests: readonly Descriptor[] };
      const manifests = list.manifests.map(({ mediaType, digest, size }) => ({ mediaType, digest, size }));
      return indexAnswer({ manifests });
    },
  },
  {
    name: 'fallback-type-wrong',
    summary: 'referrers are not listed, and the list under the tag has another artifact type for each',
    seenOn: 'GHCR (aicr 1957)',
    run: async (call, next) => {
      const response = await withoutApi(() => new Response(null, { status: 404 }))(call, next);
      if (call.request.method !== 'GET' || subjectOfTag(call) === undefined || !response.ok) return response;
      const list = (await response.json()) as { readonly manifests: readonly Descriptor[] };
      return indexAnswer({ manifests: list.manifests.map((entry) => ({ ...entry, artifactType: mediaTypes.empty })) });
    },
  },
  {
    name: 'referrers-of-others',
    summary: 'the list has what refers to nothing, twice',
    seenOn: 'an attacker, and caches with a fault',
    run: rewritingSuccess(lists, async (response) => {
      const list = (await response.json()) as { manifests: unknown[] };
      return indexAnswer({
        manifests: [...list.manifests, ...list.manifests, { mediaType: 'x/y', digest: 'no', size: -1 }],
      });
    }),
  },
];

/** A registry that never heard of referrers says nothing of a subject either. */
function withoutApi(answer: (call: QuirkCall) => Response): QuirkStep {
  const list = answering(lists, answer);
  const put = rewriting(puts, (response) => changed(response, { 'oci-subject': null }));
  return (call, next) => (puts(call) ? put(call, next) : list(call, next));
}

function indexAnswer(members: { readonly manifests: unknown }): Response {
  const index = { schemaVersion: 2, mediaType: mediaTypes.imageIndex, ...members };
  return new Response(JSON.stringify(index), { headers: { 'content-type': mediaTypes.imageIndex } });
}

function subjectOfTag({ request, route }: QuirkCall): string | undefined {
  if (route?.kind !== 'manifest' || !['GET', 'HEAD'].includes(request.method)) return undefined;
  const [, algorithm, hex] = fallbackTag.exec(route.reference) ?? [];
  return algorithm === undefined || hex === undefined ? undefined : `${algorithm}:${hex}`;
}

function unfiltered({ request, url }: QuirkCall): Request {
  const whole = new URL(url);
  whole.searchParams.delete('artifactType');
  return readdressed(request, whole);
}

function withoutHeader(response: Response): Response {
  return changed(response, { 'oci-filters-applied': null });
}
