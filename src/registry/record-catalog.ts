import { utf8 } from '../bytes/encoding.ts';
import type { Digest } from '../digest/digest.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { isTag } from '../oci/reference.ts';
import type { OperationOptions } from '../ports/operation.ts';
import type { RecordStore } from '../ports/record-store.ts';
import type { ListOptions, ReferrersAnswer, ReferrersOptions, TagOptions } from '../ports/registry.ts';
import type { Catalog, CatalogEntry } from './catalog.ts';
import { recordKeys, type RecordKeys } from './record-keys.ts';
import { formatRecord, parseRecord, recordFacts, type RecordedManifest } from './record-value.ts';
import { tagMoved } from './tag-moved.ts';
import { changeRecord, createRecord, dropRecord, renewRecord } from './change-record.ts';

/** The catalog of one repository as records, one for each fact, so that writers of different facts never meet. */
export function recordCatalog(records: RecordStore, repository: string): Catalog {
  const parts: CatalogParts = { records, keys: recordKeys(repository) };
  const { keys } = parts;
  const read = async (key: string, options: OperationOptions): Promise<RecordedManifest | undefined> => {
    const record = await records.get(key, options);
    return record && parseRecord(key, record.value);
  };
  return {
    isTag,
    holds: async (digest, options) => (await records.get(keys.blob(digest), options)) !== undefined,
    admit: (digest, options) => createRecord(records, keys.blob(digest), blobRecord, options),
    release: (digest, confirm, options) => releaseBlob(parts, digest, confirm, options),
    exists: async (options) => {
      for await (const { key } of records.list(keys.all, { ...options, limit: 1 })) return key !== '';
      return false;
    },
    manifest: (digest, options) => read(keys.manifest(digest), options),
    tagged: (name, options) => read(keys.tag(name), options),
    add: (entry, confirm, options) => addManifest(parts, entry, confirm, options),
    setTag: async (name, descriptor, confirm, options) => {
      await confirm();
      await pointTag(parts, name, descriptor, options);
    },
    removeTag: (name, options) => dropRecord(records, keys.tag(name), undefined, options),
    remove: (digest, options) => removeManifest(parts, digest, options),
    manifests: (options) => listManifests(parts, options),
    tags: (options) => listTags(parts, options),
    referrers: (subject, options) => listReferrers(parts, subject, options),
  };
}

const blobRecord: Uint8Array = /* @__PURE__ */ utf8('{}');

interface CatalogParts {
  readonly records: RecordStore;
  readonly keys: RecordKeys;
}

/**
 * Forgets a blob, looks once more whether a manifest has come meanwhile that names it, and takes it back then. Records
 * have no lock to hold: who adds a manifest notes it first and looks for its blobs afterwards, so that of two that meet
 * at least one sees the other.
 */
async function releaseBlob(
  { records, keys }: CatalogParts,
  digest: Digest,
  confirm: () => Promise<void>,
  options: OperationOptions,
): Promise<boolean> {
  await confirm();
  const dropped = await dropRecord(records, keys.blob(digest), undefined, options);
  try {
    if (dropped) await confirm();
  } catch (error) {
    await createRecord(records, keys.blob(digest), blobRecord, {});
    throw error;
  }
  return dropped;
}

/** The tag comes last: what it points at is complete whenever somebody sees it. */
async function addManifest(
  { records, keys }: CatalogParts,
  entry: CatalogEntry,
  confirm: () => Promise<void>,
  options: OperationOptions,
): Promise<void> {
  const { descriptor, referrer, tag } = entry;
  const { digest } = descriptor;
  const value = formatRecord({ ...recordFacts(descriptor), subject: referrer?.subject });
  const noted = await renewRecord(records, keys.manifest(digest), value, options);
  try {
    await confirm();
  } catch (error) {
    await noted.takeBack();
    throw error;
  }
  if (referrer !== undefined) {
    const listed = formatRecord(referrer.descriptor);
    await changeRecord(records, keys.referrer(referrer.subject, digest), () => listed, options);
  }
  if (tag !== undefined) await pointTag({ records, keys }, tag, descriptor, options);
}

async function pointTag(
  { records, keys }: CatalogParts,
  name: string,
  descriptor: Descriptor,
  options: TagOptions,
): Promise<void> {
  const { ifMatch, ...operation } = options;
  const key = keys.tag(name);
  const value = formatRecord(recordFacts(descriptor));
  const next = (current: Uint8Array | undefined): Uint8Array => {
    const now = current === undefined ? null : parseRecord(key, current).digest;
    if (ifMatch !== undefined && ifMatch !== now) throw tagMoved(name, ifMatch, now);
    return value;
  };
  await changeRecord(records, key, next, operation);
}

/** Tags go first, so that none ever points at a manifest that is not there. */
async function removeManifest(parts: CatalogParts, digest: Digest, options: OperationOptions): Promise<boolean> {
  const { records, keys } = parts;
  const key = keys.manifest(digest);
  const record = await records.get(key, options);
  if (record === undefined) return false;
  const pointsHere = (tag: string) => (value: Uint8Array) => parseRecord(tag, value).digest === digest;
  for await (const name of listTags(parts, options)) {
    const tag = keys.tag(name);
    await dropRecord(records, tag, pointsHere(tag), options);
  }
  const { subject } = parseRecord(key, record.value);
  if (subject !== undefined) await dropRecord(records, keys.referrer(subject, digest), undefined, options);
  return dropRecord(records, key, undefined, options);
}

async function* listManifests(
  { records, keys }: CatalogParts,
  options: OperationOptions,
): AsyncGenerator<RecordedManifest, void, undefined> {
  for await (const { key } of records.list(keys.manifests, options)) {
    const record = await records.get(key, options);
    if (record !== undefined) yield parseRecord(key, record.value);
  }
}

async function* listTags(
  { records, keys }: CatalogParts,
  options: ListOptions,
): AsyncGenerator<string, void, undefined> {
  const { after, ...rest } = options;
  const prefix = keys.tag('');
  const from = after === undefined ? {} : { after: keys.tag(after) };
  for await (const { key } of records.list(prefix, { ...rest, ...from })) yield key.slice(prefix.length);
}

async function listReferrers(
  { records, keys }: CatalogParts,
  subject: Digest,
  options: ReferrersOptions,
): Promise<ReferrersAnswer> {
  const { artifactType: wanted, after, limit = Infinity, ...operation } = options;
  const referrers: Descriptor[] = [];
  const from = after === undefined ? {} : { after: keys.referrer(subject, after) };
  for await (const { key } of records.list(keys.referrers(subject), { ...operation, ...from })) {
    const record = await records.get(key, operation);
    if (record === undefined) continue;
    const { digest, mediaType, size, artifactType, annotations } = parseRecord(key, record.value);
    if (wanted !== undefined && artifactType !== wanted) continue;
    if (referrers.length >= limit) break;
    referrers.push({
      mediaType,
      digest,
      size,
      ...(artifactType === undefined ? {} : { artifactType }),
      ...(annotations === undefined ? {} : { annotations }),
    });
  }
  return { referrers, from: 'api' };
}
