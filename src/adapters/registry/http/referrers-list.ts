import { utf8 } from '../../../bytes/encoding.ts';
import { algorithmOf, digestOf, type Digest } from '../../../digest/digest.ts';
import { RegistryError } from '../../../errors.ts';
import type { Descriptor } from '../../../oci/descriptor.ts';
import { mediaTypes } from '../../../oci/media-types.ts';
import { writeDocument } from '../../../oci/write-document.ts';
import type { OperationOptions } from '../../../ports/operation.ts';
import { readEntries, type ListEntry } from './list-entries.ts';
import type { ManifestDocument } from './manifest-document.ts';
import { fetchManifest, resolveManifest, type FetchedManifest, type RepositoryContext } from './manifests.ts';
import { conditionOf, sendTo } from './send-manifest.ts';
import { askReferrers } from './referrers-api.ts';
import { referrersTag } from './referrers-tag.ts';
import { shareUpdate, type EntryChange } from './shared-updates.ts';
import { updateList, type ListVersion, type SharedList } from './update-list.ts';

/** A manifest with a subject, that a registry has taken. */
export interface PushedReferrer {
  readonly descriptor: Descriptor;
  readonly document: ManifestDocument;
  readonly subject: Digest;
  /** The `OCI-Subject` of the answer. */
  readonly said: string | null;
}

/**
 * Sees to it that a referrer is found: by the registry itself where it says that it has seen the subject, or shows the
 * referrer in its list; else by the list under the tag (distribution-spec 1.1.1, "Pushing Manifests with Subject").
 */
export async function listReferrer(
  context: RepositoryContext,
  referrer: PushedReferrer,
  operation: OperationOptions,
): Promise<void> {
  const { descriptor, subject, said } = referrer;
  if (said === subject && !context.connection.profile.distrustSubject) return;
  const answer = await askReferrers(context, subject, undefined, operation).catch((error: unknown) => {
    // Nothing is lost where both have it.
    if (error instanceof RegistryError && error.code === 'ERR_REGISTRY_RATE_LIMITED') return undefined;
    throw error;
  });
  // A registry that has no such API may answer with an empty list all the same.
  if (answer !== undefined && answer.some(({ digest }) => digest === descriptor.digest)) return;
  await changeList(context, subject, { add: entryOf(referrer) }, operation);
}

/** Takes a deleted manifest out of the list of its subject, where that is kept under the tag. */
export async function unlistReferrer(
  context: RepositoryContext,
  digest: Digest,
  subject: Digest,
  operation: OperationOptions,
): Promise<void> {
  if (!context.connection.profile.mergeReferrers) {
    if ((await askReferrers(context, subject, undefined, operation)) !== undefined) return;
  }
  await changeList(context, subject, { remove: digest }, operation);
}

/** The entry of a referrer: its artifact type or that of its config, and every annotation. */
function entryOf({ descriptor, document }: PushedReferrer): ListEntry {
  const { mediaType, digest, size } = descriptor;
  const { artifactType = document.configType, annotations } = document;
  const members = {
    mediaType,
    digest,
    size,
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(annotations === undefined ? {} : { annotations }),
  };
  return { descriptor: members, members };
}

function changeList(
  context: RepositoryContext,
  subject: Digest,
  change: EntryChange,
  operation: OperationOptions,
): Promise<void> {
  const { connection, name } = context;
  const list = sharedList(context, subject);
  return shareUpdate(
    connection,
    `${name}:${referrersTag(subject)}`,
    change,
    (changes, signal) => updateList(list, changes, connection.client.clock, signal),
    operation.signal,
  );
}

function sharedList(context: RepositoryContext, subject: Digest): SharedList {
  const tag = referrersTag(subject);
  const id = `list of referrers ${context.id}:${tag}`;
  return {
    id,
    read: async (signal) => {
      const found = await fetchManifest(context, tag, { signal });
      if (found === undefined) return undefined;
      if (!isList(found, subject)) throw notAList(id);
      return versionOf(found);
    },
    write: async (entries, condition, signal) => {
      const outgoing = outgoingList(entries);
      const { response } = await sendTo(
        context,
        tag,
        outgoing,
        { signal },
        { condition: condition === undefined ? undefined : conditionOf(condition), once: true },
      );
      return response.status !== 412;
    },
    has: async (digest, signal) => (await resolveManifest(context, digest, { signal })) !== undefined,
  };
}

function versionOf({ bytes, etag }: FetchedManifest): ListVersion {
  const entries = readEntries(bytes, mediaTypes.imageIndex);
  return { entries: new Map(entries.map((entry) => [entry.descriptor.digest, entry])), etag };
}

function outgoingList(entries: readonly ListEntry[]): {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly descriptor: Descriptor;
} {
  const mediaType = mediaTypes.imageIndex;
  const manifests = entries.map(({ members }) => members);
  const bytes = utf8(writeDocument({ schemaVersion: 2, mediaType, manifests }));
  return { bytes, descriptor: { mediaType, digest: digestOf(bytes), size: bytes.length } };
}

/**
 * The referrers that the list under the tag names. None where the tag is of something else: GitLab takes the tag for the
 * digest, and gives the subject itself (distribution-spec 1.1.1, "Listing Referrers").
 */
export async function readTaggedReferrers(
  context: RepositoryContext,
  subject: Digest,
  operation: OperationOptions,
): Promise<readonly Descriptor[]> {
  const found = await fetchManifest(context, referrersTag(subject), operation);
  if (found === undefined || !isList(found, subject)) return [];
  return readEntries(found.bytes, mediaTypes.imageIndex).map(({ descriptor }) => descriptor);
}

function isList({ bytes, descriptor }: FetchedManifest, subject: Digest): boolean {
  return descriptor.mediaType === mediaTypes.imageIndex && digestOf(bytes, algorithmOf(subject)) !== subject;
}

function notAList(id: string): RegistryError {
  return new RegistryError('ERR_REGISTRY_PROTOCOL', `${id} is not an image index, and is not overwritten`, {
    hint: 'the manifest itself was put; this registry cannot say what refers to its subject',
  });
}
