import type { IssueLog } from './issues.ts';
import { locationProblem } from './npm-location.ts';
import { isJsonObject, membersOf, type JsonObject, type NpmNode } from './npm-node.ts';
import { waysOfFlags } from './reach.ts';

/**
 * Reads the `dependencies` section of version 1, which version 2 keeps for old readers: names as keys, nested where
 * packages are nested in `node_modules`.
 *
 * @see npm's documentation of package-lock.json, "dependencies"
 */
export function readDependencies(section: JsonObject, issues: IssueLog): NpmNode[] {
  const nodes: NpmNode[] = [];
  const pending: [section: JsonObject, folder: string, label: string][] = [[section, '', '']];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const [entries, folder, prefix] = next;
    for (const [name, entry] of Object.entries(entries)) {
      const label = `${prefix}dependencies[${JSON.stringify(name)}]`;
      const location = `${folder}node_modules/${name}`;
      const problem = locationProblem(location);
      if (problem !== undefined) issues.add('ERR_UNSAFE_PATH', label, problem);
      else if (isJsonObject(entry)) {
        nodes.push(readEntry(location, name, label, entry, issues));
        pending.push([membersOf(entry, label, issues).object('dependencies'), `${location}/`, `${label}.`]);
      } else issues.add('ERR_LOCK_INVALID', label, 'is not an object');
    }
  }
  return nodes;
}

function readEntry(location: string, folderName: string, label: string, entry: JsonObject, issues: IssueLog): NpmNode {
  const read = membersOf(entry, label, issues);
  const spec = readSpec(read.text('version'), folderName);
  const link = spec.resolved !== undefined && isFolderSpec(spec.resolved);
  return {
    location,
    label,
    kind: link ? 'link' : 'package',
    ...spec,
    resolved: read.text('resolved') ?? spec.resolved,
    integrity: read.text('integrity'),
    license: undefined,
    bundled: read.flag('bundled'),
    target: undefined,
    flags: waysOfFlags({
      dev: read.flag('dev'),
      optional: read.flag('optional'),
      devOptional: read.flag('devOptional'),
      peer: read.flag('peer'),
    }),
    os: [],
    cpu: [],
    libc: [],
    edges: (entry['requires'] === true ? [] : Object.keys(read.object('requires'))).map((name) => ({ name, way: 0 })),
  };
}

interface Spec {
  readonly name: string;
  readonly version: string | undefined;
  readonly resolved: string | undefined;
}

/** Version 1 keeps in `version` whatever names the package: a version, `npm:other@version`, a URL, a git address. */
function readSpec(version: string | undefined, folderName: string): Spec {
  if (version === undefined) return { name: folderName, version, resolved: undefined };
  if (version.startsWith('npm:')) {
    const at = version.lastIndexOf('@');
    if (at > 'npm:'.length) return { name: version.slice(4, at), version: version.slice(at + 1), resolved: undefined };
  }
  const address = /[:/]/.test(version);
  return { name: folderName, version: address ? undefined : version, resolved: address ? version : undefined };
}

/** `file:` names a folder, which npm installs as a link, or a tarball. */
function isFolderSpec(spec: string): boolean {
  return spec.startsWith('file:') && !/\.(?:tgz|tar|tar\.gz)$/i.test(spec);
}
