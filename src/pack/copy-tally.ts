import type { Descriptor } from '../oci/descriptor.ts';
import { successorsOf, type ParsedManifest } from '../oci/index.ts';
import type { BlobOutcome } from './copy-blob.ts';
import type { Traffic } from './pack-input.ts';

/** What one copy did, over all its graphs. */
export interface CopyTally {
  blob(descriptor: Descriptor, outcome: BlobOutcome): void;
  manifest(): void;
  /** A manifest that the target has, with everything in it. */
  known(parsed?: ParsedManifest): void;
  referrer(descriptor: Descriptor): void;
  skip(descriptor: Descriptor): void;
  result(): TallyResult;
}

/** The sums of a {@link CopyTally}. */
export interface TallyResult {
  readonly manifests: number;
  readonly referrers: readonly Descriptor[];
  readonly copied: Traffic;
  readonly mounted: Traffic;
  readonly reused: Traffic;
  readonly skipped: readonly Descriptor[];
}

/** A tally of nothing yet. */
export function copyTally(): CopyTally {
  const referrers: Descriptor[] = [];
  const skipped = new Map<string, Descriptor>();
  const sums = { copied: { blobs: 0, bytes: 0 }, mounted: { blobs: 0, bytes: 0 }, reused: { blobs: 0, bytes: 0 } };
  let manifests = 0;
  const blob = ({ size }: Descriptor, outcome: BlobOutcome): void => {
    sums[outcome].blobs++;
    sums[outcome].bytes += size;
  };
  return {
    blob,
    manifest() {
      manifests++;
    },
    known(parsed) {
      manifests++;
      if (parsed?.kind !== 'manifest') return;
      const distinct = new Map(successorsOf(parsed).map((descriptor) => [descriptor.digest, descriptor]));
      for (const descriptor of distinct.values()) blob(descriptor, 'reused');
    },
    referrer: (descriptor) => void referrers.push(descriptor),
    skip: (descriptor) => void skipped.set(descriptor.digest, descriptor),
    result: () => ({ manifests, referrers, ...sums, skipped: [...skipped.values()] }),
  };
}
