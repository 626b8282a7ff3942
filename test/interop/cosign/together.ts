import { bytesSource } from 'packwright';
import { utf8 } from '../../../src/bytes/encoding.ts';
import { digestOf } from '../../../src/digest/index.ts';
import { buildIndex, buildManifest } from '../../../src/oci/build-manifest.ts';
import type { Descriptor } from '../../../src/oci/descriptor.ts';
import { emptyBytes, emptyDescriptor } from '../../../src/oci/empty.ts';
import { programPath, run } from '../../peers/programs.ts';
import type { Cell, Place } from './cells.ts';
import { signerFor } from './own-side.ts';
import { runCosign, signFlags, tokenFor } from './run-cosign.ts';
import { packIn, spotIn, type Spot } from './spot.ts';
import { ownCommand, password, type World } from './world.ts';

/** A signature as a bundle, by somebody, in a registry. */
export const signatureBy = (
  from: Cell['from'],
  kind: Cell['kind'],
  log: Cell['log'],
  place: Place = 'olareg',
): Cell => ({
  from,
  kind,
  log,
  place,
  content: 'signature',
  format: 'bundle',
});

/** Has a program sign what is there, as a cell says. */
export async function signAs(world: World, cell: Cell, spot: Spot, ...more: readonly string[]): Promise<void> {
  if (cell.from === 'packwright') {
    await world.service.sign(spot.location, await signerFor(world, cell), { format: cell.format });
    return;
  }
  const token = await tokenFor(world, cell.kind);
  await runCosign(['sign', ...signFlags(world, cell), ...more, spot.target], world.folderFor('work'), token);
}

/** Runs our command, from its source, and gives what it prints. */
export function runOurs(world: World, ...args: readonly string[]): Promise<string> {
  const env = { COSIGN_PASSWORD: password, HOME: world.folder };
  return run(process.execPath, [ownCommand, ...args], { cwd: world.folder, env });
}

/** What oras lists as referring to a manifest. */
export async function orasDiscovers(world: World, { target }: Spot): Promise<readonly string[]> {
  const args = ['discover', '--plain-http', '--format', 'json', target];
  const said = await run(programPath('oras'), args, { env: { HOME: world.folder } });
  const { referrers } = JSON.parse(said) as { readonly referrers: readonly { readonly digest: string }[] };
  return referrers.map(({ digest }) => digest).sort();
}

/** What cosign lists as attached to a manifest. */
export async function cosignTree(world: World, { target }: Spot): Promise<readonly string[]> {
  const said = await runCosign(['tree', target], world.folderFor('work'));
  return [...new Set([...said.matchAll(/sha256:[0-9a-f]{64}/g)].map(([digest]) => digest))].sort();
}

/** What we list. */
export async function weList({ repository, subject }: Spot): Promise<readonly string[]> {
  const { referrers } = await repository.referrers(subject.digest);
  return referrers.map(({ digest }) => digest).sort();
}

/** An index with a manifest for each of two platforms, as `v1`. */
export async function indexIn(
  world: World,
  place: Place,
  name: string,
): Promise<Spot & { readonly inside: readonly Spot[] }> {
  const { repository } = await packIn(world, place, name, `${name} first`);
  const manifests = await Promise.all(
    ['amd64', 'arm64'].map(async (architecture): Promise<Descriptor> => {
      const content = utf8(`${name} for ${architecture}`);
      const layer = { mediaType: 'application/octet-stream', digest: digestOf(content), size: content.length };
      await repository.blob.put(emptyDescriptor, bytesSource(emptyBytes()));
      await repository.blob.put(layer, bytesSource(content));
      const { bytes, descriptor } = buildManifest({ artifactType: 'application/vnd.example.app', layers: [layer] });
      const { mediaType, digest, size } = await repository.manifest.put(bytes, descriptor);
      return { mediaType, digest, size, platform: { os: 'linux', architecture } };
    }),
  );
  const { bytes, descriptor } = buildIndex({ manifests });
  await repository.manifest.put(bytes, { mediaType: descriptor.mediaType, digest: descriptor.digest, tag: 'v1' });
  const spot = await spotIn(world, place, name);
  const inside = manifests.map((subject): Spot => {
    const target = spot.target.replace(spot.subject.digest, subject.digest);
    return { ...spot, subject, target, location: target };
  });
  return { ...spot, inside };
}
