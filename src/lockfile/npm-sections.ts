import { parseIntegrity } from '../digest/integrity.ts';
import type { IssueLog } from './issues.ts';
import { agree } from './npm-artifact.ts';
import type { NpmNode } from './npm-node.ts';

/**
 * Compares the two sections of version 2. Readers of version 1 install from `dependencies`, all others from
 * `packages`: where they pin different things, one of them is lied to.
 */
export function checkSections(packages: readonly NpmNode[], dependencies: readonly NpmNode[], issues: IssueLog): void {
  const byLocation = new Map(packages.map((node) => [node.location, node]));
  for (const old of dependencies) {
    const node = byLocation.get(old.location) ?? byLocation.get(throughLinks(old.location, byLocation));
    if (node === undefined) {
      issues.add('ERR_LOCK_INVALID', old.label, `is not in packages, as ${JSON.stringify(old.location)}`);
    } else if (node.kind === 'package') compare(node, old, issues);
  }
}

/** `dependencies` nests what a linked folder has under the name of the link. */
function throughLinks(location: string, byLocation: ReadonlyMap<string, NpmNode>): string {
  for (let end = location.indexOf('/node_modules/'); end !== -1; end = location.indexOf('/node_modules/', end + 1)) {
    const target = byLocation.get(location.slice(0, end))?.target;
    if (target !== undefined) return `${target}${location.slice(end)}`;
  }
  return location;
}

function compare(node: NpmNode, old: NpmNode, issues: IssueLog): void {
  const where = `disagrees with packages[${JSON.stringify(node.location)}]`;
  if (differ(node.version, old.version)) issues.add('ERR_LOCK_INVALID', `${old.label}.version`, where);
  if (old.version !== undefined && differ(node.name, old.name)) issues.add('ERR_LOCK_INVALID', old.label, where);
  if (differ(node.integrity, old.integrity) && !sameBytes(node.integrity ?? '', old.integrity ?? '')) {
    issues.add('ERR_LOCK_INVALID', `${old.label}.integrity`, where);
  }
}

function differ(a: string | undefined, b: string | undefined): boolean {
  return a !== undefined && b !== undefined && a !== b;
}

function sameBytes(a: string, b: string): boolean {
  try {
    return agree(parseIntegrity(a), parseIntegrity(b)) === true;
  } catch {
    // Neither is what it should be; they differ, and that is what is said.
    return false;
  }
}
