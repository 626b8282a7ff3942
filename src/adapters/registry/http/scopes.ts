import type { Scope } from './connection.ts';

/** Actions by resource, in the order in which they were asked for: `repository:team/app` → `pull`, `push`. */
export type Scopes = ReadonlyMap<string, ReadonlySet<string>>;

const maxLength = 4096;
const maxScopes = 16;

/** What a request needs, and then what the registry says that it needs. */
export function mergeScopes(needed: readonly Scope[], named: string | undefined = ''): Scopes {
  const merged = new Map<string, Set<string>>();
  const add = (resource: string, actions: readonly string[]): void => {
    if (merged.size >= maxScopes && !merged.has(resource)) return;
    const known = merged.get(resource) ?? new Set();
    merged.set(resource, known);
    for (const action of actions) known.add(action);
  };
  for (const { repository, actions } of needed) add(`repository:${repository}`, actions);
  for (const text of named.length > maxLength ? [] : named.split(' ')) {
    const colon = text.lastIndexOf(':');
    if (colon > 0) add(text.slice(0, colon), text.slice(colon + 1).split(','));
  }
  return merged;
}

/** Scopes in the words of token servers, one for each resource. */
export function formatScopes(scopes: Scopes): string[] {
  return Array.from(scopes, ([resource, actions]) => `${resource}:${[...actions].join(',')}`);
}

/** The first resource alone: what is needed most. */
export function firstScope(scopes: Scopes): Scopes {
  return new Map([...scopes].slice(0, 1));
}

/** True where everything in `needed` is in `granted`. */
export function covers(granted: Scopes, needed: Scopes): boolean {
  return Array.from(needed).every(([resource, actions]) => {
    const allowed = granted.get(resource);
    return Array.from(actions).every((action) => allowed?.has(action) === true || allowed?.has('*') === true);
  });
}
