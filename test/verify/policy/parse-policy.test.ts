import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/bytes/encoding.ts';
import { parsePolicy } from '../../../src/verify/policy/parse-policy.ts';
import { badPolicies, goodPolicies, somePolicy, wrongPolicies } from './some-policies.ts';

function refusalOf(input: unknown): unknown {
  try {
    return parsePolicy(input);
  } catch (error) {
    return error;
  }
}

describe('a policy', () => {
  it.each(goodPolicies)('may have %s', (_what, policy) => {
    expect(parsePolicy(policy)).toEqual(policy);
    expect(parsePolicy(JSON.stringify(policy))).toEqual(policy);
  });

  it.each([...badPolicies, ...wrongPolicies])('may not have %s', (_what, policy, path) => {
    expect(refusalOf(policy)).toMatchObject({
      name: 'UsageError',
      code: 'ERR_INVALID_ARGUMENT',
      argument: 'policy',
      details: { path },
    });
  });

  it('is read from bytes, too', () => {
    expect(parsePolicy(utf8(JSON.stringify(somePolicy())))).toEqual(somePolicy());
  });

  it.each([
    ['is no JSON', '{'],
    ['has a key twice', '{"version":1,"version":1,"signers":{"anyOf":[{"unsafeAnyIdentity":true}]}}'],
    ['has the key __proto__', '{"version":1,"signers":{"anyOf":[{"unsafeAnyIdentity":true}]},"__proto__":{}}'],
    ['is larger than 1 MiB', JSON.stringify(somePolicy({ digests: ['a'.repeat(1024 * 1024)] }))],
  ])('is refused where its text %s', (_what, text) => {
    expect(refusalOf(text)).toMatchObject({ code: 'ERR_INVALID_ARGUMENT', argument: 'policy' });
  });

  it('does not see what an object inherits', () => {
    const inherited = Object.create(somePolicy()) as object;
    expect(refusalOf(inherited)).toMatchObject({ code: 'ERR_INVALID_ARGUMENT', details: { path: 'version' } });
  });

  it('is a copy that nobody can change', () => {
    const given = { version: 1, signers: { anyOf: [{ identity: 'a', issuer: 'b' }] } };
    const policy = parsePolicy(given);
    given.signers.anyOf.push({ identity: 'c', issuer: 'd' });
    expect(policy.signers.anyOf).toEqual([{ identity: 'a', issuer: 'b' }]);
    expect(() => (policy.signers.anyOf as unknown[]).push(1)).toThrow(TypeError);
    expect(() => Object.assign(policy.signers, { threshold: 0 })).toThrow(TypeError);
  });

  it('takes a member that is undefined for one that is not there', () => {
    expect(parsePolicy(somePolicy({ demand: undefined }))).toEqual(somePolicy());
  });

  it('reads an accessor once', () => {
    let calls = 0;
    const policy = parsePolicy({
      ...somePolicy(),
      get demand() {
        calls++;
        return calls === 1 ? { log: 2 } : { unsafeNoLog: true };
      },
    });
    expect(policy.demand).toEqual({ log: 2 });
  });

  it('says what is known where something is not', () => {
    expect(refusalOf(somePolicy({ signer: {} }))).toMatchObject({
      message: expect.stringContaining('"signer", expected version, demand, signers, predicates, digests') as string,
    });
  });
});
