import { basename } from 'node:path';
import { UsageError } from '../../errors.ts';
import { commandService } from '../service.ts';
import type { PackFilesInput, PackResult } from '../../pack/pack-input.ts';
import { isLockfileName, looksLikeLockfile, type OmittedScope, type SkipReason } from '../../lockfile/index.ts';
import { readAnnotations, type AnnotationSets } from '../annotations.ts';
import { listFlag, numberFlag, switchFlag, textFlag, type CommandSpec, type FlagValues } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { formatBytes } from '../format-bytes.ts';
import { printed } from '../open-location.ts';
import { withTarget } from '../open-target.ts';
import { packLockfile } from '../pack-lockfile.ts';
import { filesAndFolders, parseInputPath, readBounded, readStart, type InputPath } from '../pack-inputs.ts';

/** What `packwright pack` takes. */
export interface PackCommandOptions {
  /** One lockfile, or files and folders: `PATH` or `PATH:MEDIATYPE`. */
  readonly inputs: readonly string[];
  /** Where the pack goes: `registry.example/app:TAG`, `oci:DIR:TAG`, `oci-archive:FILE:TAG`. */
  readonly output: string;
  /** What the inputs are. Found out from name and content by default. */
  readonly as?: 'lock' | 'files' | undefined;
  readonly omit?: readonly OmittedScope[] | undefined;
  readonly os?: string | undefined;
  readonly cpu?: string | undefined;
  readonly libc?: string | undefined;
  readonly skip?: readonly SkipReason[] | undefined;
  readonly allowHosts?: readonly string[] | undefined;
  readonly grouping?: 'tar' | undefined;
  /** A file with the lock that must come out. */
  readonly frozen?: string | undefined;
  /** Fetches nothing: what is not in npm's cache is an error. */
  readonly offline?: boolean | undefined;
  /** npm's cache folder; the one that npm is configured with by default. */
  readonly cache?: string | undefined;
  /**
   * `fs:DIR`, `s3://BUCKET/PREFIX` or `postgres://USER@HOST/DATABASE`: artifacts are taken from there, and those that it
   * lacks are put there.
   */
  readonly store?: string | undefined;
  /** The registry for entries without an address; the one that npm is configured with by default. */
  readonly registry?: string | undefined;
  readonly artifactType?: string | undefined;
  /** `KEY=VALUE`, for the manifest. */
  readonly annotations?: readonly string[] | undefined;
  readonly annotationFile?: string | undefined;
  /** Paths in the pack, one for each input. */
  readonly names?: readonly string[] | undefined;
  readonly concurrency?: number | undefined;
}

/** What `packwright pack` gives. */
export interface PackCommandResult extends PackResult {
  /** Where the pack is, with its digest. */
  readonly reference: string;
}

/**
 * Packs a lockfile, or files and folders, into a registry or a layout.
 *
 * One input with the name or the content of a lockfile is packed as a lock: every artifact that it pins. A file that is
 * named like a lockfile and cannot be read as one is an error, never packed as a plain file.
 *
 * @throws UsageError for inputs and options that cannot be used; whatever `PackService.pack` throws.
 */
export async function packCommand(options: PackCommandOptions, context: CommandContext): Promise<PackCommandResult> {
  const inputs = options.inputs.map((text) => parseInputPath(text, context));
  const lockfile = await lockfileAmong(inputs, options.as);
  const result =
    lockfile === undefined
      ? await packPaths(inputs, options, context)
      : await packLockfile({ name: basename(lockfile.path), bytes: await readBounded(lockfile) }, options, context);
  return { ...result, reference: printed(options.output, result.digest) };
}

async function lockfileAmong(
  inputs: readonly InputPath[],
  as: PackCommandOptions['as'],
): Promise<InputPath | undefined> {
  const [first, ...others] = inputs;
  if (first === undefined) throw usage('path', 'no path was given to pack');
  if (as === 'files') return undefined;
  const single = others.length === 0 && !first.folder && first.mediaType === undefined;
  if (as === 'lock' && !single) throw usage('as', '--as lock takes exactly one file, without a media type');
  if (!single) return undefined;
  const isLock = as === 'lock' || isLockfileName(basename(first.path)) || looksLikeLockfile(await readStart(first));
  return isLock ? first : undefined;
}

const lockOptions = [
  'omit',
  'os',
  'cpu',
  'libc',
  'skip',
  'allowHosts',
  'grouping',
  'frozen',
  'registry',
  'cache',
  'store',
] as const;

function packPaths(
  inputs: readonly InputPath[],
  options: PackCommandOptions,
  context: CommandContext,
): Promise<PackResult> {
  for (const name of lockOptions) {
    if (options[name] !== undefined) throw usage(name, `${name} is for a lockfile, and files are packed`);
  }
  return withTarget(options.output, context, async (target) => {
    const sets = await readAnnotations(options.annotations, options.annotationFile, context);
    const input = annotated(await filesAndFolders(inputs, options.names, context), sets);
    const service = commandService(context, { concurrency: options.concurrency });
    return service.pack({ ...input, artifactType: options.artifactType }, target, context.operation);
  });
}

/** Adds annotations to what they belong to. One that belongs to nothing is a mistake. */
function annotated(input: Pick<PackFilesInput, 'files' | 'folders'>, sets: AnnotationSets): PackFilesInput {
  const { $manifest: manifest, ...rest } = sets;
  const { files = [], folders = [] } = input;
  const paths = new Set([...files, ...folders].map(({ path }) => path));
  const unknown = Object.keys(rest).find((path) => !paths.has(path));
  if (unknown !== undefined)
    throw usage('annotation-file', `annotations for ${JSON.stringify(unknown)} belong to no packed path`);
  const own = (path: string): { annotations?: Readonly<Record<string, string>> } => {
    const annotations = Object.hasOwn(rest, path) ? rest[path] : undefined;
    return annotations === undefined ? {} : { annotations };
  };
  return {
    files: files.map((file) => ({ ...file, ...own(file.path) })),
    folders: folders.map((folder) => ({ ...folder, ...own(folder.path) })),
    ...(manifest === undefined ? {} : { annotations: manifest }),
  };
}

function usage(argument: string, message: string): UsageError {
  return new UsageError('ERR_INVALID_ARGUMENT', message, { argument });
}

/** `packwright pack`. */
export const packSpec: CommandSpec = {
  name: 'pack',
  summary: 'pack a lockfile with every artifact that it pins, or files and folders',
  arguments: [{ name: 'path', summary: 'a lockfile, or files and folders (PATH or PATH:MEDIATYPE)', variadic: true }],
  flags: [
    {
      flags: '-o, --output <ref>',
      summary: 'where the pack goes: a registry, oci:DIR:TAG or oci-archive:FILE:TAG',
      required: true,
    },
    { flags: '--as <kind>', summary: 'what the path is', choices: ['lock', 'files'], kind: 'choice' },
    {
      flags: '--omit <scopes>',
      summary: 'leave out what only these reach: dev, optional, peer',
      kind: 'list',
      choices: ['dev', 'optional', 'peer'],
    },
    { flags: '--os <name>', summary: "only what runs on this system, in npm's words" },
    { flags: '--cpu <name>', summary: 'only what runs on this processor' },
    { flags: '--libc <name>', summary: 'only what runs with this C library' },
    {
      flags: '--skip <reasons>',
      summary:
        'leave out, and list, what cannot be packed for these reasons: link, git, file, no-integrity, weak-integrity, host',
      kind: 'list',
      choices: ['link', 'git', 'file', 'no-integrity', 'weak-integrity', 'host'],
    },
    { flags: '--allow-host <hosts>', summary: 'fetch from these hosts only', kind: 'list' },
    { flags: '--registry <url>', summary: 'where entries without an address come from' },
    { flags: '--offline', summary: "fetch nothing: use npm's cache alone", kind: 'switch' },
    { flags: '--cache <dir>', summary: "npm's cache folder" },
    {
      flags: '--store <store>',
      summary:
        'keep artifacts in fs:DIR, s3://BUCKET/PREFIX or postgres://USER@HOST/DATABASE, and fetch what is not there',
    },
    { flags: '--grouping <how>', summary: 'put all artifacts into one tar layer', choices: ['tar'], kind: 'choice' },
    { flags: '--frozen <file>', summary: 'fail unless exactly this lock comes out' },
    { flags: '--artifact-type <type>', summary: 'what the files are' },
    { flags: '-a, --annotation <key=value>', summary: 'annotation of the manifest; may be given again', kind: 'many' },
    { flags: '--annotation-file <file>', summary: 'annotations of the manifest and the files, as JSON' },
    { flags: '--name <path>', summary: 'path in the pack; once for each input', kind: 'many' },
    { flags: '--concurrency <n>', summary: 'how many artifacts to fetch or read at a time', kind: 'count' },
  ],
  registries: true,
  examples: [
    'packwright pack package-lock.json -o oci:packs:1.0',
    'packwright pack package-lock.json --omit dev -o oci-archive:app.tar:1.0',
    'packwright pack package-lock.json --store s3://bucket/artifacts -o registry.example/app:1.0',
    'packwright pack report.pdf:application/pdf assets -o oci:packs:docs',
  ],
  async run(args, flags, context) {
    const result = await packCommand(packOptions(args, flags), context);
    const { lock } = result;
    const skipped = lock === undefined || lock.skipped.length === 0 ? '' : `, ${lock.skipped.length} not packed`;
    context.info(`${result.artifacts.length} artifacts, ${formatBytes(result.size)}${skipped}`);
    return { json: result, text: `${result.reference}\n` };
  },
};

function packOptions(inputs: readonly string[], flags: FlagValues): PackCommandOptions {
  return {
    inputs,
    output: textFlag(flags, 'output') ?? '',
    as: textFlag(flags, 'as') as PackCommandOptions['as'],
    omit: listFlag(flags, 'omit') as readonly OmittedScope[] | undefined,
    os: textFlag(flags, 'os'),
    cpu: textFlag(flags, 'cpu'),
    libc: textFlag(flags, 'libc'),
    skip: listFlag(flags, 'skip') as readonly SkipReason[] | undefined,
    allowHosts: listFlag(flags, 'allowHost'),
    registry: textFlag(flags, 'registry'),
    offline: switchFlag(flags, 'offline') ? true : undefined,
    cache: textFlag(flags, 'cache'),
    store: textFlag(flags, 'store'),
    grouping: textFlag(flags, 'grouping') as 'tar' | undefined,
    frozen: textFlag(flags, 'frozen'),
    artifactType: textFlag(flags, 'artifactType'),
    annotations: listFlag(flags, 'annotation'),
    annotationFile: textFlag(flags, 'annotationFile'),
    names: listFlag(flags, 'name'),
    concurrency: numberFlag(flags, 'concurrency'),
  };
}
