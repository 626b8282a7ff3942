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
  const parents = new Map<string, string>();
  const rootOf = (operator: string): string => {
    const parent = parents.get(operator);
    return parent === undefined ? operator : rootOf(parent);
  };
  const operators = new Map<string, string>();
  for (const instance of instances) {
    const known = rootOf(operators.get(keyOf(instance)) ?? instance.operator);
    operators.set(keyOf(instance), known);
    const own = rootOf(instance.operator);
    if (own !== known) parents.set(own, known);
  }
  return instances.map((instance) => ({ ...instance, operator: rootOf(instance.operator) }));
}
