import { fromUtf8 } from '../bytes/encoding.ts';
import { FormatError } from '../errors.ts';
import { malformed } from './archive-limits.ts';
import { blockSize } from './tar-entry.ts';

/** A header block as it was read; names are decoded only when they are asked for, since pax may replace them. */
export interface TarBlock {
  readonly flag: string;
  readonly size: number;
  /** Permissions alone: setuid, setgid and sticky are dropped. */
  readonly mode: number;
  readonly mtime: number;
  name(): string;
  linkName(): string;
}

/** True for a block of zeros. */
export function isZeroBlock(block: Uint8Array): boolean {
  if (block[0] !== 0) return false;
  return block.every((byte) => byte === 0);
}

/**
 * Reads a header block: ustar, old GNU or v7.
 *
 * @throws FormatError `ERR_ARCHIVE_INVALID` where the checksum or a number is wrong.
 */
export function parseBlock(block: Uint8Array): TarBlock {
  if (!checksumHolds(block)) throw malformed('tar header does not match its checksum');
  return {
    flag: String.fromCharCode(block[156] ?? 0),
    size: naturalOf(block, 124, 12, 'size'),
    mode: naturalOf(block, 100, 8, 'mode') & 0o777,
    mtime: numberOf(block, 136, 12, 'mtime'),
    name: () => nameOf(block),
    linkName: () => textOf(block.subarray(157, 257)),
  };
}

/** Some old writers summed the bytes as signed; so both sums are right (POSIX.1-2017, pax, rationale of ustar). */
function checksumHolds(block: Uint8Array): boolean {
  const expected = naturalOf(block, 148, 8, 'checksum');
  let sum = 8 * 0x20;
  for (let i = 0; i < 148; i++) sum += block[i] as number;
  for (let i = 156; i < blockSize; i++) sum += block[i] as number;
  if (sum === expected) return true;
  let high = 0;
  for (let i = 0; i < blockSize; i++) if ((i < 148 || i >= 156) && (block[i] as number) > 127) high++;
  return sum - 256 * high === expected;
}

function nameOf(block: Uint8Array): string {
  const name = textOf(block.subarray(0, 100));
  // Old GNU headers and v7 keep other things where ustar keeps the prefix.
  const prefix = isUstar(block) ? textOf(block.subarray(345, 500)) : '';
  return prefix === '' ? name : `${prefix}/${name}`;
}

function isUstar(block: Uint8Array): boolean {
  return ustarMagic.every((byte, index) => block[257 + index] === byte);
}

/** `ustar` and a zero byte; old GNU has two spaces instead. */
const ustarMagic: readonly number[] = [0x75, 0x73, 0x74, 0x61, 0x72, 0];

/** The text of a field: up to its first zero byte. ASCII, the usual case, is decoded without a TextDecoder. */
export function textOf(field: Uint8Array): string {
  const zero = field.indexOf(0);
  const bytes = zero === -1 ? field : field.subarray(0, zero);
  for (let index = 0; index < bytes.length; index++) if ((bytes[index] as number) > 0x7f) return decoded(bytes);
  // Larger names than those of a header come too: an engine takes only so many arguments.
  return bytes.length > maxArguments ? decoded(bytes) : String.fromCharCode(...bytes);
}

const maxArguments = 1024;

function decoded(bytes: Uint8Array): string {
  try {
    return fromUtf8(bytes);
  } catch (cause) {
    throw new FormatError('ERR_UNSAFE_PATH', 'name in tar header is not UTF-8', { cause });
  }
}

function naturalOf(block: Uint8Array, offset: number, length: number, field: string): number {
  const value = numberOf(block, offset, length, field);
  if (value < 0) throw malformed(`tar header has a negative ${field}`);
  return value;
}

/** A number: octal digits between spaces and zero bytes, or base 256 where the first bit is set (GNU). */
function numberOf(block: Uint8Array, offset: number, length: number, field: string): number {
  const first = block[offset] as number;
  const value = first >= 0x80 ? base256Of(block, offset, length) : octalOf(block, offset, offset + length);
  if (!Number.isSafeInteger(value)) throw malformed(`tar header has a ${field} that is not a number`);
  return value;
}

/** NaN where there is anything but digits between the fillers; nothing at all is 0, as old writers mean it. */
function octalOf(block: Uint8Array, start: number, end: number): number {
  let from = start;
  let to = end;
  while (from < to && isFiller(block[from])) from++;
  while (to > from && isFiller(block[to - 1])) to--;
  let value = 0;
  for (let i = from; i < to; i++) {
    const digit = (block[i] as number) - 0x30;
    if (digit < 0 || digit > 7) return NaN;
    value = value * 8 + digit;
  }
  return value;
}

function isFiller(byte: number | undefined): boolean {
  return byte === 0 || byte === 0x20;
}

/** Two's complement over all bits but the first. */
function base256Of(block: Uint8Array, offset: number, length: number): number {
  let value = (block[offset] as number) & 0x40 ? -1 : 0;
  value = value * 64 + ((block[offset] as number) & 0x3f);
  for (let i = 1; i < length; i++) value = value * 256 + (block[offset + i] as number);
  return value;
}
