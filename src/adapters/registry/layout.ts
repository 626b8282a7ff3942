/**
 * OCI layouts as registries: a folder to read and write, a tar to read, and a tar to write from any repository.
 *
 * @module
 */
export { layoutRegistry, type LayoutRegistryOptions } from './layout/layout-registry.ts';
export { layoutRepository, openLayout, type Layout, type LayoutOptions } from './layout/open-layout.ts';
export type { ReachableOptions } from './layout/reachable.ts';
export { openLayoutArchive, type LayoutArchiveOptions } from './layout/open-archive.ts';
export {
  layoutArchiveStream,
  type LayoutArchive,
  type LayoutArchiveRoot,
  type WriteLayoutArchiveOptions,
} from './layout/write-archive.ts';
