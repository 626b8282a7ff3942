import { resolve } from 'node:path';
import { readAll } from '../bytes/stream.ts';
import { FormatError } from '../errors.ts';
import { fileBytes } from '../adapters/source/file.ts';
import type { CommandContext } from './context.ts';

/**
 * The bytes of a small file that a flag names.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` where there is no such file; FormatError `ERR_LIMIT_EXCEEDED` for one that is
 * larger than the limit, before any of it is read.
 */
export async function readDocument(path: string, limit: number, context: CommandContext): Promise<Uint8Array> {
  const { signal } = context.operation;
  const source = await fileBytes(resolve(context.cwd, path));
  const { size = 0 } = source;
  if (size > limit) {
    throw new FormatError('ERR_LIMIT_EXCEEDED', `file ${JSON.stringify(path)} has ${size} bytes, more than ${limit}`, {
      details: { limit, size },
    });
  }
  return readAll(await source.open({ signal }), { limit, signal });
}
