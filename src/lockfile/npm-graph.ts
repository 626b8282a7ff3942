import { lookupPaths } from './npm-location.ts';
import type { NpmEdge, NpmNode } from './npm-node.ts';
import { onlyWay, waysIn, type Way, type Ways } from './reach.ts';

/** The places of a lockfile, and which of them each finds when it looks up what it depends on. */
export interface NpmGraph {
  readonly nodes: readonly NpmNode[];
  /** The places that a dependency is found at; a link and its folder are both found. */
  resolve(from: NpmNode, edge: NpmEdge): readonly NpmNode[];
  /** Every way from the root to a place. */
  waysTo(node: NpmNode): Ways;
}

/** The graph of a lockfile's places. Where the file does not say what the root needs, npm's flags say how one is reached. */
export function buildGraph(nodes: readonly NpmNode[]): NpmGraph {
  const byLocation = new Map(nodes.map((node) => [node.location, node]));
  const withTarget = (node: NpmNode): NpmNode[] => {
    const target = node.target === undefined ? undefined : byLocation.get(node.target);
    return target === undefined || target === node ? [node] : [node, target];
  };
  const resolve = (from: NpmNode, edge: NpmEdge): readonly NpmNode[] => {
    for (const path of lookupPaths(from.location, edge.name)) {
      const found = byLocation.get(path);
      if (found !== undefined) return withTarget(found);
    }
    return [];
  };
  const root = byLocation.get('');
  const ways = root === undefined ? new Map<NpmNode, Ways>() : walk(root, nodes, resolve, withTarget);
  return { nodes, resolve, waysTo: (node) => ways.get(node) ?? node.flags };
}

/** Follows every way from the root; each place is visited once for each of the eight kinds of way. */
function walk(
  root: NpmNode,
  nodes: readonly NpmNode[],
  resolve: NpmGraph['resolve'],
  withTarget: (node: NpmNode) => readonly NpmNode[],
): Map<NpmNode, Ways> {
  const reached = new Map<NpmNode, Ways>();
  const pending: [NpmNode, Way][] = [];
  const visit = (node: NpmNode, way: Way): void => {
    const known = reached.get(node) ?? 0;
    if ((known & onlyWay(way)) !== 0) return;
    reached.set(node, known | onlyWay(way));
    pending.push([node, way]);
  };
  visit(root, 0);
  // The root's `workspaces` are patterns; the links that npm made of them carry npm's flags.
  for (const link of nodes.filter((node) => node.kind === 'link')) {
    for (const way of waysIn(link.flags)) for (const node of withTarget(link)) visit(node, way);
  }
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const [node, way] = next;
    for (const edge of node.edges) for (const found of resolve(node, edge)) visit(found, way | edge.way);
  }
  return reached;
}
