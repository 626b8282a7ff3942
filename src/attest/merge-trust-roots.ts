import { equalBytes } from '../bytes/equal-bytes.ts';
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
function keyOf(instance: TransparencyLog | CertificateAuthority): Uint8Array {
  return 'publicKey' in instance ? instance.publicKey.bytes : (instance.certificates[0] ?? new Uint8Array());
}

/** Gives instances that share a key, directly or through others, the operator of the first of them. */
function unite<T extends TransparencyLog | CertificateAuthority>(instances: readonly T[]): T[] {
  const names = new Map(instances.map(({ operator }) => [operator, operator]));
  const nameOf = ({ operator }: T): string => names.get(operator) ?? operator;
  for (const instance of instances) {
    const twin = instances.find((other) => equalBytes(keyOf(other), keyOf(instance))) ?? instance;
    const both = [nameOf(twin), nameOf(instance)];
    if (both[0] === both[1]) continue;
    // A map keeps its order: the first to be found is the first that was listed.
    const first = [...names.values()].find((name) => both.includes(name)) ?? instance.operator;
    for (const [operator, name] of names) if (both.includes(name)) names.set(operator, first);
  }
  // Whoever keeps something by instance finds it again where nothing changed.
  return instances.map((instance) => {
    const operator = nameOf(instance);
    return operator === instance.operator ? instance : { ...instance, operator };
  });
}
