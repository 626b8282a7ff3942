import type { JsonValue } from '../bytes/json.ts';
import type { IssueLog } from './issues.ts';
import type { EntryPlatforms } from './lockfile.ts';
import type { Way, Ways } from './reach.ts';

/** One place of a dependency tree, as any version of npm's lockfile describes it. */
export interface NpmNode extends EntryPlatforms {
  /** Install path: `node_modules/a/node_modules/b`, a folder such as `packages/one`, or empty for the root. */
  readonly location: string;
  /** How the file calls it, for messages. */
  readonly label: string;
  readonly kind: 'root' | 'package' | 'folder' | 'link';
  /** Of the package itself, which an alias installs under another name. */
  readonly name: string | undefined;
  readonly version: string | undefined;
  /** Where it comes from: a URL, or what npm calls a spec. */
  readonly resolved: string | undefined;
  readonly integrity: string | undefined;
  readonly license: string | undefined;
  /** True when the file says that it travels inside another package. */
  readonly bundled: boolean;
  /** The folder that a link points to. */
  readonly target: string | undefined;
  /** What npm's flags say about how it is reached. */
  readonly flags: Ways;
  readonly edges: readonly NpmEdge[];
}

/** A dependency: the name to look up, and what the way through it is. */
export interface NpmEdge {
  readonly name: string;
  readonly way: Way;
}

/** A JSON object. */
export type JsonObject = Readonly<Record<string, JsonValue>>;

/** True for a JSON object. */
export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Reads the members of one entry, and notes those that have the wrong type. */
export interface MemberReader {
  text(name: string): string | undefined;
  flag(name: string): boolean;
  object(name: string): JsonObject;
  /** A list of strings; a single string stands for a list of one. */
  list(name: string): readonly string[];
}

/** A reader of the members of `entry`, which the file calls `label`. */
export function membersOf(entry: JsonObject, label: string, issues: IssueLog): MemberReader {
  const member = (name: string): JsonValue | undefined => (Object.hasOwn(entry, name) ? entry[name] : undefined);
  const wrong = (name: string, expected: string): void => {
    issues.add('ERR_LOCK_INVALID', `${label}.${name}`, `is not ${expected}`);
  };
  return {
    text(name) {
      const value = member(name);
      if (typeof value === 'string') return value === '' ? undefined : value;
      if (value !== undefined && value !== null) wrong(name, 'a string');
      return undefined;
    },
    flag(name) {
      const value = member(name);
      if (value !== undefined && typeof value !== 'boolean') wrong(name, 'true or false');
      return value === true;
    },
    object(name) {
      const value = member(name);
      if (isJsonObject(value)) return value;
      if (value !== undefined && value !== null) wrong(name, 'an object');
      return {};
    },
    list(name) {
      const value = member(name);
      if (typeof value === 'string') return [value];
      if (value === undefined || value === null) return [];
      const items: readonly JsonValue[] = Array.isArray(value) ? value : [value];
      if (items.every((item) => typeof item === 'string')) return [...new Set(items)].sort();
      wrong(name, 'a list of strings');
      return [];
    },
  };
}
