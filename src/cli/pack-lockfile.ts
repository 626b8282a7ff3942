import { resolve } from 'node:path';
import { fileBytes } from '../adapters/source/file.ts';
import { readAll } from '../bytes/stream.ts';
import { UsageError } from '../errors.ts';
import { commandService } from './service.ts';
import type { PackResult } from '../pack/pack-input.ts';
import type { Source } from '../ports/index.ts';
import type { PackCommandOptions } from './commands/pack.ts';
import type { CommandContext } from './context.ts';
import { openNetwork } from './network.ts';
import { withTarget } from './open-target.ts';
import { withStore } from './registry-store.ts';
import { storedSource } from './stored-source.ts';

const fileOptions = ['artifactType', 'annotations', 'annotationFile', 'names'] as const;
const maxLockBytes = 20 * 1024 * 1024;

/** Packs a lockfile, with artifacts from a store, npm's cache and the registries that npm is configured with. */
export async function packLockfile(
  lockfile: { readonly name: string; readonly bytes: Uint8Array },
  options: PackCommandOptions,
  context: CommandContext,
): Promise<PackResult> {
  for (const name of fileOptions) {
    if (options[name] === undefined) continue;
    throw new UsageError('ERR_INVALID_ARGUMENT', `${name} is for files, and a lockfile is packed`, { argument: name });
  }
  const { omit, os, cpu, libc, skip, allowHosts, grouping, concurrency } = options;
  const frozen = await readFrozen(options.frozen, context);
  const input = { lockfile, omit, os, cpu, libc, skip, allowHosts, grouping, frozen };
  const network = openNetwork(options, context);
  const pack = (sources: readonly Source[]): Promise<PackResult> => {
    const service = commandService(context, { sources, locate: network.locate, concurrency });
    return withTarget(options.output, context, (target) => service.pack(input, target, context.operation));
  };
  try {
    if (options.store === undefined) return await pack(network.sources);
    return await withStore(options.store, context, (store) => pack([storedSource(store, network.sources)]));
  } finally {
    await network.close();
  }
}

async function readFrozen(file: string | undefined, context: CommandContext): Promise<Uint8Array | undefined> {
  if (file === undefined) return undefined;
  const source = await fileBytes(resolve(context.cwd, file));
  return readAll(await source.open(), { limit: maxLockBytes });
}
