import { commandService } from '../service.ts';
import type { Descriptor } from '../../oci/index.ts';
import type { PackDiff } from '../../pack/diff.ts';
import { textFlag, type CommandSpec } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { formatBytes } from '../format-bytes.ts';
import { sourceLocation } from '../open-location.ts';
import { formatTable } from '../table.ts';

/** The descriptor of the manifest that a reference names. */
export async function resolveCommand(
  options: { readonly reference: string },
  context: CommandContext,
): Promise<Descriptor> {
  return commandService(context).resolve(await sourceLocation(options.reference, context), context.operation);
}

/** What two packs differ in, path by path. */
export async function diffCommand(
  options: { readonly a: string; readonly b: string; readonly platform?: string | undefined },
  context: CommandContext,
): Promise<PackDiff> {
  const [a, b] = [await sourceLocation(options.a, context), await sourceLocation(options.b, context)];
  return commandService(context).diff(a, b, { platform: options.platform, ...context.operation });
}

/** `packwright resolve`. */
export const resolveSpec: CommandSpec = {
  name: 'resolve',
  summary: 'print the digest that a reference names',
  arguments: [{ name: 'ref', summary: 'what to resolve' }],
  flags: [],
  registries: true,
  examples: ['packwright resolve oci:packs:1.0'],
  async run([reference = ''], _flags, context) {
    const descriptor = await resolveCommand({ reference }, context);
    return { json: descriptor, text: `${descriptor.digest}\n` };
  },
};

/** `packwright diff`. */
export const diffSpec: CommandSpec = {
  name: 'diff',
  summary: 'show what two packs differ in',
  arguments: [
    { name: 'a', summary: 'one pack' },
    { name: 'b', summary: 'another' },
  ],
  flags: [{ flags: '--platform <platform>', summary: 'the manifest for os/architecture[/variant] in an index' }],
  registries: true,
  examples: ['packwright diff oci:packs:1.0 oci:packs:1.1'],
  async run([a = '', b = ''], flags, context) {
    const diff = await diffCommand({ a, b, platform: textFlag(flags, 'platform') }, context);
    return { json: diff, text: formatTable(diff.changes.map(rowOf)) };
  },
};

function rowOf({ kind, path, a, b }: PackDiff['changes'][number]): string[] {
  const side = (entry: typeof a): string => (entry === undefined ? '-' : `${entry.digest} ${formatBytes(entry.size)}`);
  return [kind, path, side(a), side(b)];
}
