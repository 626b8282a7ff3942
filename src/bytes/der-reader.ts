import { FormatError } from '../errors.ts';
import { unshared } from './unshared.ts';

/** One value of DER (X.690): its tag, its bytes, and what is in it. All bytes are views of those that were read. */
export interface DerNode {
  /** The identifier octet; see {@link derTags}. */
  readonly tag: number;
  /** Tag, length and value. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly value: Uint8Array<ArrayBuffer>;
  /** The values in a constructed one; empty for a primitive one. */
  readonly children: readonly DerNode[];
}

/** Identifier octets. That of a context-specific tag n is 0x80 + n, and 0xa0 + n where it is constructed. */
export const derTags = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  utf8String: 0x0c,
  printableString: 0x13,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

const maximumBytes = 65_536;
const maximumDepth = 32;

/** The error for DER that is not what was expected. */
export function derError(message: string, cause?: unknown): FormatError {
  return new FormatError('ERR_DER_INVALID', `DER ${message}`, cause === undefined ? {} : { cause });
}

/**
 * Reads exactly one value, with all that is in it: definite lengths in as few octets as can be, no tag above 30, no
 * string in parts, well-formed BOOLEAN, INTEGER, BIT STRING, NULL and OBJECT IDENTIFIER. At most 64 KiB and 32 levels.
 *
 * @throws FormatError `ERR_DER_INVALID` for anything else, with the offset of what is wrong.
 */
export function readDer(bytes: Uint8Array, tag?: number): DerNode {
  if (bytes.length > maximumBytes) throw derError(`has ${bytes.length} bytes, at most ${maximumBytes} are read`);
  const node = readNode(plain(bytes), 0, 0);
  const extra = bytes.length - node.bytes.length;
  if (extra !== 0) throw derError(`is followed by ${extra} bytes, expected none`);
  if (tag !== undefined) expectTag(node, tag);
  return node;
}

/** A view that is no subclass: Node's Buffer has a `slice` of its own. */
function plain(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer, byteOffset, length } = unshared(bytes);
  return new Uint8Array(buffer, byteOffset, length);
}

/** Refuses a value of any other tag than these. */
export function expectTag(node: DerNode, ...tags: readonly number[]): void {
  if (!tags.includes(node.tag)) throw derError(`has tag ${hex(node.tag)}, expected ${tags.map(hex).join(' or ')}`);
}

function hex(tag: number): string {
  return `0x${tag.toString(16).padStart(2, '0')}`;
}

function readNode(bytes: Uint8Array<ArrayBuffer>, start: number, depth: number): DerNode {
  if (depth >= maximumDepth) throw derError(`nests deeper than ${maximumDepth} levels`);
  const tag = bytes[start] ?? -1;
  if (!isTag(tag)) throw malformed(start);
  const { from, to } = readLength(bytes, start + 1);
  const value = bytes.subarray(from, to);
  if (wellFormed[tag]?.(value) === false) throw malformed(start);
  const children = (tag & 0x20) === 0 ? [] : readChildren(bytes.subarray(0, to), from, depth + 1);
  return { tag, bytes: bytes.subarray(start, to), value, children };
}

function readChildren(bytes: Uint8Array<ArrayBuffer>, start: number, depth: number): DerNode[] {
  const children: DerNode[] = [];
  for (let offset = start; offset < bytes.length;) {
    const child = readNode(bytes, offset, depth);
    children.push(child);
    offset += child.bytes.length;
  }
  return children;
}

function malformed(offset: number): FormatError {
  return derError(`is malformed at offset ${offset}`);
}

/** Of universal tags SEQUENCE and SET alone are constructed; a tag number of 31 says that more octets follow. */
function isTag(tag: number): boolean {
  if (tag <= 0 || (tag & 0x1f) === 0x1f) return false;
  return tag >= 0x40 || (tag < 0x20 ? tag !== 0x10 && tag !== 0x11 : tag === 0x30 || tag === 0x31);
}

/** Where a value starts and ends, from its length octets (X.690 sections 8.1.3 and 10.1). */
function readLength(bytes: Uint8Array, offset: number): { readonly from: number; readonly to: number } {
  const first = bytes[offset] ?? 0x80;
  const count = first < 0x80 ? 0 : first - 0x80;
  // Two octets say all lengths that are read; 0x80 is the indefinite form.
  const from = offset + 1 + count;
  const length = count === 0 ? first : bytes.subarray(offset + 1, from).reduce((sum, octet) => sum * 256 + octet, 0);
  const least = [0, 0x80, 0x100][count] ?? Infinity;
  if (first === 0x80 || length < least || from + length > bytes.length) throw malformed(offset);
  return { from, to: from + length };
}

/** What holds of the values of universal tags (X.690 sections 8 and 11). */
const wellFormed: Readonly<Partial<Record<number, (value: Uint8Array) => boolean>>> = {
  [derTags.boolean]: (value) => value.length === 1 && (value[0] === 0 || value[0] === 0xff),
  [derTags.integer]: isInteger,
  0x0a: isInteger,
  [derTags.bitString]: isBitString,
  [derTags.null]: (value) => value.length === 0,
  [derTags.oid]: isOid,
};

function isInteger(value: Uint8Array): boolean {
  const first = value[0];
  const second = value[1] ?? 0;
  if (first === undefined) return false;
  return value.length === 1 || !((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80));
}

function isBitString(value: Uint8Array): boolean {
  const unused = value[0] ?? 8;
  if (unused > 7 || value.length === 1) return unused === 0;
  return ((value[value.length - 1] ?? 0) & ((1 << unused) - 1)) === 0;
}

/** Every arc ends, and starts with no padding. No identifier of ours has more than 128 octets. */
function isOid(value: Uint8Array): boolean {
  if (value.length === 0 || value.length > 128 || (value[value.length - 1] ?? 0) >= 0x80) return false;
  return value.every((octet, index) => octet !== 0x80 || (value[index - 1] ?? 0) >= 0x80);
}

/** Takes the values in a constructed one in their order. */
export interface DerCursor {
  /** The next value, of this tag. */
  expect(tag: number): DerNode;
  /** The next value if it has this tag. */
  optional(tag: number): DerNode | undefined;
  /** The next value, whatever it is; undefined after the last. */
  next(): DerNode | undefined;
  /** Refuses what is left. */
  end(): void;
}

/** Walks through a constructed value. */
export function derCursor(node: DerNode): DerCursor {
  let index = 0;
  const optional = (tag: number): DerNode | undefined =>
    node.children[index]?.tag === tag ? node.children[index++] : undefined;
  return {
    optional,
    expect(tag) {
      const found = optional(tag);
      if (found !== undefined) return found;
      const other = node.children[index];
      throw derError(`has ${other === undefined ? 'nothing' : `tag ${hex(other.tag)}`}, expected tag ${hex(tag)}`);
    },
    next: () => node.children[index++],
    end() {
      const left = node.children.length - index;
      if (left > 0) throw derError(`has ${left} values more than expected`);
    },
  };
}
