import { checkDirectory } from '../../../bytes/check-options.ts';
import { isPackError, TrustError, UsageError } from '../../../errors.ts';
import { tooLarge, type MirrorOptions, type TufMirror } from './mirror.ts';

type FileSystem = Pick<typeof import('node:fs/promises'), 'readFile' | 'stat'>;

interface Platform {
  readonly process?: { getBuiltinModule?(name: string): FileSystem | undefined };
}

/**
 * A mirror in a folder, as a download of the files of a repository leaves it: nothing is asked of a network.
 *
 * Names are those of the repository, except that a name which a file system would take for another one stays escaped
 * as in a URL: a role `../a` is in `1...%2Fa.json`. Only Node, Deno and Bun have folders.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for what is no path; `ERR_UNSUPPORTED` where the platform has no folders. From
 * the mirror: TrustError `ERR_TUF_UNAVAILABLE`; FormatError `ERR_LIMIT_EXCEEDED`.
 */
export function folderMirror(directory: string): TufMirror {
  checkDirectory('folderMirror', directory);
  // Asked for at run time, so that whoever bundles for a browser meets no module that is not there.
  const files = (globalThis as Platform).process?.getBuiltinModule?.('node:fs/promises');
  if (files === undefined) throw new UsageError('ERR_UNSUPPORTED', 'folderMirror needs a platform with folders');
  return async (path, options) => {
    try {
      return await read(files, `${directory}/${filePath(path)}`, path, options);
    } catch (error) {
      options.signal?.throwIfAborted();
      if (isPackError(error)) throw error;
      const { code = 'failed' } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
      throw new TrustError('ERR_TUF_UNAVAILABLE', `${path} cannot be read: ${code}`, { cause: error });
    }
  };
}

function filePath(path: string): string {
  return path.split('/').map(fileName).join('/');
}

/** Windows takes `:` for a drive or a stream, and `\` for a folder; a control character is in no honest name. */
function fileName(segment: string): string {
  const name = decodeURIComponent(segment);
  return /[/\\:\x00-\x1f]/.test(name) || name === '.' || name === '..' ? segment : name;
}

async function read(
  files: FileSystem,
  file: string,
  path: string,
  { maxBytes, signal }: MirrorOptions,
): Promise<Uint8Array | undefined> {
  const facts = await files.stat(file);
  if (!facts.isFile()) return undefined;
  if (facts.size > maxBytes) throw tooLarge(path, maxBytes);
  return new Uint8Array(await files.readFile(file, { signal }));
}
