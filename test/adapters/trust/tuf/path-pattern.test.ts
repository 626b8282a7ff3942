import { describe, expect, it } from 'vitest';
import { matchesPattern } from '../../../../src/adapters/trust/tuf/path-pattern.ts';

describe('a path pattern', () => {
  it.each([
    // TUF 1.0, section 4.5.
    ['targets/*.tgz', 'targets/foo.tgz', true],
    ['targets/*.tgz', 'targets/foo.txt', false],
    ['foo-version-?.tgz', 'foo-version-2.tgz', true],
    ['foo-version-?.tgz', 'foo-version-alpha.tgz', false],
    ['*.tgz', 'foo.tgz', true],
    ['*.tgz', 'targets/foo.tgz', false],
    ['foo.tgz', 'foo.tgz', true],
    ['foo.tgz', 'fooxtgz', false],
    // A separator is matched by itself only.
    ['*', 'a/b', false],
    ['?', '/', false],
    ['a?b', 'a/b', false],
    ['a[/]b', 'a/b', false],
    ['*/*', 'a/b', true],
    ['**', 'a/b', false],
    ['/*', '/a', true],
    ['/*', 'a', false],
    ['', '', true],
    ['*', '', true],
    ['?', '', false],
    // Case and what is special elsewhere stand for themselves.
    ['README.*', 'readme.md', false],
    ['a+(b)|c$', 'a+(b)|c$', true],
    ['{a,b}', 'a', false],
    ['\\*', '*', false],
    ['*', '.hidden', true],
    // Sets.
    ['[a-c]x', 'bx', true],
    ['[a-c]x', 'dx', false],
    ['[!a-c]x', 'dx', true],
    ['[!a-c]x', 'ax', false],
    ['[]]', ']', true],
    ['[!]]', ']', false],
    ['[a-]', '-', true],
    ['[a', '[a', true],
    ['[]', '[]', true],
    ['x[ab]*[0-9]', 'xa-middle-7', true],
    // Characters, not their halves.
    ['?', '😀', true],
    ['[😀-😂]', '😁', true],
    // More than one star.
    ['a*b*c', 'a-b-b-c', true],
    ['a*b*c', 'a-c-b', false],
    ['*a', 'aaab', false],
  ])('%j on %j is %s', (pattern, path, expected) => {
    expect(matchesPattern(pattern, path)).toBe(expected);
  });

  it.each([
    ['*a'.repeat(2000), 'a'.repeat(4000)],
    ['['.repeat(200_000), '[x'],
    [`${'['.repeat(200_000)}]`, 'x'],
  ])('takes no longer than both lengths together allow', (pattern, path) => {
    const start = performance.now();
    matchesPattern(pattern, path);
    expect(performance.now() - start).toBeLessThan(2000);
  });
});
