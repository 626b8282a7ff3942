import { checkOptions } from '../bytes/check-options.ts';
import type { JsonValue } from '../bytes/json.ts';
import { algorithmOf, hexOf, type Digest } from '../digest/digest-name.ts';
import type { Lock, LockEntry } from '../lockfile/lock.ts';
import { checkUri, predicateOf, type Predicate } from './build-predicate.ts';
import { formatRfc3339 } from './format-rfc3339.ts';
import { entryDigests, entrySource, orderedLock } from './lock-facts.ts';
import { provenanceType } from './provenance.ts';
import type { ResourceInput } from './resource-input.ts';

/** Who runs a build. */
export interface Builder {
  /** A URI. A verifier believes it only where it knows that the signer is that builder; it says nothing of a level. */
  readonly id: string;
  /** What it is made of, by name. */
  readonly version?: Readonly<Record<string, string>> | undefined;
  readonly builderDependencies?: readonly ResourceInput[] | undefined;
}

/** What is known of a build before it ran: `githubActionsBuilder` gives it from the environment of a workflow. */
export interface BuildDefinition {
  readonly builder: Builder;
  /** A URI that says how to read the parameters. */
  readonly buildType: string;
  /** What whoever asked for the build could choose. A verifier refuses what it does not know. */
  readonly externalParameters: Readonly<Record<string, JsonValue>>;
  /** What the builder chose. */
  readonly internalParameters?: Readonly<Record<string, JsonValue>> | undefined;
  /** What went into the build besides the entries of the lock: the sources. They come first. */
  readonly sources?: readonly ResourceInput[] | undefined;
  /** Which run it was, often its URL. */
  readonly invocationId?: string | undefined;
}

/** What the provenance of a pack is built from. */
export interface ProvenanceInput extends BuildDefinition {
  /** Every entry of it becomes a dependency. */
  readonly lock: Lock;
  /** Milliseconds since 1970; seconds are written. No clock is read. */
  readonly startedOn?: number | undefined;
  readonly finishedOn?: number | undefined;
  readonly byproducts?: readonly ResourceInput[] | undefined;
}

const keys = [
  'lock',
  'builder',
  'buildType',
  'externalParameters',
  'internalParameters',
  'sources',
  'invocationId',
  'startedOn',
  'finishedOn',
  'byproducts',
];

/**
 * Builds SLSA provenance of version 1 for a pack of a lock. Its dependencies are the sources, and then every entry of the
 * lock with its package URL, its address where the lockfile gives one, and its digests. The same input gives the same
 * predicate.
 *
 * The manifest is the subject of the statement, which `attest` writes. What it says is worth what the signer's word is
 * worth: no level is claimed.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for unknown members, what is no URI or time, and what JSON cannot say.
 * @see https://slsa.dev/spec/v1.1/provenance
 */
export function buildProvenance(input: ProvenanceInput): Predicate {
  checkOptions('provenance', input, keys);
  const { builder, buildType, externalParameters, internalParameters, sources = [], byproducts } = input;
  checkOptions('builder', builder, ['id', 'version', 'builderDependencies']);
  return predicateOf(provenanceType, {
    buildDefinition: {
      buildType: checkUri('buildType', buildType),
      externalParameters,
      internalParameters,
      resolvedDependencies: [...sources, ...lockDependencies(input.lock)],
    },
    runDetails: {
      builder: { ...builder, id: checkUri('builder.id', builder.id) },
      metadata: metadataOf(input),
      byproducts,
    },
  });
}

function metadataOf({ invocationId, startedOn, finishedOn }: ProvenanceInput): object | undefined {
  if (invocationId === undefined && startedOn === undefined && finishedOn === undefined) return undefined;
  return {
    invocationId,
    startedOn: startedOn === undefined ? undefined : formatRfc3339('startedOn', startedOn),
    finishedOn: finishedOn === undefined ? undefined : formatRfc3339('finishedOn', finishedOn),
  };
}

/** The entries of a lock as dependencies, in the order of their paths, which are their names. */
function lockDependencies(lock: Lock): readonly ResourceInput[] {
  return orderedLock(lock).entries.map((entry) => {
    const { address, purl } = entrySource(entry);
    const { path, mediaType } = entry;
    return { uri: purl, digest: digestSet(entry), name: path, downloadLocation: address, mediaType };
  });
}

function digestSet(entry: LockEntry): Readonly<Record<string, string>> {
  return Object.fromEntries(entryDigests(entry).map((digest: Digest) => [algorithmOf(digest), hexOf(digest)]));
}
