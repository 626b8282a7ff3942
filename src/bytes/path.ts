import { FormatError } from '../errors.ts';

/** Bounds on a path inside a pack or an archive. */
export const pathLimits: { readonly maxBytes: number; readonly maxSegmentBytes: number; readonly maxDepth: number } = {
  maxBytes: 4096,
  maxSegmentBytes: 255,
  maxDepth: 256,
};

/**
 * Takes a path that must be safe to create below any folder, on any system that unpacks: relative, with `/`, without
 * empty, `.` and `..` segments, without backslash, NUL and other control characters, without a drive or a stream
 * (`a:`), within {@link pathLimits}, and free of lone surrogates.
 *
 * @throws FormatError `ERR_UNSAFE_PATH`, naming the path and what is wrong with it.
 */
export function checkPath(path: string): string {
  const problem = problemOf(path);
  if (problem === undefined) return path;
  throw new FormatError('ERR_UNSAFE_PATH', `path ${JSON.stringify(path.slice(0, 200))} ${problem}`, {
    hint: 'a path is relative, has "/" between its parts, and stays in its folder',
    details: { path },
  });
}

/** True for a path that {@link checkPath} lets through. */
export function isSafePath(path: string): boolean {
  return problemOf(path) === undefined;
}

/** What nearly every path looks like: found safe in one step. Segments that start with a dot are looked at closely. */
const plainPath = /^[\w@+-][\w.@+-]*(?:\/[\w@+-][\w.@+-]*)*$/;

function problemOf(path: string): string | undefined {
  if (path === '') return 'is empty';
  if (path.length <= pathLimits.maxSegmentBytes && plainPath.test(path)) return undefined;
  if (path.length > pathLimits.maxBytes || byteLength(path) > pathLimits.maxBytes) return 'is too long';
  if (path.startsWith('/')) return 'is absolute';
  if (!path.isWellFormed()) return 'holds a lone surrogate';
  const segments = path.split('/');
  if (segments.length > pathLimits.maxDepth) return 'is too deep';
  for (const segment of segments) {
    if (segment === '') return 'has an empty segment';
    if (segment === '.' || segment === '..') return `has a segment ${JSON.stringify(segment)}`;
    if (/[\\:\u0000-\u001f\u007f]/.test(segment)) return 'has a backslash, a colon or a control character';
    if (byteLength(segment) > pathLimits.maxSegmentBytes) return 'has a segment that is too long';
  }
  return undefined;
}

/** The length of a string in UTF-8. */
function byteLength(text: string): number {
  let bytes = text.length;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code > 0x7f) bytes += code > 0x7ff && (code < 0xd800 || code > 0xdfff) ? 2 : 1;
  }
  return bytes;
}

/**
 * The key under which two paths are the same file on some system: case and Unicode form are folded away.
 * `ß` and `ss` are one, as APFS has it, and dots and spaces at the end of a name do not count, as on Windows.
 */
export function foldPath(path: string): string {
  // In ASCII there is but one form of each letter.
  const folded = isAscii(path)
    ? path.toLowerCase()
    : path.normalize('NFD').toUpperCase().toLowerCase().normalize('NFC');
  return /[. ](?:\/|$)/.test(folded) ? folded.split('/').map(withoutTail).join('/') : folded;
}

function isAscii(text: string): boolean {
  return !/[^\u0000-\u007f]/.test(text);
}

function withoutTail(segment: string): string {
  let end = segment.length;
  while (end > 0 && (segment[end - 1] === '.' || segment[end - 1] === ' ')) end--;
  return segment.slice(0, end);
}

/**
 * Takes paths one by one and refuses one that is the same file as another on some system, or that lies below a file.
 *
 * @throws FormatError `ERR_UNSAFE_PATH`, naming both.
 */
export class PathSet {
  readonly #files = new Map<string, string>();
  readonly #folders = new Map<string, string>();

  /** Adds the path of a file. */
  add(path: string): void {
    const key = foldPath(checkPath(path));
    const clash = this.#files.get(key) ?? this.#folders.get(key) ?? this.#parents(path, key);
    if (clash !== undefined) throw collision(path, clash);
    this.#files.set(key, path);
  }

  /** Notes the folders above a path; gives a file that stands where a folder must, or a folder spelled otherwise. */
  #parents(path: string, pathKey: string): string | undefined {
    // Nothing folds to a slash or away from one, so that the folders of the key are the keys of the folders.
    let end = pathKey.indexOf('/');
    for (let slash = path.indexOf('/'); slash !== -1; slash = path.indexOf('/', slash + 1)) {
      const folder = path.slice(0, slash);
      const key = pathKey.slice(0, end);
      end = pathKey.indexOf('/', end + 1);
      const file = this.#files.get(key);
      if (file !== undefined) return file;
      const known = this.#folders.get(key);
      if (known !== undefined && known !== folder) return known;
      this.#folders.set(key, folder);
    }
    return undefined;
  }
}

function collision(path: string, other: string): FormatError {
  const problem =
    path === other
      ? 'is wanted twice, or once itself and once as the folder of another'
      : `is the same file as ${JSON.stringify(other)} where case or Unicode form does not count, or lies below it`;
  return new FormatError('ERR_UNSAFE_PATH', `path ${JSON.stringify(path)} ${problem}`, { details: { path, other } });
}
