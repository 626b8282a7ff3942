import { describe, expect, it } from 'vitest';
import { mergeTrustRoots } from '../../src/attest/merge-trust-roots.ts';
import { parseTrustRoot } from '../../src/attest/parse-trust-root.ts';
import type { CertificateAuthority, TransparencyLog, TrustRoot } from '../../src/attest/trust-root.ts';
import { someTrustRoot } from './some-documents.ts';

const root = parseTrustRoot(JSON.stringify(someTrustRoot));
const [log, authority] = [root.logs[0], root.timestampAuthorities[0]];
if (log === undefined || authority === undefined) throw new Error('the documents have none');

const logOf = (key: number, operator: string): TransparencyLog => ({
  ...log,
  publicKey: { ...log.publicKey, bytes: Uint8Array.of(key) },
  operator,
});
const authorityOf = (key: number, operator: string): CertificateAuthority => ({
  ...authority,
  certificates: [Uint8Array.of(key), Uint8Array.of(0)],
  operator,
});
const rootOf = (change: Partial<TrustRoot>): TrustRoot => ({ ...mergeTrustRoots(), ...change });
const operatorsOf = (...logs: TransparencyLog[][]): string[] =>
  mergeTrustRoots(...logs.map((list) => rootOf({ logs: list }))).logs.map(({ operator }) => operator);

describe('mergeTrustRoots', () => {
  it('trusts nobody where there is nothing to merge', () => {
    expect(mergeTrustRoots()).toEqual({ logs: [], ctLogs: [], certificateAuthorities: [], timestampAuthorities: [] });
  });

  it('gives one root as it is', () => {
    expect(mergeTrustRoots(root)).toEqual(root);
    expect(mergeTrustRoots(root).logs[0]).toBe(root.logs[0]);
  });

  it('trusts what any of them trusts, in their order', () => {
    const merged = mergeTrustRoots(root, rootOf({ ctLogs: [logOf(9, 'nine')] }));
    expect(merged.logs).toEqual(root.logs);
    expect(merged.ctLogs.map(({ operator }) => operator)).toEqual(['ct.example', 'nine']);
  });

  it('keeps operators apart that share no key', () => {
    expect(operatorsOf([logOf(1, 'a')], [logOf(2, 'b')])).toEqual(['a', 'b']);
  });

  it('makes two operators of one key one', () => {
    expect(operatorsOf([logOf(1, 'a')], [logOf(1, 'b')])).toEqual(['a', 'a']);
  });

  it('makes operators one that are one in another root', () => {
    const hosts = [logOf(1, 'rekor.example'), logOf(2, 'log2.example')];
    const named = [logOf(1, 'example'), logOf(2, 'example'), logOf(3, 'other')];
    expect(operatorsOf(hosts, named)).toEqual([
      'rekor.example',
      'rekor.example',
      'rekor.example',
      'rekor.example',
      'other',
    ]);
  });

  it('counts authorities by the key that signs, not by their chain', () => {
    const merged = mergeTrustRoots(
      rootOf({ timestampAuthorities: [authorityOf(1, 'a')] }),
      rootOf({
        timestampAuthorities: [{ ...authorityOf(1, 'b'), certificates: [Uint8Array.of(1)] }, authorityOf(2, 'c')],
      }),
    );
    expect(merged.timestampAuthorities.map(({ operator }) => operator)).toEqual(['a', 'a', 'c']);
  });

  it('makes authorities without a certificate one, as nothing tells them apart', () => {
    const timestampAuthorities = ['a', 'b'].map((operator) => ({ ...authorityOf(1, operator), certificates: [] }));
    const merged = mergeTrustRoots(rootOf({ timestampAuthorities }));
    expect(merged.timestampAuthorities.map(({ operator }) => operator)).toEqual(['a', 'a']);
  });

  it('does not change the roots that it merges', () => {
    const second = rootOf({ logs: [logOf(1, 'b')] });
    mergeTrustRoots(rootOf({ logs: [logOf(1, 'a')] }), second);
    expect(second.logs[0]?.operator).toBe('b');
  });
});
