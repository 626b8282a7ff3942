import { UsageError } from '../../errors.ts';

/** Takes what nobody checked yet and gives a frozen copy of the right shape; undefined for a member that is not there. */
export type Reader<T> = (value: unknown, path: string) => T;

/** Refuses a policy: which part, and what was expected of it. */
export function refuse(path: string, expected: string, cause?: unknown): never {
  throw new UsageError('ERR_INVALID_ARGUMENT', `policy${path === '' ? '' : ` ${path}`} is not ${expected}`, {
    argument: 'policy',
    cause,
    details: { path },
  });
}

/** An object with members of its own that are known, each read by its reader. Inherited ones do not exist. */
export function objectOf<T extends object>(readers: { readonly [K in keyof T]-?: Reader<T[K]> }): Reader<T> {
  return (value, path) => {
    const given = ownMembers(value, path);
    const unknown = [...given.keys()].find((key) => !Object.hasOwn(readers, key));
    if (unknown !== undefined) {
      const known = Object.keys(readers).join(', ');
      refuse(path, `without the unknown member ${JSON.stringify(unknown)}, expected ${known}`);
    }
    const members = Object.entries<Reader<unknown>>(readers)
      .map(([key, read]) => [key, read(given.get(key), below(path, key))] as const)
      .filter(([, member]) => member !== undefined);
    return Object.freeze(Object.fromEntries(members)) as T;
  };
}

/** An object of any members whose names are right, each read by the same reader. */
export function recordOf<T>(
  isName: (name: string) => boolean,
  expected: string,
  read: Reader<T>,
): Reader<Readonly<Record<string, T>>> {
  return (value, path) => {
    const members = ownMembers(value, path);
    if (members.size === 0 || members.size > maximumItems) refuse(path, `of 1 to ${maximumItems} members`);
    const wrong = [...members.keys()].find((name) => name === '__proto__' || !isName(name));
    if (wrong !== undefined) refuse(below(path, wrong), expected);
    return Object.freeze(
      Object.fromEntries([...members].map(([name, member]) => [name, read(member, below(path, name))])),
    );
  };
}

/** A list of 1 item or more: an empty one would read as "nothing is allowed" to some and "anything" to others. */
export function listOf<T>(read: Reader<T>): Reader<readonly T[]> {
  return (value, path) => {
    if (!Array.isArray(value)) refuse(path, 'a list');
    if (value.length === 0 || value.length > maximumItems) refuse(path, `a list of 1 to ${maximumItems} items`);
    return Object.freeze(Array.from(value, (item, index) => read(item, below(path, String(index)))));
  };
}

/** The same, or nothing where there is nothing. */
export function optional<T>(read: Reader<T>): Reader<T | undefined> {
  return (value, path) => (value === undefined ? undefined : read(value, path));
}

/** Exactly this. */
export function literal<T extends number | boolean>(expected: T): Reader<T> {
  return (value, path) => (value === expected ? expected : refuse(path, String(expected)));
}

/** `true` or `false`. */
export function flag(value: unknown, path: string): boolean {
  return typeof value === 'boolean' ? value : refuse(path, 'true or false');
}

/** A whole number from `least` to `most`. */
export function count(least: number, most: number): Reader<number> {
  return (value, path) =>
    Number.isInteger(value) && (value as number) >= least && (value as number) <= most
      ? (value as number)
      : refuse(path, `a whole number from ${least} to ${most}`);
}

/** A text that is not empty, of at most so many characters, with no lone surrogate in it. */
export function text(most: number): Reader<string> {
  return (value, path) =>
    typeof value === 'string' && value !== '' && value.length <= most && value.isWellFormed()
      ? value
      : refuse(path, `a text of 1 to ${most} characters`);
}

const maximumItems = 1000;

/** Read once: what an accessor answers a second time does not count. */
function ownMembers(value: unknown, path: string): ReadonlyMap<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) refuse(path, 'an object');
  return new Map<string, unknown>(Object.entries(value).filter(([, member]) => member !== undefined));
}

function below(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}
