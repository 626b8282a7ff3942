import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bytesSource } from 'packwright';
import { formatBundle, predicateTypeOf, statementPayloadType } from 'packwright/attest';
import { utf8 } from '../../../src/bytes/encoding.ts';
import { digestOf, hexOf } from '../../../src/digest/index.ts';
import type { SignerContent } from '../../../src/ports/signer.ts';
import { programPath, run } from '../../peers/programs.ts';
import { cellName, type Cell } from './cells.ts';
import { provenance, signerFor } from './own-side.ts';
import { blobIn, manifestIn } from './plant.ts';
import { runCosign, signFlags, tokenFor } from './run-cosign.ts';
import { packIn, spotIn, type Spot } from './spot.ts';
import { writeInto, type World } from './world.ts';

/** A file and its bundle, as they came out of a place. */
export interface Fetched {
  readonly file: Uint8Array;
  readonly bundle: Uint8Array;
}

/** How a bundle is named beside the file that it is of. */
export const bundleName = 'app.bin.sigstore.json';

const bundleType = 'application/vnd.example.bundle-of-a-file';

/** We sign a file, pack it and attach the bundle; oras pulls both. */
export async function throughOurs(world: World, cell: Cell, folder: string): Promise<Fetched> {
  const name = cellName(cell);
  const spot = await packIn(world, cell.place, name, name);
  const bundle = await (await signerFor(world, cell)).sign(contentOf(cell, utf8(name)));
  const source = bytesSource(formatBundle(bundle));
  const files = [{ path: bundleName, source, mediaType: 'application/json' }];
  const { digest } = await world.service.attach(spot.location, { files, artifactType: bundleType });
  const oras = orasIn(world, cell, folder);
  await oras('pull', `@${spot.subject.digest}`);
  await oras('pull', `@${digest}`);
  return { file: readFileSync(join(folder, 'app.bin')), bundle: readFileSync(join(folder, bundleName)) };
}

function contentOf({ content }: Cell, file: Uint8Array): SignerContent {
  if (content === 'blob') return { kind: 'message', message: file };
  const statement = {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: 'app.bin', digest: { sha256: hexOf(digestOf(file)) } }],
    predicateType: predicateTypeOf('slsaprovenance1'),
    predicate: provenance,
  };
  return { kind: 'dsse', payloadType: statementPayloadType, payload: utf8(JSON.stringify(statement)) };
}

/** cosign signs a file, oras pushes it and attaches the bundle; we read both. */
export async function throughTheirs(world: World, cell: Cell, folder: string): Promise<Fetched> {
  const name = cellName(cell);
  const file = writeInto(folder, 'app.bin', name);
  const predicate = writeInto(folder, 'predicate.json', JSON.stringify(provenance));
  const verb =
    cell.content === 'blob' ? ['sign-blob'] : ['attest-blob', `--predicate=${predicate}`, '--type=slsaprovenance1'];
  const flags = [...signFlags(world, cell), `--bundle=${join(folder, bundleName)}`];
  await runCosign([...verb, ...flags, file], folder, await tokenFor(world, cell.kind));
  const oras = orasIn(world, cell, folder);
  await oras('push', ':v1', 'app.bin', '--artifact-type=application/vnd.example.app');
  await oras('attach', ':v1', bundleName, `--artifact-type=${bundleType}`);
  const spot = await spotIn(world, cell.place, name);
  const { referrers } = await spot.repository.referrers(spot.subject.digest);
  const [attached] = referrers;
  return {
    file: await onlyLayer(spot, spot.subject.digest),
    bundle: await onlyLayer(spot, attached?.digest ?? ''),
  };
}

async function onlyLayer({ repository }: Spot, reference: string): Promise<Uint8Array> {
  const [layer] = (await manifestIn(repository, reference)).layers;
  if (layer === undefined) throw new Error(`${reference} has no layer`);
  return blobIn(repository, layer);
}

/** Runs a verb of oras on what lies in the place of a cell: a registry, or a layout. */
function orasIn(
  world: World,
  cell: Cell,
  cwd: string,
): (verb: string, suffix: string, ...args: readonly string[]) => Promise<string> {
  const name = cellName(cell);
  return (verb, suffix, ...args) => {
    const at =
      cell.place === 'layout'
        ? ['--oci-layout', `${world.folderFor(join('layouts', name))}${suffix}`]
        : ['--plain-http', `${world.registries[cell.place].host}/team/${name}${suffix}`];
    return run(programPath('oras'), [verb, ...at, ...args], { cwd, env: { HOME: world.folder } });
  };
}
