import { fromUtf8 } from './encoding.ts';
import { derError, derTags, expectTag, type DerNode } from './der-reader.ts';

/** The text of an OBJECT IDENTIFIER, `2.5.29.15` for example; arcs of any size are exact. */
export function oidOf(node: DerNode): string {
  expectTag(node, derTags.oid);
  const arcs: (number | bigint)[] = [];
  for (let from = 0, index = 0; index < node.value.length; index++) {
    if ((node.value[index] ?? 0) >= 0x80) continue;
    arcs.push(arcOf(node.value.subarray(from, index + 1)));
    from = index + 1;
  }
  const [first = 0, ...rest] = arcs;
  const root = first < 80 ? Math.floor(Number(first) / 40) : 2;
  return [root, BigInt(first) - BigInt(root * 40), ...rest].join('.');
}

/** Seven octets hold 49 bits, which a number has. */
function arcOf(octets: Uint8Array): number | bigint {
  if (octets.length > 7) return octets.reduce((sum, octet) => (sum << 7n) | BigInt(octet & 0x7f), 0n);
  return octets.reduce((sum, octet) => sum * 128 + (octet & 0x7f), 0);
}

/** The value of an INTEGER or ENUMERATED, of any size and sign. */
export function integerOf(node: DerNode): bigint {
  expectTag(node, derTags.integer, 0x0a);
  const digits = node.value.reduce((sum, octet) => (sum << 8n) | BigInt(octet), 0n);
  return BigInt.asIntN(node.value.length * 8, digits);
}

/** The value of a BOOLEAN. */
export function booleanOf(node: DerNode): boolean {
  expectTag(node, derTags.boolean);
  return node.value[0] !== 0;
}

/** The octets of a BIT STRING that is made of whole octets. */
export function bitStringOf(node: DerNode): Uint8Array<ArrayBuffer> {
  expectTag(node, derTags.bitString);
  if (node.value[0] !== 0) throw derError(`bit string has ${node.value[0] ?? 0} unused bits, expected none`);
  return node.value.subarray(1);
}

/** The text of a UTF8String, PrintableString or IA5String. */
export function textOf(node: DerNode): string {
  expectTag(node, derTags.utf8String, derTags.printableString, derTags.ia5String);
  return node.tag === derTags.utf8String ? utf8Of(node.value) : asciiOf(node.value);
}

/** The text of ASCII bytes. */
export function asciiOf(bytes: Uint8Array): string {
  if (bytes.some((byte) => byte > 0x7f)) throw derError('text is not ASCII');
  return utf8Of(bytes);
}

/** The text of UTF-8 bytes. */
export function utf8Of(bytes: Uint8Array): string {
  try {
    return fromUtf8(bytes);
  } catch (cause) {
    throw derError('text is not UTF-8', cause);
  }
}

/**
 * The time of a UTCTime (years 1950 to 2049) or GeneralizedTime, in milliseconds since 1970: with seconds, in UTC
 * (RFC 5280 section 4.1.2.5). `fraction` allows those of a second in a GeneralizedTime (RFC 3161 section 2.4.2).
 */
export function timeOf(node: DerNode, options: { readonly fraction?: boolean | undefined } = {}): number {
  expectTag(node, derTags.utcTime, derTags.generalizedTime);
  const text = asciiOf(node.value);
  const short = node.tag === derTags.utcTime;
  const form = short ? /^()(\d\d)(\d{10})()Z$/ : /^(\d\d)(\d\d)(\d{10})(\.\d*[1-9])?Z$/;
  const [, century = '', year = '', rest = '', fraction = ''] = form.exec(text) ?? [];
  const full = `${short ? (Number(year) < 50 ? '20' : '19') : century}${year}`;
  const [month, day, hour, minute, second] = rest.match(/../g) ?? [];
  const iso = `${full}-${month}-${day}T${hour}:${minute}:${second}.000Z`;
  const time = Date.parse(iso);
  // The platform may move the 30th of February to March.
  if (Number.isNaN(time) || new Date(time).toISOString() !== iso || (fraction !== '' && options.fraction !== true)) {
    throw derError(`time ${JSON.stringify(text.slice(0, 40))} is not in UTC with seconds`);
  }
  return time + Number(`0${fraction}`) * 1000;
}
