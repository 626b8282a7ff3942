import { answering, asked, changed, readdressed, refused, rewriting, rewritingSuccess } from './answers.ts';
import { countUp, type QuirkCall, type QuirkRule } from './quirk.ts';

const tags = asked('GET', 'tags');
const lists = asked('GET', 'tags', 'catalog');

/** How registries list tags and repositories. */
export const listingQuirks: readonly QuirkRule[] = [
  {
    name: 'tags-null',
    summary: 'a repository without tags has "tags": null',
    seenOn: 'distribution, and others written in Go',
    run: rewriting(tags, async (response, { route }) => {
      if (response.status === 404) return Response.json({ name: nameOf(route), tags: null });
      const body = (await response.clone().json()) as { tags?: unknown };
      const none = Array.isArray(body.tags) && body.tags.length === 0;
      return none ? Response.json({ ...body, tags: null }) : response;
    }),
  },
  {
    name: 'tags-page-refused',
    summary: 'a page of more than 1,000 is answered 400',
    seenOn: 'ECR (go-containerregistry 1091)',
    run: answering(lists, ({ url, world }) =>
      Number(url.searchParams.get('n') ?? 0) > world.sizes.maxPage
        ? refused(400, 'PAGINATION_NUMBER_INVALID', 'n is too large')
        : undefined,
    ),
  },
  {
    name: 'tags-unsorted',
    summary: 'names come in no order',
    seenOn: 'Quay, GitLab',
    run: rewritingSuccess(lists, async (response) => {
      const body = (await response.json()) as Record<string, unknown>;
      const turned = Object.entries(body).map(([key, value]) => [key, Array.isArray(value) ? value.reverse() : value]);
      return withJson(response, Object.fromEntries(turned));
    }),
  },
  {
    name: 'pages-short',
    summary: 'a page has fewer names than were asked for, and a Link to the next',
    seenOn: 'what the specification allows, GHCR',
    run: (call, next) => (lists(call) ? next(withPage(call, 2)) : next()),
  },
  {
    name: 'link-missing',
    summary: 'a full page has no Link to the next',
    seenOn: 'older registries, and pages in browsers where it is not exposed',
    run: rewriting(lists, (response) => changed(response, { link: null })),
  },
  {
    name: 'link-absolute',
    summary: 'Link is a whole address',
    seenOn: 'Quay, Harbor',
    run: async (call, next) => {
      const response = await next(lists(call) ? withPage(call, 2) : undefined);
      const link = response.headers.get('link');
      return link === null ? response : changed(response, { link: link.replace('<', `<${call.url.origin}`) });
    },
  },
  {
    name: 'link-odd-writing',
    summary: 'Link has other relations, and rel without quotes',
    seenOn: 'what RFC 8288 allows, ECR',
    run: async (call, next) => {
      const response = await next(lists(call) ? withPage(call, 2) : undefined);
      const link = response.headers.get('link');
      const first = '</v2/?a=1,2;3>; title="a, <b>"; rel=first';
      return link === null ? response : changed(response, { link: `${first}, ${link.replace('"next"', 'next')}` });
    },
  },
  {
    name: 'link-self',
    summary: 'Link leads to the page that has it',
    seenOn: 'registries with a fault (GHSA-298f-872v-2rcx)',
    run: rewritingSuccess(lists, (response, { url }) =>
      changed(response, { link: `<${url.pathname}${url.search}>; rel="next"` }),
    ),
  },
  {
    name: 'link-endless',
    summary: 'every page has a Link to one more, with names that were not there before',
    seenOn: 'an attacker',
    run: answering(lists, (call) => {
      const count = countUp(call.world, 'pages');
      const name = nameOf(call.route);
      const link = `<${call.url.pathname}?last=t${count}>; rel="next"`;
      return Response.json({ name, tags: [`t${count}`], repositories: [`r${count}`] }, { headers: { link } });
    }),
  },
  {
    name: 'link-other-host',
    summary: 'Link leads to another host',
    seenOn: 'an attacker (GHSA-h7vf-4x9w-h99v)',
    run: rewritingSuccess(lists, (response, { world }) =>
      changed(response, { link: `<${world.evilOrigin}/v2/team/app/tags/list>; rel="next"` }),
    ),
  },
  {
    name: 'tags-of-nonsense',
    summary: 'among the names are some that are none',
    seenOn: 'an attacker',
    run: rewritingSuccess(lists, async (response) => {
      const body = (await response.json()) as Record<string, unknown>;
      const worse = Object.entries(body).map(([key, value]) => [
        key,
        Array.isArray(value) ? [...(value as unknown[]), '../../etc', 7, '\u001b[2J'] : value,
      ]);
      return withJson(response, Object.fromEntries(worse));
    }),
  },
  {
    name: 'lists-html',
    summary: 'lists are web pages with status 200',
    seenOn: 'login pages, captive portals',
    run: answering(
      lists,
      () => new Response('<!doctype html><p>welcome', { headers: { 'content-type': 'text/html' } }),
    ),
  },
  {
    name: 'catalog-refused',
    summary: 'repositories are not listed',
    seenOn: 'Docker Hub, GHCR, and most that have more than one owner',
    run: answering(asked('GET', 'catalog'), () => refused(404, 'UNSUPPORTED', 'catalog is not supported')),
  },
];

function nameOf(route: QuirkCall['route']): string {
  return route !== undefined && 'repository' in route ? route.repository : '';
}

function withPage({ request, url }: QuirkCall, count: number): Request {
  const smaller = new URL(url);
  smaller.searchParams.set('n', String(count));
  return readdressed(request, smaller);
}

function withJson(response: Response, value: unknown): Response {
  return changed(response, { 'content-length': null }, { body: JSON.stringify(value) });
}
