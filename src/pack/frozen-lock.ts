import { toHex } from '../bytes/encoding.ts';
import { FormatError } from '../errors.ts';
import { buildLock, diffLocks, parseLock, type Lock, type Lockfile, type SelectedEntries } from '../lockfile/index.ts';

/**
 * The lock that must come out. Everything but the bytes of the artifacts is compared before anything is fetched; the
 * bytes are then checked against it one by one.
 *
 * @throws FormatError `ERR_LOCK_INVALID` where the lockfile, or what was chosen of it, gives another lock.
 */
export function expectFrozen(frozen: Uint8Array, lockfile: Lockfile, selected: SelectedEntries): Lock {
  const expected = parseLock(frozen);
  const known = new Map(expected.entries.map((entry) => [entry.path, entry]));
  const entries = selected.entries.map((entry) => {
    const { digest = lockfile.digest, size = 0 } = known.get(entry.path) ?? {};
    return { ...entry, digest, size };
  });
  const { selection, skipped } = selected;
  const { lock, bytes } = buildLock({ lockfile, selection, skipped, entries });
  if (toHex(bytes) === toHex(frozen)) return expected;
  const { added, removed, changed, members } = diffLocks(expected, lock);
  const issues = [
    ...added.map(({ path }) => ({ path, message: 'is not in the frozen lock' })),
    ...removed.map(({ path }) => ({ path, message: 'is only in the frozen lock' })),
    ...changed.map((entry) => ({ path: entry.path, message: `differs in ${entry.members.join(', ')}` })),
    ...members.map((path) => ({ path, message: 'differs' })),
  ];
  const [first] = issues;
  const what = first === undefined ? 'the frozen lock is not in its canonical form' : `${first.path} ${first.message}`;
  throw new FormatError('ERR_LOCK_INVALID', `lockfile ${lockfile.name} does not give the frozen lock: ${what}`, {
    issues: issues.slice(0, 200),
    hint: 'pack without the frozen lock, and compare the two',
  });
}
