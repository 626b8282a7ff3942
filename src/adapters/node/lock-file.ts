import { closeSync, linkSync, openSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { openNew, writeFully } from './atomic-file.ts';
import { utf8 } from '../../bytes/encoding.ts';
import { isErrno } from './failure.ts';
import { currentOwner, formatOwner, isAlive, parseOwner, type Owner } from './owner.ts';
import { removeFile, sweepTemporary, temporaryName } from './temporary.ts';

/** How long the file of a lock may be untouched before its holder, if it cannot be asked, counts as dead: 20 s. */
export const staleAfter = 20_000;

/** What a lock file says: who holds it, and which of its holdings this is. */
export interface Claim {
  readonly owner: Owner | undefined;
  readonly nonce: string;
}

/** The text of a new claim of this process. */
export function newClaim(): { readonly nonce: string; readonly text: string } {
  const nonce = randomBytes(8).toString('hex');
  return { nonce, text: `${JSON.stringify({ owner: formatOwner(currentOwner()), nonce })}\n` };
}

/**
 * Makes a lock file that must not exist; false when it does. The file appears with its whole content, because it is
 * linked to its name; only where a file system has no hard links is it made empty and filled.
 */
export function createClaim(path: string, text: string): boolean {
  const draft = join(dirname(path), temporaryName(basename(path)));
  try {
    writeFileSync(draft, text, { flag: 'wx' });
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return false;
    if (isErrno(error, 'EPERM', 'ENOTSUP', 'ENOSYS', 'EMLINK')) return createPlainly(path, text);
    throw error;
  } finally {
    removeFile(draft);
  }
}

function createPlainly(path: string, text: string): boolean {
  try {
    const file = openNew(path);
    try {
      writeFully(file, utf8(text));
    } catch (error) {
      // On a disk that is full it would be a claim of nobody, which all wait for.
      removeFile(path);
      throw error;
    } finally {
      closeSync(file);
    }
    return true;
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return false;
    throw error;
  }
}

/** What a lock file says now; undefined when there is none. A text that is no claim has no owner. */
export function readClaim(path: string): Claim | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
  return parseClaim(text);
}

function parseClaim(text: string): Claim {
  const match = /^\{"owner":"([^"]*)","nonce":"([0-9a-f]{16})"\}\n$/.exec(text);
  return { owner: match?.[1] === undefined ? undefined : parseOwner(match[1]), nonce: match?.[2] ?? 'unreadable' };
}

/**
 * True when the holder of a lock is dead, or cannot be asked and has been silent for too long. A holder in this very
 * process may be a thread that was ended, so there the silence counts too.
 */
export function isStale(path: string, claim: Claim): boolean {
  const alive = claim.owner === undefined ? undefined : isAlive(claim.owner);
  if (alive === false) return true;
  if (alive === true && claim.owner?.pid !== process.pid) return false;
  return silenceOf(path) > staleAfter;
}

/** Milliseconds since a lock was touched, by the clock of the file system: that of the other machine may be wrong. */
function silenceOf(path: string): number {
  const probe = join(dirname(path), temporaryName(basename(path)));
  try {
    closeSync(openNew(probe));
    const touched = statSync(path, { throwIfNoEntry: false });
    return touched === undefined ? 0 : statSync(probe).mtimeMs - touched.mtimeMs;
  } finally {
    removeFile(probe);
  }
}

/** Says that the holder of a lock is there. Writing, unlike utimes, takes the clock of the file system. */
export function touchClaim(path: string, nonce: string, text: string): void {
  const file = openSync(path, 'r+');
  try {
    // Asked of the open file: under its name there may be that of somebody else a moment later.
    if (parseClaim(readFileSync(file, 'utf8')).nonce === nonce) writeFully(file, utf8(text), 0);
  } finally {
    closeSync(file);
  }
}

/**
 * Removes one claim of a lock, and never the one that came after it. Several processes may want to remove the same:
 * the one that makes the guard file, which is named after the claim, may; it looks again first. A guard that a dead
 * process left is a lock like any other, and removed in the same way.
 */
export function removeClaim(path: string, nonce: string): void {
  const guard = `${path}.take-${nonce}`;
  if (!createClaim(guard, newClaim().text)) {
    const taker = readClaim(guard);
    if (taker !== undefined && isStale(guard, taker)) removeClaim(guard, taker.nonce);
    return;
  }
  try {
    if (readClaim(path)?.nonce === nonce) removeFile(path);
  } finally {
    removeFile(guard);
  }
}

/** Removes what killed processes left around a lock. To be called by its holder: the claims of old guards are gone. */
export function sweepLock(path: string): void {
  const folder = dirname(path);
  sweepTemporary(folder, { prefix: `${basename(path)}-` });
  for (const name of readdirSync(folder)) {
    if (!name.startsWith(`${basename(path)}.take-`)) continue;
    const guard = join(folder, name);
    const taker = readClaim(guard);
    if (taker !== undefined && isStale(guard, taker)) removeFile(guard);
  }
}
