import { toBase64 } from '../bytes/encoding.ts';
import type { CertificateAuthority, TransparencyLog, TrustRoot } from './trust-root.ts';

/**
 * One trust root of several: what any of them trusts. Where two of them, or one of them twice, list the same key under
 * different operators, those operators are one from there on: a key must never count twice towards a threshold.
 */
export function mergeTrustRoots(...roots: readonly TrustRoot[]): TrustRoot {
  const merged: TrustRoot = {
    logs: roots.flatMap(({ logs }) => logs),
    ctLogs: roots.flatMap(({ ctLogs }) => ctLogs),
    certificateAuthorities: roots.flatMap(({ certificateAuthorities }) => certificateAuthorities),
    timestampAuthorities: roots.flatMap(({ timestampAuthorities }) => timestampAuthorities),
  };
  return {
    logs: unite(merged.logs, keyOfLog),
    ctLogs: unite(merged.ctLogs, keyOfLog),
    certificateAuthorities: unite(merged.certificateAuthorities, keyOfAuthority),
    timestampAuthorities: unite(merged.timestampAuthorities, keyOfAuthority),
  };
}

function keyOfLog({ publicKey }: TransparencyLog): string {
  return toBase64(publicKey.bytes);
}

function keyOfAuthority({ certificates }: CertificateAuthority): string {
  return toBase64(certificates[0] ?? new Uint8Array());
}

/** Gives instances that share a key, directly or through others, the operator of the first of them. */
function unite<T extends { readonly operator: string }>(instances: readonly T[], keyOf: (instance: T) => string): T[] {
  const order = [...new Set(instances.map(({ operator }) => operator))];
  const parents = new Map<string, string>();
  const firstOf = (operator: string): string => {
    const parent = parents.get(operator);
    return parent === undefined ? operator : firstOf(parent);
  };
  const operators = new Map<string, string>();
  for (const instance of instances) {
    const own = firstOf(instance.operator);
    const other = firstOf(operators.get(keyOf(instance)) ?? own);
    operators.set(keyOf(instance), own);
    if (own === other) continue;
    const ownIsFirst = order.indexOf(own) < order.indexOf(other);
    parents.set(ownIsFirst ? other : own, ownIsFirst ? own : other);
  }
  return instances.map((instance) => ({ ...instance, operator: firstOf(instance.operator) }));
}
