import { hexOf, type Digest } from '../digest/digest.ts';
import { strongestOf, type ParsedIntegrity } from '../digest/integrity.ts';
import type { IssueLog } from './issues.ts';
import type { NpmNode } from './npm-node.ts';
import { isPackageName, isPackageVersion } from './package-name.ts';

/** A tarball, and every place that it is installed at. */
export interface NpmArtifact {
  readonly name: string;
  readonly version: string;
  /** The integrity of the place that comes first. */
  readonly integrity: ParsedIntegrity;
  /** Sorted by location. */
  readonly nodes: NpmNode[];
}

/** Collects places into tarballs: same name, same version, same bytes. */
export interface ArtifactCollector {
  readonly artifacts: readonly NpmArtifact[];
  /** Adds a place; what contradicts a place before it is noted. */
  add(node: NpmNode, integrity: ParsedIntegrity): NpmArtifact | undefined;
}

/** A new, empty collector. Places must come in one order whatever the order in the file. */
export function createArtifactCollector(issues: IssueLog): ArtifactCollector {
  const artifacts: NpmArtifact[] = [];
  const byIdentity = new Map<string, NpmArtifact[]>();
  return {
    artifacts,
    add(node, integrity) {
      const identity = identityOf(node, integrity, issues);
      if (identity === undefined) return undefined;
      const { name, version } = identity;
      const known = byIdentity.get(`${name}@${version}`) ?? [];
      for (const artifact of known) {
        const same = agree(artifact.integrity, integrity);
        if (same === undefined) continue;
        if (same) artifact.nodes.push(node);
        else noteDisagreement(artifact, node, issues);
        return artifact;
      }
      const artifact: NpmArtifact = { name, version, integrity, nodes: [node] };
      byIdentity.set(`${name}@${version}`, [...known, artifact]);
      artifacts.push(artifact);
      return artifact;
    },
  };
}

function identityOf(
  node: NpmNode,
  integrity: ParsedIntegrity,
  issues: IssueLog,
): { name: string; version: string } | undefined {
  const { name = '', label, location } = node;
  if (!isPackageName(name)) {
    issues.add(
      'ERR_UNSAFE_PATH',
      `${label}.name`,
      `of ${location} is ${JSON.stringify(name)}, which no package can have`,
    );
    return undefined;
  }
  const version = node.version ?? (node.resolved === undefined ? undefined : versionOfDigest(integrity));
  if (version !== undefined && isPackageVersion(version)) return { name, version };
  const problem = version === undefined ? 'is missing' : `is ${JSON.stringify(version)}, which is no version`;
  issues.add('ERR_LOCK_INVALID', `${label}.version`, `of ${location} ${problem}`);
  return undefined;
}

/** Version 1 names a remote tarball by its address alone; its bytes tell it from other tarballs of that name. */
function versionOfDigest(integrity: ParsedIntegrity): string | undefined {
  const [digest] = strongestOf(integrity);
  return digest === undefined ? undefined : `0.0.0-${shortOf(digest)}`;
}

/** A digest in a few letters that fit into a file name. */
export function shortOf(digest: Digest): string {
  return `${digest.slice(0, digest.indexOf(':'))}-${hexOf(digest).slice(0, 16)}`;
}

/** Whether two integrities can be of the same bytes; undefined where they have no algorithm in common. */
export function agree(a: ParsedIntegrity, b: ParsedIntegrity): boolean | undefined {
  let answer: boolean | undefined;
  for (const algorithm of ['sha512', 'sha384', 'sha256']) {
    const ours = a.digests.filter((digest) => digest.startsWith(algorithm));
    const theirs = b.digests.filter((digest) => digest.startsWith(algorithm));
    if (ours.length === 0 || theirs.length === 0) continue;
    if (!ours.some((digest) => theirs.includes(digest))) return false;
    answer = true;
  }
  return answer;
}

function noteDisagreement(artifact: NpmArtifact, node: NpmNode, issues: IssueLog): void {
  const first = artifact.nodes[0]?.location ?? '';
  const what = `${artifact.name}@${artifact.version}`;
  issues.add('ERR_LOCK_ENTRY', node.label, `and ${JSON.stringify(first)} pin different bytes for ${what}`);
}
