import { checkPath } from '../bytes/path.ts';
import { FormatError } from '../errors.ts';
import { malformed } from './archive-limits.ts';
import type { TarBlock } from './tar-block.ts';
import { typeFlags, type TarEntryType } from './tar-entry.ts';
import type { EntryMeta } from './tar-meta.ts';

/** A member whose header was read, and checked by itself. */
export interface ParsedMember {
  readonly path: string;
  readonly type: TarEntryType;
  readonly size: number;
  readonly mode: number;
  readonly mtime: number;
  readonly target?: string;
  /** The whole body, where it is small. */
  readonly bytes?: Uint8Array;
}

/**
 * Puts a header and the extended headers before it together. undefined for the root folder itself (`./`), which
 * exists anyway.
 *
 * @throws FormatError `ERR_ARCHIVE_INVALID` for kinds of entry that are not supported and for bodies on entries that
 * have none, `ERR_UNSAFE_PATH` for names.
 */
export function memberOf(block: TarBlock, meta: EntryMeta): ParsedMember | undefined {
  const name = meta.path ?? block.name();
  const type = typeOf(block.flag, name);
  const size = meta.size ?? block.size;
  // Some readers skip such a body and others read it as the next header: whoever writes one hides something.
  if (type !== 'file' && size > 0) throw malformed(`tar entry ${quoted(name)} is a ${type} with a body`);
  const path = normalised(type === 'directory' ? name.replace(/\/$/, '') : name);
  if (type === 'directory' && (path === '' || path === '.')) return undefined;
  const target = targetOf(type, meta.linkpath ?? block.linkName());
  const { mode } = block;
  const mtime = meta.mtime ?? block.mtime;
  return { path: checkPath(path), type, size, mode, mtime, ...(target === undefined ? {} : { target }) };
}

const kinds: Readonly<Record<string, TarEntryType>> = /* @__PURE__ */ Object.freeze({
  [typeFlags.file]: 'file',
  '\0': 'file',
  [typeFlags.hardlink]: 'hardlink',
  [typeFlags.symlink]: 'symlink',
  [typeFlags.directory]: 'directory',
});

function typeOf(flag: string, name: string): TarEntryType {
  const type = Object.hasOwn(kinds, flag) ? kinds[flag] : undefined;
  if (type === undefined) {
    throw malformed(`tar entry ${quoted(name)} is ${refused[flag] ?? `of the unknown kind ${quoted(flag)}`}`);
  }
  // v7 has no flag for folders: a slash at the end says it.
  return type === 'file' && name.endsWith('/') ? 'directory' : type;
}

const refused: Readonly<Record<string, string>> = /* @__PURE__ */ Object.freeze({
  '3': 'a character device',
  '4': 'a block device',
  '6': 'a fifo',
  '7': 'a contiguous file',
  D: 'a GNU directory dump',
  M: 'the rest of a file in another volume',
  S: 'a sparse file',
  V: 'a volume label',
});

function targetOf(type: TarEntryType, target: string): string | undefined {
  if (type === 'hardlink') return checkPath(normalised(target));
  if (type !== 'symlink') return undefined;
  if (target === '') throw new FormatError('ERR_UNSAFE_PATH', 'symbolic link in tar has no target');
  return target;
}

/** Without the `./` that many writers put in front. */
function normalised(path: string): string {
  return path.replace(/^(?:\.\/)+/, '');
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 200));
}
