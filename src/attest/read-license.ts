import { exceptionIds, licenseIds } from './spdx-license-ids.ts';

/** What the licence text of a package is. */
export type License =
  /** One licence of SPDX's list, in its spelling. */
  | { readonly kind: 'id'; readonly id: string }
  /** An expression of SPDX; `own` where it names a licence that only the package defines (`LicenseRef-…`). */
  | { readonly kind: 'expression'; readonly expression: string; readonly own: boolean }
  /** Anything else: `SEE LICENSE IN LICENSE.md`, `BSD`. */
  | { readonly kind: 'text'; readonly text: string };

/**
 * Reads the licence text of a package. Identifiers are compared without case and come out as the list spells them;
 * operators are upper case.
 *
 * @see https://spdx.github.io/spdx-spec/v2.3/SPDX-license-expressions/
 */
export function readLicense(text: string): License {
  const id = licenseIds.get(text.trim().toLowerCase());
  if (id !== undefined) return { kind: 'id', id };
  const words = text.match(/[()]|[^\s()]+/g) ?? [];
  const read = readExpression(words);
  if (read === undefined) return { kind: 'text', text };
  const expression = read.join(' ').replaceAll('( ', '(').replaceAll(' )', ')');
  return { kind: 'expression', expression, own: read.some((word) => ownReference.test(word)) };
}

const ownReference = /^(?:DocumentRef-[A-Za-z0-9.-]+:)?LicenseRef-[A-Za-z0-9.-]+$/;

/** Where a reader of an expression stands: what may come next. */
type Place = 'operand' | 'after license' | 'exception' | 'after operand';

/** The words of an expression in their canonical spelling; undefined where they are none. */
function readExpression(words: readonly string[]): string[] | undefined {
  const read: string[] = [];
  let place: Place = 'operand';
  let depth = 0;
  for (const word of words) {
    const next = step(place, word);
    if (next === undefined) return undefined;
    if (word === '(') depth++;
    else if (word === ')' && --depth < 0) return undefined;
    read.push(next.word);
    place = next.place;
  }
  return depth === 0 && place.startsWith('after') ? read : undefined;
}

function step(place: Place, word: string): { readonly place: Place; readonly word: string } | undefined {
  if (place === 'operand') return word === '(' ? { place, word } : named('after license', licenseWord(word));
  if (place === 'exception') return named('after operand', exceptionIds.get(word.toLowerCase()));
  if (word === ')') return { place: 'after operand', word };
  if (word === 'AND' || word === 'OR') return { place: 'operand', word };
  return word === 'WITH' && place === 'after license' ? { place: 'exception', word } : undefined;
}

function named(place: Place, word: string | undefined): { readonly place: Place; readonly word: string } | undefined {
  return word === undefined ? undefined : { place, word };
}

function licenseWord(word: string): string | undefined {
  if (ownReference.test(word)) return word;
  if (!word.endsWith('+')) return licenseIds.get(word.toLowerCase());
  const base = licenseIds.get(word.slice(0, -1).toLowerCase());
  return base === undefined ? undefined : `${base}+`;
}
