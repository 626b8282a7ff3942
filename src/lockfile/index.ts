/**
 * Lockfiles of package managers, read into what can be packed and what cannot; and the lock of a pack.
 *
 * @module
 */
export { diffLocks, type ChangedEntry, type LockDiff } from './diff-locks.ts';
export {
  buildLock,
  lockMediaType,
  type Lock,
  type LockEntry,
  type LockInput,
  type LockSelection,
  type PackedEntry,
  type SkippedEntry,
} from './lock.ts';
export { isLockfileName, looksLikeLockfile } from './lockfile-format.ts';
export type {
  EntryPlatforms,
  EntryReach,
  Lockfile,
  LockfileEntry,
  OmittedScope,
  Scope,
  SkipReason,
  UnpackableEntry,
  UnpackableReason,
} from './lockfile.ts';
export { npmPurl } from './package-name.ts';
export { parseLock } from './parse-lock.ts';
export { readLockfile, type ReadLockfileOptions } from './read-lockfile.ts';
export { selectEntries, type SelectedEntries, type SelectOptions } from './select.ts';
