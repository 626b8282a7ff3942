import type { EntryPlatforms } from './lockfile.ts';

/** What a pack is meant to run on, in npm's words; null stands for everything. */
export interface PlatformSelection {
  readonly os: string | null;
  readonly cpu: string | null;
  readonly libc: string | null;
}

/** True for an entry that runs on the platform asked for, as npm decides it. */
export function runsOn(entry: EntryPlatforms, platforms: PlatformSelection): boolean {
  const { os, cpu, libc } = platforms;
  if (!admits(entry.os, os) || !admits(entry.cpu, cpu) || !admits(entry.libc, libc)) return false;
  // Only Linux has a choice of C libraries: npm installs what names one nowhere else.
  return libc !== null || entry.libc.length === 0 || os === null || os === 'linux';
}

/**
 * Nothing that is negated, and one of what is not, where there is such a thing.
 *
 * @see npm's documentation, package.json, "os"
 */
function admits(list: readonly string[], wanted: string | null): boolean {
  if (wanted === null || (list.length === 1 && list[0] === 'any')) return true;
  if (list.includes(`!${wanted}`)) return false;
  const named = list.filter((item) => !item.startsWith('!'));
  return named.length === 0 || named.includes(wanted);
}
