import { mediaTypes } from '../../oci/media-types.ts';
import {
  answering,
  asked,
  bytesOf,
  changed,
  readdressed,
  refused,
  rewritingSuccess,
  type QuirkFilter,
} from './answers.ts';
import type { NextStep, QuirkCall, QuirkRule } from './quirk.ts';

const reads = asked('GET HEAD', 'manifest');
const puts = asked('PUT', 'manifest');

/** How registries take and give manifests. */
export const manifestQuirks: readonly QuirkRule[] = [
  {
    name: 'accept-strict',
    summary: 'a manifest whose media type is not in Accept is answered 404',
    seenOn: 'distribution',
    run: rewritingSuccess(reads, (response, { request }) => {
      const type = response.headers.get('content-type') ?? '';
      const wanted = (request.headers.get('accept') ?? '').split(',').map((item) => item.split(';')[0]?.trim());
      return wanted.includes(type)
        ? response
        : refused(404, 'MANIFEST_UNKNOWN', 'OCI manifest found, but accept header does not support OCI manifests');
    }),
  },
  {
    name: 'accept-rewrites',
    summary: 'who does not accept an index is given the first image of it in its place',
    seenOn: 'distribution, for lists of Docker',
    run: rewritingSuccess(reads, async (response, { request, route, world }) => {
      const accepted = request.headers.get('accept')?.includes(mediaTypes.imageIndex) === true;
      if (accepted || response.headers.get('content-type') !== mediaTypes.imageIndex) return response;
      const { reference, repository } = route as { readonly reference: string; readonly repository: string };
      const { manifest } = world.registry.repository(repository);
      const [first] = documentOf((await manifest.get(reference))?.bytes)['manifests'] as { readonly digest: string }[];
      const found = await manifest.get(first?.digest ?? '');
      const headers = { 'content-type': found?.descriptor.mediaType ?? '' };
      return new Response(request.method === 'HEAD' ? null : new Uint8Array(found?.bytes ?? []), { headers });
    }),
  },
  {
    name: 'content-type-parameters',
    summary: 'the media type of a manifest has parameters',
    seenOn: 'proxies that say charset',
    run: rewritingSuccess(reads, (response) =>
      changed(response, { 'content-type': `${response.headers.get('content-type') ?? ''}; charset=utf-8` }),
    ),
  },
  {
    name: 'content-type-json',
    summary: 'the media type of every manifest is application/json',
    seenOn: 'static mirrors',
    run: rewritingSuccess(reads, (response) => changed(response, { 'content-type': 'application/json' })),
  },
  {
    name: 'content-type-missing',
    summary: 'a manifest has no media type',
    seenOn: 'static mirrors',
    run: rewritingSuccess(reads, (response) => changed(response, { 'content-type': null })),
  },
  {
    name: 'content-type-wrong',
    summary: 'a manifest comes as an index, and an index as a manifest',
    seenOn: 'an attacker (CVE-2021-41190)',
    run: rewritingSuccess(reads, (response) =>
      changed(response, {
        'content-type':
          response.headers.get('content-type') === mediaTypes.imageIndex
            ? mediaTypes.imageManifest
            : mediaTypes.imageIndex,
      }),
    ),
  },
  {
    name: 'manifests-html',
    summary: 'a manifest is a web page with status 200',
    seenOn: 'login pages, captive portals',
    run: answering(reads, ({ request }) => {
      const page = request.method === 'HEAD' ? null : '<!doctype html><title>log in</title>';
      return new Response(page, { headers: { 'content-type': 'text/html; charset=utf-8' } });
    }),
  },
  {
    name: 'docker-types-refused',
    summary: 'manifests of Docker’s media types are answered 415',
    seenOn: 'zot, unless told otherwise',
    run: answering(puts, ({ request }) =>
      request.headers.get('content-type')?.includes('vnd.docker') === true
        ? refused(415, 'MANIFEST_INVALID', 'media type is not supported')
        : undefined,
    ),
  },
  {
    name: 'config-type-refused',
    summary: 'a manifest whose config is no image is answered 400',
    seenOn: 'Quay and others with lists of what they allow',
    run: byDocument((document) => {
      const type = memberOf(document, 'config', 'mediaType');
      return type === undefined || type === mediaTypes.imageConfig
        ? undefined
        : refused(400, 'MANIFEST_INVALID', 'config media type is not allowed');
    }),
  },
  ...[404, 415].map((status): QuirkRule => ({
    name: `config-type-${status}`,
    summary: `a manifest whose config is no image is answered ${status}`,
    seenOn: 'registries that take images only',
    run: byDocument((document) => {
      const type = memberOf(document, 'config', 'mediaType');
      if (type === undefined || type === mediaTypes.imageConfig) return undefined;
      return refused(status, 'MANIFEST_INVALID', 'config media type is not supported');
    }),
  })),
  {
    name: 'subject-refused',
    summary: 'a manifest with a subject is answered 400',
    seenOn: 'Docker Hub in 2022 (oras 666)',
    run: byDocument((document) =>
      document['subject'] === undefined ? undefined : refused(400, 'MANIFEST_INVALID', 'subject is not known'),
    ),
  },
  {
    name: 'subject-missing-refused',
    summary: 'a manifest whose subject is not there yet is answered 400',
    seenOn: 'GitLab (buildkit 7007)',
    run: byDocument(async (document, { route, world }) => {
      const subject = memberOf(document, 'subject', 'digest');
      if (typeof subject !== 'string' || route?.kind !== 'manifest') return undefined;
      const found = await world.registry.repository(route.repository).resolve(subject);
      return found === undefined ? refused(400, 'MANIFEST_BLOB_UNKNOWN', 'blob unknown to registry') : undefined;
    }),
  },
  {
    name: 'manifest-too-large',
    summary: 'a manifest of more than 4 MiB is answered 413',
    seenOn: 'distribution, zot',
    run: (call, next) =>
      puts(call)
        ? withBody(call, next, (bytes) =>
            bytes.length > call.world.sizes.maxManifest
              ? refused(413, 'MANIFEST_INVALID', 'manifest is too large')
              : undefined,
          )
        : next(),
  },
  {
    name: 'tag-immutable',
    summary: 'a tag that is there is not moved: 400',
    seenOn: 'ECR and Harbor, where told so',
    run: answering(puts, async ({ route, world }) => {
      if (route?.kind !== 'manifest' || route.reference.includes(':')) return undefined;
      const found = await world.registry.repository(route.repository).resolve(route.reference);
      return found === undefined ? undefined : refused(400, 'TAG_INVALID', 'the tag already exists and is immutable');
    }),
  },
];

type Document = Readonly<Record<string, unknown>>;

/** Judges a manifest that is pushed by what is in it. */
function byDocument(
  judge: (document: Document, call: QuirkCall) => Response | undefined | Promise<Response | undefined>,
  when: QuirkFilter = puts,
): QuirkRule['run'] {
  return (call, next) => (when(call) ? withBody(call, next, (bytes) => judge(documentOf(bytes), call)) : next());
}

async function withBody(
  { request, url }: QuirkCall,
  next: NextStep,
  judge: (bytes: Uint8Array) => Response | undefined | Promise<Response | undefined>,
): Promise<Response> {
  const body = await bytesOf(request);
  return (await judge(body)) ?? next(readdressed(request, url, { body }));
}

function documentOf(bytes: Uint8Array | undefined): Document {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return typeof value === 'object' && value !== null ? (value as Document) : {};
  } catch {
    return {};
  }
}

function memberOf(document: Document, name: string, member: string): unknown {
  const value = document[name];
  return typeof value === 'object' && value !== null ? (value as Document)[member] : undefined;
}
