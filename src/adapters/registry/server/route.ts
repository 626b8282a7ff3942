import { isRepositoryName } from '../../../oci/reference.ts';
import { Refusal } from './refusal.ts';

/** What a path names. */
export type Route =
  | { readonly kind: 'ping' }
  | { readonly kind: 'catalog' }
  | { readonly kind: 'tags'; readonly repository: string }
  | { readonly kind: 'uploads'; readonly repository: string }
  | { readonly kind: 'upload'; readonly repository: string; readonly session: string }
  | { readonly kind: 'blob'; readonly repository: string; readonly digest: string }
  | { readonly kind: 'manifest'; readonly repository: string; readonly reference: string }
  | { readonly kind: 'referrers'; readonly repository: string; readonly digest: string };

const root = '/v2';

/**
 * Reads a path from its end, as a repository may have any of the words of the API in its name.
 *
 * @throws Refusal 404 for a path of nothing, 400 for the name of a repository that is none.
 */
export function routeOf(pathname: string): Route {
  if (pathname === root || pathname === `${root}/`) return { kind: 'ping' };
  if (!pathname.startsWith(`${root}/`)) throw noRoute();
  const path = pathname.slice(root.length + 1);
  if (path === '_catalog') return { kind: 'catalog' };
  const found = fromEnd(path.split('/'));
  if (found === undefined) throw noRoute();
  if (isRepositoryName(found.repository)) return found;
  throw new Refusal(400, 'NAME_INVALID', 'name of the repository is not one that distribution-spec allows');
}

function fromEnd(segments: readonly string[]): Exclude<Route, { kind: 'ping' | 'catalog' }> | undefined {
  const [third = '', second = '', last = ''] = [segments.at(-3), segments.at(-2), segments.at(-1)];
  const before = (count: number): string => segments.slice(0, -count).join('/');
  if (third === 'blobs' && second === 'uploads') {
    const repository = before(3);
    return last === '' ? { kind: 'uploads', repository } : { kind: 'upload', repository, session: decoded(last) };
  }
  const repository = before(2);
  if (second === 'blobs' && last === 'uploads') return { kind: 'uploads', repository };
  if (second === 'blobs') return { kind: 'blob', repository, digest: decoded(last) };
  if (second === 'manifests') return { kind: 'manifest', repository, reference: decoded(last) };
  if (second === 'referrers') return { kind: 'referrers', repository, digest: decoded(last) };
  return second === 'tags' && last === 'list' ? { kind: 'tags', repository } : undefined;
}

/** Some clients write the colon of a digest as `%3A`. What else is encoded is in no tag, digest or session. */
function decoded(segment: string): string {
  return segment.replace(/%3a/gi, ':');
}

function noRoute(): Refusal {
  return new Refusal(404, 'UNSUPPORTED', 'path is not one of the distribution API');
}
