import { answering, asked, changed, readdressed, refused, rewriting, type QuirkFilter } from './answers.ts';
import { countUp, type QuirkCall, type QuirkRule, type QuirkStep } from './quirk.ts';

const writers = 'writers';

/** Statuses that registries answer with in place of those of the specification. */
export const statusQuirks: readonly QuirkRule[] = [
  {
    name: 'mount-ignored',
    summary: 'a mount is never done: an upload begins',
    seenOn: 'ECR unless a manifest names the blob, and what the specification allows',
    run: answering(mounts, (_call, next) => next(withoutMount(_call))),
  },
  {
    name: 'mount-refused',
    summary: 'a mount is answered 405',
    seenOn: 'zot for a mount that is not complete',
    run: answering(mounts, () => refused(405, 'UNSUPPORTED', 'mount is not supported')),
  },
  {
    name: 'mount-needs-from',
    summary: 'a mount that names no repository is answered 400',
    seenOn: 'Quay',
    run: answering(mounts, ({ url }) =>
      url.searchParams.has('from') ? undefined : refused(400, 'NAME_INVALID', 'from is missing'),
    ),
  },
  {
    name: 'blob-put-204',
    summary: 'the end of an upload is answered 204',
    seenOn: 'the registry of Docker before there was a specification',
    run: replacing(asked('PUT', 'upload'), 201, 204),
  },
  {
    name: 'blob-put-202',
    summary: 'the end of an upload is answered 202',
    seenOn: 'registries that store later',
    run: replacing(asked('PUT', 'upload'), 201, 202),
  },
  {
    name: 'patch-204',
    summary: 'a part of an upload is answered 204',
    seenOn: 'the registry of Docker before there was a specification',
    run: replacing(asked('PATCH', 'upload'), 202, 204),
  },
  {
    name: 'patch-201',
    summary: 'a part of an upload is answered 201',
    seenOn: 'ECR',
    run: replacing(asked('PATCH', 'upload'), 202, 201),
  },
  {
    name: 'manifest-put-200',
    summary: 'a manifest that was stored is answered 200',
    seenOn: 'registries that go-containerregistry and others make allowance for',
    run: replacing(asked('PUT', 'manifest'), 201, 200),
  },
  {
    name: 'manifest-put-202',
    summary: 'a manifest that was stored is answered 202',
    seenOn: 'registries that go-containerregistry and others make allowance for',
    run: replacing(asked('PUT', 'manifest'), 201, 202),
  },
  {
    name: 'no-final-location',
    summary: 'what was stored has no Location',
    seenOn: 'ECR (rust-oci-client 33)',
    run: rewriting(asked('PUT', 'manifest', 'upload'), (response) => changed(response, { location: null })),
  },
  {
    name: 'delete-200',
    summary: 'a delete is answered 200',
    seenOn: 'GCR',
    run: replacing(asked('DELETE', 'manifest', 'blob'), 202, 200),
  },
  {
    name: 'delete-refused',
    summary: 'a delete is answered 405',
    seenOn: 'GHCR, distribution unless told otherwise',
    run: answering(asked('DELETE', 'manifest', 'blob'), () => refused(405, 'UNSUPPORTED', 'deleting is disabled')),
  },
  {
    name: 'tag-delete-refused',
    summary: 'a tag cannot be deleted, only the manifest',
    seenOn: 'distribution 2',
    run: answering(asked('DELETE', 'manifest'), ({ route }) =>
      route?.kind === 'manifest' && !route.reference.includes(':')
        ? refused(400, 'DIGEST_INVALID', 'reference is no digest')
        : undefined,
    ),
  },
  {
    name: 'head-refused',
    summary: 'HEAD is answered 405',
    seenOn: 'some (regclient disableHead)',
    run: answering(
      ({ request }) => request.method === 'HEAD',
      () => new Response(null, { status: 405 }),
    ),
  },
  {
    name: 'head-403',
    summary: 'HEAD is answered 403, and GET is not',
    seenOn: 'some (regclient disableHead)',
    run: answering(
      ({ request }) => request.method === 'HEAD',
      () => new Response(null, { status: 403 }),
    ),
  },
  {
    name: 'head-412',
    summary: 'HEAD of a manifest is answered 412',
    seenOn: 'Harbor, where a policy blocks it (harbor 19408)',
    run: answering(asked('HEAD', 'manifest'), () => new Response(null, { status: 412 })),
  },
  {
    name: 'repository-not-created',
    summary: 'a repository has to be made first: a push to one that is not there is answered 404',
    seenOn: 'ECR',
    run: answering(pushes, async (call) =>
      (await isThere(call)) ? undefined : refused(404, 'NAME_UNKNOWN', 'repository does not exist in the registry'),
    ),
  },
  {
    name: 'missing-repository-401',
    summary: 'a repository that is not there is answered 401',
    seenOn: 'Docker Hub',
    run: answering(inRepository, async (call) =>
      call.request.method === 'POST' || (await isThere(call))
        ? undefined
        : refused(401, 'UNAUTHORIZED', 'authentication required'),
    ),
  },
  {
    name: 'missing-repository-403',
    summary: 'a repository that is not there is answered 403',
    seenOn: 'GHCR, Artifact Registry',
    run: answering(inRepository, async (call) =>
      call.request.method === 'POST' || (await isThere(call)) ? undefined : refused(403, 'DENIED', 'denied'),
    ),
  },
  {
    name: 'rate-limited-for-hours',
    summary: 'reading manifests is answered 429: come again in six hours',
    seenOn: 'Docker Hub, for who is not logged in',
    run: answering(asked('GET', 'manifest'), () =>
      refused(429, 'TOOMANYREQUESTS', 'you have reached your pull rate limit', {
        'retry-after': '21600',
        'ratelimit-remaining': '0;w=21600',
      }),
    ),
  },
  {
    name: 'one-write-at-a-time',
    summary: 'who writes while somebody writes is answered 500',
    seenOn: 'Artifactory (origin 24514), Gitea (gitea 33646)',
    run: async ({ request, world, url }, next) => {
      if (['GET', 'HEAD'].includes(request.method) || url.pathname === '/token') return next();
      try {
        if (countUp(world, writers) === 1) return await next();
        await request.body?.cancel();
        return refused(500, 'UNKNOWN', 'resource is locked');
      } finally {
        world.counts.set(writers, (world.counts.get(writers) ?? 1) - 1);
      }
    },
  },
  {
    name: 'missing-blob-401',
    summary: 'HEAD of a blob that is not there is answered 401',
    seenOn: 'GitLab (gitlab 23132)',
    run: rewriting(asked('HEAD', 'blob'), (response) =>
      response.status === 404 ? new Response(null, { status: 401 }) : response,
    ),
  },
];

function mounts({ request, route, url }: QuirkCall): boolean {
  return request.method === 'POST' && route?.kind === 'uploads' && url.searchParams.has('mount');
}

function withoutMount({ request, url }: QuirkCall): Request {
  const plain = new URL(url);
  plain.searchParams.delete('mount');
  plain.searchParams.delete('from');
  return readdressed(request, plain);
}

function replacing(when: QuirkFilter, usual: number, status: number): QuirkStep {
  return rewriting(when, (response) => (response.status === usual ? changed(response, {}, { status }) : response));
}

function pushes({ request, route }: QuirkCall): boolean {
  return (request.method === 'POST' || request.method === 'PUT') && route !== undefined && 'repository' in route;
}

function inRepository({ route }: QuirkCall): boolean {
  return route !== undefined && 'repository' in route;
}

/** True where the repository has something. */
export async function isThere({ route, world }: QuirkCall): Promise<boolean> {
  const name = route !== undefined && 'repository' in route ? route.repository : '';
  for await (const known of world.registry.repositories()) if (known === name) return true;
  return false;
}
