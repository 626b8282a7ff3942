import { isSafePath } from '../bytes/path.ts';
import { isPackageName } from './package-name.ts';

const modules = 'node_modules';

/** The name that the last folder of an install path gives a package; undefined for a folder outside `node_modules`. */
export function folderNameOf(location: string): string | undefined {
  const start = location.lastIndexOf(`${modules}/`);
  if (start === -1 || (start > 0 && location[start - 1] !== '/')) return undefined;
  const name = location.slice(start + modules.length + 1);
  return name.split('/').length > (name.startsWith('@') ? 2 : 1) ? undefined : name;
}

/**
 * What is wrong with an install path, or undefined. Every `node_modules` in it must be followed by the name of a
 * package and by nothing but another `node_modules`. Folders of links may lie above the project: `../other`.
 */
export function locationProblem(location: string): string | undefined {
  const inside = location.replace(/^(?:\.\.\/)+/, '');
  if (location === '..' || /^(?:\.\.\/)+\.\.$/.test(location)) return undefined;
  if (!isSafePath(inside)) return 'is not a safe path';
  const segments = inside.split('/');
  const first = segments.indexOf(modules);
  if (first === -1) return undefined;
  for (let index = first; index < segments.length;) {
    if (segments[index] !== modules) return `has a folder between packages that is not ${modules}`;
    const scoped = segments[index + 1]?.startsWith('@') === true;
    const end = index + (scoped ? 3 : 2);
    const name = segments.slice(index + 1, end).join('/');
    if (!isPackageName(name)) return `has the name ${JSON.stringify(name)}, which no package can have`;
    index = end;
  }
  return undefined;
}

/** True for a folder above the project, and for everything below it. */
export function isOutside(location: string): boolean {
  return location === '..' || location.startsWith('../');
}

/**
 * The install path at which Node looks in one folder for a package; undefined for a folder that it passes over.
 *
 * @see https://nodejs.org/api/modules.html#loading-from-node_modules-folders
 */
export function lookupPath(folder: string, name: string): string | undefined {
  if (folder === '') return `${modules}/${name}`;
  return folder === modules || folder.endsWith(`/${modules}`) ? undefined : `${folder}/${modules}/${name}`;
}

/** The package whose folder an install path lies in; undefined where it lies in none. */
export function enclosingPackage(location: string): string | undefined {
  const end = location.lastIndexOf(`/${modules}/`);
  return end === -1 ? undefined : location.slice(0, end);
}
