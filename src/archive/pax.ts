import { fromUtf8, utf8 } from '../bytes/encoding.ts';
import { malformed } from './archive-limits.ts';

/** What a pax header says about the entry behind it, as far as it matters here. */
export interface PaxRecords {
  readonly path?: string;
  readonly linkpath?: string;
  readonly size?: number;
  readonly mtime?: number;
}

/** The records as `length key=value\n`, where the length counts itself (POSIX.1-2017, pax, "pax Extended Header"). */
export function formatPax(records: readonly (readonly [string, string])[]): Uint8Array<ArrayBuffer> {
  return utf8(records.map(([key, value]) => formatRecord(key, value)).join(''));
}

function formatRecord(key: string, value: string): string {
  const size = utf8(` ${key}=${value}\n`).length;
  let length = size + String(size).length;
  if (String(length).length > String(size).length) length++;
  return `${length} ${key}=${value}\n`;
}

/**
 * Reads the records of an extended header (`x`) or a global one (`g`).
 *
 * A global header may hold what describes the archive, not what changes entries: readers disagree there.
 *
 * @throws FormatError `ERR_ARCHIVE_INVALID`: nothing malformed is skipped, since readers skip it differently.
 */
export function parsePax(body: Uint8Array, scope: 'entry' | 'global'): PaxRecords {
  const records: Record<string, string> = Object.create(null) as Record<string, string>;
  for (let offset = 0; offset < body.length;) {
    const { key, value, end } = parseRecord(body, offset);
    offset = end;
    if (refusedKey.test(key)) throw malformed(`pax record ${JSON.stringify(key)} is not supported`);
    const text = valueOf(key, value);
    if (!entryKeys.includes(key) || (scope === 'global' && key === 'mtime')) continue;
    if (scope === 'global') throw malformed(`global pax header holds ${key}, which changes what entries are`);
    if (key in records) throw malformed(`pax header holds ${key} twice`);
    records[key] = text;
  }
  return interpret(records);
}

/** What changes an entry, and what this reader uses. */
const entryKeys: readonly string[] = ['path', 'linkpath', 'size', 'mtime'];

/** Sparse files and files that go on in another volume: their bodies are not what their size says. */
const refusedKey = /^(?:GNU\.sparse\.|GNU\.volume\.|SCHILY\.realsize$|SUN\.holesdata$)/;

/** Extended attributes hold bytes; every other value is text. */
const binaryKey = /^(?:SCHILY\.(?:xattr|acl)\.|LIBARCHIVE\.xattr\.)/;

interface RawRecord {
  readonly key: string;
  readonly value: Uint8Array;
  readonly end: number;
}

function parseRecord(body: Uint8Array, start: number): RawRecord {
  const space = body.subarray(start, start + 9).indexOf(0x20);
  const length = space === -1 ? '' : ascii(body.subarray(start, start + space));
  if (!/^[1-9][0-9]*$/.test(length)) throw malformed('pax record does not start with its length');
  const end = start + Number(length);
  const record = body.subarray(start + space + 1, end);
  if (end > body.length || record.at(-1) !== 0x0a) throw malformed('pax record does not end where its length says');
  const equals = record.indexOf(0x3d);
  if (equals <= 0) throw malformed('pax record has no key');
  return { key: textOf(record.subarray(0, equals), 'key'), value: record.subarray(equals + 1, -1), end };
}

function valueOf(key: string, value: Uint8Array): string {
  if (binaryKey.test(key)) return '';
  const text = textOf(value, JSON.stringify(key));
  if (key === 'hdrcharset' && text !== 'ISO-IR 10646 2000 UTF-8') throw malformed('pax names are not UTF-8');
  return text;
}

function textOf(bytes: Uint8Array, what: string): string {
  if (bytes.includes(0)) throw malformed(`pax record ${what} holds a zero byte`);
  try {
    return fromUtf8(bytes);
  } catch (cause) {
    throw malformed(`pax record ${what} is not UTF-8`, { cause });
  }
}

function interpret(records: Readonly<Record<string, string>>): PaxRecords {
  const { path, linkpath, size, mtime } = records;
  if (path === '' || linkpath === '') throw malformed('pax header holds an empty name');
  return {
    ...(path === undefined ? {} : { path }),
    ...(linkpath === undefined ? {} : { linkpath }),
    ...(size === undefined ? {} : { size: sizeOf(size) }),
    ...(mtime === undefined ? {} : { mtime: timeOf(mtime) }),
  };
}

function sizeOf(text: string): number {
  const size = /^[0-9]{1,16}$/.test(text) ? Number(text) : NaN;
  if (!Number.isSafeInteger(size)) throw malformed('pax size is not a number of bytes');
  return size;
}

function timeOf(text: string): number {
  if (!/^-?[0-9]{1,15}(?:\.[0-9]*)?$/.test(text)) throw malformed('pax mtime is not a number of seconds');
  return Number(text);
}

function ascii(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}
