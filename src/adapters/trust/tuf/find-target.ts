import type { Digest } from '../../../digest/digest.ts';
import { FormatError } from '../../../errors.ts';
import { delegationsFor } from './delegation.ts';
import type { Members } from './document.ts';
import type { RoleKeys } from './role-keys.ts';
import { updateTargets, type TrustedBase } from './update-targets.ts';
import type { Update } from './update.ts';

/** What a role that is trusted with a target says of it. */
export interface TufTarget {
  /** The name in the metadata, with `/` between folders. Whoever makes a file of it must look at it first. */
  readonly name: string;
  readonly length: number;
  /** Those by SHA-256, SHA-384 and SHA-512; all of them hold. Other algorithms are left out. */
  readonly digests: readonly Digest[];
  /** What the repository says besides, for the application. */
  readonly custom: Members | undefined;
  /** The role that says so: `targets`, or one that it delegates to. */
  readonly role: string;
}

interface Visit {
  readonly role: string;
  readonly holders: RoleKeys;
}

/**
 * Looks for a target in the targets role and those that it delegates to, depth first, each before those that it
 * delegates to (step 5.6.7). A role whose metadata cannot be had or believed ends the search with its error: what comes
 * after it may be less trusted.
 */
export async function findTarget(name: string, base: TrustedBase, update: Update): Promise<TufTarget | undefined> {
  const pending: Visit[] = [{ role: 'targets', holders: base.root.role.roles.targets }];
  const visited = new Set<string>();
  for (let visit = pending.pop(); visit !== undefined; visit = pending.pop()) {
    if (visited.has(visit.role)) continue;
    // The targets role itself is no delegation.
    if (visited.size > update.limits.delegations) throw tooMany(name, update.limits.delegations);
    visited.add(visit.role);
    const metadata = await updateTargets(visit.role, visit.holders, base, update);
    const file = metadata.role.targets.get(name);
    if (file !== undefined) return { name, ...file, role: visit.role };
    const next = delegationsFor(name, metadata.role.delegations);
    if (next.at(-1)?.terminating === true) pending.length = 0;
    pending.push(...next.map(({ name: role, holders }) => ({ role, holders })).reverse());
  }
  return undefined;
}

function tooMany(name: string, limit: number): FormatError {
  return new FormatError(
    'ERR_LIMIT_EXCEEDED',
    `target ${JSON.stringify(name.slice(0, 200))} was not found in the limit of ${limit} delegated roles`,
    { details: { limit } },
  );
}
