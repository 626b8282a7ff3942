import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { committedFiles, root } from './source-tree.ts';

/** Written in pieces, so that this file does not hold what it looks for. */
const forbidden: Readonly<Record<string, RegExp>> = {
  'a folder of one machine': pattern(
    String.raw`(^|[\s'"(=:])/(wo` + 'rk|ro' + String.raw`ot|ho` + 'me|Us' + String.raw`ers|op` + String.raw`t)/[a-z]`,
  ),
  'the host of a package registry': pattern(
    ['npmjs', 'yarnpkg', 'npmmirror'].map((name) => `registry\\.${name}\\.`).join('|') +
      '|deb\\.debian' +
      '\\.org|proxy\\.golang' +
      '\\.org',
  ),
  'how the work is organised': pattern(
    String.raw`\b(sub-?ag` +
      String.raw`ents?|co` +
      String.raw`ordinator|work` +
      String.raw`place|iss` +
      String.raw`ue #?\d+)\b`,
  ),
  'text that was left for later': pattern(String.raw`\b(TO` + 'DO|FIX' + String.raw`ME|X` + String.raw`XX)\b`),
};

function pattern(source: string): RegExp {
  return new RegExp(source, 'm');
}

const texts = committedFiles().filter((file) => !/\.(tgz|gz|tar|png|ico|bin)$|(^|\/)go\.sum$/.test(file));

describe('the tree', () => {
  it.each(Object.entries(forbidden))('does not name %s', (_what, expression) => {
    const found = texts.flatMap((file) => {
      const match = expression.exec(readFileSync(join(root, file), 'utf8'));
      return match === null ? [] : [`${file}: ${match[0].trim()}`];
    });
    expect(found).toEqual([]);
  });

  it('locks every dependency without saying from which host it came', () => {
    const lock = readFileSync(join(root, 'package-lock.json'), 'utf8');
    expect(lock).not.toMatch(/"resolved":/);
    expect(lock).toMatch(/"integrity": "sha512-/);
  });

  it('pins every dependency to one version', () => {
    const { dependencies, devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<
      string,
      Record<string, string>
    >;
    const loose = Object.entries({ ...dependencies, ...devDependencies }).filter(
      ([, range]) => !/^(npm:(@[\w-]+\/)?[\w-]+@)?\d+\.\d+\.\d+$/.test(range),
    );
    expect(loose).toEqual([]);
  });
});
