import { describe, expect, it } from 'vitest';
import { describeText, matchesText } from '../../../src/verify/policy/text-rule.ts';

describe('a text rule', () => {
  it.each([
    ['https://a.example', 'https://a.example', true],
    ['https://a.example', 'https://a.example.evil', false],
    ['https://a.example', 'https://A.example', false],
    ['https://a.example', ' https://a.example', false],
    ['.*', 'anything', false],
    [{ pattern: 'a|b' }, 'a', true],
    [{ pattern: 'a|b' }, 'ab', false],
    [{ pattern: 'a|b' }, 'xb', false],
    [{ pattern: '^a$' }, 'a', true],
    [{ pattern: 'a' }, 'a\n', false],
    [{ pattern: 'a' }, 'x\na\nx', false],
    [{ pattern: '.+' }, 'a\nb', false],
    [{ pattern: '.' }, '\u{1f600}', true],
    [{ pattern: '(?:x|)' }, '', true],
    [{ pattern: '.+' }, undefined, false],
    ['a', undefined, false],
    [{ pattern: 'a+' }, 'a'.repeat(2048), true],
    [{ pattern: 'a+' }, 'a'.repeat(2049), false],
  ])('%j against %j: %s', (rule, text, expected) => {
    expect(matchesText(rule, text)).toBe(expected);
  });

  it('is described as what it is', () => {
    expect([describeText('a'), describeText({ pattern: 'a' })]).toEqual(['a', 'the pattern a']);
  });
});
