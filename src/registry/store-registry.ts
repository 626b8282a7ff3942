import { checkOptions } from '../bytes/check-options.ts';
import { compareBytewise } from '../bytes/encoding.ts';
import { UsageError } from '../errors.ts';
import { isRepositoryName } from '../oci/reference.ts';
import type { BlobStore } from '../ports/blob-store.ts';
import type { OperationOptions } from '../ports/operation.ts';
import type { RecordStore } from '../ports/record-store.ts';
import type { ListOptions, Registry, Repository } from '../ports/registry.ts';
import { recordCatalog } from './record-catalog.ts';
import { behindRepositoryOf, recordsPrefix, repositoryOfKey } from './record-keys.ts';
import { createRepository } from './repository.ts';
import { uploadSeal } from './upload-seal.ts';

/** The two stores that a registry needs. */
export interface StoreRegistryOptions {
  /** Names the registry in errors and events; the blob store's id by default. */
  readonly id?: string | undefined;
  readonly blobs: BlobStore;
  readonly records: RecordStore;
}

/**
 * A registry over a blob store and a record store: whatever these two are safe for, several processes or machines at
 * once for example, the registry is safe for.
 *
 * Blobs are stored once for all repositories, yet a repository has only those that were put into it or mounted: its
 * answers say nothing about the blobs of another. A manifest is taken when everything that it names is there (but its
 * subject, and layers that its author forbids to hand on); otherwise it is a `FormatError` `ERR_MANIFEST_INVALID` that
 * lists what is missing. Deleting forgets; the bytes stay until garbage is collected.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for an unknown option; `ERR_INVALID_REFERENCE` (from `repository`) for a
 * name that is not one.
 */
export function storeRegistry(options: StoreRegistryOptions): Registry {
  checkOptions('storeRegistry', options, ['id', 'blobs', 'records']);
  const { id = options.blobs.id, blobs, records } = options;
  const uploads = uploadSeal(records);
  const repository = (name: string): Repository => {
    if (!isRepositoryName(name)) throw notAName(name);
    return createRepository({
      name,
      id: `${id}/${name}`,
      blobs,
      catalog: recordCatalog(records, name),
      capabilities: {
        mount: true,
        range: blobs.abilities.range,
        delete: true,
        referrers: true,
        atomicTag: true,
        remote: false,
      },
      ingests: {
        seal: (ingest, operation) => uploads.seal(name, ingest, operation),
        open: (sealed, operation) => uploads.open(name, sealed, operation),
      },
      mount: async (digest, from, operation) => {
        if (!isRepositoryName(from)) throw notAName(from);
        const held = await recordCatalog(records, from).holds(digest, operation);
        if (!held || (await blobs.stat(digest, operation)) === undefined) return false;
        await recordCatalog(records, name).admit(digest, operation);
        return true;
      },
    });
  };
  return { id, repository, repositories: (listing = {}) => listRepositories(records, listing) };
}

/** The error of a name that no repository can have. */
function notAName(name: string): UsageError {
  return new UsageError('ERR_INVALID_REFERENCE', `repository ${JSON.stringify(name.slice(0, 160))} is not a name`, {
    argument: 'name',
    hint: 'a name has lower-case letters and digits, in parts separated by "/", ".", "_" or "-"',
  });
}

async function* listRepositories(records: RecordStore, options: ListOptions): AsyncGenerator<string, void, undefined> {
  const { after, limit = Infinity, ...operation } = options;
  const names = await repositoryNames(records, operation);
  const behind = names.filter((name) => after === undefined || compareBytewise(name, after) > 0);
  yield* behind.sort(compareBytewise).slice(0, limit);
}

/** Jumps from the first record of each repository over all its others. The order of keys is not quite that of names. */
async function repositoryNames(records: RecordStore, options: OperationOptions): Promise<string[]> {
  const names: string[] = [];
  for (let after: string | undefined; ;) {
    let found: string | undefined;
    for await (const { key } of records.list(recordsPrefix, { ...options, after, limit: 1 })) found = key;
    if (found === undefined) return names;
    names.push(repositoryOfKey(found));
    after = behindRepositoryOf(found);
  }
}
