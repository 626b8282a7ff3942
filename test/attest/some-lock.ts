import { utf8 } from '../../src/bytes/encoding.ts';
import { digestOf, integrityOf } from '../../src/digest/index.ts';
import { buildLock, npmPurl, type Lock, type LockEntry } from '../../src/lockfile/index.ts';

/** Where the tarball of version 1.0.0 of a package is in the pack. */
export const pathOf = (name: string): string => `npm/${name}/1.0.0.tgz`;

/** An entry of a lock: version 1.0.0 of a package, whose bytes are its name. */
export function someEntry(name: string, facts: Partial<LockEntry> = {}): LockEntry {
  const bytes = utf8(name);
  return {
    path: pathOf(name),
    name,
    version: '1.0.0',
    purl: npmPurl(name, '1.0.0'),
    integrity: integrityOf(digestOf(bytes, 'sha512')),
    digest: digestOf(bytes),
    size: bytes.length,
    mediaType: 'application/gzip',
    scope: ['prod'],
    os: [],
    cpu: [],
    libc: [],
    installPaths: [`node_modules/${name}`],
    dependsOn: [],
    ...facts,
  };
}

/** A lock of some entries. */
export function someLock(
  entries: readonly LockEntry[],
  facts: { readonly skipped?: Lock['skipped']; readonly selection?: Partial<Lock['selection']> } = {},
): Lock {
  const { lock } = buildLock({
    lockfile: { format: 'npm', name: 'package-lock.json', digest: digestOf(utf8('a lockfile')) },
    selection: { omit: [], os: null, cpu: null, libc: null, ...facts.selection },
    entries: entries.map((entry) => ({ ...entry, mediaType: 'application/gzip', ways: [] })),
    skipped: facts.skipped ?? [],
  });
  return lock;
}
