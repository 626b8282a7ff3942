import { inside, invalid, type Place } from '../../../attest/proto-json.ts';
import { utf8 } from '../../../bytes/encoding.ts';
import type { JsonValue } from '../../../bytes/json.ts';
import { digestOf, hexOf } from '../../../digest/digest.ts';
import { flag, items, object, own, refuseTwice, text, type Members } from './document.ts';
import { binOf, readHashBins, type HashBins } from './hash-bins.ts';
import { matchesPattern } from './path-pattern.ts';
import { readKeys, readRoleKeys, type RoleKeys, type TufKey } from './role-keys.ts';

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

/** Whom a role delegates to: those in a list, in the order that decides who is asked first, or one of many bins. */
export interface Delegations {
  readonly roles: readonly Delegation[];
  readonly bins: HashBins | undefined;
}

/** Reads `delegations`. */
export function readDelegations(value: JsonValue | undefined, place: Place): Delegations {
  if (value === undefined) return { roles: [], bins: undefined };
  const delegations = object(value, place);
  const keys = readKeys(own(delegations, 'keys'), inside(place, 'keys'));
  const [roles, bins] = [own(delegations, 'roles'), own(delegations, 'succinct_roles')];
  if (bins === undefined) return { roles: readRoles(roles, keys, inside(place, 'roles')), bins };
  if (roles !== undefined) throw invalid(place, 'has both roles and succinct_roles');
  return { roles: [], bins: readHashBins(bins, keys, inside(place, 'succinct_roles')) };
}

function readRoles(
  value: JsonValue | undefined,
  keys: ReadonlyMap<string, TufKey>,
  place: Place,
): readonly Delegation[] {
  const roles = items(value, place).map((item, index): Delegation => {
    const where = inside(place, index);
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
    place,
  );
  return roles;
}

/** Those that are trusted with a target, in order; none after one that ends the search. */
export function delegationsFor(path: string, { roles, bins }: Delegations): readonly Delegation[] {
  if (bins !== undefined) return [binOf(bins, path)];
  const trusted = roles.filter(({ trusts }) => isTrustedWith(trusts, path));
  const last = trusted.findIndex(({ terminating }) => terminating);
  return last < 0 ? trusted : trusted.slice(0, last + 1);
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
function isTrustedWith({ patterns, hashPrefixes }: TrustedPaths, path: string): boolean {
  if (patterns.some((pattern) => matchesPattern(pattern, path))) return true;
  if (hashPrefixes.length === 0) return false;
  const hash = hexOf(digestOf(utf8(path)));
  return hashPrefixes.some((prefix) => hash.startsWith(prefix));
}
