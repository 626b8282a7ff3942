import { UsageError } from '../errors.ts';

/** Tells which paths are wanted. */
export interface PathFilter {
  /** True for a path that a pattern names, or that lies below a folder that one names. */
  wants(path: string): boolean;
  /** True where something below a folder may be wanted. */
  wantsBelow(folder: string): boolean;
}

/**
 * Reads glob patterns: `*` and `?` within a name, `**` over any number of folders, everything else as it stands. Names
 * are told apart by case. A pattern that names a folder takes all that is in it. Matching takes no longer than the
 * product of both lengths.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for a pattern that is empty, absolute, or leaves the tree.
 */
export function pathFilter(patterns: readonly string[] | undefined): PathFilter {
  if (patterns === undefined) return { wants: () => true, wantsBelow: () => true };
  const split = patterns.map(segmentsOf);
  const any = (path: string, accept: (reached: Reached) => boolean): boolean =>
    split.some((pattern) => accept(reach(pattern, path.split('/'))));
  return {
    wants: (path) => any(path, ({ whole }) => whole),
    wantsBelow: (folder) => any(folder, ({ whole, open }) => whole || open),
  };
}

function segmentsOf(pattern: string): readonly string[] {
  const segments = pattern.split('/');
  if (segments.at(-1) === '') segments.pop();
  if (segments.length > 0 && segments.every((segment) => segment !== '' && segment !== '.' && segment !== '..')) {
    return segments;
  }
  throw new UsageError('ERR_INVALID_ARGUMENT', `pattern ${JSON.stringify(pattern.slice(0, 200))} is no relative path`, {
    argument: 'include',
    hint: 'write npm/*/1.2.3.tgz or docs/**/*.md, for example',
  });
}

interface Reached {
  /** The pattern is used up by the path or by a folder above it. */
  readonly whole: boolean;
  /** Something is left of the pattern when the path ends. */
  readonly open: boolean;
}

/** Follows every place of the pattern that the path can stand at. */
function reach(pattern: readonly string[], path: readonly string[]): Reached {
  let places = withSkipped(new Set([0]), pattern);
  for (const segment of path) {
    const next = new Set<number>();
    for (const place of places) {
      const part = pattern[place];
      if (part === '**') next.add(place);
      else if (part !== undefined && matchesSegment(part, segment)) next.add(place + 1);
    }
    places = withSkipped(next, pattern);
    if (places.has(pattern.length)) return { whole: true, open: true };
  }
  return { whole: false, open: places.size > 0 };
}

/** `**` also stands for no folder at all. */
function withSkipped(places: Set<number>, pattern: readonly string[]): Set<number> {
  for (const place of places) if (pattern[place] === '**') places.add(place + 1);
  return places;
}

/** Matches one name, going back to the last `*` only: quadratic at worst. */
function matchesSegment(pattern: string, name: string): boolean {
  let p = 0;
  let n = 0;
  let star = -1;
  let from = 0;
  while (n < name.length) {
    if (pattern[p] === '*') {
      star = p++;
      from = n;
    } else if (p < pattern.length && (pattern[p] === '?' || pattern[p] === name[n])) {
      p++;
      n++;
    } else if (star !== -1) {
      p = star + 1;
      n = ++from;
    } else return false;
  }
  while (pattern[p] === '*') p++;
  return p === pattern.length;
}
