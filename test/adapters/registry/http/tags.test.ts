import { describe, expect, it } from 'vitest';
import { createConnection } from '../../../../src/adapters/registry/http/create-connection.ts';
import { listRepositories } from '../../../../src/adapters/registry/http/catalog.ts';
import { repositoryLimits } from '../../../../src/adapters/registry/http/limits.ts';
import { nextLink } from '../../../../src/adapters/registry/http/link.ts';
import { all, problem, SimpleRegistry } from './simple-registry.ts';

/** Answers lists page by page: by the query of the request, each page's tags and `Link`. */
function paged(
  answer: (query: URLSearchParams, count: number) => unknown,
  headers?: (query: URLSearchParams) => Record<string, string>,
): SimpleRegistry {
  const registry = new SimpleRegistry();
  let count = 0;
  registry.override = (_, { search }) => {
    const query = new URLSearchParams(search);
    return Response.json(answer(query, count++), { headers: headers?.(query) ?? {} });
  };
  return registry;
}

const names = (from: number, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `t${String(from + index).padStart(6, '0')}`);

describe('tags', () => {
  it('sorts bytewise, whatever order the registry has, from a tag on, up to a limit', async () => {
    const registry = paged(() => ({ name: 'team/app', tags: ['_x', 'a', 'A', 'a-b', '10', '9', 'a.b', 'b', 'b'] }));
    const repository = registry.open();
    expect(await all(repository.tags())).toEqual(['10', '9', 'A', '_x', 'a', 'a-b', 'a.b', 'b']);
    expect(await all(repository.tags({ after: 'A', limit: 2 }))).toEqual(['_x', 'a']);
  });

  it('C15: follows Link over pages of any size, quoted or not, absolute or relative', async () => {
    const links = [
      '</v2/team/app/tags/list?page=1>; rel="next"',
      '<https://registry.example/v2/team/app/tags/list?page=2>;rel=next',
      '<list?page=3>; title="a, b"; rel="last next"',
    ];
    const page = (query: URLSearchParams): number => Number(query.get('page') ?? 0);
    const registry = paged(
      (query) => ({ tags: names(page(query) * 2, 2) }),
      (query) => {
        const link = links[page(query)];
        return link === undefined ? {} : { link };
      },
    );
    expect(await all(registry.open().tags())).toEqual(names(0, 8));
    expect(registry.seen).toHaveLength(4);
  });

  it('C15: ends where there is no Link and fewer than were asked for', async () => {
    const registry = paged(() => ({ tags: names(0, 999) }));
    expect(await all(registry.open().tags())).toHaveLength(999);
    expect(registry.log).toEqual(['GET tags/list?n=1000']);
  });

  it('C15: asks for what follows the last where there is no Link and as many as were asked for', async () => {
    const registry = paged((query) => ({ tags: query.has('last') ? names(1000, 3) : names(0, 1000) }));
    expect(await all(registry.open().tags())).toEqual(names(0, 1003));
    expect(registry.log).toEqual(['GET tags/list?n=1000', 'GET tags/list?n=1000&last=t000999']);
  });

  it('ends where a registry does not know what to go on from', async () => {
    const registry = paged(() => ({ tags: names(0, 1000) }));
    expect(await all(registry.open().tags())).toHaveLength(1000);
    expect(registry.seen).toHaveLength(2);
  });

  it('goes on from the last where a browser hides the Link', async () => {
    const registry = new SimpleRegistry();
    registry.override = (_, { search }) => {
      const response = Response.json({ tags: search.includes('last') ? ['c'] : ['a', 'b'] });
      Object.defineProperty(response, 'type', { value: 'cors' });
      return response;
    };
    expect(await all(registry.open().tags())).toEqual(['a', 'b', 'c']);
  });

  it.each([{ tags: null }, { tags: [] }])('takes %j for no tags', async (body) => {
    expect(
      await all(
        paged(() => body)
          .open()
          .tags(),
      ),
    ).toEqual([]);
  });

  it('has no tags where there is no repository', async () => {
    expect(await all(new SimpleRegistry().open().tags())).toEqual([]);
  });

  it.each([
    ['to itself', '</v2/team/app/tags/list?n=1000>; rel="next"'],
    ['to another host', '<https://evil.example/v2/team/app/tags/list?n=1000>; rel="next"'],
    ['to another port', '<https://registry.example:444/v2/>; rel="next"'],
    ['out of https', '<http://other.example/>; rel="next"'],
    ['to what is no URL', '<http://[>; rel="next"'],
  ])('refuses a Link %s', async (_, link) => {
    const registry = paged(
      () => ({ tags: ['a'] }),
      () => ({ link }),
    );
    await expect(all(registry.open().tags())).rejects.toMatchObject({ code: 'ERR_REGISTRY_PROTOCOL' });
    expect(registry.seen).toHaveLength(1);
  });

  it('refuses pages that lead round in a circle', async () => {
    const registry = paged(
      (_, count) => ({ tags: names(count, 1) }),
      (query) => ({ link: `<list?page=${query.get('page') === 'a' ? 'b' : 'a'}>; rel="next"` }),
    );
    await expect(all(registry.open().tags())).rejects.toMatchObject({ code: 'ERR_REGISTRY_PROTOCOL' });
    expect(registry.seen.length).toBeLessThan(5);
  });

  it('refuses pages that bring nothing new for ever', async () => {
    let page = 0;
    const registry = paged(
      () => ({ tags: ['a'] }),
      () => ({ link: `<list?page=${++page}>; rel="next"` }),
    );
    await expect(all(registry.open().tags())).rejects.toMatchObject({ code: 'ERR_REGISTRY_PROTOCOL' });
    expect(registry.seen.length).toBeLessThan(20);
  });

  it.each([{ pages: 5 }, { names: 5 }])('bounds what does not end by %j', async (limits) => {
    let page = 0;
    const registry = paged(
      () => ({ tags: names(page, 1) }),
      () => ({ link: `<list?page=${++page}>; rel="next"` }),
    );
    await expect(all(registry.open({ limits }).tags())).rejects.toMatchObject({ code: 'ERR_LIMIT_EXCEEDED' });
    expect(registry.seen.length).toBeLessThan(8);
  });

  it('bounds what does not end without a Link', async () => {
    const registry = paged((_, count) => ({ tags: names(count * 1000, 1000) }));
    const tags = registry.open({ limits: { pages: 3 } }).tags();
    await expect(all(tags)).rejects.toMatchObject({ code: 'ERR_LIMIT_EXCEEDED' });
  });

  it('bounds a page', async () => {
    const registry = paged(() => ({ tags: names(0, 1000) }));
    const tags = registry.open({ limits: { pageBytes: 1000 } }).tags();
    await expect(all(tags)).rejects.toMatchObject({ code: 'ERR_LIMIT_EXCEEDED' });
  });

  it.each([
    ['a tag that is none', '{"tags":["a b"]}'],
    ['no strings', '{"tags":[1]}'],
    ['no list', '{"tags":{}}'],
    ['another document', '[]'],
    ['a web page', '<html>'],
  ])('refuses %s', async (_, body) => {
    const registry = new SimpleRegistry();
    registry.override = () => new Response(body);
    await expect(all(registry.open().tags())).rejects.toMatchObject({ code: 'ERR_REGISTRY_PROTOCOL' });
  });
});

describe('listRepositories', () => {
  const list = (registry: SimpleRegistry): Promise<string[]> =>
    all(
      listRepositories(
        createConnection({
          host: 'registry.example',
          fetch: registry.fetch,
          retry: { attempts: 1 },
        }),
        {},
        repositoryLimits(),
      ),
    );

  it('lists and sorts', async () => {
    const registry = paged(() => ({ repositories: ['b', 'a/c', 'a'] }));
    expect(await list(registry)).toEqual(['a', 'a/c', 'b']);
    expect(registry.seen[0]).toMatchObject({ path: '/v2/_catalog', search: '?n=1000' });
  });

  it.each([401, 403, 404, 405])('says that a registry does not list where it answers %i', async (status) => {
    const registry = new SimpleRegistry();
    registry.override = () => problem(status, 'DENIED');
    await expect(list(registry)).rejects.toMatchObject({
      name: 'RegistryError',
      status,
      message: expect.stringContaining('does not list') as string,
    });
  });

  it('lets an outage through as it is', async () => {
    const registry = new SimpleRegistry();
    registry.override = () => problem(500, 'UNKNOWN');
    await expect(list(registry)).rejects.toMatchObject({ code: 'ERR_REGISTRY_UNAVAILABLE' });
  });
});

describe('nextLink', () => {
  it.each([
    [null, undefined],
    ['', undefined],
    ['<a>', undefined],
    ['<a>; rel=prev', undefined],
    ['<a>; rel=prev, <b>; rel="next"', 'b'],
    ['<a,b;c>; REL = "Next"', 'a,b;c'],
    ['<a>; rel=prev; rel=next', undefined],
    ['<a>; title="\\"; rel=next"; rel=x', undefined],
    ['<a>; flag; rel=next', 'a'],
    ['a; rel=next', undefined],
    ['<a; rel=next', undefined],
    [' , ,<a>;rel=next', 'a'],
  ])('reads %j', (field, expected) => {
    expect(nextLink(field)).toBe(expected);
  });

  it('reads a long field in linear time', () => {
    const started = performance.now();
    expect(nextLink(`${'<a>;'.repeat(100_000)}${'"'.repeat(100_000)}`)).toBeUndefined();
    expect(performance.now() - started).toBeLessThan(2000);
  });
});
