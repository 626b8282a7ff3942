import { closeSync, constants, fstatSync, lstatSync, openSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { algorithmOf, hexOf, type Digest } from '../../digest/digest.ts';
import { IntegrityError } from '../../errors.ts';
import { discard, smallBlob, type BlobFolder, type StagedFile } from './blob-folder.ts';
import { isErrno, SourceFailure } from './failure.ts';
import { isAlive } from './owner.ts';
import { ageOf, removeFile, restingTime, temporaryFiles, temporaryName, type TemporaryFile } from './temporary.ts';

/** A temporary file that may hold the first bytes of its blob. */
export interface PartialFile extends StagedFile {
  /** Bytes that are in it, checked by nobody. */
  readonly size: number;
}

const openExisting = constants.O_RDWR | constants.O_NOFOLLOW;

/**
 * Opens what an earlier writer of a blob left, or a new file. It is taken by a rename, which only one of several takers
 * can win: who comes second has a file of his own.
 */
export function openPartial(folder: BlobFolder, digest: Digest): PartialFile {
  const found = leftovers(folder, labelOf(digest)).map((name) => join(folder.temporary, name));
  for (const from of found.sort((a, b) => sizeOf(b) - sizeOf(a))) {
    const path = join(folder.temporary, temporaryName(labelOf(digest)));
    if (!renamed(from, path)) continue;
    const file = openSync(path, openExisting);
    return { path, file, size: fstatSync(file).size };
  }
  return { ...folder.stage(temporaryName(labelOf(digest))), size: 0 };
}

/**
 * Leaves what a failed writer wrote to the next one. What is wrong, of no use, or on a full disk is removed: there
 * everything else that waits for a writer, too.
 */
export function leavePartial(folder: BlobFolder, staged: StagedFile, digest: Digest, error: unknown): void {
  const cause = error instanceof SourceFailure ? error.cause : error;
  if (isErrno(error, 'ENOSPC', 'EDQUOT')) folder.full = true;
  const keep = !folder.full && !isErrno(error) && !(cause instanceof IntegrityError);
  if (keep && fstatSync(staged.file).size > smallBlob) {
    closeSync(staged.file);
    renamed(staged.path, join(folder.temporary, temporaryName(`${labelOf(digest)}-idle`)));
    return;
  }
  discard(staged);
  if (folder.full) removePartials(folder, 'partial');
}

/** Removes what is left of a blob that is there now. */
export function removePartialsOf(folder: BlobFolder, digest: Digest): void {
  removePartials(folder, labelOf(digest));
}

function removePartials(folder: BlobFolder, label: string): void {
  for (const name of leftovers(folder, label)) removeFile(join(folder.temporary, name));
}

function labelOf(digest: Digest): string {
  return `partial-${algorithmOf(digest)}-${hexOf(digest)}`;
}

/** The partial files that nobody writes to. */
function leftovers(folder: BlobFolder, label: string): string[] {
  const found = temporaryFiles(folder.temporary).filter((file) => file.label.startsWith(`${label}-`));
  return found.filter((file) => isLeft(folder, file)).map(({ name }) => name);
}

function isLeft(folder: BlobFolder, { label, owner, name }: TemporaryFile): boolean {
  if (isIdle(label)) return true;
  const alive = isAlive(owner) ?? ageOf(join(folder.temporary, name)) < restingTime;
  return !alive;
}

/** True for a partial file that its writer has left, and that is anybody's. */
function isIdle(label: string): boolean {
  return label.startsWith('partial-') && label.includes('-idle-');
}

function sizeOf(path: string): number {
  return lstatSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** False where somebody else was faster. */
function renamed(from: string, to: string): boolean {
  try {
    renameSync(from, to);
    return true;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return false;
    throw error;
  }
}
