import { parseJson, type JsonValue } from '../../../bytes/json.ts';
import { FormatError, RegistryError } from '../../../errors.ts';
import { askBytes, type Answer } from './ask-bytes.ts';
import type { RegistryConnection, RegistryRequest } from './connection.ts';
import type { RepositoryLimits } from './limits.ts';
import { nextLink } from './link.ts';
import { locateUrl } from './locate.ts';

/** A list that comes in pages. */
export interface PagedList {
  readonly connection: RegistryConnection;
  readonly limits: RepositoryLimits;
  /** Names the list in errors: `tags of registry.example/team/app`. */
  readonly what: string;
  /** The first page, below `/v2/`. */
  readonly target: string;
  readonly request: RegistryRequest;
}

/** Follows `Link` from page to page: within the registry, to no page twice, and not for ever. */
export async function* pagesOf(list: PagedList): AsyncGenerator<Answer, void, undefined> {
  const { connection, limits, what, request } = list;
  const seen = new Set<string>();
  let target: string | URL | undefined = list.target;
  for (let pages = 0; target !== undefined; pages++) {
    if (pages === limits.pages) throw tooMany(what, 'pages', limits.pages);
    const answer = await askBytes(connection, target, { ...request, maxBytes: limits.pageBytes });
    yield answer;
    seen.add(answer.url.href);
    target = nextPage(list, answer);
    if (target !== undefined && seen.has(target.href)) throw endless(what);
  }
}

function nextPage({ connection, what }: PagedList, answer: Answer): URL | undefined {
  const link = nextLink(answer.response.headers.get('link'));
  if (link === undefined) return undefined;
  const url = locateUrl(connection.id, link, answer.url);
  if (url.origin === answer.url.origin) return url;
  throw new RegistryError('ERR_REGISTRY_PROTOCOL', `${what} go on at another host, ${url.host}, which is not asked`, {
    hint: 'the registry, or a proxy before it, gives addresses that cannot be trusted',
  });
}

/** How many names are asked for at once: some registries refuse more. */
export const pageSize = 1000;

/** A list of names: what its pages hold, and which text is a name. */
export interface NameList extends PagedList {
  /** The member of each page that is the list. */
  readonly member: string;
  readonly isName: (text: JsonValue) => text is string;
}

// A page without anything new is allowed; a registry that gives nothing else never ends.
const maxIdlePages = 16;

/**
 * Every name of a list, each once, in no order. Where a page has no `Link`, and may have lost it on its way (as headers
 * do that a browser does not show) or comes from a registry that knows none, what follows the last name is asked for.
 */
export async function gatherNames(list: NameList): Promise<Set<string>> {
  try {
    return await gatherFrom(list);
  } catch (error) {
    // Some take less for a page, as few as they were told to (distribution): they know best how much.
    if (!(error instanceof RegistryError) || error.status !== 400) throw error;
    return await gatherFrom({ ...list, target: list.target.replace(/\?.*$/, '') });
  }
}

async function gatherFrom(list: NameList): Promise<Set<string>> {
  const names = new Set<string>();
  let last: string | undefined;
  let idle = 0;
  for (let pages = 0; pages <= list.limits.pages; pages++) {
    const before = names.size;
    let unfinished = false;
    for await (const answer of pagesOf(last === undefined ? list : { ...list, target: after(list.target, last) })) {
      if (answer.response.status === 404) return names;
      const found = namesIn(list, answer);
      idle = addAll(list, names, found) ? 0 : idle + 1;
      if (idle > maxIdlePages) throw endless(list.what);
      last = found.at(-1);
      unfinished = last !== undefined && mayGoOn(answer, found.length);
    }
    if (!unfinished || names.size === before) return names;
  }
  throw tooMany(list.what, 'pages', list.limits.pages);
}

function after(target: string, last: string): string {
  return `${target}${target.includes('?') ? '&' : '?'}last=${encodeURIComponent(last)}`;
}

function mayGoOn({ response }: Answer, count: number): boolean {
  return count === pageSize || response.type === 'cors';
}

/** True where one of the names is new. */
function addAll({ limits, what }: NameList, names: Set<string>, found: readonly string[]): boolean {
  const before = names.size;
  for (const name of found) names.add(name);
  if (names.size > limits.names) throw tooMany(what, 'names', limits.names);
  return names.size > before;
}

function namesIn({ what, member, isName }: NameList, { bytes, url }: Answer): readonly string[] {
  const page = readPage(what, bytes);
  const found = isObject(page) ? page[member] : undefined;
  // Go writes null for a list that has nothing.
  if (found === null) return [];
  if (Array.isArray(found)) {
    const names = (found as readonly JsonValue[]).filter(isName);
    if (names.length === found.length) return names;
  }
  throw new RegistryError('ERR_REGISTRY_PROTOCOL', `${what}: ${url.host} answered with something else than names`, {
    hint: 'check that the host is a registry, and that nothing answers in its place',
  });
}

function isObject(value: JsonValue): value is Readonly<Record<string, JsonValue>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readPage(what: string, bytes: Uint8Array): JsonValue {
  try {
    return parseJson(bytes);
  } catch (cause) {
    if (!(cause instanceof FormatError)) throw cause;
    throw new RegistryError('ERR_REGISTRY_PROTOCOL', `${what}: the answer is not JSON`, {
      cause,
      hint: 'check that the host is a registry, and that nothing answers in its place',
    });
  }
}

function endless(what: string): RegistryError {
  return new RegistryError('ERR_REGISTRY_PROTOCOL', `${what} do not end: the registry gives the same again`);
}

function tooMany(what: string, unit: string, limit: number): FormatError {
  return new FormatError('ERR_LIMIT_EXCEEDED', `${what} have more than ${limit} ${unit}`, { details: { limit } });
}
