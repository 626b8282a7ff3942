import { FormatError } from '../../../errors.ts';
import { hexOf, type Digest } from '../../../digest/digest.ts';

/** A name as one segment of a path that is escaped as in a URL. */
export function escapeSegment(name: string): string {
  // encodeURIComponent leaves these, which mean something to shells and file systems, or to other encoders.
  return encodeURIComponent(name).replace(
    /[!'()*]/g,
    (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/**
 * The path of a target on a mirror, with a hash before its last segment where snapshots are consistent.
 *
 * @throws FormatError `ERR_UNSAFE_PATH` for a segment that is `.` or `..`, as no escape keeps those from meaning a folder,
 * and for text that has no UTF-8.
 */
export function targetPath(name: string, digest?: Digest): string {
  const segments = name.split('/');
  if (name === '' || !name.isWellFormed() || segments.some((segment) => segment === '.' || segment === '..')) {
    throw new FormatError('ERR_UNSAFE_PATH', `target ${JSON.stringify(name.slice(0, 200))} is no path below a folder`);
  }
  const last = segments.pop() ?? '';
  const prefix = digest === undefined ? '' : `${hexOf(digest)}.`;
  return [...segments, `${prefix}${last}`].map(escapeSegment).join('/');
}
