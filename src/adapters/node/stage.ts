import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { currentOwner, formatOwner, isAlive, parseOwner } from './owner.ts';
import { leftoverLifetime } from './temporary.ts';

/** A folder that only we can enter, where a tree is made before it gets its name. */
export interface Stage {
  readonly path: string;
  /** Where the tree is made. */
  readonly tree: string;
}

/**
 * Makes a stage in a folder, for a target of that name; the name is empty where the folder is the target itself.
 * The stage's own name says who owns it, so that there is no moment in which it has no owner.
 */
export function makeStage(folder: string, name: string): Stage {
  const nonce = randomBytes(8).toString('hex');
  const path = join(folder, `${stagePrefix(name)}${nonce}~${formatOwner(currentOwner())}`);
  const stage = { path, tree: join(path, 'tree') };
  fs.mkdirSync(path, { mode: 0o700 });
  try {
    // A umask can take even the owner's rights.
    fs.chmodSync(path, 0o700);
    fs.mkdirSync(stage.tree, { mode: 0o755 });
  } catch (error) {
    discardStage(stage);
    throw error;
  }
  return stage;
}

/** Removes a stage and everything in it; links in it are removed, not followed. */
export function removeStage(stage: Stage): void {
  fs.rmSync(stage.path, { recursive: true, force: true });
}

/** Removes a stage that holds nothing of worth any more. Where that fails, a later run does it. */
export function discardStage(stage: Stage): void {
  try {
    removeStage(stage);
  } catch {
    // The tree has its name already, or the error that led here says more.
  }
}

/** True for the name of a stage of that target: it does not make its folder count as not empty. */
export function isStageName(entry: string, name: string): boolean {
  return ownerOf(entry, name) !== undefined;
}

/** Removes the stages in a folder whose makers are gone. What cannot be removed is left for a run that can. */
export function removeAbandonedStages(folder: string, name: string): void {
  try {
    for (const entry of fs.readdirSync(folder)) {
      const path = join(folder, entry);
      if (isAbandoned(path, entry, name)) fs.rmSync(path, { recursive: true, force: true });
    }
  } catch {
    // A leftover harms nobody, and a folder that cannot be written to is reported by what is done next.
  }
}

function isAbandoned(path: string, entry: string, name: string): boolean {
  const owner = ownerOf(entry, name);
  if (owner === undefined) return false;
  const facts = fs.lstatSync(path, { throwIfNoEntry: false });
  // Only what we alone can have filled is emptied: in a folder shared with others a stage may be a trap.
  if (facts?.isDirectory() !== true || (facts.mode & 0o077) !== 0 || !isOwnUser(facts.uid)) return false;
  return !(isAlive(owner) ?? Date.now() - facts.mtimeMs < leftoverLifetime);
}

/** Windows has no user ids, and no mode either. */
function isOwnUser(uid: number): boolean {
  return process.geteuid?.() === uid;
}

function ownerOf(entry: string, name: string): ReturnType<typeof parseOwner> {
  const prefix = stagePrefix(name);
  if (!entry.startsWith(prefix) || entry[prefix.length + 16] !== '~') return undefined;
  return parseOwner(entry.slice(prefix.length + 17));
}

/** A name of 255 bytes is a name; with our part behind it it would be none. */
function stagePrefix(name: string): string {
  return name === '' ? '.packwright-' : `.${name.slice(0, 40).toWellFormed()}.packwright-`;
}
