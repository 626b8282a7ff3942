import { listFlag, numberFlag, switchFlag, textFlag, type CommandSpec, type FlagSpec } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { formatBytes } from '../format-bytes.ts';
import { copyCommand, pullCommand, pushCommand, type CopyCommandOptions, type CopyCommandResult } from './copy.ts';

const transferFlags: readonly FlagSpec[] = [
  {
    flags: '--referrers',
    summary: 'take signatures, attestations and other referrers along, as is usual',
    kind: 'switch',
  },
  { flags: '--no-referrers', summary: 'leave signatures, attestations and other referrers behind', kind: 'switch' },
  { flags: '--platform <platform>', summary: 'only the manifest for os/architecture[/variant]' },
  { flags: '--all-tags', summary: 'every tag, under its own name', kind: 'switch' },
  { flags: '--if-absent', summary: 'do nothing where the target has it already', kind: 'switch' },
  {
    flags: '--mount-from <repo>',
    summary: "repository of the target's registry that may have blobs; may be given again",
    kind: 'many',
  },
  { flags: '--dry-run', summary: 'tell what would be copied, and copy nothing', kind: 'switch' },
  { flags: '--concurrency <n>', summary: 'how many blobs to copy at a time', kind: 'count' },
];

/** `packwright copy`. */
export const copySpec: CommandSpec = transferSpec(copyCommand, {
  name: 'copy',
  summary: 'copy a pack with everything that belongs to it',
  examples: [
    'packwright copy registry.example/app:1.0 mirror.example/app:1.0',
    'packwright copy oci:packs:1.0 oci-archive:app.tar:1.0',
  ],
});

/** `packwright push`. */
export const pushSpec: CommandSpec = transferSpec(pushCommand, {
  name: 'push',
  summary: 'copy a pack with everything that belongs to it into a registry',
  examples: ['packwright push oci:packs:1.0 registry.example/team/app:1.0'],
});

/** `packwright pull`. */
export const pullSpec: CommandSpec = transferSpec(pullCommand, {
  name: 'pull',
  summary: 'copy a pack with everything that belongs to it out of a registry',
  examples: ['packwright pull registry.example/team/app:1.0 oci:packs:1.0'],
});

function transferSpec(
  command: (options: CopyCommandOptions, context: CommandContext) => Promise<CopyCommandResult>,
  own: Pick<CommandSpec, 'name' | 'summary' | 'examples'>,
): CommandSpec {
  return {
    ...own,
    arguments: [
      { name: 'from', summary: 'what to copy' },
      { name: 'to', summary: 'where to' },
    ],
    flags: transferFlags,
    registries: true,
    async run([from = '', to = ''], flags, context) {
      const options: CopyCommandOptions = {
        from,
        to,
        referrers: flags['referrers'] !== false,
        platform: textFlag(flags, 'platform'),
        allTags: switchFlag(flags, 'allTags'),
        ifAbsent: switchFlag(flags, 'ifAbsent'),
        dryRun: switchFlag(flags, 'dryRun'),
        mountFrom: listFlag(flags, 'mountFrom'),
        concurrency: numberFlag(flags, 'concurrency'),
      };
      const result = await command(options, context);
      context.info(describe(result));
      const text = options.allTags === true ? result.tags.map((tag) => `${tag}\n`).join('') : `${result.reference}\n`;
      return { json: result, text };
    },
  };
}

function describe({ copied, mounted, reused, dryRun }: CopyCommandResult): string {
  const verb = dryRun ? 'would copy' : 'copied';
  const mounts = mounted.blobs === 0 ? '' : `, ${mounted.blobs} were mounted`;
  return `${verb} ${copied.blobs} blobs (${formatBytes(copied.bytes)})${mounts}, ${reused.blobs} were there`;
}
