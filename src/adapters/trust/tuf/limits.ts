import { checkCount, checkOptions } from '../../../bytes/check-options.ts';

/** Bounds on what a repository may send. */
export interface TufLimits {
  /** Bytes of one root; 512,000 by default. */
  readonly rootBytes: number;
  /** 16,384 by default. */
  readonly timestampBytes: number;
  /** 2,000,000 by default. */
  readonly snapshotBytes: number;
  /** Bytes of the metadata of one targets role; 5,000,000 by default. */
  readonly targetsBytes: number;
  /** Bytes of a target, which is held in memory; 64 MiB by default. */
  readonly targetBytes: number;
  /** New roots that one refresh takes; 256 by default. The next refresh goes on. */
  readonly rootRotations: number;
  /** Delegated roles that are asked about one target; 32 by default. */
  readonly delegations: number;
}

const defaults: TufLimits = {
  rootBytes: 512_000,
  timestampBytes: 16_384,
  snapshotBytes: 2_000_000,
  targetsBytes: 5_000_000,
  targetBytes: 64 * 1024 * 1024,
  rootRotations: 256,
  delegations: 32,
};

/** The limits to keep to. */
export function checkLimits(given: Partial<TufLimits> = {}): TufLimits {
  const names = Object.keys(defaults) as (keyof TufLimits)[];
  checkOptions('limits', given, names);
  const entries = names.map((name) => [name, checkCount(name, given[name], defaults[name])] as const);
  return Object.fromEntries(entries) as unknown as TufLimits;
}
