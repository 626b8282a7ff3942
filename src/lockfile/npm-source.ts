import { parseIntegrity, type ParsedIntegrity } from '../digest/integrity.ts';
import { isPackError } from '../errors.ts';
import type { IssueLog } from './issues.ts';
import type { UnpackableReason } from './lockfile.ts';
import { enclosingPackage, isOutside } from './npm-location.ts';
import type { NpmNode } from './npm-node.ts';

/** What the bytes of a place must be; or why nothing says so; or undefined where the entry is wrong, which is noted. */
export type NpmSource = { readonly integrity: ParsedIntegrity } | { readonly reason: UnpackableReason };

/** Says for each place where its bytes can be had from. */
export function sourceOf(
  node: NpmNode,
  byLocation: ReadonlyMap<string, NpmNode>,
  issues: IssueLog,
): NpmSource | undefined {
  if (node.kind !== 'package' || isOutside(node.location)) return { reason: 'link' };
  if (travelsInside(node, byLocation)) return { reason: 'bundled' };
  if (node.resolved !== undefined && isGitSpec(node.resolved)) return { reason: 'git' };
  if (node.resolved !== undefined && /^file:/i.test(node.resolved)) return { reason: 'file' };
  if (node.integrity === undefined) return { reason: 'no-integrity' };
  try {
    const integrity = parseIntegrity(node.integrity);
    if (integrity.digests.length > 0) return { integrity };
    return { reason: integrity.weak ? 'weak-integrity' : 'no-integrity' };
  } catch (cause) {
    if (!isPackError(cause)) throw cause;
    issues.add('ERR_LOCK_ENTRY', `${node.label}.integrity`, `of ${node.location}: ${cause.message}`);
    return undefined;
  }
}

/**
 * What the project itself bundles is marked as well, but has no parent that is packed: it is fetched like the rest,
 * unless it has no integrity of its own because a package between them bundles it.
 */
function travelsInside(node: NpmNode, byLocation: ReadonlyMap<string, NpmNode>): boolean {
  if (!node.bundled) return false;
  const parentOf = ({ location }: NpmNode): NpmNode | undefined => byLocation.get(enclosingPackage(location) ?? '');
  const parent = parentOf(node);
  let holder = parent;
  while (holder?.kind === 'package' && holder.bundled) holder = parentOf(holder);
  return holder?.kind === 'package' || (parent?.kind === 'package' && node.integrity === undefined);
}

/**
 * True for what npm gets with git: a URL, a host's shorthand, or `owner/repository`.
 *
 * @see npm's documentation, package-spec, "git urls"
 */
function isGitSpec(spec: string): boolean {
  return (
    /^(?:git\+[a-z]+:|git:|ssh:|git@|github:|gitlab:|bitbucket:|gist:)/i.test(spec) ||
    /^[A-Za-z0-9_-][A-Za-z0-9_.-]*\/[A-Za-z0-9_.-]+(?:#[^/]*)?$/.test(spec)
  );
}

/** No server that npm knows takes a longer address. */
const maxOrigin = 8192;

/**
 * The address of a tarball as the lockfile gives it, without user info. Undefined where it gives none; what is no
 * address of the web is noted.
 */
export function originOf(node: NpmNode, issues: IssueLog): string | undefined {
  if (node.resolved === undefined) return undefined;
  const url = node.resolved.length <= maxOrigin && URL.canParse(node.resolved) ? new URL(node.resolved) : undefined;
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:') {
    issues.add('ERR_LOCK_ENTRY', `${node.label}.resolved`, `of ${node.location} is not an http or https address`);
    return undefined;
  }
  if (url.username === '' && url.password === '') return node.resolved;
  url.username = '';
  url.password = '';
  return url.href;
}
