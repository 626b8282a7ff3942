import type { Digest } from '../../../digest/digest.ts';
import { FormatError, StoreError } from '../../../errors.ts';
import type { Descriptor } from '../../../oci/descriptor.ts';
import { defaultOciLimits } from '../../../oci/limits.ts';
import { isIndexMediaType, isManifestMediaType } from '../../../oci/media-types.ts';
import type { OperationOptions } from '../../../ports/operation.ts';
import type { ReferrersAnswer } from '../../../ports/registry.ts';
import type { CatalogEntry } from '../../../registry/catalog.ts';
import { loadManifest } from '../../../registry/load-manifest.ts';
import type { LayoutParts } from './documents.ts';
import { entriesNamed, isAside, referrersTag } from './names.ts';
import { unlistedReferrers, type Referring } from './unlisted-referrers.ts';

/** What a manifest says of itself as a referrer, and the manifests in it where it is an index. */
interface ReadManifest {
  readonly referrer: CatalogEntry['referrer'];
  readonly children: readonly Descriptor[];
}

/**
 * The referrers of a layout: entries of its index, and what lies in these, whose manifest has the subject, as oras
 * writes them; the list under the referrers tag, as regctl does; and what `cosign save` lists nowhere. What was read is
 * remembered: bytes under a digest never change.
 */
export function layoutReferrers(
  parts: LayoutParts,
): (subject: Digest, options: OperationOptions) => Promise<ReferrersAnswer> {
  const known = new Map<Digest, ReadManifest>();
  const unlisted = new Map<Digest, Referring | undefined>();
  return async (subject, options) => {
    const saved = await unlistedReferrers(parts, options, { known: unlisted });
    const hidden = saved.filter((one) => one.subject === subject).map(({ descriptor }) => descriptor);
    const entries = [...hidden, ...(await entriesWith(parts, known, subject, options))];
    const tagged = await taggedWith(parts, subject, options);
    const found = new Map([...(tagged ?? []), ...entries].map((descriptor) => [descriptor.digest, descriptor]));
    const from = tagged === undefined ? 'api' : entries.length === 0 ? 'tag' : 'both';
    return { referrers: [...found.values()], from };
  };
}

async function entriesWith(
  parts: LayoutParts,
  known: Map<Digest, ReadManifest>,
  subject: Digest,
  options: OperationOptions,
): Promise<Descriptor[]> {
  const { manifests } = await parts.documents.read(options);
  if (manifests.length > defaultOciLimits.manifests) throw tooMany(parts.documents.id);
  const listed = new Set(manifests);
  const seen = new Set<Digest>();
  const found: Descriptor[] = [];
  const waiting = [...manifests];
  for (let entry = waiting.pop(); entry !== undefined; entry = waiting.pop()) {
    if (seen.has(entry.digest) || !isManifestMediaType(entry.mediaType)) continue;
    if (seen.add(entry.digest).size > defaultOciLimits.manifests) throw tooMany(parts.documents.id);
    const manifest = known.get(entry.digest) ?? (await readEntry(parts, entry, listed.has(entry), options));
    if (manifest === undefined) continue;
    known.set(entry.digest, manifest);
    // What a referrers tag lists is asked for apart.
    if (!isAside(entry)) waiting.push(...manifest.children);
    if (manifest.referrer?.subject === subject) found.push(manifest.referrer.descriptor);
  }
  return found;
}

/**
 * A manifest that is listed and missing fails the listing, unless it was deleted just now: a signature must not go
 * unseen. One inside an index may be absent.
 */
async function readEntry(
  parts: LayoutParts,
  entry: Descriptor,
  listed: boolean,
  options: OperationOptions,
): Promise<ReadManifest | undefined> {
  const { documents, blobs } = parts;
  const found = await loadManifest(blobs, entry, options);
  if (found !== undefined) {
    const { referrer, content } = found.facts;
    return { referrer, children: isIndexMediaType(entry.mediaType) ? content : [] };
  }
  const { manifests } = await documents.read(options);
  if (!listed || !manifests.some(({ digest }) => digest === entry.digest)) return undefined;
  throw new StoreError('ERR_BLOB_NOT_FOUND', `manifest ${entry.digest} is listed in ${documents.id} and not there`, {
    store: documents.id,
    digest: entry.digest,
  });
}

/** Those of the referrers tag (distribution-spec 1.1.1, "Referrers Tag Schema"), but what has another subject. */
async function taggedWith(
  { documents, blobs }: LayoutParts,
  subject: Digest,
  options: OperationOptions,
): Promise<Descriptor[] | undefined> {
  const [entry] = entriesNamed(await documents.read(options), referrersTag(subject));
  if (entry === undefined || !isIndexMediaType(entry.mediaType)) return undefined;
  const list = await loadManifest(blobs, entry, options);
  const found: Descriptor[] = [];
  for (const listed of list?.facts.content ?? []) {
    const manifest = await loadManifest(blobs, listed, options);
    // One that is not there is told all the same: whoever wants it meets the error.
    if (manifest === undefined) found.push(listed);
    else if (manifest.facts.referrer?.subject === subject) found.push(manifest.facts.referrer.descriptor);
  }
  return found;
}

function tooMany(id: string): FormatError {
  const limit = defaultOciLimits.manifests;
  return new FormatError('ERR_LIMIT_EXCEEDED', `layout ${id} lists more than ${limit} manifests`, {
    details: { limit },
  });
}
