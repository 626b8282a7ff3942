import type { Edits } from './edits.ts';
import type { GoodBundleName } from './good-bundles.ts';

/** One thing that a Sigstore, or whoever made a bundle, does wrong: what a strong verifier refuses. */
export interface Fault {
  readonly name: string;
  readonly section: FaultSection;
  /** What is wrong, in a sentence. */
  readonly says: string;
  /** The good bundles that it makes bad ones of. */
  readonly on: readonly GoodBundleName[];
  /** Advisories about verifiers that let it pass. */
  readonly advisories: readonly string[];
  readonly edits: Edits;
}

/** What a fault is about. */
export type FaultSection = 'log binding' | 'log trust' | 'time' | 'certificates' | 'content' | 'identity';

/** A fault as its table has it: what is wrong, of which bundles, by which edits, known from where. */
export type FaultRow = readonly [
  says: string,
  on: readonly GoodBundleName[],
  edits: Edits,
  advisories?: readonly string[],
];

/** The faults of a table, which has them by name. */
export function faultsOf(section: FaultSection, rows: Readonly<Record<string, FaultRow>>): readonly Fault[] {
  return Object.entries(rows).map(([name, [says, on, edits, advisories = []]]) => {
    return { name, section, says, on, advisories, edits };
  });
}
