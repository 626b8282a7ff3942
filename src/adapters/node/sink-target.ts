import * as fs from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { StoreError, UsageError } from '../../errors.ts';
import { isErrno } from './failure.ts';
import { Folders } from './folders.ts';
import { isStageName, makeStage, removeAbandonedStages, type Stage } from './stage.ts';

/** A folder that a tree will become, or be moved into. */
export interface SinkTarget {
  /** The real path: links on the way that the caller gave are resolved once, here. */
  readonly path: string;
  readonly stage: Stage;
  /** True where the folder must stay the one that it is. */
  readonly into: boolean;
  /** Folders above the target that were made for it. */
  readonly parents: Folders;
}

/**
 * Looks at the target, refuses one that is not empty unless it is merged into, and makes the stage.
 *
 * @throws StoreError `ERR_CONFLICT` for a folder that is not empty; UsageError `ERR_INVALID_ARGUMENT` for no folder.
 */
export function prepareTarget(directory: string, merge: boolean): SinkTarget {
  const named = resolve(directory);
  const facts = fs.lstatSync(named, { throwIfNoEntry: false });
  if (facts === undefined) return missingTarget(named);
  const path = realFolder(named);
  removeAbandonedStages(path, '');
  const empty = fs.readdirSync(path).every((entry) => isStageName(entry, ''));
  if (!empty && !merge) throw notEmpty(named);
  return { path, parents: new Folders(), ...stageFor(path, empty) };
}

function missingTarget(named: string): SinkTarget {
  const parents = new Folders();
  const name = basename(named);
  try {
    parents.make(dirname(named));
    const parent = realFolder(dirname(named));
    removeAbandonedStages(parent, name);
    return { path: join(parent, name), stage: makeStage(parent, name), into: false, parents };
  } catch (error) {
    parents.removeEmpty();
    throw error;
  }
}

function realFolder(named: string): string {
  try {
    const path = fs.realpathSync(named);
    if (fs.statSync(path).isDirectory()) return path;
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
  }
  throw new UsageError('ERR_INVALID_ARGUMENT', `target ${JSON.stringify(named)} is not a folder`, {
    argument: 'directory',
  });
}

/** A stage beside the target, or in it where it cannot be replaced: a mount point, the current folder, no permission. */
function stageFor(path: string, empty: boolean): { stage: Stage; into: boolean } {
  const parent = dirname(path);
  if (isMountPoint(path, parent)) return { stage: makeStage(path, ''), into: true };
  const into = !empty || path === fs.realpathSync(process.cwd());
  removeAbandonedStages(parent, basename(path));
  try {
    return { stage: makeStage(parent, basename(path)), into };
  } catch (error) {
    if (!isErrno(error, 'EACCES', 'EPERM', 'EROFS')) throw error;
    return { stage: makeStage(path, ''), into: true };
  }
}

function isMountPoint(path: string, parent: string): boolean {
  return path === parent || fs.statSync(path).dev !== fs.statSync(parent).dev;
}

function notEmpty(path: string): StoreError {
  return new StoreError('ERR_CONFLICT', `target folder ${JSON.stringify(path)} is not empty`, {
    hint: 'choose a folder that is empty or missing, or ask to merge',
    details: { path },
  });
}
