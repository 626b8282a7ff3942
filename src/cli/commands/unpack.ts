import { resolve } from 'node:path';
import { fsSink } from '../../adapters/sink/fs.ts';
import { UsageError } from '../../errors.ts';
import { commandService } from '../service.ts';
import type { FileSink } from '../../ports/index.ts';
import type { UnpackResult } from '../../pack/unpack.ts';
import { listFlag, switchFlag, textFlag, type CommandSpec } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { npmCachePlaces, npmCacheSink } from '../npm-cache-sink.ts';
import { openSource, sourceLocation } from '../open-location.ts';
import { listEntries } from './extract.ts';

/** What `packwright unpack` takes. */
export interface UnpackCommandOptions {
  readonly reference: string;
  /** The folder that the files are written to: missing or empty, unless `merge`. */
  readonly output: string;
  /** Only paths that one of these patterns names. */
  readonly include?: readonly string[] | undefined;
  /** Adds to a folder that is not empty. Not atomic. */
  readonly merge?: boolean | undefined;
  /** `npm-cache` lays the artifacts of a lock out as npm's cache has them. */
  readonly as?: 'files' | 'npm-cache' | undefined;
  readonly platform?: string | undefined;
}

/**
 * Writes the files of a pack, all or nothing.
 *
 * @throws UsageError `ERR_UNSUPPORTED` for `npm-cache` with a pack that has no lock; whatever `unpack` throws.
 */
export async function unpackCommand(options: UnpackCommandOptions, context: CommandContext): Promise<UnpackResult> {
  const { reference, output, include, merge, platform } = options;
  const sink = fsSink({ directory: resolve(context.cwd, output), merge });
  if (options.as === 'npm-cache') return unpackCache(sink, options, context);
  const source = await sourceLocation(reference, context);
  return commandService(context).unpack(source, sink, { include, platform, ...context.operation });
}

async function unpackCache(
  sink: FileSink,
  { reference, include, platform }: UnpackCommandOptions,
  context: CommandContext,
): Promise<UnpackResult> {
  const { operation } = context;
  const service = commandService(context);
  const source = await openSource(reference, context);
  const { lock, descriptor } = await service.inspect(source, { ...operation, platform, referrers: false });
  if (lock === undefined) {
    throw new UsageError('ERR_UNSUPPORTED', `${reference} holds no lock, so it cannot become a cache of npm`, {
      argument: 'as',
      hint: 'unpack it as files',
    });
  }
  // By digest: the tag may be moved between the two steps.
  const same = { repository: source.repository, reference: descriptor.digest };
  const result = await service.unpack(same, npmCacheSink(sink, lock), { include, ...operation });
  return inCache(result, npmCachePlaces(lock));
}

/** The result as it lies in the cache: each content once, under its place. */
function inCache(result: UnpackResult, places: ReadonlyMap<string, string>): UnpackResult {
  const written = new Map<string, UnpackResult['entries'][number]>();
  for (const entry of result.entries) {
    const path = places.get(entry.path);
    if (path !== undefined) written.set(path, { ...entry, path });
  }
  const entries = [...written.values()];
  return { ...result, entries, files: entries.length, bytes: entries.reduce((sum, { size }) => sum + size, 0) };
}

/** `packwright unpack`. */
export const unpackSpec: CommandSpec = {
  name: 'unpack',
  summary: 'write the files of a pack, all or nothing',
  arguments: [{ name: 'ref', summary: 'the pack' }],
  flags: [
    { flags: '-o, --output <dir>', summary: 'where to: a folder that is missing or empty', required: true },
    { flags: '--include <glob>', summary: 'only these paths; may be given again', kind: 'many' },
    { flags: '--merge', summary: 'add to a folder that is not empty (not atomic)', kind: 'switch' },
    {
      flags: '--as <how>',
      summary: 'files as they are, or laid out as npm has its cache',
      choices: ['files', 'npm-cache'],
      kind: 'choice',
    },
    { flags: '--platform <platform>', summary: 'the manifest for os/architecture[/variant] in an index' },
  ],
  registries: true,
  examples: [
    'packwright unpack oci:packs:1.0 -o app',
    "packwright unpack oci:packs:1.0 -o some --include 'npm/@scope/**'",
  ],
  async run([reference = ''], flags, context) {
    const result = await unpackCommand(
      {
        reference,
        output: textFlag(flags, 'output') ?? '',
        include: listFlag(flags, 'include'),
        merge: switchFlag(flags, 'merge'),
        as: textFlag(flags, 'as') as UnpackCommandOptions['as'],
        platform: textFlag(flags, 'platform'),
      },
      context,
    );
    return { json: result, text: listEntries(result) };
  },
};
