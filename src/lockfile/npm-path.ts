import { utf8 } from '../bytes/encoding.ts';
import { foldPath } from '../bytes/path.ts';
import { digestOf, hexOf } from '../digest/digest.ts';
import { strongestOf } from '../digest/integrity.ts';
import { shortOf, type NpmArtifact } from './npm-artifact.ts';

/**
 * Gives every tarball its path in a pack: `npm/NAME/VERSION.tgz`.
 *
 * Names that differ in case alone, as old ones do, would be one folder on some systems: then those that have capitals
 * get `~` and a piece of their own hash behind them, scopes and names alike. Versions that differ in case alone, and
 * tarballs of one version whose integrities cannot be compared, get `~` and a piece of their digest.
 */
export function artifactPaths(artifacts: readonly NpmArtifact[]): Map<NpmArtifact, string> {
  const names = new Set(artifacts.map((artifact) => artifact.name));
  const spelled = spellings(new Set([...names].flatMap((name) => [name, name.split('/', 1)[0] ?? name])));
  const folderOf = (name: string): string => {
    const [scope = name, rest] = name.split('/');
    return rest === undefined ? spelled(name) : `${spelled(scope)}/${spelled(name).slice(scope.length + 1)}`;
  };
  const files = new Map<string, number>();
  const keyOf = ({ name, version }: NpmArtifact): string => `${name}/${foldPath(version)}`;
  for (const artifact of artifacts) files.set(keyOf(artifact), (files.get(keyOf(artifact)) ?? 0) + 1);
  const paths = new Map<NpmArtifact, string>();
  for (const artifact of artifacts) {
    const [digest] = strongestOf(artifact.integrity);
    const suffix = digest === undefined || files.get(keyOf(artifact)) === 1 ? '' : `~${shortOf(digest)}`;
    paths.set(artifact, `npm/${folderOf(artifact.name)}/${artifact.version}${suffix}.tgz`);
  }
  return paths;
}

function spellings(names: ReadonlySet<string>): (name: string) => string {
  const rivals = new Map<string, number>();
  for (const name of names) rivals.set(foldPath(name), (rivals.get(foldPath(name)) ?? 0) + 1);
  return (name) =>
    rivals.get(foldPath(name)) === 1 || foldPath(name) === name
      ? name
      : `${name}~${hexOf(digestOf(utf8(name))).slice(0, 8)}`;
}
