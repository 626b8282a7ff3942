import { UsageError } from '../../errors.ts';
import { textFlag, type CommandSpec } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { parseLocation } from '../location.ts';
import { withUsualTag } from '../open-location.ts';
import { copyCommand, type CopyCommandResult } from './copy.ts';

/** What `packwright export` takes. */
export interface ExportCommandOptions {
  readonly from: string;
  /** The file of the archive. A tag is taken over from the source. */
  readonly file: string;
}

/** What `packwright import` takes. */
export interface ImportCommandOptions {
  /** The file of the archive. */
  readonly file: string;
  readonly to: string;
}

/** Writes a layout tar with everything that belongs to a pack, referrers included. */
export function exportCommand(options: ExportCommandOptions, context: CommandContext): Promise<CopyCommandResult> {
  const from = parseLocation(options.from);
  const { tag } = from.kind === 'registry' ? withUsualTag(from.reference) : from;
  const to = `oci-archive:${options.file}${tag === undefined ? '' : `:${tag}`}`;
  return copyCommand({ from: options.from, to }, context);
}

/** Copies everything in a layout tar into a registry or a layout: its only pack, or the one with the tag that the target names. */
export function importCommand(options: ImportCommandOptions, context: CommandContext): Promise<CopyCommandResult> {
  if (options.file.startsWith('oci-archive:')) return copyCommand({ from: options.file, to: options.to }, context);
  return copyCommand({ from: `oci-archive:${options.file}`, to: options.to }, context);
}

/** `packwright export`. */
export const exportSpec: CommandSpec = {
  name: 'export',
  summary: 'write a layout tar with everything that belongs to a pack',
  arguments: [{ name: 'ref', summary: 'what to export' }],
  flags: [{ flags: '-o, --output <file>', summary: 'the file to write', required: true }],
  registries: true,
  examples: ['packwright export oci:packs:1.0 -o app.tar'],
  async run([from = ''], flags, context) {
    const file = textFlag(flags, 'output');
    if (file === undefined) throw new UsageError('ERR_INVALID_ARGUMENT', 'no file was given', { argument: 'output' });
    const result = await exportCommand({ from, file }, context);
    return { json: result, text: `${result.reference}\n` };
  },
};

/** `packwright import`. */
export const importSpec: CommandSpec = {
  name: 'import',
  summary: 'copy the content of a layout tar into a registry or a layout',
  arguments: [
    { name: 'file', summary: 'the layout tar; FILE:TAG picks one of several packs' },
    { name: 'ref', summary: 'where to' },
  ],
  flags: [],
  registries: true,
  examples: ['packwright import app.tar oci:packs:1.0'],
  async run([file = '', to = ''], _flags, context) {
    const result = await importCommand({ file, to }, context);
    return { json: result, text: `${result.reference}\n` };
  },
};
