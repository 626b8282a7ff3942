import { FormatError } from '../../../errors.ts';
import { annotationKeys } from '../../../oci/annotations.ts';
import type { Descriptor } from '../../../oci/descriptor.ts';
import { isTag } from '../../../oci/reference.ts';
import { compareBytewise } from '../../../bytes/encoding.ts';
import { isDigest, type Digest } from '../../../digest/digest.ts';
import { savedSuffix, savedTag } from './cosign-layout.ts';
import type { LayoutIndex } from './index-document.ts';

/** Where containerd and BuildKit put the full name; their `ref.name` is then only the tag. */
const containerdName = 'io.containerd.image.name';
const nameKeys: readonly string[] = [annotationKeys.refName, containerdName];

const maxLength = 512;
// image-spec 1.1.1, annotations, `org.opencontainers.image.ref.name`; each separator starts another alphanumeric run.
const refNamePattern = /^[A-Za-z0-9]+(?:(?:[-._:@+/]|--)[A-Za-z0-9]+)*$/;

/** True for a name that an entry of a layout may be asked for by: a tag, or a full name as skopeo writes it. */
export function isLayoutName(name: string): boolean {
  const valid: boolean = isTag(name);
  return valid || (name.length <= maxLength && refNamePattern.test(name) && !isDigest(name));
}

/** The names of an entry, as they are written; in its index also the one that `cosign save` left out. */
function namesOf(entry: Descriptor, index?: LayoutIndex): string[] {
  const names: string[] = [];
  for (const key of nameKeys) {
    const name = entry.annotations?.[key];
    if (name !== undefined && isLayoutName(name)) names.push(name);
  }
  const saved = index && names.length === 0 ? savedTag(index, entry) : undefined;
  return saved === undefined ? names : [saved];
}

/** `1` of `docker.io/library/x:1`; a name without a tag stays as it is. */
function shortName(name: string): string {
  const tag = name.slice(name.lastIndexOf(':') + 1);
  return name.includes('@') || tag.includes('/') || !isTag(tag) ? name : tag;
}

/** True for an entry that has no name. */
export function isUntagged(entry: Descriptor): boolean {
  return namesOf(entry).length === 0;
}

/** Every tag of a layout, sorted bytewise: full names by their tag. */
export function layoutTags(index: LayoutIndex): string[] {
  const names = index.manifests.flatMap((entry) => namesOf(entry, index).slice(0, 1).map(shortName));
  return [...new Set(names)].sort(compareBytewise);
}

/**
 * The entries that a name stands for: those that have just this name, else those whose full name ends in it. They all
 * have one digest.
 *
 * @throws FormatError `ERR_LAYOUT_INVALID` where a name stands for two manifests.
 */
export function entriesNamed(index: LayoutIndex, name: string): readonly Descriptor[] {
  const exact = index.manifests.filter((entry) => namesOf(entry, index).includes(name));
  const found =
    exact.length > 0 ? exact : index.manifests.filter((entry) => namesOf(entry, index).map(shortName).includes(name));
  const digests = new Set<Digest>(found.map(({ digest }) => digest));
  if (digests.size < 2) return found;
  throw new FormatError('ERR_LAYOUT_INVALID', `tag ${name} stands for ${digests.size} manifests, expected one`, {
    issues: [...digests].map((digest) => ({ path: digest, message: `has the name ${name}` })),
    hint: 'name the manifest by its full name or its digest',
  });
}

/** The entry without its names, and without what stands for one. */
export function unnamed(entry: Descriptor): Descriptor {
  const { annotations = {}, ...rest } = entry;
  const gone = savedSuffix(entry) === undefined ? nameKeys : [...nameKeys, 'kind'];
  const kept = Object.entries(annotations).filter(([key]) => !gone.includes(key));
  return kept.length === 0 ? rest : { ...rest, annotations: Object.fromEntries(kept) };
}

/** The entry with one name. */
export function named(entry: Descriptor, name: string): Descriptor {
  const { annotations, ...rest } = unnamed(entry);
  return { ...rest, annotations: { ...annotations, [annotationKeys.refName]: name } };
}

/** distribution-spec 1.1.1, "Referrers Tag Schema": the tag of a list of referrers. */
export function referrersTag(subject: Digest): string {
  return subject.slice(0, subject.indexOf(':') + 65).replace(':', '-');
}

/** True for an entry that is only there for the sake of another: a list of referrers, or what cosign 2 tags so. */
export function isAside(entry: Descriptor): boolean {
  const names = namesOf(entry).map(shortName);
  if (names.length === 0) return savedSuffix(entry) !== undefined;
  return names.every((name) => /^sha(?:256|384|512)-[0-9a-f]{64}(?:\.(?:sig|att|sbom))?$/.test(name));
}
