import { join } from 'node:path';
import { programPath, run } from '../../peers/programs.ts';
import { cellName, type Cell } from './cells.ts';
import { demandFor, provenance, signerFor, verdictOf } from './own-side.ts';
import { plant } from './plant.ts';
import type { Tried } from './report.ts';
import { askCosign, runCosign, signFlags, tokenFor, verifyFlags, type Verdict } from './run-cosign.ts';
import { markForCosign, packIn, spotIn, type Spot } from './spot.ts';
import { writeInto, type World } from './world.ts';

/** Has one program sign in a place and the other verify there, and then asks it for three things that are not so. */
export async function tryImage(world: World, cell: Cell): Promise<Tried> {
  const name = cellName(cell);
  const signed = await (cell.from === 'packwright' ? signOurs(world, cell, name) : signTheirs(world, cell, name));
  const other = await packIn(world, cell.place, `${name}-other`, `not ${name}`);
  await plant(signed, other, cell, 'as it is');
  const changed = await packIn(world, cell.place, `${name}-changed`, name);
  await plant(signed, changed, cell, 'changed');
  const verify = cell.from === 'packwright' ? verifyTheirs : verifyOurs;
  const accepted = [await verify(world, cell, signed)];
  for (const elsewhere of await travelled(world, cell, signed)) accepted.push(await verify(world, cell, elsewhere));
  return {
    accepted,
    refused: {
      digest: await verify(world, cell, other),
      signer: await verify(world, cell, signed, 'other'),
      byte: await verify(world, cell, changed),
    },
  };
}

async function signOurs(world: World, cell: Cell, name: string): Promise<Spot> {
  const spot = await packIn(world, cell.place, name, name);
  const signer = await signerFor(world, cell);
  const { format } = cell;
  if (cell.content === 'signature') await world.service.sign(spot.location, signer, { format });
  else {
    const attestation = { predicateType: 'slsaprovenance1', predicate: provenance };
    await world.service.attest(spot.location, attestation, signer, { format });
  }
  return spot;
}

/** cosign signs in registries only: what is to lie in a layout, it saves from one. */
async function signTheirs(world: World, cell: Cell, name: string): Promise<Spot> {
  const spot = await packIn(
    world,
    cell.place === 'layout' ? 'olareg' : cell.place,
    `${name}-${cell.place.slice(0, 1)}`,
    name,
  );
  const folder = world.folderFor('work');
  const token = await tokenFor(world, cell.kind);
  const predicate = writeInto(folder, `${name}-${cell.place.slice(0, 1)}.json`, JSON.stringify(provenance));
  const verb =
    cell.content === 'signature' ? ['sign'] : ['attest', `--predicate=${predicate}`, '--type=slsaprovenance1'];
  await runCosign([...verb, ...signFlags(world, cell), spot.target], folder, token);
  if (cell.place !== 'layout') return spot;
  const directory = join(world.folderFor('layouts'), name);
  await runCosign(['save', `--dir=${directory}`, spot.target], folder);
  return savedSpot(world, spot, name);
}

async function savedSpot(world: World, { subject }: Spot, name: string): Promise<Spot> {
  // It gives no names: the manifest is the only one that stands on its own.
  const { layoutRepository } = await import('packwright/registry/layout');
  const target = join(world.folder, 'layouts', name);
  const repository = layoutRepository({ directory: target });
  return { place: 'layout', repository, subject, location: { repository }, target };
}

/** A layout is also brought to a registry, and what cosign signed in one to a layout in another way. */
async function travelled(world: World, cell: Cell, signed: Spot): Promise<readonly Spot[]> {
  if (cell.place !== 'layout') return [];
  const name = `${cellName(cell)}-moved`;
  const oras = (...args: readonly string[]): Promise<string> =>
    run(programPath('oras'), ['cp', '--recursive', ...args], { env: { HOME: world.folder } });
  const { host } = world.registries['distribution 3'];
  if (cell.from === 'packwright') {
    const to = `${host}/team/${name}:v1`;
    // What cosign 2 keeps under tags only we take along.
    if (cell.format === 'legacy') await world.service.copy(signed.location, to);
    else await oras('--from-oci-layout', '--to-plain-http', `${signed.target}:v1`, to);
    return [await spotIn(world, 'distribution 3', name)];
  }
  if (cell.format === 'legacy') return [];
  const from = `${world.registries.olareg.host}/team/${cellName(cell)}-l:v1`;
  await oras('--from-plain-http', '--to-oci-layout', from, `${join(world.folderFor('layouts'), name)}:v1`);
  return [await spotIn(world, 'layout', name)];
}

function verifyOurs(world: World, cell: Cell, spot: Spot, who: 'signer' | 'other' = 'signer'): Promise<Verdict> {
  return verdictOf(world.service.verify(spot.location, demandFor(world, cell, who)));
}

async function verifyTheirs(
  world: World,
  cell: Cell,
  spot: Spot,
  who: 'signer' | 'other' = 'signer',
): Promise<Verdict> {
  const local = spot.place === 'layout';
  if (local) markForCosign(spot);
  const verb = cell.content === 'signature' ? ['verify'] : ['verify-attestation', '--type=slsaprovenance1'];
  const flags = [...verifyFlags(world, cell, who), ...(local ? ['--local-image'] : [])];
  return askCosign([...verb, ...flags, spot.target], world.folderFor('work'));
}
