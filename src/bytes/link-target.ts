import { FormatError } from '../errors.ts';

/** Links that are followed in a row before a path counts as leaving the tree. Linux gives up after as many. */
const maxHops = 40;

/**
 * Takes the target of a symbolic link that must stay inside its tree: relative, with `/`, without control characters,
 * and never above the root, read as plain text. {@link checkLinks} looks at what the links of a whole tree make of it.
 *
 * @throws FormatError `ERR_UNSAFE_PATH`, naming the link and its target.
 */
export function checkLinkTarget(path: string, target: string): string {
  const problem = problemOf(path, target);
  if (problem !== undefined) throw unsafeLink(path, target, problem);
  return target;
}

function problemOf(path: string, target: string): string | undefined {
  if (target === '') return 'is empty';
  if (target.length > 4096 || !target.isWellFormed()) return 'is too long or holds a lone surrogate';
  if (target.startsWith('/')) return 'is absolute';
  if (/[\\:\u0000-\u001f\u007f]/.test(target)) return 'has a backslash, a colon or a control character';
  let depth = path.split('/').length - 1;
  for (const segment of target.split('/')) {
    if (segment === '..') depth--;
    else if (segment !== '' && segment !== '.') depth++;
    if (depth < 0) return 'leaves the tree';
  }
  return undefined;
}

/**
 * Follows every link of a tree, through the other links, and refuses one that leads above the root or in a circle.
 * A target may name what is not there.
 *
 * @throws FormatError `ERR_UNSAFE_PATH`, naming the link and its target.
 */
export function checkLinks(links: ReadonlyMap<string, string>): void {
  for (const [path, target] of links) checkLink(path, target, (at) => links.get(at));
}

/**
 * Follows one link of a tree.
 *
 * @param targetOf - The target of the link at a path; undefined where no link stands.
 * @throws FormatError `ERR_UNSAFE_PATH`, naming the link and its target.
 */
export function checkLink(path: string, target: string, targetOf: (path: string) => string | undefined): void {
  checkLinkTarget(path, target);
  if (!staysInside(path, targetOf))
    throw unsafeLink(path, target, 'leaves the tree through another link, or is a circle');
}

/** Walks a path segment by segment as a system does, with the links of the tree. */
function staysInside(path: string, targetOf: (path: string) => string | undefined): boolean {
  const todo = path.split('/').reverse();
  const place: string[] = [];
  let hops = 0;
  for (let segment = todo.pop(); segment !== undefined; segment = todo.pop()) {
    if (segment === '' || segment === '.') continue;
    if (segment === '..') {
      if (place.pop() === undefined) return false;
      continue;
    }
    const target = targetOf([...place, segment].join('/'));
    if (target === undefined) place.push(segment);
    else if (++hops > maxHops || target.startsWith('/')) return false;
    else todo.push(...target.split('/').reverse());
  }
  return true;
}

function unsafeLink(path: string, target: string, problem: string): FormatError {
  return new FormatError(
    'ERR_UNSAFE_PATH',
    `link ${JSON.stringify(path.slice(0, 200))} has a target ${JSON.stringify(target.slice(0, 200))} that ${problem}`,
    { details: { path, target } },
  );
}
