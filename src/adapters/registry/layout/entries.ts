import { compareBytewise } from '../../../bytes/encoding.ts';
import type { Digest } from '../../../digest/digest.ts';
import { annotationKeys } from '../../../oci/annotations.ts';
import type { Descriptor } from '../../../oci/descriptor.ts';
import type { CatalogEntry } from '../../../registry/catalog.ts';
import { savedTag } from './cosign-layout.ts';
import { withEntries, type LayoutIndex } from './index-document.ts';
import { entriesNamed, isUntagged, named, unnamed } from './names.ts';

/** The index with a manifest that was put, under its tag where it has one. */
export function withManifest(index: LayoutIndex, entry: CatalogEntry): LayoutIndex {
  const { descriptor, children, tag } = entry;
  const listed = tag === undefined ? withListed(index, descriptor) : withTag(index, tag, descriptor);
  // Children are found through what names them. Listed beside it they would look like manifests of their own.
  const inside = new Set(children);
  return filtered(listed, (other) => !(inside.has(other.digest) && isBare(other)));
}

function withListed(index: LayoutIndex, descriptor: Descriptor): LayoutIndex {
  return index.manifests.some(({ digest }) => digest === descriptor.digest) ? index : inserted(index, descriptor);
}

/** The index with a tag that points at a manifest, and at no other: what it pointed at before stays, untagged. */
export function withTag(index: LayoutIndex, tag: string, descriptor: Descriptor): LayoutIndex {
  const { digest } = descriptor;
  const pointed = index.manifests.filter(
    (entry) => entry.annotations?.[annotationKeys.refName] === tag || savedTag(index, entry) === tag,
  );
  if (pointed.length === 1 && pointed[0]?.digest === digest) return index;
  const freed = withoutNames(index, pointed);
  const unused = freed.manifests.find((entry) => entry.digest === digest && isUntagged(entry));
  const rest = unused === undefined ? freed : filtered(freed, (entry) => entry !== unused);
  return inserted(rest, named(unused ?? descriptor, tag));
}

/** The index without a tag; the manifest stays, untagged. */
export function withoutTag(index: LayoutIndex, tag: string): LayoutIndex {
  return withoutNames(index, entriesNamed(index, tag));
}

/** The index without a manifest and its tags. */
export function withoutManifest(index: LayoutIndex, digest: Digest): LayoutIndex {
  return filtered(index, (entry) => entry.digest !== digest);
}

function withoutNames(index: LayoutIndex, entries: readonly Descriptor[]): LayoutIndex {
  return entries.reduce((current, entry) => {
    const others = filtered(current, (other) => other !== entry);
    const elsewhere = others.manifests.some(({ digest }) => digest === entry.digest);
    return elsewhere ? others : inserted(others, unnamed(entry));
  }, index);
}

function filtered(index: LayoutIndex, keep: (entry: Descriptor) => boolean): LayoutIndex {
  const kept = index.manifests.filter(keep);
  return kept.length === index.manifests.length ? index : withEntries(index, kept);
}

/**
 * Puts an entry where it belongs among sorted ones, so that the same manifests give the same bytes whatever came
 * first. Entries of others that are not sorted keep their places.
 */
function inserted(index: LayoutIndex, entry: Descriptor): LayoutIndex {
  const at = index.manifests.findIndex((other) => compareEntries(other, entry) > 0);
  const place = at === -1 ? index.manifests.length : at;
  return withEntries(index, index.manifests.toSpliced(place, 0, entry));
}

function compareEntries(a: Descriptor, b: Descriptor): number {
  return compareBytewise(sortKey(a), sortKey(b));
}

/** Tags first, then what has none, by digest. */
function sortKey(entry: Descriptor): string {
  const tag = entry.annotations?.[annotationKeys.refName];
  return tag === undefined ? `1${entry.digest}` : `0${tag} ${entry.digest}`;
}

const bareMembers: readonly string[] = ['mediaType', 'digest', 'size', 'artifactType'];

/** True for an entry that says nothing which the manifest itself does not say. */
function isBare(entry: Descriptor): boolean {
  return Object.keys(entry).every((key) => bareMembers.includes(key));
}
