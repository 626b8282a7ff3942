import type { Edits } from './edits.ts';
import type { GoodBundleName } from './good-bundles.ts';

/** One thing that a Sigstore, or whoever made a bundle, does wrong: what a strong verifier refuses. */
export interface Fault {
  readonly name: string;
  readonly section: FaultSection;
  /** What is wrong, in a sentence. */
  readonly says: string;
  /** The good bundles that it makes a bad one of. */
  readonly on: readonly GoodBundleName[];
  /** Advisories about verifiers that let it pass. */
  readonly advisories?: readonly string[] | undefined;
  readonly edits: Edits;
}

/** What a fault is about. */
export type FaultSection = 'log binding' | 'log trust' | 'time' | 'certificates' | 'content' | 'identity';
