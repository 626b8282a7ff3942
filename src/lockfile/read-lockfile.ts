import { checkOptions } from '../bytes/check-options.ts';
import { parseJson, type JsonValue } from '../bytes/json.ts';
import { isSafePath } from '../bytes/path.ts';
import { FormatError, isPackError, UsageError } from '../errors.ts';
import { formatOf, lockfileNames } from './lockfile-format.ts';
import type { Lockfile } from './lockfile.ts';
import { readNpmLockfile } from './npm.ts';

/** Bounds of a lockfile: its bytes, and how deep it may nest (version 1 of npm's nests as deep as packages do). */
const limits = { maxBytes: 128 * 1024 * 1024, maxDepth: 512 } as const;

/** What {@link readLockfile} must know besides the bytes. */
export interface ReadLockfileOptions {
  /** The name of the file. Folders before it are left out. */
  readonly name: string;
}

/**
 * Reads a lockfile. Its content says which format it has; npm's is read in versions 1, 2 and 3.
 *
 * Every entry of the file is in the answer, packable or named with the reason why not. Nothing is fetched.
 * At most 128 MiB, nested at most 512 deep.
 *
 * @throws FormatError `ERR_LOCK_INVALID` for what is no lockfile or contradicts itself, `ERR_LOCK_ENTRY` for an entry
 * that is malformed, `ERR_UNSAFE_PATH` for one that would leave its folder, `ERR_LIMIT_EXCEEDED`; `issues` has all.
 * @throws UsageError `ERR_UNSUPPORTED` for a format that is known and not read yet, `ERR_INVALID_ARGUMENT` for an unknown option.
 */
export function readLockfile(bytes: Uint8Array, options: ReadLockfileOptions): Lockfile {
  checkOptions('readLockfile', options, ['name']);
  const name = baseName(options.name);
  const format = formatOf(bytes) ?? lockfileNames.get(name);
  if (format === undefined) {
    throw new FormatError('ERR_LOCK_INVALID', `lockfile ${name} has a format that is not known`, {
      hint: 'package-lock.json and npm-shrinkwrap.json are read',
      details: { file: name },
    });
  }
  if (format !== 'npm') {
    throw new UsageError('ERR_UNSUPPORTED', `lockfile ${name} is of ${format}, which is not supported yet`, {
      hint: 'package-lock.json and npm-shrinkwrap.json are read',
      details: { file: name, format },
    });
  }
  return readNpmLockfile(bytes, parse(bytes, name), name);
}

function baseName(path: string): string {
  const name = path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
  if (isSafePath(name)) return name;
  throw new UsageError('ERR_INVALID_ARGUMENT', `name ${JSON.stringify(path)} is not the name of a file`, {
    argument: 'name',
  });
}

function parse(bytes: Uint8Array, file: string): JsonValue {
  try {
    return parseJson(bytes, limits);
  } catch (cause) {
    if (!isPackError(cause) || cause.code !== 'ERR_JSON_INVALID') throw cause;
    throw new FormatError('ERR_LOCK_INVALID', `lockfile ${file}: ${cause.message}`, {
      cause,
      hint: 'npm install --package-lock-only writes a new file; conflicts of a merge must be settled first',
      details: { file, ...cause.details },
    });
  }
}
