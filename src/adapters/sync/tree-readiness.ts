import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { checkDirectory, checkOptions } from '../../bytes/check-options.ts';
import type { Digest } from '../../digest/digest.ts';
import { storeFailure } from '../node/failure.ts';
import { currentDigest, treePath } from './tree-folder.ts';

/** Whether a folder has the tree that is wanted, with the states of `readiness`. */
export type TreeReadiness =
  | { readonly state: 'none' }
  | { readonly state: 'ready'; readonly digest: Digest; readonly path: string }
  | {
      readonly state: 'notReady';
      /** The tree that is wanted; where none was named, the one that `current` names and that is not there. */
      readonly expected: Digest;
      /** The tree that is in place. */
      readonly actual?: Digest | undefined;
    };

/** What is asked for. */
export interface TreeReadinessOptions {
  /** The folder that `syncTree` was given. */
  readonly directory: string;
  /** The manifest whose tree must be in place; any by default. */
  readonly expected?: Digest | undefined;
}

/**
 * Looks what `current` names: `none` where nothing is in place and nothing is expected, `ready` where the tree is there,
 * and is the expected one, `notReady` otherwise.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for wrong options. StoreError for a folder that cannot be read.
 */
export function treeReadiness(options: TreeReadinessOptions): TreeReadiness {
  checkOptions('treeReadiness', options, ['directory', 'expected']);
  const directory = resolve(checkDirectory('treeReadiness', options.directory));
  const { named, path, there } = lookAt(directory);
  const actual = there ? named : undefined;
  const expected = options.expected ?? named;
  if (expected === undefined) return { state: 'none' };
  if (path === undefined || actual !== expected) {
    return { state: 'notReady', expected, ...(actual === undefined ? {} : { actual }) };
  }
  return { state: 'ready', digest: expected, path };
}

function lookAt(directory: string): { named?: Digest | undefined; path?: string | undefined; there: boolean } {
  try {
    const named = currentDigest(directory);
    if (named === undefined) return { there: false };
    const path = treePath(directory, named);
    return { named, path, there: statSync(path, { throwIfNoEntry: false })?.isDirectory() === true };
  } catch (error) {
    throw storeFailure(error, { store: 'folder', action: 'read', what: `folder ${JSON.stringify(directory)}` });
  }
}
