import * as fs from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Digest } from '../../digest/digest.ts';
import { digestOfTree, treePath } from './tree-folder.ts';

const markerEnd = '.retired-at';
const removedPrefix = '.removed-';

/** Notes since when a tree is not the current one, unless that is noted. */
export function retireTree(directory: string, digest: Digest, now: number): void {
  const marker = `${treePath(directory, digest)}${markerEnd}`;
  if (readMarker(marker) === undefined) fs.writeFileSync(marker, `${now}\n`);
}

/** The tree is to be the current one: its time starts anew when it is retired again. */
export function reviveTree(directory: string, digest: Digest): void {
  fs.rmSync(`${treePath(directory, digest)}${markerEnd}`, { force: true });
}

/**
 * Removes the trees that were retired longer ago than the grace. One without a marker gets one now, and stays: nobody
 * knows since when it is not used.
 */
export function removeRetired(
  directory: string,
  current: Digest,
  { now, grace }: { readonly now: number; readonly grace: number },
): Digest[] {
  const trees = join(directory, 'trees');
  const removed: Digest[] = [];
  for (const name of fs.readdirSync(trees)) {
    if (name.startsWith(removedPrefix)) fs.rmSync(join(trees, name), { recursive: true, force: true });
    const digest = digestOfTree(name.endsWith(markerEnd) ? name.slice(0, -markerEnd.length) : name);
    if (digest === undefined || digest === current || name.endsWith(markerEnd)) continue;
    const since = readMarker(join(trees, `${name}${markerEnd}`));
    if (since === undefined) retireTree(directory, digest, now);
    else if (now - since >= grace) {
      removeTree(trees, name);
      removed.push(digest);
    }
  }
  return removed;
}

/** Under another name first: what has the name of a tree is whole, also when this process is killed. */
function removeTree(trees: string, name: string): void {
  const aside = join(trees, `${removedPrefix}${randomBytes(8).toString('hex')}`);
  fs.renameSync(join(trees, name), aside);
  fs.rmSync(join(trees, `${name}${markerEnd}`), { force: true });
  fs.rmSync(aside, { recursive: true, force: true });
}

/** Milliseconds since 1970; undefined for no marker, and for one that a killed process wrote half. */
function readMarker(path: string): number | undefined {
  if (!fs.existsSync(path)) return undefined;
  const text = fs.readFileSync(path, 'utf8');
  return /^[0-9]{1,15}\n$/.test(text) ? Number(text) : undefined;
}
