import { utf8 } from '../bytes/encoding.ts';
import { formatPax } from './pax.ts';
import { blockSize, paddingOf, typeFlags, type TarEntry } from './tar-entry.ts';

/** What 11 octal digits hold: sizes up to 8 GiB, times up to the year 2242. */
const maxOctal = 8 ** 11 - 1;

/** The header blocks of an entry: ustar, with a pax header before it only where a field does not fit. */
export function encodeHeader(entry: TarEntry, size: number): Uint8Array<ArrayBuffer> {
  const path = utf8(entry.type === 'directory' ? `${entry.path}/` : entry.path);
  const target = utf8(entry.target ?? '');
  const mtime = entry.mtime ?? 0;
  const split = splitPath(path);
  const records: [string, string][] = [];
  if (target.length > 100) records.push(['linkpath', entry.target ?? '']);
  if (mtime > maxOctal || mtime < 0) records.push(['mtime', String(mtime)]);
  if (split === undefined) records.push(['path', entry.type === 'directory' ? `${entry.path}/` : entry.path]);
  if (size > maxOctal) records.push(['size', String(size)]);
  const header = encodeBlock({
    name: split?.name ?? path.subarray(0, 100),
    prefix: split?.prefix ?? path.subarray(0, 0),
    mode: modeOf(entry),
    size: size > maxOctal ? 0 : size,
    mtime: mtime > maxOctal || mtime < 0 ? 0 : mtime,
    flag: typeFlags[entry.type],
    target: target.subarray(0, 100),
  });
  return records.length === 0 ? header : withPax(records, header);
}

function modeOf(entry: TarEntry): number {
  if (entry.type === 'symlink') return 0o777;
  return entry.type === 'directory' || entry.executable === true ? 0o755 : 0o644;
}

/** The pax header's own name is fixed: readers that know pax ignore it. */
const paxName = 'PaxHeaders/entry';

function withPax(records: readonly (readonly [string, string])[], header: Uint8Array): Uint8Array<ArrayBuffer> {
  const body = formatPax(records);
  const whole = new Uint8Array(blockSize + body.length + paddingOf(body.length) + blockSize);
  const none = new Uint8Array(0);
  const fields = { name: utf8(paxName), prefix: none, mode: 0o644, size: body.length, mtime: 0, target: none };
  whole.set(encodeBlock({ ...fields, flag: 'x' }));
  whole.set(body, blockSize);
  whole.set(header, whole.length - blockSize);
  return whole;
}

interface Fields {
  readonly name: Uint8Array;
  readonly prefix: Uint8Array;
  readonly mode: number;
  readonly size: number;
  readonly mtime: number;
  readonly flag: string;
  readonly target: Uint8Array;
}

/** One ustar block: POSIX.1-2017, pax, "ustar Interchange Format". */
function encodeBlock(fields: Fields): Uint8Array<ArrayBuffer> {
  const block = (template ??= blankBlock()).slice();
  block.set(fields.name, 0);
  octal(block, 100, 7, fields.mode);
  octal(block, 124, 11, fields.size);
  octal(block, 136, 11, fields.mtime);
  block[156] = fields.flag.charCodeAt(0);
  block.set(fields.target, 157);
  block.set(fields.prefix, 345);
  let sum = 0;
  for (let index = 0; index < blockSize; index++) sum += block[index] as number;
  octal(block, 148, 6, sum);
  block[154] = 0;
  return block;
}

let template: Uint8Array<ArrayBuffer> | undefined;

/** What all headers share: owner and device 0, the checksum as spaces, `ustar`, a zero byte, version `00`. */
function blankBlock(): Uint8Array<ArrayBuffer> {
  const block = new Uint8Array(blockSize);
  for (const offset of [108, 116, 329, 337]) octal(block, offset, 7, 0);
  block.fill(0x20, 148, 156);
  block.set(utf8('ustar\u000000'), 257);
  return block;
}

function octal(block: Uint8Array, offset: number, digits: number, value: number): void {
  for (let index = offset + digits - 1, rest = value; index >= offset; index--) {
    block[index] = 0x30 + (rest % 8);
    rest = Math.floor(rest / 8);
  }
}

/** Name and prefix of a path, cut at the first slash that lets both fit; undefined where none does. */
function splitPath(path: Uint8Array): { name: Uint8Array; prefix: Uint8Array } | undefined {
  if (path.length <= 100) return { name: path, prefix: path.subarray(0, 0) };
  const slash = path.indexOf(0x2f, path.length - 101);
  if (slash <= 0 || slash > 155 || slash === path.length - 1) return undefined;
  return { name: path.subarray(slash + 1), prefix: path.subarray(0, slash) };
}
