import { digestOf } from '../../digest/digest.ts';
import { answering, asked, bytesOf, changed, readdressed, refused, rewriting } from './answers.ts';
import { ConnectionLost, countUp, type NextStep, type QuirkCall, type QuirkRule, type QuirkStep } from './quirk.ts';
import { isThere } from './status-quirks.ts';

const patches = asked('PATCH', 'upload');
const starts = asked('POST', 'uploads');
const emptyDigest = digestOf(new Uint8Array());

/** How registries take blobs. */
export const uploadQuirks: readonly QuirkRule[] = [
  {
    name: 'single-post-ignored',
    summary: 'a POST that brings the whole blob only begins an upload',
    seenOn: 'distribution',
    run: answering(starts, async ({ request, url }, next) => {
      if (!url.searchParams.has('digest')) return undefined;
      await request.body?.cancel();
      const plain = new URL(url);
      plain.searchParams.delete('digest');
      return next(new Request(plain, { method: 'POST', headers: { 'content-length': '0' } }));
    }),
  },
  {
    name: 'patch-refused',
    summary: 'a blob comes in one piece: PATCH is answered 405',
    seenOn: 'Artifact Registry',
    run: answering(patches, () => refused(405, 'UNSUPPORTED', 'chunked upload is not supported')),
  },
  {
    name: 'second-patch-refused',
    summary: 'the second part of an upload is answered 400',
    seenOn: 'Gitea, Forgejo (sdk-container-builds 471)',
    run: answering(patches, ({ world, url }) =>
      countUp(world, `patch ${url.pathname}`) > 1
        ? refused(400, 'BLOB_UPLOAD_INVALID', 'Stream uploads after first write are not allowed')
        : undefined,
    ),
  },
  {
    name: 'chunk-too-large',
    summary: 'a part of more than 4 MiB is answered 416',
    seenOn: 'GHCR (rust-oci-client 37)',
    run: bySize((call, size) =>
      patches(call) && size > call.world.sizes.maxChunk
        ? refused(416, 'BLOB_UPLOAD_INVALID', `chunk of ${size} bytes exceeds the maximum permissible limit`)
        : undefined,
    ),
  },
  {
    name: 'chunk-too-small',
    summary: 'a part that follows one of less than 5 MiB is answered 400',
    seenOn: 'ECR',
    run: bySize(refuseAfterSmall),
  },
  {
    name: 'chunk-minimum-announced',
    summary: 'OCI-Chunk-Min-Length says how large parts have to be, and smaller ones are refused',
    seenOn: 'what the specification allows',
    run: async (call, next) => {
      const response = await bySize(refuseAfterSmall)(call, next);
      const minimum = String(call.world.sizes.minChunk);
      return starts(call) ? changed(response, { 'oci-chunk-min-length': minimum }) : response;
    },
  },
  {
    name: 'range-stale',
    summary: 'after the second part Range still says the end of the first, although all bytes are stored',
    seenOn: 'ECR (containers-roadmap 2831)',
    run: rewriting(patches, (response, { url, world }) => {
      const key = `range ${url.pathname}`;
      const first = world.counts.get(key) ?? endOf(response.headers.get('range'));
      world.counts.set(key, first);
      return changed(response, { range: `0-${first}` });
    }),
  },
  {
    name: 'range-relative',
    summary: 'Range says how much the last part had',
    seenOn: 'Aliyun (regclient 627)',
    run: async (call, next) => {
      if (!patches(call)) return next();
      const bytes = await bytesOf(call.request);
      const response = await next(readdressed(call.request, call.url, { body: bytes }));
      return changed(response, { range: `0-${bytes.length - 1}` });
    },
  },
  {
    name: 'range-with-unit',
    summary: 'Range starts with "bytes="',
    seenOn: 'registries that read RFC 9110 in place of the specification',
    run: rewriting(asked('POST PATCH GET', 'uploads', 'upload'), (response) => {
      const range = response.headers.get('range');
      return range === null ? response : changed(response, { range: `bytes=${range}` });
    }),
  },
  {
    name: 'range-missing',
    summary: 'the answer to a part has no Range',
    seenOn: 'registries behind proxies',
    run: rewriting(patches, (response) => changed(response, { range: null })),
  },
  {
    name: 'upload-status-404',
    summary: 'nobody says how much of an upload came',
    seenOn: 'ECR (dotnet/sdk 33019)',
    run: answering(asked('GET', 'upload'), () => refused(404, 'BLOB_UPLOAD_UNKNOWN', 'upload is unknown')),
  },
  {
    name: 'upload-forgotten',
    summary: 'the first upload is forgotten before anything comes',
    seenOn: 'registries with several machines that do not share uploads',
    run: answering(asked('PATCH PUT', 'upload'), async ({ request, world, url }) => {
      const first = world.counts.has('forgotten') ? undefined : url.pathname;
      if (first !== undefined) world.counts.set('forgotten', 1).set(`forgotten ${first}`, 1);
      if (!world.counts.has(`forgotten ${url.pathname}`)) return undefined;
      await request.body?.cancel();
      return refused(404, 'BLOB_UPLOAD_UNKNOWN', 'upload is unknown');
    }),
  },
  {
    name: 'upload-cancel-refused',
    summary: 'an upload cannot be cancelled',
    seenOn: 'many: it is optional',
    run: answering(asked('DELETE', 'upload'), () => refused(405, 'UNSUPPORTED', 'method is not allowed')),
  },
  {
    name: 'octet-stream-wanted',
    summary: 'a part that is not application/octet-stream is answered 415',
    seenOn: 'distribution 3, zot',
    run: answering(asked('PATCH PUT', 'upload'), ({ request }) =>
      request.body === null || ['application/octet-stream', ''].includes(request.headers.get('content-type') ?? '')
        ? undefined
        : refused(415, 'UNSUPPORTED', 'content type is not application/octet-stream'),
    ),
  },
  {
    name: 'length-required',
    summary: 'a body without Content-Length is answered 411',
    seenOn: 'proxies, registries over S3',
    run: answering(
      ({ request }) => request.body !== null && !request.headers.has('content-length'),
      async ({ request }) => {
        await request.body?.cancel();
        return new Response('length required\n', { status: 411 });
      },
    ),
  },
  {
    name: 'body-too-large',
    summary: 'a request of more than 100 MB is answered 413 with a page',
    seenOn: 'Cloudflare',
    run: bySize(({ world }, size) =>
      size > world.sizes.maxBody
        ? new Response('<html><title>413 Request Entity Too Large</title>', {
            status: 413,
            headers: { 'content-type': 'text/html' },
          })
        : undefined,
    ),
  },
  {
    name: 'empty-blob-refused',
    summary: 'a blob of no bytes is answered 400',
    seenOn: 'Artifact Registry (oras-go 294)',
    run: answering(asked('PUT POST', 'upload', 'uploads'), ({ url }) =>
      url.searchParams.get('digest') === emptyDigest ? refused(400, 'DIGEST_INVALID', 'blob is empty') : undefined,
    ),
  },
  {
    name: 'new-repository-drops',
    summary: 'an upload to a repository that is not there is answered by closing the connection',
    seenOn: 'ECR (dotnet/sdk 279)',
    run: answering(starts, async (call) => {
      if (!(await isThere(call))) throw new ConnectionLost();
      return undefined;
    }),
  },
  {
    name: 'quota-exceeded',
    summary: 'what is pushed is answered 403: the quota is used up',
    seenOn: 'Harbor',
    run: answering(asked('PUT PATCH', 'upload', 'manifest'), async ({ request }) => {
      await request.body?.cancel();
      return refused(403, 'DENIED', 'adding 1.0 MiB of storage resource, which will exceed the configured upper limit');
    }),
  },
  {
    name: 'read-only',
    summary: 'whatever writes is answered 405',
    seenOn: 'distribution while it is maintained, mirrors',
    run: answering(
      ({ request }) => ['POST', 'PUT', 'PATCH', 'DELETE'].includes(request.method),
      async ({ request, url }) => {
        if (url.pathname === '/token') return undefined;
        await request.body?.cancel();
        return refused(405, 'UNSUPPORTED', 'registry is read-only');
      },
    ),
  },
];

/** Judges a request by the bytes that it brings, whether it says so or not. */
function bySize(judge: (call: QuirkCall, size: number) => Response | undefined): QuirkStep {
  return async (call: QuirkCall, next: NextStep) => {
    const { request, url } = call;
    if (request.body === null) return judge(call, 0) ?? next();
    const length = request.headers.get('content-length');
    if (length !== null) return (await refusedUnread(judge(call, Number(length)), request)) ?? next();
    const body = await bytesOf(request);
    return judge(call, body.length) ?? next(readdressed(request, url, { body }));
  };
}

async function refusedUnread(answer: Response | undefined, request: Request): Promise<Response | undefined> {
  if (answer !== undefined) await request.body?.cancel();
  return answer;
}

function refuseAfterSmall(call: QuirkCall, size: number): Response | undefined {
  const { world, url } = call;
  const key = `part ${url.pathname}`;
  const last = world.counts.get(key);
  if (patches(call)) world.counts.set(key, size);
  if (size === 0 || last === undefined || last >= world.sizes.minChunk) return undefined;
  return refused(400, 'BLOB_UPLOAD_INVALID', `part of ${last} bytes is smaller than the minimum`);
}

function endOf(range: string | null): number {
  return Number(range?.split('-')[1] ?? 0);
}
