import { inside, invalid, type Place } from '../../../attest/proto-json.ts';
import { utf8 } from '../../../bytes/encoding.ts';
import type { JsonValue } from '../../../bytes/json.ts';
import { digestOf, hexOf } from '../../../digest/digest.ts';
import type { Delegation } from './delegation.ts';
import { count, object, own, text } from './document.ts';
import { readRoleKeys, type RoleKeys, type TufKey } from './role-keys.ts';

/**
 * Delegations to many roles in a few words: targets are spread over them by the hash of their path. Not of TUF 1.0, but
 * repositories in use have them instead of a list (TAP 15).
 *
 * @see https://github.com/theupdateframework/taps/blob/master/tap15.md
 */
export interface HashBins {
  readonly holders: RoleKeys;
  /** How many bits of the hash choose the role; 1 to 32. */
  readonly bits: number;
  readonly prefix: string;
}

/** Reads `succinct_roles`. */
export function readHashBins(value: JsonValue, keys: ReadonlyMap<string, TufKey>, place: Place): HashBins {
  const bins = object(value, place);
  const bits = count(own(bins, 'bit_length'), inside(place, 'bit_length'));
  if (bits > 32) throw invalid(inside(place, 'bit_length'), 'expected at most 32');
  const prefix = text(own(bins, 'name_prefix'), inside(place, 'name_prefix'));
  return { holders: readRoleKeys(bins, keys, place), bits, prefix };
}

/** The one role that is trusted with a target. */
export function binOf({ holders, bits, prefix }: HashBins, path: string): Delegation {
  const start = parseInt(hexOf(digestOf(utf8(path))).slice(0, 8), 16);
  const digits = Math.ceil(bits / 4);
  const number = Math.floor(start / 2 ** (32 - bits)).toString(16);
  const name = `${prefix}-${number.padStart(digits, '0')}`;
  return { name, terminating: false, holders, trusts: { patterns: [], hashPrefixes: [''] } };
}
