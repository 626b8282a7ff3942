import type { Metadata } from './document.ts';
import { askMirrorFor } from './mirror.ts';
import { timestampFormat, type Root, type Timestamp } from './roles.ts';
import { checkExpiry, readKept, readSigned, rollback, type Update } from './update.ts';

/** The newest timestamp (section 5.4). One of the version that is known already changes nothing. */
export async function updateTimestamp(root: Metadata<Root>, update: Update): Promise<Metadata<Timestamp>> {
  const { kept, limits, mirror, signal } = update;
  const holders = root.role.roles.timestamp;
  const before = await kept.read('timestamp');
  const trusted = await readKept('timestamp', before, timestampFormat, holders);
  const bytes = await askMirrorFor(mirror, 'timestamp.json', { maxBytes: limits.timestampBytes, signal });
  const fresh = await readSigned('timestamp', bytes, timestampFormat, holders);
  if (trusted !== undefined) checkRollback(trusted.role, fresh.role);
  const current = trusted?.role.version === fresh.role.version ? trusted : fresh;
  checkExpiry('timestamp', current.role, update);
  if (current === fresh) await kept.write('timestamp', bytes, before);
  return current;
}

/** Step 5.4.3. */
function checkRollback(trusted: Metadata<Timestamp>['role'], fresh: Metadata<Timestamp>['role']): void {
  if (fresh.version < trusted.version) {
    throw rollback(`timestamp is version ${fresh.version}, but ${trusted.version} was trusted before`);
  }
  if (fresh.version > trusted.version && fresh.snapshot.version < trusted.snapshot.version) {
    throw rollback(
      `timestamp names snapshot ${fresh.snapshot.version}, but ${trusted.snapshot.version} was named before`,
    );
  }
}
