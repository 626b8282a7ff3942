import { compareBytewise } from '../bytes/encoding.ts';
import type { JsonValue } from '../bytes/json.ts';
import { PathSet } from '../bytes/path.ts';
import { digestOf } from '../digest/digest.ts';
import { isPackError } from '../errors.ts';
import { createIssueLog, type IssueLog } from './issues.ts';
import type { Lockfile, LockfileEntry, UnpackableEntry, UnpackableReason } from './lockfile.ts';
import { createArtifactCollector, type NpmArtifact } from './npm-artifact.ts';
import { buildGraph, type NpmGraph } from './npm-graph.ts';
import { isJsonObject, type JsonObject, type NpmNode } from './npm-node.ts';
import { readPackages } from './npm-packages.ts';
import { artifactPaths } from './npm-path.ts';
import { checkSections } from './npm-sections.ts';
import { originOf, sourceOf } from './npm-source.ts';
import { readDependencies } from './npm-v1.ts';
import { npmPurl } from './package-name.ts';
import { reachOf } from './reach.ts';

/**
 * Reads npm's lockfile, version 1, 2 or 3, that was parsed as JSON.
 *
 * @throws FormatError `ERR_LOCK_INVALID`, `ERR_LOCK_ENTRY`, `ERR_UNSAFE_PATH`, with everything that is wrong.
 */
export function readNpmLockfile(bytes: Uint8Array, value: JsonValue, file: string): Lockfile {
  const issues = createIssueLog(file);
  const nodes = readNodes(value, issues);
  issues.throwAny(supported);
  nodes.sort((a, b) => compareBytewise(a.location, b.location));
  const { artifacts, artifactOf, unpackable } = sortOut(nodes, issues);
  const graph = buildGraph(nodes);
  const paths = artifactPaths(artifacts);
  const pathOf = (node: NpmNode): string | undefined => {
    const artifact = artifactOf.get(node);
    return artifact === undefined ? undefined : paths.get(artifact);
  };
  const entries = artifacts.map((artifact) => entryOf(artifact, graph, pathOf, issues));
  entries.sort((a, b) => compareBytewise(a.path, b.path));
  checkPaths(entries, issues);
  issues.throwAny(rewritten);
  return {
    format: 'npm',
    name: file,
    digest: digestOf(bytes),
    entries,
    unpackable: unpackable.map(([node, reason]) => unpackableOf(node, reason, graph)),
  };
}

const supported = 'npm writes versions 1, 2 and 3, and each is read; npm install --package-lock-only writes a new file';

function readNodes(value: JsonValue, issues: IssueLog): NpmNode[] {
  if (!isJsonObject(value)) {
    issues.add('ERR_LOCK_INVALID', '', 'is not an object');
    return [];
  }
  const version = value['lockfileVersion'];
  if (version === 1 && value['packages'] === undefined)
    return readDependencies(section(value, 'dependencies', issues), issues);
  if (version === 1) issues.add('ERR_LOCK_INVALID', 'packages', 'does not belong into a file of version 1');
  else if (version === 2 || version === 3) return readBoth(value, issues);
  else {
    const found = version === undefined ? 'is missing' : `is ${JSON.stringify(version).slice(0, 40)}`;
    issues.add('ERR_LOCK_INVALID', 'lockfileVersion', `${found}, expected 1, 2 or 3`);
  }
  return [];
}

function readBoth(value: JsonObject, issues: IssueLog): NpmNode[] {
  if (value['packages'] === undefined) issues.add('ERR_LOCK_INVALID', 'packages', 'is missing');
  const nodes = readPackages(section(value, 'packages', issues), issues);
  checkSections(nodes, readDependencies(section(value, 'dependencies', issues), issues), issues);
  return nodes;
}

function section(value: JsonObject, name: string, issues: IssueLog): JsonObject {
  const members = value[name];
  if (isJsonObject(members)) return members;
  if (members !== undefined) issues.add('ERR_LOCK_INVALID', name, 'is not an object');
  return {};
}

interface SortedOut {
  readonly artifacts: readonly NpmArtifact[];
  readonly artifactOf: ReadonlyMap<NpmNode, NpmArtifact>;
  readonly unpackable: readonly [NpmNode, UnpackableReason][];
}

function sortOut(nodes: readonly NpmNode[], issues: IssueLog): SortedOut {
  const collector = createArtifactCollector(issues);
  const byLocation = new Map(nodes.map((node) => [node.location, node]));
  const artifactOf = new Map<NpmNode, NpmArtifact>();
  const unpackable: [NpmNode, UnpackableReason][] = [];
  for (const node of nodes) {
    if (node.kind === 'root') continue;
    const source = sourceOf(node, byLocation, issues);
    if (source === undefined) continue;
    if ('reason' in source) unpackable.push([node, source.reason]);
    else {
      const artifact = collector.add(node, source.integrity);
      if (artifact !== undefined) artifactOf.set(node, artifact);
    }
  }
  return { artifacts: collector.artifacts, artifactOf, unpackable };
}

function entryOf(
  artifact: NpmArtifact,
  graph: NpmGraph,
  pathOf: (node: NpmNode) => string | undefined,
  issues: IssueLog,
): LockfileEntry {
  const { name, version, nodes } = artifact;
  const path = pathOf(nodes[0] as NpmNode) as string;
  const origins = nodes.map((node) => originOf(node, issues)).filter((origin) => origin !== undefined);
  const [origin] = origins.sort(compareBytewise);
  const license = nodes.find((node) => node.license !== undefined)?.license;
  const [first] = nodes;
  return {
    path,
    name,
    version,
    purl: npmPurl(name, version),
    ...(origin === undefined ? {} : { origin }),
    integrity: first?.integrity ?? '',
    mediaType: 'application/gzip',
    ...reachOf(nodes.reduce((ways, node) => ways | graph.waysTo(node), 0)),
    os: first?.os ?? [],
    cpu: first?.cpu ?? [],
    libc: first?.libc ?? [],
    ...(license === undefined ? {} : { license }),
    installPaths: nodes.map((node) => node.location),
    dependsOn: dependenciesOf(nodes, graph, pathOf).filter((other) => other !== path),
  };
}

/** What a package needs, and what the packages need that travel inside it. */
function dependenciesOf(
  nodes: readonly NpmNode[],
  graph: NpmGraph,
  pathOf: (node: NpmNode) => string | undefined,
): string[] {
  const paths = new Set<string>();
  const seen = new Set(nodes);
  for (const place of seen) {
    for (const { node } of graph.successors(place)) {
      const path = pathOf(node);
      if (path !== undefined) paths.add(path);
      else if (node.bundled) seen.add(node);
    }
  }
  return [...paths].sort(compareBytewise);
}

function unpackableOf(node: NpmNode, reason: UnpackableReason, graph: NpmGraph): UnpackableEntry {
  const { location, name, version, os, cpu, libc } = node;
  return {
    path: location,
    ...(name === undefined ? {} : { name }),
    ...(version === undefined ? {} : { version }),
    reason,
    ...reachOf(graph.waysTo(node)),
    os,
    cpu,
    libc,
  };
}

/** What to do about entries that npm does not write so. */
const rewritten =
  'npm writes none of this: see who changed the file, or write a new one with npm install --package-lock-only';

function checkPaths(entries: readonly LockfileEntry[], issues: IssueLog): void {
  const paths = new PathSet();
  for (const entry of entries) {
    try {
      paths.add(entry.path);
    } catch (cause) {
      if (!isPackError(cause)) throw cause;
      issues.add('ERR_UNSAFE_PATH', entry.path, cause.message);
    }
  }
}
