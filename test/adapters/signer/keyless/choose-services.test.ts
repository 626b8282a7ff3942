import { describe, expect, it } from 'vitest';
import { chooseServices } from '../../../../src/adapters/signer/keyless.ts';
import type { ServiceSelector, SigningConfig, SigningService } from '../../../../src/attest/signing-config.ts';

const now = Date.UTC(2025, 0, 1);
const year = 31_536_000_000;

function service(url: string, change: Partial<SigningService> = {}): SigningService {
  return { url, majorApiVersion: 2, operator: url, validFor: { start: now - year, end: undefined }, ...change };
}

function config(logs: readonly SigningService[], logSelector?: ServiceSelector): SigningConfig {
  const none = { certificateAuthorities: [], identityProviders: [], timestampAuthorities: [] };
  return { ...none, logs, logSelector, timestampSelector: undefined };
}

function chosen(logs: readonly SigningService[], selector: ServiceSelector = { kind: 'all' }): readonly string[] {
  return chooseServices(config(logs, selector), now).logs.map(({ url }) => url);
}

describe('services', () => {
  it('are one of each operator, the highest version first', () => {
    const [a, b, c] = ['a', 'b', 'c'].map((url) => service(url)) as [SigningService, SigningService, SigningService];
    const old = service('old', { majorApiVersion: 1, operator: 'a' });
    expect(chosen([old, a, { ...b, majorApiVersion: 1 }, c])).toEqual(['a', 'c', 'b']);
  });

  it('of one version and operator are the newest', () => {
    const newer = service('newer', { operator: 'old', validFor: { start: now - 1, end: undefined } });
    const undated = service('undated', { operator: 'old', validFor: { start: undefined, end: undefined } });
    expect(chosen([undated, service('old'), newer])).toEqual(['newer']);
  });

  it('of a version that nobody here speaks are not asked', () => {
    expect(chosen([service('v3', { majorApiVersion: 3, operator: 'a' }), service('v2', { operator: 'a' })])).toEqual([
      'v2',
    ]);
  });

  it.each([
    ['begin later', { start: now + 1, end: undefined }],
    ['have ended', { start: now - year, end: now - 1 }],
  ])('that %s are not asked', (_, validFor) => {
    expect(chosen([service('other', { validFor }), service('good')])).toEqual(['good']);
  });

  it('are asked at the first and the last moment that they are valid', () => {
    expect(chosen([service('edge', { validFor: { start: now, end: now } })])).toEqual(['edge']);
  });

  const three = ['a', 'b', 'c'].map((url) => service(url));
  it.each<[ServiceSelector, readonly string[]]>([
    [{ kind: 'any' }, ['a']],
    [{ kind: 'all' }, ['a', 'b', 'c']],
    [{ kind: 'exact', count: 2 }, ['a', 'b']],
  ])('are as many as %o says', (selector, expected) => {
    expect(chosen(three, selector)).toEqual(expected);
  });

  it.each<[string, readonly SigningService[], ServiceSelector]>([
    ['all have ended', [service('a', { validFor: { start: 0, end: 1 } })], { kind: 'all' }],
    ['none speaks a known version', [service('a', { majorApiVersion: 9 })], { kind: 'any' }],
    [
      'too few operators are there',
      [service('a', { operator: 'x' }), service('b', { operator: 'x' })],
      { kind: 'exact', count: 2 },
    ],
  ])('cannot be chosen where %s', (_, logs, selector) => {
    expect(() => chosen(logs, selector)).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT', argument: 'signingConfig' }),
    );
  });

  it('are none where none is listed', () => {
    expect(chooseServices(config([]))).toEqual({
      certificateAuthority: undefined,
      identityProvider: undefined,
      logs: [],
      timestampAuthorities: [],
    });
  });

  it('for certificates and identities are one each, of version 1', () => {
    const list = [service('v2'), service('v1', { majorApiVersion: 1 })];
    const all = { ...config([]), certificateAuthorities: list, identityProviders: list };
    const { certificateAuthority, identityProvider } = chooseServices(all, now);
    expect([certificateAuthority?.url, identityProvider?.url]).toEqual(['v1', 'v1']);
  });
});
