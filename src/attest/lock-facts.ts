import { canonicalJson } from '../bytes/canonical-json.ts';
import { compareBytewise } from '../bytes/encoding.ts';
import { algorithmOf, digestOf, type Digest } from '../digest/digest.ts';
import { parseIntegrity } from '../digest/integrity.ts';
import type { Lock, LockEntry } from '../lockfile/lock.ts';
import type { Scope } from '../lockfile/lockfile.ts';

/** The lock with its lists in the order that a lock has, each thing once, whatever the order of what was given. */
export function orderedLock(lock: Lock): Lock {
  const entries = lock.entries.map((entry) => ({
    ...entry,
    scope: scopes.filter((scope) => entry.scope.includes(scope)),
    installPaths: [...new Set(entry.installPaths)].sort(compareBytewise),
    dependsOn: [...new Set(entry.dependsOn)].sort(compareBytewise),
  }));
  return {
    ...lock,
    entries: entries.sort((a, b) => compareBytewise(a.path, b.path)),
    skipped: [...lock.skipped].sort((a, b) => compareBytewise(a.path, b.path) || compareBytewise(a.reason, b.reason)),
  };
}

const scopes: readonly Scope[] = ['prod', 'dev', 'optional', 'peer'];

/** The digest of a lock's canonical bytes: that of the config of its pack. */
export function lockDigest(lock: Lock): Digest {
  return digestOf(canonicalJson(lock));
}

/**
 * Every digest that is known of an entry's bytes, one of each algorithm: that of what was packed, and those that the
 * lockfile pins. Where it pins several of one algorithm they are alternatives, and none of them is said.
 */
export function entryDigests(entry: LockEntry): readonly Digest[] {
  const packed = algorithmOf(entry.digest);
  const pinned = parseIntegrity(entry.integrity).digests;
  const sole = pinned.filter(
    (digest) =>
      algorithmOf(digest) !== packed &&
      pinned.filter((other) => algorithmOf(other) === algorithmOf(digest)).length === 1,
  );
  return [entry.digest, ...sole].sort(compareBytewise);
}

/** What an entry is called and where it comes from. */
export interface EntrySource {
  /** Where it comes from, where the lock says so and it is an address that everybody may read. */
  readonly address: string | undefined;
  /**
   * Its package URL. One that comes from an address of its own, not from where a registry keeps the tarballs of a
   * package, has that address as `download_url`: another package of that name and version may be in a registry.
   *
   * @see https://github.com/package-url/purl-spec/blob/main/docs/standard/known-qualifiers.md
   */
  readonly purl: string;
}

/** Reads where an entry comes from. */
export function entrySource(entry: LockEntry): EntrySource {
  const { origin, purl, name, version } = entry;
  const url = openUrl(origin);
  if (origin === undefined || url === undefined) return { address: undefined, purl };
  const kept = `/${name}/-/${name.slice(name.indexOf('/') + 1)}-${version}.tgz`;
  const plain = !purl.startsWith('pkg:npm/') || /[?#]/.test(purl) || decoded(url.pathname).endsWith(kept);
  return { address: origin, purl: plain ? purl : `${purl}?download_url=${qualifierValue(origin)}` };
}

/** An address of the web without user info, as it stands. */
function openUrl(origin: string | undefined): URL | undefined {
  if (origin === undefined || !/^https?:[^\s"<>\\^`{|}]+$/.test(origin) || !URL.canParse(origin)) return undefined;
  const url = new URL(origin);
  return url.username === '' && url.password === '' ? url : undefined;
}

function decoded(path: string): string {
  if (!path.includes('%')) return path;
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** A package URL keeps colons, and escapes everything else but letters, digits and `-._~`. */
function qualifierValue(text: string): string {
  return encodeURIComponent(text)
    .replaceAll('%3A', ':')
    .replace(/[!'()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** What the entries of a lock need of one another. */
export interface LockGraph {
  /** By the path of an entry, the other entries that it needs. */
  readonly needs: ReadonlyMap<string, readonly string[]>;
  /** Entries that need what the lock skips. */
  readonly incomplete: readonly string[];
  /** Entries from which all others are reached: those that no other needs, and one of each ring that nothing needs. */
  readonly tops: readonly string[];
}

/** Reads the graph of an ordered lock. */
export function lockGraph({ entries }: Lock): LockGraph {
  const paths = new Set(entries.map(({ path }) => path));
  const needs = new Map(
    entries.map(({ path, dependsOn }) => [path, dependsOn.filter((other) => paths.has(other) && other !== path)]),
  );
  const needed = new Set([...needs.values()].flat());
  const reached = new Set<string>();
  const tops: string[] = [];
  // First what nothing needs; what then is not reached is a ring, or hangs on one.
  for (const path of [...paths].filter((each) => !needed.has(each)).concat([...paths])) {
    if (reached.has(path)) continue;
    tops.push(path);
    reach(path, needs, reached);
  }
  const incomplete = entries.filter(({ dependsOn }) => dependsOn.some((other) => !paths.has(other)));
  return { needs, incomplete: incomplete.map(({ path }) => path), tops: tops.sort(compareBytewise) };
}

function reach(start: string, needs: LockGraph['needs'], reached: Set<string>): void {
  const open = [start];
  reached.add(start);
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    for (const next of needs.get(path) ?? []) {
      if (reached.has(next)) continue;
      reached.add(next);
      open.push(next);
    }
  }
}
