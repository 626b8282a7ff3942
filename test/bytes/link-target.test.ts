import { describe, expect, it } from 'vitest';
import { checkLinkTarget, checkLinks } from '../../src/bytes/link-target.ts';

const unsafe: unknown = expect.objectContaining({ code: 'ERR_UNSAFE_PATH' });

describe('checkLinkTarget', () => {
  it.each([
    ['a', 'b'],
    ['a/b', '../c'],
    ['a', '.'],
    ['a/b/c', '../../d/./e'],
    ['a', 'b/../c'],
  ])('lets %s lead to %s', (path, target) => {
    expect(checkLinkTarget(path, target)).toBe(target);
  });

  it.each(['', '/', '/etc', '..', 'b/../../c', 'c:x', 'a\\b', 'a\0', 'a\u007f', '\ud800', 'a/'.repeat(3000)])(
    'refuses %j at the root',
    (target) => {
      expect(() => checkLinkTarget('a', target)).toThrow(unsafe);
    },
  );
});

describe('checkLinks', () => {
  it('takes chains that stay inside, and targets that are not there', () => {
    const links = { a: 'b', b: 'd/c', 'd/c': '../e', x: 'nowhere/y' };
    expect(() => checkLinks(new Map(Object.entries(links)))).not.toThrow();
  });

  it.each([
    ['through a link to a higher folder', { 'a/b/up': '../..', out: 'a/b/up/../x' }],
    ['through a chain', { 'a/one': '..', 'a/two': 'one/one', z: 'a/two/../../x' }],
    ['in a circle', { a: 'b', b: 'a' }],
    ['to itself', { a: 'a' }],
  ])('refuses one that leads out %s', (_, links) => {
    expect(() => checkLinks(new Map(Object.entries(links)))).toThrow(unsafe);
  });

  it('gives up where links multiply', () => {
    const links = Array.from({ length: 60 }, (_, index) => [`l${index}`, `l${index + 1}/l${index + 1}`] as const);
    expect(() => checkLinks(new Map(links))).toThrow(unsafe);
  });
});
