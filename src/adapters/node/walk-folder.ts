import * as fs from 'node:fs';
import { join } from 'node:path';
import { compareBytewise } from '../../bytes/encoding.ts';
import { checkLink } from '../../bytes/link-target.ts';
import { checkPath } from '../../bytes/path.ts';
import type { ByteSource } from '../../bytes/source.ts';
import { FormatError } from '../../errors.ts';
import { findFile, readFailure } from './file-bytes.ts';

/** Something in a folder: what an archive of it holds. */
export type FolderEntry =
  | { readonly path: string; readonly type: 'file'; readonly executable: boolean; readonly source: ByteSource }
  | { readonly path: string; readonly type: 'directory' }
  | { readonly path: string; readonly type: 'symlink'; readonly target: string };

/** A step of the walk: tell an entry, or go into a folder. Sorting steps sorts the entries by their whole path. */
interface Step {
  readonly path: string;
  /** The path; with `/` behind it for going in, because that is where the paths below it stand among the others. */
  readonly key: string;
  readonly entry: fs.Dirent;
}

/** Everything below a folder, sorted bytewise by the whole path, read as it is asked for. */
export function* walkEntries(
  root: string,
  options: { readonly maxEntries: number; readonly signal?: AbortSignal | undefined },
): Generator<FolderEntry, void, undefined> {
  const stack = [stepsIn(root, '')];
  let entries = 0;
  for (let steps = stack.at(-1); steps !== undefined; steps = stack.at(-1)) {
    const step = steps.pop();
    if (step === undefined) stack.pop();
    else if (step.key !== step.path) stack.push(stepsIn(root, step.path));
    else {
      options.signal?.throwIfAborted();
      if (++entries > options.maxEntries) throw tooMany(root, options.maxEntries);
      yield entryOf(root, step);
    }
  }
}

/** The steps for what lies in a folder, last one first. */
function stepsIn(root: string, folder: string): Step[] {
  const steps: Step[] = [];
  for (const entry of readFolder(join(root, folder))) {
    const path = checkPath(folder === '' ? entry.name : `${folder}/${entry.name}`);
    steps.push({ path, key: path, entry });
    if (entry.isDirectory()) steps.push({ path, key: `${path}/`, entry });
  }
  return steps.sort((a, b) => compareBytewise(b.key, a.key));
}

function readFolder(path: string): fs.Dirent[] {
  try {
    return fs.readdirSync(path, { withFileTypes: true });
  } catch (error) {
    throw readFailure(path, error);
  }
}

function entryOf(root: string, { path, entry }: Step): FolderEntry {
  const full = `${root}/${path}`;
  try {
    if (entry.isFile()) return { path, type: 'file', ...findFile(full) };
    if (entry.isDirectory()) return { path, type: 'directory' };
    if (entry.isSymbolicLink()) return { path, type: 'symlink', target: linkIn(root, path) };
  } catch (error) {
    throw readFailure(full, error);
  }
  throw new FormatError('ERR_UNSAFE_PATH', `${JSON.stringify(full)} is no file, folder or link`, {
    hint: 'sockets, pipes and devices cannot be packed: leave it out',
    details: { path },
  });
}

function linkIn(root: string, path: string): string {
  const target = fs.readlinkSync(`${root}/${path}`);
  checkLink(path, target, (at) => targetOf(`${root}/${at}`));
  return target;
}

function targetOf(path: string): string | undefined {
  const facts = fs.lstatSync(path, { throwIfNoEntry: false });
  return facts?.isSymbolicLink() === true ? fs.readlinkSync(path) : undefined;
}

function tooMany(root: string, limit: number): FormatError {
  return new FormatError('ERR_LIMIT_EXCEEDED', `folder ${JSON.stringify(root)} has more than ${limit} entries`, {
    hint: 'name the folders that are wanted, or raise the limit',
    details: { limit },
  });
}
