import { commandService } from '../service.ts';
import type { PackResult } from '../../pack/pack-input.ts';
import type { ReferrersAnswer } from '../../ports/index.ts';
import { readAnnotations } from '../annotations.ts';
import { listFlag, numberFlag, textFlag, type CommandSpec } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { openSource, targetLocation } from '../open-location.ts';
import { filesAndFolders, parseInputPath } from '../pack-inputs.ts';
import { formatTable } from '../table.ts';

/** What refers to a manifest: signatures, attestations, SBOMs, whatever was attached. */
export async function referrersCommand(
  options: { readonly reference: string; readonly artifactType?: string | undefined },
  context: CommandContext,
): Promise<ReferrersAnswer> {
  const source = await openSource(options.reference, context);
  const { digest } = await commandService(context).resolve(source, context.operation);
  return source.repository.referrers(digest, { ...context.operation, artifactType: options.artifactType });
}

/** What `packwright attach` takes. */
export interface AttachCommandOptions {
  readonly reference: string;
  /** Files and folders: `PATH` or `PATH:MEDIATYPE`. */
  readonly inputs: readonly string[];
  readonly artifactType: string;
  /** `KEY=VALUE`. */
  readonly annotations?: readonly string[] | undefined;
  readonly names?: readonly string[] | undefined;
  readonly concurrency?: number | undefined;
}

/** Packs files that refer to a manifest, which finds them among its referrers. */
export async function attachCommand(options: AttachCommandOptions, context: CommandContext): Promise<PackResult> {
  const inputs = options.inputs.map((text) => parseInputPath(text, context));
  const subject = await targetLocation(options.reference, context);
  const { $manifest: annotations } = await readAnnotations(options.annotations, undefined, context);
  const { artifactType, concurrency } = options;
  const input = { ...(await filesAndFolders(inputs, options.names, context)), artifactType, annotations };
  return commandService(context, { concurrency }).attach(subject, input, context.operation);
}

/** `packwright referrers`. */
export const referrersSpec: CommandSpec = {
  name: 'referrers',
  summary: 'list what refers to a pack',
  arguments: [{ name: 'ref', summary: 'the pack' }],
  flags: [{ flags: '--artifact-type <type>', summary: 'only those of this type' }],
  registries: true,
  examples: ['packwright referrers oci:packs:1.0'],
  async run([reference = ''], flags, context) {
    const answer = await referrersCommand({ reference, artifactType: textFlag(flags, 'artifactType') }, context);
    const rows = answer.referrers.map(({ digest, artifactType, annotations }) => [
      digest,
      artifactType ?? '',
      Object.entries(annotations ?? {})
        .map(([key, value]) => `${key}=${value}`)
        .join(' '),
    ]);
    return { json: answer, text: formatTable(rows) };
  },
};

/** `packwright attach`. */
export const attachSpec: CommandSpec = {
  name: 'attach',
  summary: 'attach files to a pack as a referrer',
  arguments: [
    { name: 'ref', summary: 'the pack' },
    { name: 'file', summary: 'files and folders (PATH or PATH:MEDIATYPE)', variadic: true },
  ],
  flags: [
    { flags: '--artifact-type <type>', summary: 'what the files are', required: true },
    { flags: '-a, --annotation <key=value>', summary: 'annotation of the referrer; may be given again', kind: 'many' },
    { flags: '--name <path>', summary: 'path in the referrer; once for each file', kind: 'many' },
    { flags: '--concurrency <n>', summary: 'how many files to read at a time', kind: 'count' },
  ],
  registries: true,
  examples: ['packwright attach oci:packs:1.0 notes.txt:text/plain --artifact-type application/vnd.example.notes'],
  async run([reference = '', ...inputs], flags, context) {
    const result = await attachCommand(
      {
        reference,
        inputs,
        artifactType: textFlag(flags, 'artifactType') ?? '',
        annotations: listFlag(flags, 'annotation'),
        names: listFlag(flags, 'name'),
        concurrency: numberFlag(flags, 'concurrency'),
      },
      context,
    );
    return { json: result, text: `${result.digest}\n` };
  },
};
