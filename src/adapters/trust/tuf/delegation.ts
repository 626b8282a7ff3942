import { inside, invalid, type Place } from '../../../attest/proto-json.ts';
import { utf8 } from '../../../bytes/encoding.ts';
import type { JsonValue } from '../../../bytes/json.ts';
import { digestOf, hexOf } from '../../../digest/digest.ts';
import { flag, items, object, own, refuseTwice, text, type Members } from './document.ts';
import { matchesPattern } from './path-pattern.ts';
import { readKeys, readRoleKeys, type RoleKeys } from './role-keys.ts';

/** Whom a role trusts to say what some targets are (section 4.5). */
export interface Delegation {
  readonly name: string;
  /** Nobody after this one is asked about a target that it is trusted with. */
  readonly terminating: boolean;
  readonly holders: RoleKeys;
  readonly trusts: TrustedPaths;
}

/** The targets that a role is trusted with; none where nothing is said. */
export interface TrustedPaths {
  readonly patterns: readonly string[];
  /** Beginnings of the SHA-256 of a path, in hexadecimal digits. */
  readonly hashPrefixes: readonly string[];
}

/** Names that mean something else. */
const reserved: readonly string[] = ['', 'root', 'timestamp', 'snapshot', 'targets'];

/** Reads `delegations`, in the order that decides who is asked first. */
export function readDelegations(value: JsonValue | undefined, place: Place): readonly Delegation[] {
  if (value === undefined) return [];
  const delegations = object(value, place);
  const keys = readKeys(own(delegations, 'keys'), inside(place, 'keys'));
  const at = inside(place, 'roles');
  const roles = items(own(delegations, 'roles'), at).map((item, index): Delegation => {
    const where = inside(at, index);
    const role = object(item, where);
    return {
      name: readName(role, inside(where, 'name')),
      terminating: flag(own(role, 'terminating'), inside(where, 'terminating'), false),
      holders: readRoleKeys(role, keys, where),
      trusts: readTrustedPaths(role, where),
    };
  });
  refuseTwice(
    roles.map(({ name }) => name),
    at,
  );
  return roles;
}

function readName(role: Members, place: Place): string {
  const name = text(own(role, 'name'), place);
  if (reserved.includes(name)) throw invalid(place, `${JSON.stringify(name)} is no name of a delegated role`);
  return name;
}

function readTrustedPaths(role: Members, place: Place): TrustedPaths {
  const [patterns, hashPrefixes] = ['paths', 'path_hash_prefixes'].map((key) => {
    const value = own(role, key);
    const at = inside(place, key);
    return value === undefined ? undefined : items(value, at).map((item, index) => text(item, inside(at, index)));
  });
  if (patterns !== undefined && hashPrefixes !== undefined)
    throw invalid(place, 'has both paths and path_hash_prefixes');
  return { patterns: patterns ?? [], hashPrefixes: hashPrefixes ?? [] };
}

/** True where a role is trusted with a target. */
export function isTrustedWith({ patterns, hashPrefixes }: TrustedPaths, path: string): boolean {
  if (patterns.some((pattern) => matchesPattern(pattern, path))) return true;
  if (hashPrefixes.length === 0) return false;
  const hash = hexOf(digestOf(utf8(path)));
  return hashPrefixes.some((prefix) => hash.startsWith(prefix));
}
