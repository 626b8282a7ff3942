import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { isErrno } from '../node/failure.ts';

/*
 * Keys become paths so that two keys are never one file, also where case does not count, where a trailing dot is
 * dropped and where `con` is a device: small letters, digits, `_` and `-` stand for themselves, a capital is `+` and
 * its small letter, the rest is `=` and two hex digits. The two last characters of a name say what it is: `@r` a
 * record, `@d` a segment with more behind it, `@c` the first 80 characters of a segment that is longer.
 */
const pieceLength = 80;

/** The path of a record, below the folder of all records. */
export function pathOfKey(key: string): string {
  const names: string[] = [];
  for (const segment of key.split('/')) {
    let rest = segment;
    for (; rest.length > pieceLength; rest = rest.slice(pieceLength)) {
      names.push(`${encode(rest.slice(0, pieceLength))}@c`);
    }
    names.push(`${encode(rest)}@d`);
  }
  return `${names.join('/').slice(0, -1)}r`;
}

/** Which keys are wanted. */
export interface KeyRange {
  readonly prefix: string;
  readonly after?: string | undefined;
}

/** The keys below a folder in bytewise order. A folder is read when its turn comes, and only if it can hold one. */
export function* recordKeys(folder: string, range: KeyRange, above = ''): Generator<string, void, undefined> {
  const entries = entriesOf(folder, range, above).sort((a, b) => (a.text < b.text ? -1 : 1));
  for (const { text, path } of entries) {
    if (path === undefined) yield text;
    else yield* recordKeys(path, range, text);
  }
}

interface Entry {
  /** The key, or for a folder the start of all keys in it. Sorting by this sorts the keys. */
  readonly text: string;
  /** Present for a folder. */
  readonly path: string | undefined;
}

/** What is in the range. Each page of a list reads the whole folder: what is not in the page must cost next to nothing. */
function entriesOf(folder: string, range: KeyRange, above: string): Entry[] {
  const entries: Entry[] = [];
  for (const name of namesIn(folder)) {
    const text = above + decode(name.slice(0, -2));
    if (name.endsWith('@r')) {
      if (isInRange(text, range)) entries.push({ text, path: undefined });
    } else if (name.endsWith('@d')) {
      if (canHold(`${text}/`, range)) entries.push({ text: `${text}/`, path: join(folder, name) });
    } else if (name.endsWith('@c') && canHold(text, range)) {
      entries.push(...entriesOf(join(folder, name), range, text));
    }
  }
  return entries;
}

function isInRange(key: string, { prefix, after }: KeyRange): boolean {
  return (after === undefined || key > after) && key.startsWith(prefix);
}

/** False when no key that starts so can be in the range. */
function canHold(start: string, { prefix, after }: KeyRange): boolean {
  if (!start.startsWith(prefix) && !prefix.startsWith(start)) return false;
  return after === undefined || start > after || after.startsWith(start);
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw error;
  }
}

function encode(text: string): string {
  return text.replace(/[^a-z0-9_-]/g, (character) =>
    /[A-Z]/.test(character)
      ? `+${character.toLowerCase()}`
      : `=${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}

const escaped = /\+[a-z]|=[0-9a-f]{2}/g;

function decode(name: string): string {
  return name.includes('=') || name.includes('+') ? name.replace(escaped, unescaped) : name;
}

function unescaped(text: string): string {
  return text.startsWith('+') ? text.slice(1).toUpperCase() : String.fromCharCode(parseInt(text.slice(1), 16));
}
