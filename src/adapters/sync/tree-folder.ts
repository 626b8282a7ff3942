import * as fs from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { isDigest, type Digest } from '../../digest/digest.ts';
import { isErrno } from '../node/failure.ts';
import { removeAbandonedStages } from '../node/stage.ts';

/** How the tree in place is named: by a symbolic link, or by a small file where links cannot be made. */
export type CurrentForm = 'link' | 'file';

/** The tree of a digest, as a name that every file system can hold. */
function treeName(digest: Digest): string {
  return digest.replace(':', '-');
}

/** The digest of a tree's name; undefined for any other text. */
export function digestOfTree(name: string): Digest | undefined {
  const digest = name.replace('-', ':');
  return isDigest(digest) ? digest : undefined;
}

/** Where the tree of a digest lies. */
export function treePath(directory: string, digest: Digest): string {
  return join(directory, 'trees', treeName(digest));
}

/** The digest that `current` names, whether its tree is there or not; undefined where it names none. */
export function currentDigest(directory: string): Digest | undefined {
  const path = join(directory, 'current');
  const facts = fs.lstatSync(path, { throwIfNoEntry: false });
  if (facts === undefined || facts.isDirectory()) return undefined;
  const text = facts.isSymbolicLink() ? fs.readlinkSync(path) : fs.readFileSync(path, 'utf8').slice(0, 300).trim();
  const [folder, name = '', ...more] = text.split(/[/\\]/);
  return folder === 'trees' && more.length === 0 ? digestOfTree(name) : undefined;
}

/** Makes `current` name a tree, in one step: whoever reads sees the former tree or this one. */
export function flipCurrent(directory: string, digest: Digest, form: CurrentForm | undefined): void {
  const target = `trees/${treeName(digest)}`;
  const staged = join(directory, `${stagedPrefix}${randomBytes(8).toString('hex')}`);
  try {
    if (form === 'file' || !linked(target, staged, form)) fs.writeFileSync(staged, `${target}\n`, { flag: 'wx' });
    fs.renameSync(staged, join(directory, 'current'));
  } catch (error) {
    fs.rmSync(staged, { force: true });
    throw error;
  }
}

/**
 * Removes what runs left that were killed in the middle of a flip, or while a tree was made that nobody may want any
 * more. Called where no other run can be at one.
 */
export function removeStaged(directory: string): void {
  for (const name of fs.readdirSync(directory)) {
    if (name.startsWith(stagedPrefix)) fs.rmSync(join(directory, name), { force: true });
  }
  const trees = join(directory, 'trees');
  for (const name of fs.readdirSync(trees)) {
    const [, tree] = /^\.(.+)\.packwright-/.exec(name) ?? [];
    if (tree !== undefined) removeAbandonedStages(trees, tree);
  }
}

const stagedPrefix = '.current-';

/** False where the system has no links, or gives nobody the right to make one: Windows, and some mounts. */
function linked(target: string, path: string, form: CurrentForm | undefined): boolean {
  try {
    fs.symlinkSync(target, path, 'dir');
    return true;
  } catch (error) {
    if (form === undefined && isErrno(error, 'EPERM', 'EACCES', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP')) return false;
    throw error;
  }
}
