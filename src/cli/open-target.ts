import { basename, dirname, resolve } from 'node:path';
import { storeFailure } from '../adapters/node/failure.ts';
import { discardStage, makeStage, removeAbandonedStages, type Stage } from '../adapters/node/stage.ts';
import { layoutRepository } from '../adapters/registry/layout.ts';
import type { PackLocation } from '../pack/pack-location.ts';
import type { Descriptor } from '../oci/index.ts';
import type { CommandContext } from './context.ts';
import { parseLocation, type ArchiveLocation } from './location.ts';
import { targetLocation } from './open-location.ts';
import { writeArchive } from './write-archive.ts';

/**
 * Opens a location for a new pack, and runs something that writes there. A registry or a layout is written in place; an
 * archive is put together in a folder beside it, and replaces the file at the end.
 */
export async function withTarget<T extends { readonly descriptor: Descriptor }>(
  text: string,
  context: CommandContext,
  run: (target: PackLocation) => Promise<T>,
): Promise<T> {
  const location = parseLocation(text);
  if (location.kind === 'archive') return withArchive(location, context, run);
  return run(await targetLocation(text, context));
}

async function withArchive<T extends { readonly descriptor: Descriptor }>(
  { path: typed, tag, digest }: ArchiveLocation,
  context: CommandContext,
  run: (target: PackLocation) => Promise<T>,
): Promise<T> {
  const path = resolve(context.cwd, typed);
  const stage = stageBeside(path);
  try {
    const repository = layoutRepository({ directory: stage.tree });
    const result = await run({ repository, reference: digest ?? tag });
    const root = { reference: result.descriptor.digest, tag: tag ?? null };
    await writeArchive({ repository, roots: [root] }, path, context.operation);
    return result;
  } finally {
    discardStage(stage);
  }
}

function stageBeside(path: string): Stage {
  try {
    removeAbandonedStages(dirname(path), basename(path));
    return makeStage(dirname(path), basename(path));
  } catch (error) {
    throw storeFailure(error, { store: 'archive', action: 'write', what: `archive ${JSON.stringify(path)}` });
  }
}
