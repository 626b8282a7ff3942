import { utf8 } from '../../../bytes/encoding.ts';
import { digestOf, hexOf } from '../../../digest/digest.ts';
import { checkBytes, mismatch } from './content.ts';
import type { Metadata } from './document.ts';
import { escapeSegment } from './mirror-path.ts';
import { askMirrorFor } from './mirror.ts';
import type { RoleKeys } from './role-keys.ts';
import { targetsFormat, type Root, type Snapshot, type Targets } from './roles.ts';
import { boundOf, checkExpiry, checkVersion, isCurrent, readKept, readSigned, type Update } from './update.ts';

/** What the metadata of targets is checked against. */
export interface TrustedBase {
  readonly root: Metadata<Root>;
  readonly snapshot: Metadata<Snapshot>;
}

/**
 * The metadata of the targets role, or of one that it delegates to, as the snapshot lists it and `holders` have signed
 * it (section 5.6). Who must have signed is asked every time: two roles may delegate to the same one by other keys.
 */
export async function updateTargets(
  role: string,
  holders: RoleKeys,
  { root, snapshot }: TrustedBase,
  update: Update,
): Promise<Metadata<Targets>> {
  const { kept, limits, mirror, signal } = update;
  const name = `role ${JSON.stringify(role.slice(0, 200))}`;
  const file = snapshot.role.files.get(`${role}.json`);
  if (file === undefined) throw mismatch(`${name} is not listed in the snapshot`);
  const before = await kept.read(keptName(role));
  const trusted = await readKept(name, before, targetsFormat, holders);
  if (trusted !== undefined && isCurrent(trusted, file, update)) return trusted;
  const path = `${root.role.consistentSnapshot ? `${file.version}.` : ''}${escapeSegment(`${role}.json`)}`;
  const bytes = await askMirrorFor(mirror, path, { maxBytes: boundOf(path, file, limits.targetsBytes), signal });
  checkBytes(name, bytes, file);
  const fresh = await readSigned(name, bytes, targetsFormat, holders);
  checkVersion(name, fresh.role, file);
  checkExpiry(name, fresh.role, update);
  await kept.write(keptName(role), bytes, before);
  return fresh;
}

/** A name from metadata is never part of a key: only its hash is. */
function keptName(role: string): string {
  return role === 'targets' ? 'targets' : `roles/${hexOf(digestOf(utf8(role)))}`;
}
