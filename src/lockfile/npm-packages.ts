import type { IssueLog } from './issues.ts';
import { folderNameOf, isOutside, locationProblem } from './npm-location.ts';
import { isJsonObject, membersOf, type JsonObject, type MemberReader, type NpmEdge, type NpmNode } from './npm-node.ts';
import { devWay, optionalWay, peerWay, waysOfFlags, type Way, type Ways } from './reach.ts';

/**
 * Reads the `packages` section of versions 2 and 3: install paths as keys, one entry each.
 *
 * @see npm's documentation, package-lock.json, "packages"
 */
export function readPackages(section: JsonObject, issues: IssueLog): NpmNode[] {
  const nodes: NpmNode[] = [];
  for (const [location, entry] of Object.entries(section)) {
    const label = `packages[${JSON.stringify(location)}]`;
    const problem = location === '' ? undefined : locationProblem(location);
    if (problem !== undefined) issues.add('ERR_UNSAFE_PATH', label, problem);
    else if (isJsonObject(entry)) nodes.push(readEntry(location, label, entry, issues));
    else issues.add('ERR_LOCK_INVALID', label, 'is not an object');
  }
  checkTargets(nodes, issues);
  return nodes;
}

function readEntry(location: string, label: string, entry: JsonObject, issues: IssueLog): NpmNode {
  const read = membersOf(entry, label, issues);
  const folderName = folderNameOf(location);
  const link = read.flag('link');
  const resolved = read.text('resolved');
  const kind = location === '' ? 'root' : link ? 'link' : folderName === undefined ? 'folder' : 'package';
  return {
    location,
    label,
    kind,
    name: read.text('name') ?? folderName,
    version: read.text('version'),
    resolved,
    integrity: read.text('integrity'),
    license: typeof entry['license'] === 'string' && entry['license'] !== '' ? entry['license'] : undefined,
    bundled: read.flag('inBundle'),
    // A package that links to the project itself has an empty path.
    target: link ? (resolved ?? (entry['resolved'] === '' ? '' : undefined)) : undefined,
    flags: flagsOf(read),
    os: read.list('os'),
    cpu: read.list('cpu'),
    libc: read.list('libc'),
    edges: edgesOf(read, kind === 'root' || kind === 'folder'),
  };
}

function flagsOf(read: MemberReader): Ways {
  return waysOfFlags({
    dev: read.flag('dev'),
    optional: read.flag('optional'),
    devOptional: read.flag('devOptional'),
    peer: read.flag('peer'),
  });
}

/** A name in several sections counts as npm counts it: the last of peer, production, optional and dev decides. */
function edgesOf(read: MemberReader, withDev: boolean): NpmEdge[] {
  const ways = new Map<string, Way>();
  const optionalPeers = read.object('peerDependenciesMeta');
  for (const name of Object.keys(read.object('peerDependencies'))) {
    const meta = Object.hasOwn(optionalPeers, name) ? optionalPeers[name] : undefined;
    ways.set(name, isJsonObject(meta) && meta['optional'] === true ? peerWay | optionalWay : peerWay);
  }
  for (const name of Object.keys(read.object('dependencies'))) ways.set(name, 0);
  for (const name of Object.keys(read.object('optionalDependencies'))) ways.set(name, optionalWay);
  if (withDev) for (const name of Object.keys(read.object('devDependencies'))) ways.set(name, devWay);
  return [...ways].map(([name, way]) => ({ name, way }));
}

/** Only a link explains a folder above the project; and what a link points to must be listed, or it hides something. */
function checkTargets(nodes: readonly NpmNode[], issues: IssueLog): void {
  const locations = new Set(nodes.map((node) => node.location));
  const targets = new Set(nodes.map((node) => node.target));
  for (const { kind, location, label, target } of nodes) {
    if (kind === 'link' && target === undefined) issues.add('ERR_LOCK_INVALID', `${label}.resolved`, 'is missing');
    else if (target !== undefined && !locations.has(target)) {
      issues.add('ERR_LOCK_INVALID', `${label}.resolved`, `points to ${JSON.stringify(target)}, which is not listed`);
    }
    if (isOutside(location) && !isExplained(location, targets)) {
      issues.add('ERR_UNSAFE_PATH', label, 'leaves the project, and no link points to it');
    }
  }
}

function isExplained(location: string, targets: ReadonlySet<string | undefined>): boolean {
  const folder = location.split('/node_modules/', 1)[0] ?? location;
  return targets.has(folder) && locationProblem(folder) === undefined;
}
