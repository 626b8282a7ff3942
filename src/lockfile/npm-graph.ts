import { lookupPath } from './npm-location.ts';
import type { NpmNode } from './npm-node.ts';
import { onlyWay, waysIn, type Way, type Ways } from './reach.ts';

/** The places of a lockfile, and which of them each finds when it looks up what it depends on. */
export interface NpmGraph {
  /** What a place depends on, as far as it is listed; a link and its folder are both found. */
  successors(node: NpmNode): readonly Successor[];
  /** Every way from the root to a place. */
  waysTo(node: NpmNode): Ways;
}

/** A place that another one depends on, and what the way to it is. */
export interface Successor {
  readonly node: NpmNode;
  readonly way: Way;
}

/** The graph of a lockfile's places. Where the file does not say what the root needs, npm's flags say how one is reached. */
export function buildGraph(nodes: readonly NpmNode[]): NpmGraph {
  const byLocation = new Map(nodes.map((node) => [node.location, node]));
  const known = new Map<NpmNode, readonly Successor[]>();
  const successors = (node: NpmNode): readonly Successor[] => {
    let found = known.get(node);
    if (found === undefined) known.set(node, (found = successorsOf(node, byLocation)));
    return found;
  };
  const root = byLocation.get('');
  const ways = root === undefined ? new Map<NpmNode, Ways>() : walk(root, byLocation, successors);
  return { successors, waysTo: (node) => ways.get(node) ?? node.flags };
}

function successorsOf(node: NpmNode, byLocation: ReadonlyMap<string, NpmNode>): Successor[] {
  const successors: Successor[] = [];
  for (const { name, way } of node.edges) {
    const found = lookup(node.location, name, byLocation);
    if (found !== undefined) for (const place of withTarget(found, byLocation)) successors.push({ node: place, way });
  }
  return successors;
}

/** The nearest package of a name, as Node looks it up from a folder and from those above it. */
function lookup(from: string, name: string, byLocation: ReadonlyMap<string, NpmNode>): NpmNode | undefined {
  for (let folder = from; ; folder = folder.slice(0, Math.max(folder.lastIndexOf('/'), 0))) {
    const path = lookupPath(folder, name);
    const found = path === undefined ? undefined : byLocation.get(path);
    if (found !== undefined || folder === '') return found;
  }
}

function withTarget(node: NpmNode, byLocation: ReadonlyMap<string, NpmNode>): readonly NpmNode[] {
  const target = node.target === undefined ? undefined : byLocation.get(node.target);
  return target === undefined || target === node ? [node] : [node, target];
}

/** Follows every way from the root; each place is visited once for each of the eight kinds of way. */
function walk(
  root: NpmNode,
  byLocation: ReadonlyMap<string, NpmNode>,
  successors: NpmGraph['successors'],
): Map<NpmNode, Ways> {
  const reached = new Map<NpmNode, Ways>();
  const pending: Successor[] = [];
  const visit = (node: NpmNode, way: Way): void => {
    const known = reached.get(node) ?? 0;
    if ((known & onlyWay(way)) !== 0) return;
    reached.set(node, known | onlyWay(way));
    pending.push({ node, way });
  };
  visit(root, 0);
  // The root's `workspaces` are patterns; the links that npm made of them carry npm's flags.
  for (const link of byLocation.values()) {
    if (link.kind !== 'link') continue;
    for (const way of waysIn(link.flags)) for (const node of withTarget(link, byLocation)) visit(node, way);
  }
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    for (const { node, way } of successors(next.node)) visit(node, next.way | way);
  }
  return reached;
}
