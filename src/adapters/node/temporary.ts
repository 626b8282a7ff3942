import { lstatSync, readdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { isErrno } from './failure.ts';
import { currentOwner, formatOwner, isAlive, parseOwner, type Owner } from './owner.ts';

/** How long what may still be of use is kept after its owner is gone: 24 hours, in milliseconds. */
export const leftoverLifetime: number = 24 * 60 * 60 * 1000;

/** What belongs to another machine or container counts as left when nothing was written for a minute. */
export const restingTime: number = 60_000;

const nonce = randomBytes(6).toString('hex');
let names = 0;

/**
 * A new name in a temporary folder. It says who owns the file, so that there is no moment in which a file has no
 * owner, and no second file to write.
 */
export function temporaryName(kind: string): string {
  return `${kind}-${nonce}${(++names).toString(36)}~${formatOwner(currentOwner())}`;
}

/** A temporary file, as its name tells it. */
export interface TemporaryFile {
  readonly name: string;
  /** What stands before the owner. */
  readonly label: string;
  readonly owner: Owner;
}

/** The temporary files in a folder. What has another kind of name is somebody else's. */
export function temporaryFiles(folder: string): TemporaryFile[] {
  const files: TemporaryFile[] = [];
  for (const name of namesIn(folder)) {
    const tilde = name.lastIndexOf('~');
    const owner = tilde < 1 ? undefined : parseOwner(name.slice(tilde + 1));
    if (owner !== undefined) files.push({ name, label: name.slice(0, tilde), owner });
  }
  return files;
}

/** What of a temporary folder is swept, and how soon. */
export interface SweepOptions {
  /** How long what may still be of use is kept, in milliseconds; 24 hours by default. */
  readonly lifetime?: number | undefined;
  /** True for what is of use without its owner. */
  readonly keep?: ((label: string) => boolean) | undefined;
  /** True for what nobody owns any more, whoever its name tells. */
  readonly ownerless?: ((label: string) => boolean) | undefined;
  /** Only labels that start so. */
  readonly prefix?: string | undefined;
}

/**
 * Removes what processes left in a temporary folder when they were killed: at once where the owner is known to be
 * dead, after `lifetime` without a change where it may run on another machine, or where `keep` says that the file is
 * still of use. What a live process owns stays.
 */
export function sweepTemporary(folder: string, options: SweepOptions = {}): void {
  const { lifetime = leftoverLifetime, keep, ownerless, prefix = '' } = options;
  for (const { name, label, owner } of temporaryFiles(folder)) {
    const alive = ownerless?.(label) === true ? undefined : isAlive(owner);
    if (alive === true || !label.startsWith(prefix)) continue;
    const path = join(folder, name);
    if ((alive === undefined || keep?.(label) === true) && ageOf(path) < lifetime) continue;
    removeFile(path);
  }
}

/** Removes a file. It is fine if it is gone, or cannot be removed: a later sweep meets it again. */
export function removeFile(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // See above.
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'EACCES', 'ENOTDIR')) return [];
    throw error;
  }
}

/** Milliseconds since a file was written last; 0 when it is gone. */
export function ageOf(path: string): number {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  return stat === undefined ? 0 : Date.now() - stat.mtimeMs;
}
