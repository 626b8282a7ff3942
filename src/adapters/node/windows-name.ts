import { FormatError } from '../../errors.ts';

const devices = /^(?:con|prn|aux|nul|com[1-9\u00b9\u00b2\u00b3]|lpt[1-9\u00b9\u00b2\u00b3]|conin\$|conout\$)(?:\.|$)/i;

/**
 * Takes a path that Windows must be able to hold: no device names, whatever their extension, no segment that ends in a
 * dot or a space, none of the characters that Windows reserves.
 *
 * @throws FormatError `ERR_UNSAFE_PATH`, naming the path.
 * @see https://learn.microsoft.com/windows/win32/fileio/naming-a-file
 */
export function checkWindowsPath(path: string): string {
  for (const segment of path.split('/')) {
    const stem = segment.trimEnd();
    if (devices.test(stem.replace(/ +(?=\.)/, '')) || /[. ]$/.test(segment) || /[<>:"|?*\\]/.test(segment)) {
      throw new FormatError('ERR_UNSAFE_PATH', `path ${JSON.stringify(path.slice(0, 200))} cannot exist on Windows`, {
        details: { path },
        hint: 'unpack on Linux or macOS, or leave this entry out',
      });
    }
  }
  return path;
}
