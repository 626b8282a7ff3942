import { constants } from 'node:fs';
import { access, mkdir, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fsBlobStore, fsRecordStore } from '../adapters/blob-store/fs.ts';
import { orStoreFailure } from '../adapters/node/failure.ts';
import { layoutRegistry } from '../adapters/registry/layout.ts';
import { memoryRegistry } from '../adapters/registry/memory.ts';
import { StoreError, UsageError } from '../errors.ts';
import { emptyDescriptor } from '../oci/empty.ts';
import type { OperationOptions, Registry } from '../ports/index.ts';
import { storeRegistry } from '../registry/index.ts';
import { openStore } from './open-store.ts';

/** Where a registry keeps what it serves. */
export interface ServedStoreOptions {
  /** `oci:DIR`, `fs:DIR`, `s3://BUCKET/PREFIX` or `postgres://USER@HOST/DATABASE`; memory by default. */
  readonly store?: string | undefined;
  /** The folder that relative paths start from. */
  readonly cwd: string;
  /** Where the keys of S3 and the password of Postgres come from; nowhere by default. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  readonly readOnly: boolean;
  readonly operation?: OperationOptions | undefined;
}

/** A registry, and the end of what it holds open. */
export interface ServedStore {
  readonly registry: Registry;
  /** Gives connections back. */
  close(): Promise<void>;
}

/**
 * Opens the store of a registry. What was answered with 201 is on the disk: a power loss does not take it back.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for what names no store, `ERR_UNSUPPORTED` for a kind that is not known;
 * StoreError for a folder, a bucket or a database that cannot be used.
 */
export async function openServedStore(options: ServedStoreOptions): Promise<ServedStore> {
  const { store } = options;
  if (store !== undefined && /^(s3|postgres|postgresql):\/\//.test(store)) return openRemote(store, options);
  const registry = store === undefined ? memoryRegistry() : await openLocal(store, options);
  return { registry, close: () => Promise.resolve() };
}

/** Asks for a blob now, rather than complain at the first push. */
async function openRemote(store: string, { cwd, env = {}, operation }: ServedStoreOptions): Promise<ServedStore> {
  const opened = await openStore(store, { cwd, env });
  try {
    await opened.blobs.stat(emptyDescriptor.digest, operation);
  } catch (error) {
    await opened.close();
    throw error;
  }
  const { id, blobs, records } = opened;
  return { registry: storeRegistry({ id, blobs, records }), close: () => opened.close() };
}

async function openLocal(store: string, { cwd, readOnly }: ServedStoreOptions): Promise<Registry> {
  const colon = store.indexOf(':');
  const [kind, typed] = [store.slice(0, colon), store.slice(colon + 1)];
  if (colon < 1 || typed === '') throw noStore(store);
  if (kind !== 'oci' && kind !== 'fs') throw unknownKind(kind);
  const directory = resolve(cwd, typed);
  await checkFolder(directory, store, readOnly);
  if (kind === 'oci') return layoutRegistry({ directory, durable: true, readOnly });
  const id = `fs:${directory}`;
  return storeRegistry({
    id,
    blobs: fsBlobStore({ directory, durable: true }),
    records: fsRecordStore({ directory, durable: true }),
  });
}

/** Complains now rather than at the first push. A folder that is to be written to is made. */
async function checkFolder(directory: string, store: string, readOnly: boolean): Promise<void> {
  const action = readOnly ? 'read' : 'write';
  await orStoreFailure({ store, action, what: `folder ${JSON.stringify(directory)}` }, async () => {
    if (!readOnly) await mkdir(directory, { recursive: true });
    if (!(await stat(directory)).isDirectory()) throw notFolder(directory, store);
    await access(directory, readOnly ? constants.R_OK : constants.W_OK);
  });
}

function notFolder(directory: string, store: string): StoreError {
  return new StoreError('ERR_STORE_READ', `store ${JSON.stringify(directory)} is not a folder`, { store });
}

const hint =
  'write oci:DIR for a folder of OCI layouts, fs:DIR for a folder of blobs and records, s3://BUCKET/PREFIX, postgres://USER@HOST/DATABASE, or nothing for memory';

function noStore(store: string): UsageError {
  return new UsageError('ERR_INVALID_ARGUMENT', `store ${JSON.stringify(store)} names no store`, {
    argument: 'store',
    hint,
  });
}

/** Says nothing of what follows the kind, which may be a secret. */
function unknownKind(kind: string): UsageError {
  return new UsageError('ERR_UNSUPPORTED', `store is of kind ${JSON.stringify(kind)}, which cannot be served`, {
    argument: 'store',
    hint,
  });
}
