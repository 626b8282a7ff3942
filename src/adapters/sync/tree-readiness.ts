import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { checkDirectory, checkOptions } from '../../bytes/check-options.ts';
import type { Digest } from '../../digest/digest.ts';
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
 * @throws UsageError `ERR_INVALID_ARGUMENT` for wrong options.
 */
export function treeReadiness(options: TreeReadinessOptions): TreeReadiness {
  checkOptions('treeReadiness', options, ['directory', 'expected']);
  const directory = resolve(checkDirectory('treeReadiness', options.directory));
  const named = currentDigest(directory);
  const path = named === undefined ? undefined : treePath(directory, named);
  const there = path !== undefined && statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  const actual = there ? named : undefined;
  const expected = options.expected ?? named;
  if (expected === undefined) return { state: 'none' };
  if (path === undefined || actual !== expected) {
    return { state: 'notReady', expected, ...(actual === undefined ? {} : { actual }) };
  }
  return { state: 'ready', digest: expected, path };
}
