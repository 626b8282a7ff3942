import { inside, invalid, type Place } from '../../../attest/proto-json.ts';
import type { JsonValue } from '../../../bytes/json.ts';
import type { Digest } from '../../../digest/digest.ts';
import { readHashes, type ExpectedBytes } from './content.ts';
import { readDelegations, type Delegations } from './delegation.ts';
import { count, flag, object, own, type Members, type RoleFormat } from './document.ts';
import { readKeys, readRoleKeys, type RoleKeys } from './role-keys.ts';

/** The four roles that a root names the keys of. */
const topRoles = ['root', 'timestamp', 'snapshot', 'targets'] as const;

/** One of the four roles that a root names the keys of. */
export type TopRole = (typeof topRoles)[number];

/** Section 4.3. */
export interface Root {
  readonly consistentSnapshot: boolean;
  readonly roles: Readonly<Record<TopRole, RoleKeys>>;
}

/** What one role says of the metadata of another. */
export interface MetaFile extends ExpectedBytes {
  readonly version: number;
}

/** Section 4.6. */
export interface Timestamp {
  readonly snapshot: MetaFile;
}

/** Section 4.4. */
export interface Snapshot {
  /** By file name: `targets.json`. */
  readonly files: ReadonlyMap<string, MetaFile>;
}

/** Section 4.5. */
export interface Targets {
  readonly targets: ReadonlyMap<string, TargetFile>;
  readonly delegations: Delegations;
}

/** What a role says of a target. */
export interface TargetFile {
  readonly length: number;
  readonly digests: readonly Digest[];
  readonly custom: Members | undefined;
}

export const rootFormat: RoleFormat<Root> = {
  type: 'root',
  read: (signed, place) => {
    const keys = readKeys(own(signed, 'keys'), inside(place, 'keys'));
    const at = inside(place, 'roles');
    const roles = object(own(signed, 'roles'), at);
    const held = topRoles.map((name) => {
      const where = inside(at, name);
      return [name, readRoleKeys(object(own(roles, name), where), keys, where)] as const;
    });
    const where = inside(place, 'consistent_snapshot');
    return {
      consistentSnapshot: flag(own(signed, 'consistent_snapshot'), where, false),
      roles: Object.fromEntries(held) as Record<TopRole, RoleKeys>,
    };
  },
};

export const timestampFormat: RoleFormat<Timestamp> = {
  type: 'timestamp',
  read: (signed, place) => {
    const snapshot = readFiles(signed, place).get('snapshot.json');
    if (snapshot === undefined) throw invalid(inside(place, 'meta'), 'snapshot.json is missing');
    return { snapshot };
  },
};

export const snapshotFormat: RoleFormat<Snapshot> = {
  type: 'snapshot',
  read: (signed, place) => ({ files: readFiles(signed, place) }),
};

export const targetsFormat: RoleFormat<Targets> = {
  type: 'targets',
  read: (signed, place) => {
    const at = inside(place, 'targets');
    const targets = Object.entries(object(own(signed, 'targets'), at)).map(
      ([path, item]) => [path, readTarget(item, inside(at, path))] as const,
    );
    return {
      targets: new Map(targets),
      delegations: readDelegations(own(signed, 'delegations'), inside(place, 'delegations')),
    };
  },
};

function readFiles(signed: Members, place: Place): ReadonlyMap<string, MetaFile> {
  const at = inside(place, 'meta');
  const files = Object.entries(object(own(signed, 'meta'), at)).map(
    ([path, item]) => [path, readFile(item, inside(at, path))] as const,
  );
  return new Map(files);
}

function readFile(value: JsonValue, place: Place): MetaFile {
  const file = object(value, place);
  const length = own(file, 'length');
  const hashes = own(file, 'hashes');
  return {
    version: count(own(file, 'version'), inside(place, 'version')),
    length: length === undefined ? undefined : count(length, inside(place, 'length'), 0),
    digests: hashes === undefined ? undefined : readHashes(hashes, inside(place, 'hashes')),
  };
}

function readTarget(value: JsonValue, place: Place): TargetFile {
  const target = object(value, place);
  const custom = own(target, 'custom');
  return {
    length: count(own(target, 'length'), inside(place, 'length'), 0),
    digests: readHashes(own(target, 'hashes'), inside(place, 'hashes')),
    custom: custom === undefined ? undefined : object(custom, inside(place, 'custom')),
  };
}
