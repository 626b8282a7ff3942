import { resolve } from 'node:path';
import { fsSink } from '../../adapters/sink/fs.ts';
import { fileBytes } from '../../adapters/source/file.ts';
import { extractArchive, type ExtractResult } from '../../pack/extract.ts';
import { switchFlag, textFlag, type CommandSpec } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { formatTable } from '../table.ts';

/** What `packwright extract` takes. */
export interface ExtractCommandOptions {
  /** A tar or tar.gz. */
  readonly archive: string;
  /** The folder that is written: missing or empty, unless `merge`. */
  readonly output: string;
  /** Adds to a folder that is not empty. Not atomic. */
  readonly merge?: boolean | undefined;
}

/** Writes what is in one archive, all or nothing, and nothing outside of the folder. */
export async function extractCommand(options: ExtractCommandOptions, context: CommandContext): Promise<ExtractResult> {
  const source = await fileBytes(resolve(context.cwd, options.archive));
  const sink = fsSink({ directory: resolve(context.cwd, options.output), merge: options.merge });
  return extractArchive(source, sink, { name: options.archive, ...context.operation });
}

/** `packwright extract`. */
export const extractSpec: CommandSpec = {
  name: 'extract',
  summary: 'write what is in a tar or tar.gz, by the same safe rules',
  arguments: [{ name: 'archive', summary: 'the archive' }],
  flags: [
    { flags: '-o, --output <dir>', summary: 'where to: a folder that is missing or empty', required: true },
    { flags: '--merge', summary: 'add to a folder that is not empty (not atomic)', kind: 'switch' },
  ],
  examples: ['packwright extract left-pad-1.3.0.tgz -o left-pad'],
  async run([archive = ''], flags, context) {
    const options = { archive, output: textFlag(flags, 'output') ?? '', merge: switchFlag(flags, 'merge') };
    const result = await extractCommand(options, context);
    return { json: result, text: listEntries(result) };
  },
};

/** One line for each thing that was written. */
export function listEntries({ entries }: Pick<ExtractResult, 'entries'>): string {
  return formatTable(entries.map(({ path, type }) => [type === 'directory' ? `${path}/` : path]));
}
