import type { CertificateAuthority, TransparencyLog, TrustRoot } from './trust-root.ts';

/**
 * One trust root of several: what any of them trusts. Where two of them, or one of them twice, list the same key under
 * different operators, those operators are one from there on: a key must never count twice towards a threshold.
 */
export function mergeTrustRoots(...roots: readonly TrustRoot[]): TrustRoot {
  return {
    logs: unite(roots.flatMap(({ logs }) => logs)),
    ctLogs: unite(roots.flatMap(({ ctLogs }) => ctLogs)),
    certificateAuthorities: unite(roots.flatMap(({ certificateAuthorities }) => certificateAuthorities)),
    timestampAuthorities: unite(roots.flatMap(({ timestampAuthorities }) => timestampAuthorities)),
  };
}

/** The key that an instance signs with: that of its first certificate, whatever chain it is listed with. */
function keyOf(instance: TransparencyLog | CertificateAuthority): string {
  return String('publicKey' in instance ? instance.publicKey.bytes : instance.certificates[0]);
}

/** Gives instances that share a key, directly or through others, the operator of the first of them. */
function unite<T extends TransparencyLog | CertificateAuthority>(instances: readonly T[]): T[] {
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
