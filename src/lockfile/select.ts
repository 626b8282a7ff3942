import { checkOptions } from '../bytes/check-options.ts';
import { compareBytewise } from '../bytes/encoding.ts';
import { FormatError, UsageError } from '../errors.ts';
import type { LockSelection, SkippedEntry } from './lock.ts';
import type { EntryPlatforms, EntryReach, Lockfile, LockfileEntry, OmittedScope, SkipReason } from './lockfile.ts';
import { runsOn } from './platform.ts';

/** What to take of a lockfile. Without any of it: everything, and nothing may be left out for a reason. */
export interface SelectOptions {
  /** Sets of dependencies to leave out; an entry goes when no other set reaches it. */
  readonly omit?: readonly OmittedScope[] | undefined;
  /** Leaves out what does not run on this system, as npm names it: `linux`, `darwin`, `win32`. Null takes everything. */
  readonly os?: string | null | undefined;
  /** The same for the processor: `x64`, `arm64`. */
  readonly cpu?: string | null | undefined;
  /** The same for the C library: `glibc`, `musl`. */
  readonly libc?: string | null | undefined;
  /** Reasons for which an entry may be missing from the pack. It is listed then, by name and reason. */
  readonly skip?: readonly SkipReason[] | undefined;
  /** Hosts (with the port where it is not the usual one) that an entry may come from; any by default. */
  readonly allowHosts?: readonly string[] | undefined;
}

/** What was taken, and what was not although nothing omitted it. */
export interface SelectedEntries {
  readonly selection: LockSelection;
  /** Sorted by path; `dependsOn` names only entries that were taken. */
  readonly entries: readonly LockfileEntry[];
  /** Sorted by path. */
  readonly skipped: readonly SkippedEntry[];
}

const omittable: readonly OmittedScope[] = ['dev', 'optional', 'peer'];
const reasons: readonly SkipReason[] = ['link', 'git', 'file', 'bundled', 'no-integrity', 'weak-integrity', 'host'];

/**
 * Chooses what of a lockfile goes into a pack, as `npm ci` would with the same `omit`, `os`, `cpu` and `libc`.
 *
 * @throws FormatError `ERR_LOCK_ENTRY` where something that was chosen cannot be packed and no rule lets it be
 * missing; `issues` names each, and the hint the rule.
 * @throws UsageError `ERR_INVALID_ARGUMENT` for options that are not known.
 */
export function selectEntries(lockfile: Lockfile, options: SelectOptions = {}): SelectedEntries {
  const { skip = [], allowHosts } = checked(options);
  const selection = selectionOf(options);
  const chosen = (entry: EntryReach & EntryPlatforms): boolean =>
    isReached(entry, selection.omit) && runsOn(entry, selection);
  const skipped: SkippedEntry[] = lockfile.unpackable.filter(chosen).map(({ path, reason }) => ({ path, reason }));
  const entries: LockfileEntry[] = [];
  for (const entry of lockfile.entries.filter(chosen)) {
    if (isAllowed(entry, allowHosts)) entries.push(entry);
    else skipped.push(...entry.installPaths.map((path) => ({ path, reason: 'host' as const })));
  }
  skipped.sort((a, b) => compareBytewise(a.path, b.path));
  refuseSkipped(lockfile.name, skipped, skip);
  const taken = new Set(entries.map((entry) => entry.path));
  return {
    selection,
    entries: entries.map((entry) => ({ ...entry, dependsOn: entry.dependsOn.filter((path) => taken.has(path)) })),
    skipped,
  };
}

function checked(options: SelectOptions): SelectOptions {
  checkOptions('selectEntries', options, ['omit', 'os', 'cpu', 'libc', 'skip', 'allowHosts']);
  for (const scope of options.omit ?? []) {
    if (!omittable.includes(scope)) throw wrong('omit', 'has what cannot be omitted', scope);
  }
  for (const reason of options.skip ?? []) {
    if (!reasons.includes(reason)) throw wrong('skip', 'has a reason that is not known', reason);
  }
  for (const name of ['os', 'cpu', 'libc'] as const) {
    if (options[name] === '') throw wrong(name, 'is empty', '');
  }
  return options;
}

function wrong(argument: string, what: string, value: string): UsageError {
  return new UsageError('ERR_INVALID_ARGUMENT', `option ${argument} ${what}: ${JSON.stringify(value)}`, { argument });
}

function selectionOf({ omit = [], os = null, cpu = null, libc = null }: SelectOptions): LockSelection {
  return { omit: omittable.filter((scope) => omit.includes(scope)), os, cpu, libc };
}

function isReached(entry: EntryReach, omit: readonly OmittedScope[]): boolean {
  return entry.ways.some((way) => !way.some((scope) => omit.includes(scope)));
}

function isAllowed(entry: LockfileEntry, allowHosts: readonly string[] | undefined): boolean {
  if (allowHosts === undefined || entry.origin === undefined) return true;
  const { host } = new URL(entry.origin);
  return allowHosts.some((allowed) => allowed.toLowerCase() === host);
}

function refuseSkipped(file: string, skipped: readonly SkippedEntry[], skip: readonly SkipReason[]): void {
  const refused = skipped.filter(({ reason }) => reason !== 'bundled' && !skip.includes(reason));
  const [first] = refused;
  if (first === undefined) return;
  const missing = reasons.filter((reason) => refused.some((entry) => entry.reason === reason));
  const rest = refused.length === 1 ? '' : `, and ${String(refused.length - 1)} more`;
  throw new FormatError(
    'ERR_LOCK_ENTRY',
    `lockfile ${file}: ${JSON.stringify(first.path)} cannot be packed (${first.reason})${rest}`,
    {
      issues: refused.map(({ path, reason }) => ({ path, message: meanings[reason] })),
      hint: `pass --skip ${missing.join(',')} to pack without them; the lock then lists each by name and reason`,
      details: { file, reasons: missing },
    },
  );
}

const meanings: Readonly<Record<SkipReason, string>> = {
  link: 'is a link or the folder of a workspace',
  git: 'comes from git',
  file: 'comes from a local file',
  bundled: 'travels inside its parent',
  'no-integrity': 'has no integrity, so its bytes cannot be checked',
  'weak-integrity': 'has an integrity of sha1 or md5 alone, which proves nothing',
  host: 'comes from a host that is not allowed',
};
