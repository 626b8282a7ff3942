import { readMetadata, type Metadata } from './document.ts';
import { askMirror } from './mirror.ts';
import { wasRotated } from './role-keys.ts';
import { rootFormat, type Root } from './roles.ts';
import { checkSignatures } from './signatures.ts';
import { checkExpiry, ifBelieved, readSigned, rollback, type Update } from './update.ts';

/**
 * From the root that the caller trusts to the newest, one version at a time (sections 5.2 and 5.3). Roots that were
 * kept are walked again from the first one on: a store cannot put another in their place.
 */
export async function updateRoot(initial: Uint8Array, update: Update): Promise<Metadata<Root>> {
  const first = readMetadata('initial root', initial, rootFormat);
  await checkSignatures('initial root', first, first.role.roles.root);
  let root = await keptRoot(first, update);
  const { limits, mirror, signal } = update;
  for (let rotations = 0; rotations < limits.rootRotations; rotations++) {
    const path = `${root.role.version + 1}.root.json`;
    const bytes = await askMirror(mirror, path, { maxBytes: limits.rootBytes, signal });
    if (bytes === undefined) break;
    const next = await nextRoot(root, bytes);
    await keepRoot(root, next, update);
    root = next;
  }
  checkExpiry('root', root.role, update);
  return root;
}

async function keptRoot(first: Metadata<Root>, { kept }: Update): Promise<Metadata<Root>> {
  for (let root = first; ;) {
    const { bytes } = await kept.read(nameOf(root.role.version + 1));
    const next = bytes === undefined ? undefined : await ifBelieved(() => nextRoot(root, bytes));
    if (next === undefined) return root;
    root = next;
  }
}

/** Steps 5.3.4 and 5.3.5: signed by enough of the old keys and of its own, and exactly one version further. */
async function nextRoot(root: Metadata<Root>, bytes: Uint8Array): Promise<Metadata<Root>> {
  const version = root.role.version + 1;
  const name = `root version ${version}`;
  const next = await readSigned(name, bytes, rootFormat, root.role.roles.root);
  await checkSignatures(`${name} (by its own keys)`, next, next.role.roles.root);
  if (next.role.version !== version) throw rollback(`root is version ${next.role.version}, expected ${version}`);
  return next;
}

/**
 * Step 5.3.8, and 5.3.11 before it: where keys of the timestamp or the snapshot were replaced, what they signed is
 * forgotten, because whoever stole them may have signed versions that nothing good ever reaches. Forgotten first, so
 * that a run that ends in between leaves nothing behind which a later one takes for trusted.
 */
async function keepRoot(root: Metadata<Root>, next: Metadata<Root>, { kept }: Update): Promise<void> {
  const before = root.role.roles;
  const after = next.role.roles;
  if (wasRotated(before.timestamp, after.timestamp) || wasRotated(before.snapshot, after.snapshot)) {
    for (const name of ['timestamp', 'snapshot']) await kept.remove(name, await kept.read(name));
  }
  const name = nameOf(next.role.version);
  await kept.write(name, next.bytes, await kept.read(name));
}

function nameOf(version: number): string {
  return `root/${version}`;
}
