/**
 * Blobs in a repository of any registry.
 *
 * @module
 */
export { registryBlobStore, type RegistryBlobStoreOptions } from './registry/blob-store.ts';
