import type { EntryPlatforms } from './lockfile.ts';

/** What a pack is meant to run on; null stands for everything. Several values mean any of them. */
export interface PlatformSelection {
  readonly os: readonly string[] | null;
  readonly cpu: readonly string[] | null;
  readonly libc: readonly string[] | null;
}

/** True for an entry that runs on one of the platforms asked for, as npm decides it for one. */
export function runsOn(entry: EntryPlatforms, platforms: PlatformSelection): boolean {
  const { os, cpu, libc } = platforms;
  if (!admits(entry.os, os) || !admits(entry.cpu, cpu) || !admits(entry.libc, libc)) return false;
  // Only Linux has a choice of C libraries: npm installs what names one nowhere else.
  return libc !== null || entry.libc.length === 0 || os === null || os.includes('linux');
}

function admits(list: readonly string[], wanted: readonly string[] | null): boolean {
  return wanted === null || wanted.some((value) => isAdmitted(value, list));
}

/**
 * @see https://docs.npmjs.com/cli/v11/configuring-npm/package-json#os
 */
function isAdmitted(value: string, list: readonly string[]): boolean {
  if (list.includes(`!${value}`)) return false;
  const named = list.filter((item) => !item.startsWith('!'));
  return named.length === 0 || named.includes(value) || (list.length === 1 && named[0] === 'any');
}
