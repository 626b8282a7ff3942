import { basename, join, resolve } from 'node:path';
import { checkDirectory, checkOptions } from '../../../bytes/check-options.ts';
import { algorithmOf, hexOf } from '../../../digest/digest.ts';
import type { Descriptor } from '../../../oci/descriptor.ts';
import type { BlobStore } from '../../../ports/blob-store.ts';
import type { OperationOptions } from '../../../ports/operation.ts';
import type { Repository } from '../../../ports/registry.ts';
import { createRepository } from '../../../registry/repository.ts';
import { blobFiles } from '../../node/blob-files.ts';
import { layoutCatalog } from './catalog.ts';
import type { LayoutParts } from './documents.ts';
import { LayoutFolder, temporaryOf, type LayoutFolderOptions } from './layout-folder.ts';
import { layoutReachable, type ReachableOptions } from './reachable.ts';
import { readOnlyBlobs } from './read-only.ts';

/** Where a layout lies, and how it is kept. */
export interface LayoutOptions {
  /** The folder of the layout. Made by the first write. */
  readonly directory: string;
  /** Flushes blobs, `index.json` and their folders to the disk before a write counts as done. False by default. */
  readonly durable?: boolean | undefined;
  /** Refuses to write. False by default; a folder that cannot be written to can be read either way. */
  readonly readOnly?: boolean | undefined;
}

/** An OCI layout, for those who look after it. */
export interface Layout {
  readonly repository: Repository;
  /** Every blob of the folder, manifests too, whether something leads to it or not. */
  readonly blobs: BlobStore;
  /**
   * Everything that `index.json` leads to, referrers too, each digest once. A manifest that is listed and missing or
   * damaged is an error; one inside an index may be absent.
   */
  readonly reachable: (options?: ReachableOptions) => AsyncIterable<Descriptor>;
  /** Runs a task while nobody else of ours writes manifests or tags: a sweep, for example. */
  readonly exclusively: <T>(run: () => Promise<T>, options?: OperationOptions) => Promise<T>;
}

/**
 * Opens a folder as an OCI layout (image-spec 1.1.1, image layout). Nothing is read or made before it is used.
 *
 * Layouts by other tools are read as they are. Several processes may write at once: blobs appear whole, `index.json`
 * is replaced in one step under a lock, and entries that other programs write meanwhile are kept. What a killed
 * process leaves is a valid layout, and is cleared by the next one that writes.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for options that are missing or unknown.
 */
export function openLayout(options: LayoutOptions): Layout {
  return layoutFor('packing', options);
}

/** Opens a layout for those who pack into it, or for those who serve it: they go on with uploads of a former process. */
export function layoutFor(use: 'packing' | 'serving', options: LayoutOptions): Layout {
  checkOptions('openLayout', options, ['directory', 'durable', 'readOnly']);
  const { durable = false, readOnly = false } = options;
  const directory = checkDirectory('openLayout', options.directory);
  const at = { directory: resolve(directory), id: `oci:${directory}`, durable, readOnly };
  const parts = partsOf(at, use === 'packing');
  return {
    repository: createRepository({
      ...parts,
      name: basename(resolve(directory)),
      id: `oci:${directory}`,
      catalog: layoutCatalog(parts),
      capabilities: { mount: false, range: true, delete: !readOnly, referrers: true, atomicTag: true, remote: false },
    }),
    blobs: parts.blobs,
    reachable: (operation = {}) => layoutReachable(parts, operation),
    exclusively: (run, operation = {}) => parts.documents.locked(() => run(), operation),
  };
}

/**
 * A folder as a repository: {@link openLayout} for those who only read and write it.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for options that are missing or unknown.
 */
export function layoutRepository(options: LayoutOptions): Repository {
  return openLayout(options).repository;
}

function partsOf(at: LayoutFolderOptions, ownIngests: boolean): LayoutParts {
  const { directory, id, durable, readOnly } = at;
  const blobs = blobFiles({
    id,
    directory: join(directory, 'blobs'),
    temporary: temporaryOf(directory),
    pathOf: (digest) => `${algorithmOf(digest)}/${hexOf(digest)}`,
    durable,
    ownIngests,
  });
  return { documents: new LayoutFolder(at), blobs: readOnly ? readOnlyBlobs(blobs) : blobs };
}
