import { statSync } from 'node:fs';
import { readAll } from '../bytes/stream.ts';
import { basename, isAbsolute, relative, resolve, sep } from 'node:path';
import { UsageError } from '../errors.ts';
import { isMediaType } from '../oci/index.ts';
import { fileBytes, walkFolder } from '../adapters/source/file.ts';
import type { InputFile, InputFolder } from '../pack/pack-input.ts';
import type { CommandContext } from './context.ts';

/** An argument of `pack`: `PATH` or `PATH:MEDIATYPE`. */
export interface InputPath {
  /** Absolute. */
  readonly path: string;
  /** As it was typed, without the media type. */
  readonly typed: string;
  readonly mediaType?: string | undefined;
  readonly folder: boolean;
}

/** Limit of a lockfile in bytes. */
const maxLockfileBytes = 128 * 1024 * 1024;

/** A larger file without a lockfile's name is judged by its head alone. */
const maxSniffedBytes = 16 * 1024 * 1024;
const headBytes = 64 * 1024;

/**
 * Reads an argument of `pack`. What stands behind the last colon is a media type where it looks like one and no file
 * has the whole as its name.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` where there is no such file or folder.
 */
export function parseInputPath(text: string, context: CommandContext): InputPath {
  const colon = text.lastIndexOf(':');
  const suffix = text.slice(colon + 1);
  const whole = kindOf(resolve(context.cwd, text));
  if (whole === undefined && colon > 0 && isMediaType(suffix)) {
    return { ...inputPath(text.slice(0, colon), context), mediaType: suffix };
  }
  return inputPath(text, context);
}

function inputPath(typed: string, context: CommandContext): InputPath {
  const path = resolve(context.cwd, typed);
  const kind = kindOf(path);
  if (kind !== undefined && typed !== '') return { path, typed, folder: kind === 'folder' };
  throw new UsageError('ERR_INVALID_ARGUMENT', `file ${JSON.stringify(typed)} does not exist`, {
    argument: 'path',
    hint: `it was looked for at ${path}`,
  });
}

function kindOf(path: string): 'file' | 'folder' | undefined {
  const facts = statSync(path, { throwIfNoEntry: false });
  if (facts === undefined) return undefined;
  return facts.isDirectory() ? 'folder' : 'file';
}

/**
 * The path that an input gets in the pack: the one given, or its path below the current folder.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for a path outside the current folder without a name.
 */
export function titleOf(input: InputPath, name: string | undefined, context: CommandContext): string {
  if (name !== undefined) return name;
  const below = relative(context.cwd, input.path);
  if (below === '') return basename(input.path);
  if (!isAbsolute(below) && below !== '..' && !below.startsWith(`..${sep}`)) return below.split(sep).join('/');
  throw new UsageError('ERR_INVALID_ARGUMENT', `path ${JSON.stringify(input.typed)} is outside the current folder`, {
    argument: 'path',
    hint: 'pass --name with the path that it gets in the pack',
  });
}

/**
 * The whole of a file that is read as a lockfile.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` where it is larger than any lockfile.
 */
export async function readBounded(input: InputPath): Promise<Uint8Array> {
  const source = await fileBytes(input.path);
  if ((source.size ?? 0) > maxLockfileBytes) {
    throw new UsageError('ERR_INVALID_ARGUMENT', `file ${JSON.stringify(input.typed)} is too large for a lockfile`, {
      argument: 'path',
      hint: 'pass --as files to pack it as a file',
    });
  }
  return readAll(await source.open(), { limit: maxLockfileBytes });
}

/** As much of a file as tells whether it is a lockfile: all of it where it could be one. */
export async function readStart(input: InputPath): Promise<Uint8Array> {
  const source = await fileBytes(input.path);
  const size = source.size ?? 0;
  const end = size > maxSniffedBytes ? headBytes : size;
  return readAll(await source.open({ end }), { limit: end });
}

/** Files and folders as the service takes them. */
export async function filesAndFolders(
  inputs: readonly InputPath[],
  names: readonly string[] | undefined,
  context: CommandContext,
): Promise<{ readonly files: InputFile[]; readonly folders: InputFolder[] }> {
  if (names !== undefined && names.length !== inputs.length) {
    throw new UsageError('ERR_INVALID_ARGUMENT', `--name was given ${names.length} times for ${inputs.length} paths`, {
      argument: 'name',
      hint: 'give one --name for each path, in the same order, or none at all',
    });
  }
  const files: InputFile[] = [];
  const folders: InputFolder[] = [];
  for (const [index, input] of inputs.entries()) {
    const path = titleOf(input, names?.[index], context);
    if (input.folder) folders.push({ path, entries: walkFolder(input.path, { signal: context.operation.signal }) });
    else files.push(await inputFile(input, path));
  }
  return { files, folders };
}

async function inputFile(input: InputPath, path: string): Promise<InputFile> {
  const source = await fileBytes(input.path);
  const executable = (statSync(input.path).mode & 0o100) !== 0;
  return {
    path,
    source,
    ...(input.mediaType === undefined ? {} : { mediaType: input.mediaType }),
    ...(executable ? { executable } : {}),
  };
}
