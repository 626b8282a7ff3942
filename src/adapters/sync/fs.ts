/**
 * Keeps a folder at the tree of a pack: made beside the one in use, checked to the last byte, and put in place in one
 * step.
 *
 * @module
 */
export { syncTree, type SyncedTree, type SyncTreeOptions, type TreeFolderOptions } from './sync-tree.ts';
export type { CurrentForm } from './tree-folder.ts';
export { treeReadiness, type TreeReadiness, type TreeReadinessOptions } from './tree-readiness.ts';
export { treeSyncer, type SyncStatus, type TreeSyncer, type TreeSyncerOptions } from './tree-syncer.ts';
