import { join } from 'node:path';
import { parseBundle } from 'packwright/attest';
import { verify } from 'packwright/verify';
import { utf8 } from '../../../src/bytes/encoding.ts';
import { bundleName, throughOurs, throughTheirs, type Fetched } from './blob-travel.ts';
import { cellName, type Cell } from './cells.ts';
import { demandFor, verdictOf } from './own-side.ts';
import { withChangedSignature } from './plant.ts';
import type { Tried } from './report.ts';
import { askCosign, verifyFlags, type Verdict } from './run-cosign.ts';
import { writeInto, type World } from './world.ts';

/**
 * Has one program sign a file, keeps it in a place with its bundle attached, and has the other verify what comes out of
 * there; then asks it for three things that are not so.
 */
export async function tryBlob(world: World, cell: Cell): Promise<Tried> {
  const folder = world.folderFor(join('files', cell.place, cellName(cell)));
  const ours = cell.from === 'packwright';
  const { file, bundle } = await (ours ? throughOurs : throughTheirs)(world, cell, folder);
  const ask = (what: Fetched, who: 'signer' | 'other' = 'signer'): Promise<Verdict> =>
    ours ? askTheirs(world, cell, { what, who, folder }) : askOurs(world, cell, { what, who });
  return {
    accepted: [await ask({ file, bundle })],
    refused: {
      digest: await ask({ file: utf8('another file'), bundle }),
      signer: await ask({ file, bundle }, 'other'),
      byte: await ask({ file, bundle: withChangedSignature(bundle) }),
    },
  };
}

interface Question {
  readonly what: Fetched;
  readonly who: 'signer' | 'other';
}

function askOurs(world: World, cell: Cell, { what, who }: Question): Promise<Verdict> {
  const { policy, trust } = demandFor(world, cell, who);
  return verdictOf(verify(what.file, parseBundle(what.bundle), { policy, trust }));
}

function askTheirs(
  world: World,
  cell: Cell,
  { what, who, folder }: Question & { readonly folder: string },
): Promise<Verdict> {
  const verb = cell.content === 'blob' ? ['verify-blob'] : ['verify-blob-attestation', '--type=slsaprovenance1'];
  const bundle = writeInto(folder, bundleName, what.bundle);
  const flags = [...verifyFlags(world, cell, who), `--bundle=${bundle}`];
  return askCosign([...verb, ...flags, writeInto(folder, 'app.bin', what.file)], folder);
}
