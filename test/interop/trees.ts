import { lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Everything below a folder: what kind it is, what is in it, and whether it can be executed. */
export function treeOf(folder: string): Readonly<Record<string, string>> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  return Object.fromEntries(names.map((name) => [name, describeEntry(join(folder, name))]));
}

function describeEntry(path: string): string {
  const stat = lstatSync(path);
  if (stat.isSymbolicLink()) return `link to ${readlinkSync(path)}`;
  if (stat.isDirectory()) return 'folder';
  return `${stat.mode & 0o100 ? 'program' : 'file'} ${readFileSync(path, 'latin1')}`;
}

/** A file and a folder with what a folder can hold: a program, a link, depth, a name with spaces, an empty file. */
export function writeSomeTree(folder: string): void {
  mkdirSync(join(folder, 'tree/sub/deep'), { recursive: true });
  writeFileSync(join(folder, 'notes.txt'), 'some notes\n');
  writeFileSync(join(folder, 'tree/run.sh'), '#!/bin/sh\necho run\n', { mode: 0o755 });
  writeFileSync(join(folder, 'tree/sub/deep/with spaces and ünïcode.txt'), 'x'.repeat(100_000));
  writeFileSync(join(folder, 'tree/empty'), '');
  symlinkSync('sub/deep', join(folder, 'tree/link'));
}
