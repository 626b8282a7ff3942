import { checkBytes } from './content.ts';
import type { Metadata } from './document.ts';
import { askMirrorFor } from './mirror.ts';
import { snapshotFormat, type Root, type Snapshot, type Timestamp } from './roles.ts';
import {
  boundOf,
  checkExpiry,
  checkVersion,
  isCurrent,
  readKept,
  readSigned,
  rollback,
  type Update,
} from './update.ts';

/** The snapshot that the timestamp names (section 5.5). */
export async function updateSnapshot(
  root: Metadata<Root>,
  timestamp: Metadata<Timestamp>,
  update: Update,
): Promise<Metadata<Snapshot>> {
  const { kept, limits, mirror, signal } = update;
  const file = timestamp.role.snapshot;
  const holders = root.role.roles.snapshot;
  const before = await kept.read('snapshot');
  const trusted = await readKept('snapshot', before, snapshotFormat, holders);
  if (trusted !== undefined && isCurrent(trusted, file, update)) return trusted;
  const path = root.role.consistentSnapshot ? `${file.version}.snapshot.json` : 'snapshot.json';
  const bytes = await askMirrorFor(mirror, path, { maxBytes: boundOf(path, file, limits.snapshotBytes), signal });
  checkBytes('snapshot', bytes, file);
  const fresh = await readSigned('snapshot', bytes, snapshotFormat, holders);
  checkVersion('snapshot', fresh.role, file);
  if (trusted !== undefined) checkRollback(trusted.role, fresh.role);
  checkExpiry('snapshot', fresh.role, update);
  await kept.write('snapshot', bytes, before);
  return fresh;
}

/** Step 5.5.5: nothing that was listed is gone, or older. */
function checkRollback(trusted: Snapshot, fresh: Snapshot): void {
  for (const [path, { version }] of trusted.files) {
    const now = fresh.files.get(path)?.version;
    if (now === undefined) throw rollback(`snapshot no longer lists ${JSON.stringify(path.slice(0, 200))}`);
    if (now < version) {
      throw rollback(
        `snapshot lists version ${now} of ${JSON.stringify(path.slice(0, 200))}, but listed ${version} before`,
      );
    }
  }
}
