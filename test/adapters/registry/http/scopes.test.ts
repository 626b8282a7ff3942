import { describe, expect, it } from 'vitest';
import { covers, firstScope, formatScopes, mergeScopes } from '../../../../src/adapters/registry/http/scopes.ts';

const needed = [{ repository: 'a', actions: ['pull'] }] as const;

describe('scopes', () => {
  it('begin with what is needed, each resource once', () => {
    const merged = mergeScopes(needed, 'repository:b:pull repository:a:push,pull registry:catalog:*');
    expect(formatScopes(merged)).toEqual(['repository:a:pull,push', 'repository:b:pull', 'registry:catalog:*']);
    expect(formatScopes(firstScope(merged))).toEqual(['repository:a:pull,push']);
  });

  it('take a class and a host with a port for part of the resource', () => {
    expect(formatScopes(mergeScopes([], 'repository(plugin):host:5000/a:pull'))).toEqual([
      'repository(plugin):host:5000/a:pull',
    ]);
  });

  it('are not taken from what is no scope, or has no end', () => {
    expect(formatScopes(mergeScopes(needed, 'x :y  '))).toEqual(['repository:a:pull']);
    expect(formatScopes(mergeScopes(needed, 'repository:b:pull '.repeat(1000)))).toEqual(['repository:a:pull']);
    const many = Array.from({ length: 40 }, (_, index) => `repository:r${index}:pull`).join(' ');
    expect(mergeScopes(needed, `${many} repository:a:push`).size).toBe(16);
  });

  it('are covered by the same and by more', () => {
    const both = mergeScopes([{ repository: 'a', actions: ['pull', 'push'] }]);
    expect(covers(both, mergeScopes(needed))).toBe(true);
    expect(covers(mergeScopes(needed), both)).toBe(false);
    expect(covers(both, mergeScopes([{ repository: 'b', actions: ['pull'] }]))).toBe(false);
    expect(covers(mergeScopes([], 'repository:a:*'), both)).toBe(true);
  });
});
