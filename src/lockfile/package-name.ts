/**
 * True for a name that npm's registry can hold, including old names with capitals: `name` or `@scope/name`, whose
 * parts need no escaping in a URL. Such a name is also a safe path.
 *
 * @see https://github.com/npm/validate-npm-package-name
 */
export function isPackageName(name: string): boolean {
  if (name.length === 0 || name.length > 300) return false;
  if (!name.startsWith('@')) return isPart(name) && !/^[_@]/.test(name) && !reserved.has(name.toLowerCase());
  const slash = name.indexOf('/');
  return slash > 1 && isPart(name.slice(1, slash)) && isPart(name.slice(slash + 1));
}

const reserved: ReadonlySet<string> = new Set(['node_modules', 'favicon.ico']);

function isPart(part: string): boolean {
  return /^[A-Za-z0-9_~!'()*-][A-Za-z0-9._~!'()*-]*$/.test(part);
}

/** True for a version that is one safe path segment and cannot be confused with another: what semver allows, and `_`. */
export function isPackageVersion(version: string): boolean {
  return version.length <= 256 && /^[0-9A-Za-z][0-9A-Za-z.+_-]*$/.test(version);
}

/**
 * The package URL of an npm package. The case of a name is kept, because old names that differ in nothing else are
 * different packages.
 *
 * @see https://github.com/package-url/purl-spec/blob/main/types-doc/npm-definition.md
 */
export function npmPurl(name: string, version: string): string {
  return `pkg:npm/${name.split('/').map(escaped).join('/')}@${escaped(version)}`;
}

function escaped(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
