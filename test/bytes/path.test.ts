import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkPath, foldPath, isSafePath, pathLimits, PathSet } from '../../src/bytes/path.ts';

const unsafe = expect.objectContaining({ name: 'FormatError', code: 'ERR_UNSAFE_PATH' }) as Error;

describe('checkPath', () => {
  it.each(['a', 'a/b', '.hidden', 'a..b', '...', 'a b', 'é/日本', 'npm/@scope/name/1.2.3.tgz', '-', '~', 'con'])(
    'lets %j through',
    (path) => {
      expect(checkPath(path)).toBe(path);
      expect(isSafePath(path)).toBe(true);
    },
  );

  it.each([
    ['nothing', ''],
    ['the root', '/'],
    ['an absolute path', '/etc/passwd'],
    ['several slashes at the start', '////home/x'],
    ['a step up', '../x'],
    ['a step up inside', 'a/../../x'],
    ['a step up at the end', 'a/..'],
    ['the folder itself', '.'],
    ['a dot inside', 'a/./b'],
    ['an empty segment', 'a//b'],
    ['a slash at the end', 'a/'],
    ['a backslash', 'a\\..\\b'],
    ['a drive', 'C:/x'],
    ['a path relative to a drive', 'C:../x'],
    ['an alternate data stream', 'a:b'],
    ['NUL', 'a\0b'],
    ['a line end', 'a\nb'],
    ['DEL', 'a\u007f'],
    ['a lone surrogate', 'a\ud800'],
  ])('refuses %s', (_, path) => {
    expect(() => checkPath(path)).toThrow(unsafe);
    expect(isSafePath(path)).toBe(false);
  });

  it('counts the bytes of a segment: 255 and no more', () => {
    const { maxSegmentBytes } = pathLimits;
    expect(isSafePath('a'.repeat(maxSegmentBytes))).toBe(true);
    expect(isSafePath('a'.repeat(maxSegmentBytes + 1))).toBe(false);
    expect(isSafePath('é'.repeat(127) + 'a')).toBe(true);
    expect(isSafePath('é'.repeat(128))).toBe(false);
    expect(isSafePath('日'.repeat(85))).toBe(true);
    expect(isSafePath('日'.repeat(86))).toBe(false);
    expect(isSafePath('\u{1f600}'.repeat(63) + 'abc')).toBe(true);
    expect(isSafePath('\u{1f600}'.repeat(64))).toBe(false);
  });

  it('counts the bytes of a path: 4,096 and no more', () => {
    const longest = `${'a'.repeat(255)}/`.repeat(16);
    expect(isSafePath(`${longest.slice(0, -2)}a`)).toBe(true);
    expect(isSafePath(`${longest}a`)).toBe(false);
    expect(isSafePath(`${'é'.repeat(100)}/`.repeat(20) + 'a'.repeat(77))).toBe(false);
  });

  it('counts the segments: 256 and no more', () => {
    expect(isSafePath(`${'a/'.repeat(255)}a`)).toBe(true);
    expect(isSafePath(`${'a/'.repeat(256)}a`)).toBe(false);
  });

  it('never lets a path through that leaves its root, whatever the text', () => {
    const texts = fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^[./\\a:]{0,12}$/));
    fc.assert(
      fc.property(texts, (path) => {
        if (!isSafePath(path)) return true;
        return new URL(path.replaceAll(/[%?#]/g, '_'), 'file:///root/').href.startsWith('file:///root/');
      }),
      { numRuns: 2000 },
    );
  });
});

describe('PathSet', () => {
  const set = (...paths: string[]): PathSet => {
    const all = new PathSet();
    for (const path of paths) all.add(path);
    return all;
  };

  it('takes paths that are different everywhere', () => {
    expect(() => set('a/b', 'a/c', 'b', 'ab', 'a.b', 'é', 'e')).not.toThrow();
  });

  it.each([
    ['twice the same', ['a/b', 'a/b']],
    ['names that differ by case', ['a/Readme', 'a/README']],
    ['names that differ by Unicode form', ['caf\u00e9', 'cafe\u0301']],
    ['names that differ by ß and ss', ['stra\u00dfe', 'STRASSE']],
    ['names that differ by a ligature', ['\ufb01le', 'file']],
    ['names that differ by a Kelvin sign', ['\u212a', 'k']],
    ['names that differ by the form of sigma', ['\u03c3', '\u03c2']],
    ['names that differ by dots at the end', ['a/b', 'a/b.']],
    ['names that differ by spaces at the end', ['a /b', 'a/c']],
    ['folders that differ by case', ['A/b', 'a/c']],
    ['folders that differ by Unicode form, further down', ['x/caf\u00e9/b', 'x/cafe\u0301/c']],
    ['a file below a file', ['a', 'a/b']],
    ['a file below a file of another case', ['a', 'A/b']],
    ['a file further below a file', ['a/b', 'a/b/c/d']],
    ['a file where a folder is', ['a/b', 'a']],
    ['a file where a folder of another case is', ['a/b', 'A']],
    ['a path that is unsafe', ['../a']],
  ])('refuses %s', (_, paths) => {
    expect(() => set(...paths)).toThrow(unsafe);
    if (paths.length > 1) expect(() => set(...paths.toReversed())).toThrow(unsafe);
  });

  it('names both paths', () => {
    expect(() => set('a', 'A')).toThrow(expect.objectContaining({ details: { path: 'A', other: 'a' } }) as Error);
  });

  it('takes 20,000 deep paths in less than five seconds', () => {
    const paths = new PathSet();
    const started = performance.now();
    for (let index = 0; index < 20_000; index++) paths.add(`${'folder/'.repeat(12)}${String(index)}`);
    expect(performance.now() - started).toBeLessThan(5000);
  });
});

describe('foldPath', () => {
  it('folds the folders of a path as it folds the path', () => {
    const letters = fc.constantFrom(
      'a',
      'A',
      'ß',
      'σ',
      'Σ',
      'ς',
      'é',
      'e',
      '\u0301',
      '\u0338',
      'ﬀ',
      'İ',
      'ı',
      '.',
      ' ',
      '/',
    );
    fc.assert(
      fc.property(
        fc.string({ unit: fc.oneof(letters, fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 })) }),
        (path) => {
          const folders = path.split('/').map((_, index, all) => all.slice(0, index + 1).join('/'));
          const folded = foldPath(path).split('/');
          expect(folders.map(foldPath)).toEqual(folders.map((_, index) => folded.slice(0, index + 1).join('/')));
        },
      ),
      { numRuns: 1000 },
    );
  });
});
