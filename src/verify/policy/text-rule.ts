import type { TextRule } from '../policy.ts';
import { objectOf, refuse, text, type Reader } from './reader.ts';

const maximumPattern = 1024;
/** Longer texts match no pattern: the time that a match takes stays bounded by what the policy's author tried. */
const maximumMatched = 2048;

/** True where the text is the rule's, or all of it matches the rule's pattern. What is not there matches nothing. */
export function matchesText(rule: TextRule, found: string | undefined): boolean {
  if (found === undefined) return false;
  if (typeof rule === 'string') return found === rule;
  return found.length <= maximumMatched && new RegExp(`^(?:${rule.pattern})$`, 'u').test(found);
}

/** The rule as a person reads it. */
export function describeText(rule: TextRule): string {
  return typeof rule === 'string' ? rule : `the pattern ${rule.pattern}`;
}

/** Reads a {@link TextRule}. */
export const textRule: Reader<TextRule> = (value, path) =>
  typeof value === 'string' ? text(maximumMatched)(value, path) : textPattern(value, path);

const textPattern = objectOf<{ readonly pattern: string }>({
  pattern(value, path) {
    const source = text(maximumPattern)(value, path);
    try {
      // By itself first: `a)|(?:b` would break out of the group that anchors it.
      new RegExp(source, 'u');
    } catch (cause) {
      refuse(path, 'a regular expression with the flag u', cause);
    }
    return source;
  },
});
