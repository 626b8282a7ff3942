import { utf8 } from './encoding.ts';

/**
 * Values in DER (X.690, the distinguished encoding of ASN.1): every function gives a whole element, tag and length
 * included, in its one minimal form. What DER cannot say throws RangeError: these are our own values, never input.
 */
type Der = Uint8Array<ArrayBuffer>;

/** Any element: the identifier octet, the shortest length, then the contents in order. */
export function derElement(tag: number, ...contents: readonly Uint8Array[]): Der {
  const length = contents.reduce((sum, part) => sum + part.length, 0);
  const head = [tag, ...lengthOctets(length)];
  const element = new Uint8Array(head.length + length);
  element.set(head);
  let offset = head.length;
  for (const part of contents) {
    element.set(part, offset);
    offset += part.length;
  }
  return element;
}

function lengthOctets(length: number): number[] {
  if (length < 0x80) return [length];
  const octets: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256);
  return [0x80 | octets.length, ...octets];
}

export function derSequence(...elements: readonly Uint8Array[]): Der {
  return derElement(0x30, ...elements);
}

/** SET OF: the elements are sorted by their encoding (X.690 11.6), whatever order they come in. */
export function derSetOf(...elements: readonly Uint8Array[]): Der {
  return derElement(0x31, ...[...elements].sort(compareOctets));
}

function compareOctets(a: Uint8Array, b: Uint8Array): number {
  for (let index = 0; index < Math.min(a.length, b.length); index++) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** INTEGER: a number, or the big-endian octets of one that is not negative (serial numbers, parts of a signature). */
export function derInteger(value: bigint | number | Uint8Array): Der {
  return derElement(0x02, value instanceof Uint8Array ? unsignedOctets(value) : signedOctets(BigInt(value)));
}

function unsignedOctets(bytes: Uint8Array): Der {
  const start = bytes.findIndex((byte) => byte !== 0);
  if (start === -1) return Uint8Array.of(0);
  const significant = bytes.subarray(start);
  return Uint8Array.from((significant[0] ?? 0) < 0x80 ? significant : [0, ...significant]);
}

function signedOctets(value: bigint): Der {
  const octets: number[] = [];
  let rest = value;
  // Ends when what is left is the sign alone, and the last octet says the same sign.
  do {
    octets.unshift(Number(BigInt.asUintN(8, rest)));
    rest >>= 8n;
  } while (rest !== (value < 0n ? -1n : 0n) || (octets[0] ?? 0) >= 0x80 !== value < 0n);
  return Uint8Array.from(octets);
}

/** OBJECT IDENTIFIER, from its dotted form: arcs of any size. */
export function derOid(dotted: string): Der {
  if (!/^[012](?:\.(?:0|[1-9][0-9]*))+$/.test(dotted))
    throw new RangeError(`object identifier ${dotted} is not dotted`);
  const [first = 0n, second = 0n, ...rest] = dotted.split('.').map(BigInt);
  if (first < 2n && second > 39n) throw new RangeError(`object identifier ${dotted} has a second arc above 39`);
  return derElement(0x06, Uint8Array.from([first * 40n + second, ...rest].flatMap(arcOctets)));
}

function arcOctets(arc: bigint): number[] {
  const octets = [Number(arc & 0x7fn)];
  for (let rest = arc >> 7n; rest > 0n; rest >>= 7n) octets.unshift(Number(rest & 0x7fn) | 0x80);
  return octets;
}

export function derOctetString(bytes: Uint8Array): Der {
  return derElement(0x04, bytes);
}

/** BIT STRING of whole octets, or with the last bits unused; those must be 0. */
export function derBitString(bytes: Uint8Array, unusedBits = 0): Der {
  const last = bytes.at(-1) ?? 0;
  if (unusedBits > (bytes.length === 0 ? 0 : 7) || (last & ((1 << unusedBits) - 1)) !== 0) {
    throw new RangeError(`bit string has ${unusedBits} unused bits that are not 0, or too many`);
  }
  return derElement(0x03, Uint8Array.of(unusedBits), bytes);
}

/** BIT STRING of named bits, the first one is bit 0; bits that are 0 at the end are left out (X.690 11.2.2). */
export function derNamedBits(bits: readonly number[]): Der {
  if (bits.length === 0) return derBitString(new Uint8Array(0));
  const highest = Math.max(...bits);
  const octets = new Uint8Array((highest >> 3) + 1);
  for (const bit of bits) octets[bit >> 3] = (octets[bit >> 3] ?? 0) | (0x80 >> (bit & 7));
  return derBitString(octets, 7 - (highest & 7));
}

export function derUtf8String(text: string): Der {
  return derElement(0x0c, utf8(text));
}

/** PrintableString: letters, digits, space and `'()+,-./:=?`. */
export function derPrintableString(text: string): Der {
  if (!/^[A-Za-z0-9 '()+,\-./:=?]*$/.test(text))
    throw new RangeError('printable string has a letter that it cannot hold');
  return derElement(0x13, utf8(text));
}

/** IA5String: ASCII. */
export function derIa5String(text: string): Der {
  return derElement(0x16, asciiOctets(text));
}

/** ASCII octets, for an implicit IA5String as subject alternative names have it. */
function asciiOctets(text: string): Der {
  const octets = utf8(text);
  if (octets.length !== text.length) throw new RangeError('IA5 string has a letter that is not ASCII');
  return octets;
}

export function derBoolean(value: boolean): Der {
  return derElement(0x01, Uint8Array.of(value ? 0xff : 0));
}

export function derNull(): Der {
  return derElement(0x05);
}

/**
 * The time of a certificate (RFC 5280 4.1.2.5): UTCTime through 2049, GeneralizedTime before 1950 and from 2050.
 * Milliseconds since 1970; a fraction of a second is cut off.
 */
export function derTime(milliseconds: number): Der {
  const text = digitsOf(milliseconds);
  const year = Number(text.slice(0, 4));
  return year >= 1950 && year < 2050 ? derElement(0x17, utf8(`${text.slice(2)}Z`)) : derElement(0x18, utf8(`${text}Z`));
}

/** GeneralizedTime in UTC, with the fraction of the second where it is not 0, without zeros at its end. */
export function derGeneralizedTime(milliseconds: number): Der {
  const fraction = new Date(milliseconds)
    .toISOString()
    .slice(19, -1)
    .replace(/\.?0*$/, '');
  return derElement(0x18, utf8(`${digitsOf(milliseconds)}${fraction}Z`));
}

/** `YYYYMMDDhhmmss` of a time of the years 0 to 9999. */
function digitsOf(milliseconds: number): string {
  const text = new Date(milliseconds).toISOString();
  if (text.length !== 24) throw new RangeError(`time ${text} is not of a year of four digits`);
  return text.slice(0, 19).replace(/[-:T]/g, '');
}

/** `[n] EXPLICIT`: an element around others. */
export function derExplicit(number: number, ...elements: readonly Uint8Array[]): Der {
  return derElement(0xa0 | tagNumber(number), ...elements);
}

/** `[n] IMPLICIT` of a primitive type: its contents under another tag. */
export function derImplicit(number: number, contents: Uint8Array): Der {
  return derElement(0x80 | tagNumber(number), contents);
}

/** `[n] IMPLICIT` of an element that is there already: its tag is replaced, constructed stays constructed. */
export function derRetag(number: number, element: Uint8Array): Der {
  const copy = Uint8Array.from(element);
  copy[0] = 0x80 | ((element[0] ?? 0) & 0x20) | tagNumber(number);
  return copy;
}

function tagNumber(number: number): number {
  if (!Number.isInteger(number) || number < 0 || number > 30) {
    throw new RangeError(`tag number is ${number}, expected 0 to 30`);
  }
  return number;
}
