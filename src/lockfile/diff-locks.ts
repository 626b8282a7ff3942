import { canonicalJson } from '../bytes/canonical-json.ts';
import { compareBytewise, fromUtf8 } from '../bytes/encoding.ts';
import type { Lock, LockEntry } from './lock.ts';

/** What two locks differ in. All lists are sorted by path. */
export interface LockDiff {
  /** True when both pack the same entries, skip the same and select the same. The source files may differ. */
  readonly same: boolean;
  readonly added: readonly LockEntry[];
  readonly removed: readonly LockEntry[];
  /** Entries at the same path, and the members in which they differ. */
  readonly changed: readonly ChangedEntry[];
  /** Members of the locks themselves that differ: `source`, `selection`, `skipped`. */
  readonly members: readonly ('source' | 'selection' | 'skipped')[];
}

/** One entry in two locks. */
export interface ChangedEntry {
  readonly path: string;
  readonly before: LockEntry;
  readonly after: LockEntry;
  readonly members: readonly (keyof LockEntry)[];
}

/** Compares two locks. Every member of an entry counts, since each is part of the identity of a lock. */
export function diffLocks(before: Lock, after: Lock): LockDiff {
  const old = new Map(before.entries.map((entry) => [entry.path, entry]));
  const paths = new Set(after.entries.map((entry) => entry.path));
  const added = after.entries.filter((entry) => !old.has(entry.path));
  const removed = before.entries.filter((entry) => !paths.has(entry.path));
  const changed = after.entries.flatMap((entry) => {
    const former = old.get(entry.path);
    const members = former === undefined ? [] : changedMembers(former, entry);
    return former === undefined || members.length === 0
      ? []
      : [{ path: entry.path, before: former, after: entry, members }];
  });
  const members = (['source', 'selection', 'skipped'] as const).filter((name) => !equal(before[name], after[name]));
  const same = added.length + removed.length + changed.length === 0 && members.every((name) => name === 'source');
  return { same, added, removed, changed, members };
}

function changedMembers(before: LockEntry, after: LockEntry): (keyof LockEntry)[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)] as (keyof LockEntry)[]);
  return [...names].filter((name) => !equal(before[name], after[name])).sort(compareBytewise);
}

function equal(a: unknown, b: unknown): boolean {
  return a === b || (a !== undefined && b !== undefined && fromUtf8(canonicalJson(a)) === fromUtf8(canonicalJson(b)));
}
