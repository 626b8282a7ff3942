import * as fs from 'node:fs';
import { join } from 'node:path';
import { StoreError } from '../../errors.ts';
import { isErrno } from './failure.ts';
import type { Stage } from './stage.ts';

/** Where a finished tree goes, and what may happen to what is there. */
export interface Placement {
  readonly stage: Stage;
  /** An absolute path; what lies above it are real folders. */
  readonly target: string;
  /** True where the target must stay the folder that it is, and takes the tree's entries one by one. */
  readonly into: boolean;
  /** True where a file that is there gives way to one of the same path. */
  readonly overwrite: boolean;
}

/**
 * Gives a staged tree its name. One rename where the target can be replaced; else its entries are moved in, after a
 * look that finds every conflict, and moved back when one of them fails.
 *
 * @throws StoreError `ERR_CONFLICT` where something is in the way. Errors of the system are passed on.
 */
export function placeTree(placement: Placement): void {
  const { stage, target, into } = placement;
  if (into || !renamed(stage.tree, target)) moveInto(placement);
}

function renamed(tree: string, target: string): boolean {
  try {
    fs.renameSync(tree, target);
    return true;
  } catch (error) {
    if (isErrno(error, 'ENOTEMPTY', 'EEXIST', 'ENOTDIR')) throw inTheWay(target, error);
    // A folder that cannot be replaced: a mount point, or a system that replaces none.
    if (isErrno(error, 'EBUSY', 'EPERM', 'EACCES', 'EXDEV') && fs.existsSync(target)) return false;
    throw error;
  }
}

interface Move {
  readonly from: string;
  readonly to: string;
}

function moveInto({ stage, target, overwrite }: Placement): void {
  const aside = join(stage.path, 'replaced');
  const moves: Move[] = [];
  let replaced = 0;
  planMoves(stage.tree, target, (from, to, taken) => {
    if (taken && !overwrite) throw inTheWay(to);
    if (taken) moves.push({ from: to, to: join(aside, String(replaced++)) });
    moves.push({ from, to });
  });
  if (replaced > 0) fs.mkdirSync(aside);
  moveAll(moves);
}

/** Walks two trees side by side: folders that are in both are gone into, the rest is told. */
function planMoves(from: string, to: string, tell: (from: string, to: string, taken: boolean) => void): void {
  for (const entry of fs.readdirSync(from, { withFileTypes: true })) {
    const [source, place] = [join(from, entry.name), join(to, entry.name)];
    // lstat: a link that is there is something in the way, and never a way to somewhere else.
    const there = fs.lstatSync(place, { throwIfNoEntry: false });
    if (there === undefined) tell(source, place, false);
    else if (there.isDirectory() && entry.isDirectory()) planMoves(source, place, tell);
    else if (there.isDirectory() || entry.isDirectory()) throw inTheWay(place);
    else tell(source, place, true);
  }
}

function moveAll(moves: readonly Move[]): void {
  const made: Move[] = [];
  try {
    for (const move of moves) {
      fs.renameSync(move.from, move.to);
      made.push(move);
    }
  } catch (error) {
    for (const { from, to } of made.reverse()) fs.renameSync(to, from);
    throw error;
  }
}

function inTheWay(path: string, cause?: unknown): StoreError {
  return new StoreError('ERR_CONFLICT', `target has something at ${JSON.stringify(path)} that would be replaced`, {
    ...(cause === undefined ? {} : { cause }),
    hint: 'choose an empty folder, or remove what is there',
    details: { path },
  });
}
