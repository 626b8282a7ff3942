import type { PackError } from '../../errors.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import type { OperationOptions } from '../../ports/operation.ts';
import type { ReferrersAnswer, Repository } from '../../ports/registry.ts';

/** A layer that may hold a signature: a bundle, or cosign's older payload or envelope with annotations around it. */
export interface Candidate {
  /** The digest of the referrer that it lies in, or a tag and the number of the layer. */
  readonly origin: string;
  readonly kind: 'bundle' | 'signature' | 'envelope';
  readonly layer: Descriptor;
}

/** Something that may hold a signature and could not be read: never a pass, and never "no signature". */
export interface Unread {
  readonly origin: string;
  readonly error: PackError;
}

/** What a repository lists for a manifest. */
export interface Listed {
  readonly candidates: readonly Candidate[];
  readonly unread: readonly Unread[];
}

/** Where it is known from what refers to a manifest; `unreachable` where the registry could not be asked. */
export type ReferrersState = ReferrersAnswer['from'] | 'unreachable';

/** Bounds on what is looked at to find the signatures of one manifest. */
export interface FindLimits {
  /** Referrers and older signatures that are looked at; 100 by default. */
  readonly signatures: number;
  /** Bytes of one bundle; 16 MiB by default. */
  readonly bundleBytes: number;
  /** Bytes of all bundles, which are in memory together; 256 MiB by default. */
  readonly totalBytes: number;
}

/** What a search works with. */
export interface FindContext {
  readonly repository: Repository;
  readonly limits: FindLimits;
  readonly concurrency: number;
  readonly options: OperationOptions;
  /** What refers to the manifest, where that was asked before. */
  readonly known?: ReferrersAnswer | undefined;
}
