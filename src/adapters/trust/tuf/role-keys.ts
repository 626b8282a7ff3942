import { inside, type Place } from '../../../attest/proto-json.ts';
import type { JsonValue } from '../../../bytes/json.ts';
import { count, object, own, text, uniqueTexts, type Members } from './document.ts';

/** A key as metadata lists it. What it is good for shows when it is used: a strange one breaks nothing. */
export interface TufKey {
  readonly type: string;
  readonly scheme: string;
  /** In PEM or hexadecimal digits; undefined where there is no text. */
  readonly value: string | undefined;
}

/** Who may sign for a role, and how many of them must. */
export interface RoleKeys {
  /** 1 or more. */
  readonly threshold: number;
  /** Keys by the id that signatures name them by. Ids are names and nothing else. */
  readonly keys: ReadonlyMap<string, TufKey>;
}

/** Reads the `keys` of a root or of delegations (section 4.2.2). */
export function readKeys(value: JsonValue | undefined, place: Place): ReadonlyMap<string, TufKey> {
  const entries = Object.entries(object(value, place)).map(([id, item]): [string, TufKey] => {
    const at = inside(place, id);
    const key = object(item, at);
    const material = own(object(key['keyval'], inside(at, 'keyval')), 'public');
    return [
      id,
      {
        type: text(key['keytype'], inside(at, 'keytype')),
        scheme: text(key['scheme'], inside(at, 'scheme')),
        value: typeof material === 'string' ? material : undefined,
      },
    ];
  });
  return new Map(entries);
}

/** Reads `keyids` and `threshold` of a role. An id without a key is one that nobody can sign by. */
export function readRoleKeys(role: Members, keys: ReadonlyMap<string, TufKey>, place: Place): RoleKeys {
  const ids = uniqueTexts(own(role, 'keyids'), inside(place, 'keyids'));
  const threshold = count(own(role, 'threshold'), inside(place, 'threshold'));
  const held = ids.flatMap((id): [string, TufKey][] => {
    const key = keys.get(id);
    return key === undefined ? [] : [[id, key]];
  });
  return { threshold, keys: new Map(held) };
}

/** True where a key was taken from a role: what it signed may have been signed by somebody else. */
export function wasRotated(before: RoleKeys, after: RoleKeys): boolean {
  const left = new Set([...after.keys.values()].map(identityOf));
  return [...before.keys.values()].some((key) => !left.has(identityOf(key)));
}

function identityOf({ type, scheme, value }: TufKey): string {
  return JSON.stringify([type, scheme, value]);
}
