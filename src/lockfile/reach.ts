import type { EntryReach, OmittedScope, Scope } from './lockfile.ts';

/**
 * The sets of dependencies that one way from the root passes through, as bits. npm's flags say the same: a package is
 * `dev` when every way to it has the bit, `devOptional` when every way has one of the two.
 */
export type Way = number;

/** Several ways, as a set: bit `n` stands for way `n`. There are only eight. */
export type Ways = number;

export const devWay: Way = 1;
export const optionalWay: Way = 2;
export const peerWay: Way = 4;

const bits: readonly (readonly [Way, OmittedScope])[] = [
  [devWay, 'dev'],
  [optionalWay, 'optional'],
  [peerWay, 'peer'],
];
const allWays: readonly Way[] = [0, 1, 2, 3, 4, 5, 6, 7];

/** The set that holds one way. */
export function onlyWay(way: Way): Ways {
  return 1 << way;
}

/** The ways in a set. */
export function waysIn(ways: Ways): readonly Way[] {
  return allWays.filter((way) => (ways & (1 << way)) !== 0);
}

/** npm's flags on an entry, as ways. */
export interface NpmFlags {
  readonly dev: boolean;
  readonly optional: boolean;
  readonly devOptional: boolean;
  readonly peer: boolean;
}

/** The ways that npm's flags stand for: what is known of an entry where the root's dependencies are not. */
export function waysOfFlags(flags: NpmFlags): Ways {
  const peer = flags.peer ? peerWay : 0;
  if (flags.devOptional) return onlyWay(devWay | peer) | onlyWay(optionalWay | peer);
  return onlyWay((flags.dev ? devWay : 0) | (flags.optional ? optionalWay : 0) | peer);
}

/** A set of ways in words. Ways that pass through more than another one does say nothing, and are left out of `ways`. */
export function reachOf(ways: Ways): EntryReach {
  const known = waysIn(ways);
  const scope: Scope[] = known.includes(0) ? ['prod'] : [];
  for (const [bit, name] of bits) if (known.some((way) => (way & bit) !== 0)) scope.push(name);
  const shortest = known.filter((way) => !known.some((other) => other !== way && (other & way) === other));
  return { scope, ways: shortest.map((way) => bits.filter(([bit]) => (way & bit) !== 0).map(([, name]) => name)) };
}
