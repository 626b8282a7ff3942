/**
 * The registry that memory, layouts and the server share: repositories over a blob store and a record store.
 *
 * @module
 */
export { storeRegistry, type StoreRegistryOptions } from './store-registry.ts';
export type { Catalog, CatalogEntry, KnownManifest } from './catalog.ts';
export { createRepository, type IngestNames, type RepositoryParts } from './repository.ts';
export { registryRoots, type RegistryRoot, type RegistryRootsOptions } from './registry-roots.ts';
export {
  releaseUnnamedBlobs,
  type ReleasedBlob,
  type ReleaseUnnamedBlobsOptions,
  type ReleaseUnnamedBlobsReport,
} from './release-unnamed-blobs.ts';
