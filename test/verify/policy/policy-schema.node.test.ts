import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from '../../meta/source-tree.ts';
import { isValid, type Schema } from './json-schema.ts';
import { badPolicies, goodPolicies, wrongPolicies } from './some-policies.ts';

const schema = JSON.parse(readFileSync(join(root, 'docs/policy.schema.json'), 'utf8')) as Schema;

describe('docs/policy.schema.json agrees with the parser', () => {
  it.each(goodPolicies)('about %s', (_what, policy) => {
    expect(isValid(policy, schema)).toBe(true);
  });

  it.each(badPolicies)('against %s', (_what, policy) => {
    expect(isValid(policy, schema)).toBe(false);
  });

  it.each(wrongPolicies)('but cannot say what is wrong with %s', (_what, policy) => {
    expect(isValid(policy, schema)).toBe(true);
  });
});
