import type { Digest } from '../digest/digest.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { OperationOptions } from '../ports/operation.ts';
import type { ListOptions, ReferrersAnswer, ReferrersOptions, TagOptions } from '../ports/registry.ts';

/**
 * What one repository knows about its bytes: which manifests and blobs are its own, what its tags point at, who refers
 * to whom. `createRepository` adds the bytes and every check; a catalog only remembers.
 */
export interface Catalog {
  /** True for a name that a tag of this repository may have. */
  isTag(name: string): boolean;
  /** True when the blob is one of this repository's. */
  holds(digest: Digest, options: OperationOptions): Promise<boolean>;
  /** Notes that the blob, which is stored, is one of this repository's. */
  admit(digest: Digest, options: OperationOptions): Promise<void>;
  /**
   * Forgets a blob. False when it was none of this repository's. `confirm` fails where a manifest names it, and may be
   * called more than once; a catalog that can tell so without reading every manifest need not call it.
   */
  release(digest: Digest, confirm: () => Promise<void>, options: OperationOptions): Promise<boolean>;
  /** True when the repository has something. */
  exists(options: OperationOptions): Promise<boolean>;
  /** What is known of a manifest of this repository, by its digest; its bytes decide the rest. */
  manifest(digest: Digest, options: OperationOptions): Promise<KnownManifest | undefined>;
  /** What a tag points at. */
  tagged(name: string, options: OperationOptions): Promise<KnownManifest | undefined>;
  /**
   * Notes a manifest whose bytes are stored, then its tag. `confirm` fails when something that the manifest names is
   * not there; it is called where nobody can forget a blob between its answer and the note, or after the note.
   */
  add(entry: CatalogEntry, confirm: () => Promise<void>, options: OperationOptions): Promise<void>;
  /**
   * Points a tag at a manifest that `confirm` finds there.
   *
   * @throws StoreError `ERR_CONFLICT` where `ifMatch` does not hold.
   */
  setTag(name: string, descriptor: Descriptor, confirm: () => Promise<void>, options: TagOptions): Promise<void>;
  /** False when there was no such tag. */
  removeTag(name: string, options: OperationOptions): Promise<boolean>;
  /** Forgets a manifest, its tags and that it is a referrer. False when there was none. */
  remove(digest: Digest, options: OperationOptions): Promise<boolean>;
  /** Every manifest that was put and not deleted, in no order. */
  manifests(options: OperationOptions): AsyncIterable<KnownManifest>;
  /** Every tag, in bytewise order. */
  tags(options: ListOptions): AsyncIterable<string>;
  /**
   * Every referrer, in any order; the repository sorts and filters. What the options leave out may be left out here
   * already, and where `limit` is heeded the answer is the first ones in bytewise order.
   */
  referrers(subject: Digest, options: ReferrersOptions): Promise<ReferrersAnswer>;
}

/** A manifest as a catalog knows it. What it does not say is found out from the bytes. */
export interface KnownManifest {
  readonly digest: Digest;
  readonly mediaType?: string | undefined;
  readonly size?: number | undefined;
  /** True for what only lists or signs another manifest, as its tag tells: it does not stand on its own. */
  readonly aside?: boolean | undefined;
}

/** A manifest that is put. */
export interface CatalogEntry {
  /** With the manifest's `artifactType`, where it has one. */
  readonly descriptor: Descriptor;
  /** Present where the manifest has a subject: what a list of referrers says of it. */
  readonly referrer?: { readonly subject: Digest; readonly descriptor: Descriptor } | undefined;
  /** The manifests that this one names, when it is an index. */
  readonly children: readonly Digest[];
  readonly tag?: string | undefined;
}
