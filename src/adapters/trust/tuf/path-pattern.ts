/**
 * Matches a whole path against a pattern of the shell: `*` and `?` stand for characters of one segment and never for
 * `/`, `[a-z]` and `[!a-z]` for one character of a set, everything else for itself. Characters are told apart by case.
 * Takes no longer than the product of both lengths.
 */
export function matchesPattern(pattern: string, path: string): boolean {
  const patterns = pattern.split('/');
  const segments = path.split('/');
  return patterns.length === segments.length && patterns.every((each, index) => matches(parse(each), segments[index]));
}

type Piece = '*' | ((character: string) => boolean);

function parse(pattern: string): readonly Piece[] {
  const characters = Array.from(pattern);
  const pieces: Piece[] = [];
  // Known once, so that many a `[` does not search for what is not there.
  const lastEnd = characters.lastIndexOf(']');
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at] as string;
    const set = character === '[' && at < lastEnd ? setAt(characters, at) : undefined;
    if (set !== undefined) at = set.end;
    if (character === '*') pieces.push('*');
    else if (character === '?') pieces.push(() => true);
    else pieces.push(set?.has ?? ((other) => other === character));
  }
  return pieces;
}

interface CharacterSet {
  readonly has: (character: string) => boolean;
  /** Where its `]` is. */
  readonly end: number;
}

/** The set that begins at a `[`; undefined where nothing ends it, and the `[` stands for itself. */
function setAt(characters: readonly string[], at: number): CharacterSet | undefined {
  const negated = characters[at + 1] === '!';
  const start = at + (negated ? 2 : 1);
  // A `]` that comes first is of the set.
  const end = characters.indexOf(']', start + 1);
  if (end < 0) return undefined;
  const ranges = rangesOf(characters.slice(start, end));
  const has = (character: string): boolean => {
    const code = codeOf(character);
    return ranges.some(([low, high]) => low <= code && code <= high) !== negated;
  };
  return { has, end };
}

function rangesOf(members: readonly string[]): readonly (readonly [number, number])[] {
  const ranges: (readonly [number, number])[] = [];
  for (let at = 0; at < members.length; at++) {
    const isRange = members[at + 1] === '-' && at + 2 < members.length;
    ranges.push([codeOf(members[at]), codeOf(members[isRange ? at + 2 : at])]);
    if (isRange) at += 2;
  }
  return ranges;
}

function codeOf(character = ''): number {
  return character.codePointAt(0) ?? -1;
}

/** Goes back to the last `*` only: what an earlier one could take, the last one can as well. */
function matches(pieces: readonly Piece[], segment = ''): boolean {
  const characters = Array.from(segment);
  let piece = 0;
  let at = 0;
  let star = -1;
  let from = 0;
  while (at < characters.length) {
    const wanted = pieces[piece];
    if (wanted === '*') {
      star = piece++;
      from = at;
    } else if (wanted?.(characters[at] as string) === true) {
      piece++;
      at++;
    } else if (star >= 0) {
      piece = star + 1;
      at = ++from;
    } else return false;
  }
  return pieces.slice(piece).every((rest) => rest === '*');
}
