import type { Digest } from '../digest/index.ts';
import { compareBytewise } from '../bytes/encoding.ts';
import type { Descriptor, Platform } from '../oci/descriptor.ts';
import type { OperationOptions } from '../ports/operation.ts';
import { reported } from '../ports/report.ts';
import { checkOptions, operationKeys } from '../bytes/check-options.ts';
import { loadImageManifest } from './load-manifest.ts';
import { loadLock } from './load-lock.ts';
import { loadNamed } from './load-named.ts';
import { packEntries, type PackEntry } from './pack-entries.ts';
import { describeLocation, type OpenLocation } from './pack-location.ts';

export interface DiffOptions extends OperationOptions {
  /** Picks the manifest out of an index. */
  readonly platform?: Platform | string | undefined;
}

/** What two packs differ in. */
export interface PackDiff {
  readonly a: Descriptor;
  readonly b: Descriptor;
  /** True where both are the same manifest. */
  readonly same: boolean;
  /** Sorted by path. */
  readonly changes: readonly PackChange[];
}

/** One path that is only in `a` (removed), only in `b` (added), or differs. */
export interface PackChange {
  readonly kind: 'added' | 'removed' | 'changed';
  readonly path: string;
  readonly a?: DiffedEntry | undefined;
  readonly b?: DiffedEntry | undefined;
}

/** An entry on one side of a difference. */
export interface DiffedEntry {
  readonly digest: Digest;
  readonly size: number;
  readonly name?: string | undefined;
  readonly version?: string | undefined;
}

/** Compares two packs by what they hold under each path. */
export function diffPacks(a: OpenLocation, b: OpenLocation, options: DiffOptions): Promise<PackDiff> {
  checkOptions('options', options, [...operationKeys, 'platform']);
  const name = `${describeLocation(a)} and ${describeLocation(b)}`;
  return reported({ verb: 'inspect', name }, options, async (report) => {
    const inner = { ...report.options, platform: options.platform };
    const left = await contentsOf(a, inner);
    const right = await contentsOf(b, inner);
    const paths = [...new Set([...left.entries.keys(), ...right.entries.keys()])].sort(compareBytewise);
    const changes = paths.flatMap((path) => changeOf(path, left.entries.get(path), right.entries.get(path)));
    return {
      a: left.descriptor,
      b: right.descriptor,
      same: left.descriptor.digest === right.descriptor.digest,
      changes,
    };
  });
}

interface Contents {
  readonly descriptor: Descriptor;
  readonly entries: ReadonlyMap<string, PackEntry>;
}

async function contentsOf(location: OpenLocation, options: DiffOptions): Promise<Contents> {
  const { repository } = location;
  const named = await loadNamed(location, options);
  const { descriptor, parsed } = await loadImageManifest(repository, named, options);
  const lock = await loadLock(repository, parsed.document, options);
  const entries = new Map(packEntries(parsed.document, lock).map((entry) => [entry.path, entry]));
  return { descriptor, entries };
}

function changeOf(path: string, a: PackEntry | undefined, b: PackEntry | undefined): readonly PackChange[] {
  if (a === undefined) return b === undefined ? [] : [{ kind: 'added', path, b: shown(b) }];
  if (b === undefined) return [{ kind: 'removed', path, a: shown(a) }];
  const same = a.digest === b.digest && a.executable === b.executable;
  return same ? [] : [{ kind: 'changed', path, a: shown(a), b: shown(b) }];
}

function shown({ digest, size, name, version }: PackEntry): DiffedEntry {
  return { digest, size, ...(name === undefined ? {} : { name }), ...(version === undefined ? {} : { version }) };
}
