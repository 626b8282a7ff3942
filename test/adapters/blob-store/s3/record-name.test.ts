import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keyOfName, nameAfter, nameOfKey, nameOfPrefix } from '../../../../src/adapters/blob-store/s3/record-name.ts';

const sign = fc.constantFrom(...Array.from(' !-./0:A_az~'));
const segment = fc.oneof(
  fc.string({ unit: sign, minLength: 1, maxLength: 5 }),
  fc.constantFrom('x'.repeat(179), 'x'.repeat(180), 'x'.repeat(181), 'x'.repeat(300), `${'x'.repeat(179)}.`),
);
const key = fc
  .array(segment, { minLength: 1, maxLength: 6 })
  .map((segments) => segments.join('/').slice(0, 1024).replace(/\/$/, ''))
  .filter((text) => text.split('/').every((part) => part !== '' && part !== '.' && part !== '..'));
const order = (a: string, b: string): number => (a < b ? -1 : Number(a > b));
const groupOf = (name: string): string => {
  const found = keyOfName(name);
  return typeof found === 'object' ? found.group : name;
};

describe('the names of records', () => {
  it('can be read by a person', () => {
    expect(nameOfKey('repos/some/app/tags/v1.2-rc')).toBe('repos/some/app/tags/v1.o2.nrc-');
    expect(keyOfName('repos/some/app/tags/v1.o2.nrc-')).toBe('repos/some/app/tags/v1.2-rc');
  });

  it('are in the order of the keys, and give them back', () => {
    fc.assert(
      fc.property(key, key, (a, b) => {
        const [first, second] = [nameOfKey(a), nameOfKey(b)];
        expect(first === second).toBe(a === b);
        // Those that were cut at one place come in any order.
        if (groupOf(first) !== groupOf(second)) expect(order(first, second)).toBe(order(a, b));
        const found = keyOfName(first);
        if (typeof found === 'string') expect(found).toBe(a);
      }),
      { numRuns: 1000 },
    );
  });

  it('fit what servers take, and none is a folder of another', () => {
    fc.assert(
      fc.property(key, key, (a, b) => {
        const name = nameOfKey(a);
        expect(name.length).toBeLessThanOrEqual(800);
        for (const part of name.split('/')) expect(part.length).toBeLessThanOrEqual(255);
        expect(nameOfKey(b).startsWith(`${name}/`)).toBe(false);
      }),
    );
  });

  it('begin with the name of a prefix, and lie behind what is to come before', () => {
    fc.assert(
      fc.property(key, fc.nat(1024), key, (a, length, b) => {
        expect(nameOfKey(a).startsWith(nameOfPrefix(a.slice(0, length)))).toBe(true);
        if (a > b) expect(nameOfKey(a) > nameAfter(b)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it.each(['', '-x', 'a', 'a..-', 'a.p-', 'a.q-', `a.z${'0'.repeat(63)}`, 'A b-'])('know no key in %j', (name) => {
    expect(keyOfName(name)).toBeUndefined();
  });
});
