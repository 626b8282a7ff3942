import { fromBase64 } from '../bytes/encoding.ts';
import { parseJson, type JsonValue } from '../bytes/json.ts';
import { FormatError, isPackError, type FormatErrorCode } from '../errors.ts';
import { parseRfc3339 } from './rfc3339.ts';

/**
 * Reads documents that are protobuf messages written as JSON, and only the one spelling of them that Sigstore's
 * writers use.
 *
 * The mapping (https://protobuf.dev/programming-guides/json) lets a parser accept more than protobuf-specs wants
 * clients to accept. Of what it leaves open: a field that is null or not there is its default, a 64-bit number may be
 * text or a whole number, an enumeration's value may be a name or a number, and a time may have an offset. Refused are
 * names in snake_case, url-safe or unpadded base64, a number in exponent form inside text, null inside a list, and,
 * as Go's protojson does, every field that the message does not have.
 */
export type Reader<T> = (value: JsonValue | undefined, place: Place) => T;

/** What is being read: how errors name it, their code, and how large it may be. */
export interface DocumentKind {
  readonly name: string;
  readonly code: FormatErrorCode;
  readonly maxBytes: number;
}

/** Where a reader is. */
export interface Place {
  readonly document: DocumentKind;
  /** `verificationMaterial.tlogEntries.0` for example. */
  readonly path: string;
}

/** Reads a whole document. */
export function readDocument<T>(document: DocumentKind, input: Uint8Array | string, read: Reader<T>): T {
  return read(readJson(document, input), { document, path: '' });
}

function readJson(document: DocumentKind, input: Uint8Array | string): JsonValue {
  const { name, code, maxBytes } = document;
  try {
    return parseJson(input, { maxBytes });
  } catch (cause) {
    if (!isPackError(cause)) throw cause;
    throw new FormatError(
      cause.code === 'ERR_JSON_INVALID' ? code : (cause.code as FormatErrorCode),
      `${name} cannot be read: ${cause.message}`,
      { cause, details: cause.details, issues: [{ path: '', message: cause.message }] },
    );
  }
}

/** The place of a member. */
export function inside(place: Place, key: string | number): Place {
  return { ...place, path: place.path === '' ? String(key) : `${place.path}.${String(key)}` };
}

/** The error for what is wrong at a place. */
export function invalid(place: Place, message: string, code: FormatErrorCode = place.document.code): FormatError {
  const where = place.path === '' ? '' : ` at ${place.path.slice(0, 300)}`;
  return new FormatError(code, `${place.document.name} is invalid${where}: ${message}`, {
    issues: [{ path: place.path, message }],
  });
}

/** True for an object of JSON, as against a list. */
export function isObject(value: unknown): value is Readonly<Record<string, JsonValue>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What the readers of a shape give. */
export type MessageOf<S extends Readonly<Record<string, Reader<unknown>>>> = {
  readonly [K in keyof S]: ReturnType<S[K]>;
};

/** A message; undefined where it is not there. `open` formats ignore members that they do not know. */
export function message<S extends Readonly<Record<string, Reader<unknown>>>>(
  shape: S,
  open = false,
): Reader<MessageOf<S> | undefined> {
  return (value, place) => {
    if (value === undefined) return undefined;
    if (!isObject(value)) throw invalid(place, 'expected an object');
    const unknown = open ? undefined : Object.keys(value).find((key) => !Object.hasOwn(shape, key));
    if (unknown !== undefined) throw invalid(inside(place, unknown), 'is no field of this message');
    const read: Record<string, unknown> = {};
    for (const key of Object.keys(shape)) read[key] = shape[key]?.(value[key] ?? undefined, inside(place, key));
    return read as MessageOf<S>;
  };
}

/** A message of which one field is all that counts: its value; undefined where the message is not there. */
export function only<T>(name: string, read: Reader<T>, open = false): Reader<T | undefined> {
  const whole = message({ [name]: read }, open);
  return (value, place) => whole(value, place)?.[name];
}

/** Exactly one of some messages. */
export function requireOne(place: Place, read: Readonly<Record<string, unknown>>, names: readonly string[]): void {
  const found = names.filter((name) => read[name] !== undefined);
  if (found.length !== 1) {
    throw invalid(
      place,
      `expected one of ${names.join(', ')}, found ${found.length === 0 ? 'none' : found.join(', ')}`,
    );
  }
}

/** What must be there, and not be empty. */
export function required<T>(read: Reader<T>): Reader<NonNullable<T>> {
  return (value, place) => {
    const result = read(value, place);
    if (result === undefined || result === null || (result as { length?: number }).length === 0) {
      throw invalid(place, value === undefined ? 'is missing' : 'is empty');
    }
    return result;
  };
}

/** A repeated field. More than `max` is ERR_LIMIT_EXCEEDED, before any is read. */
export function list<T>(read: Reader<T>, max: number): Reader<readonly T[]> {
  return (value, place) => {
    if (value === undefined) return [];
    if (!Array.isArray(value)) throw invalid(place, 'expected a list');
    const items = value as readonly JsonValue[];
    if (items.length > max) {
      throw invalid(place, `has ${items.length} items, more than the limit of ${max}`, 'ERR_LIMIT_EXCEEDED');
    }
    return items.map((item, index) => read(item, inside(place, index)));
  };
}

/** Text; empty where it is not there. */
export const text: Reader<string> = (value = '', place) => {
  if (typeof value !== 'string') throw invalid(place, 'expected text');
  return value;
};

/** One of some texts. */
export function oneOf<T extends string>(...names: readonly T[]): Reader<T> {
  return (value, place) => {
    const found = names.find((name) => name === value);
    if (found === undefined) throw invalid(place, `expected ${names.join(' or ')}`);
    return found;
  };
}

/** An object of JSON as it is; undefined where it is not there. */
export const object: Reader<Readonly<Record<string, JsonValue>> | undefined> = (value, place) => {
  if (value !== undefined && !isObject(value)) throw invalid(place, 'expected an object');
  return value;
};

/** Bytes in canonical base64; empty where they are not there. */
export const bytes: Reader<Uint8Array<ArrayBuffer>> = (value, place) => {
  const decoded = fromBase64(text(value, place));
  if (decoded === undefined) throw invalid(place, 'expected standard base64 with padding');
  return decoded;
};

const maxInt64 = 0x7fff_ffff_ffff_ffffn;

/** A 64-bit number that cannot be negative (an index, a size, a time); 0 where it is not there. */
export const count64: Reader<bigint> = (value = 0, place) => {
  const whole = typeof value === 'number' && Number.isSafeInteger(value);
  // No more digits than the largest has, so that no time goes into a number that cannot be right.
  const number = whole || (typeof value === 'string' && /^(?:0|[1-9]\d{0,18})$/.test(value)) ? BigInt(value) : -1n;
  if (number < 0n || number > maxInt64) throw invalid(place, 'expected a whole number from 0 to 2^63 - 1');
  return number;
};

/** A 32-bit number that cannot be negative; 0 where it is not there. */
export const count32: Reader<number> = (value = 0, place) => {
  const number = typeof value === 'string' && /^\d{1,10}$/.test(value) ? Number(value) : value;
  if (typeof number === 'number' && Number.isInteger(number) && number >= 0 && number <= 0xffff_ffff) return number;
  throw invalid(place, 'expected a whole number from 0 to 2^32 - 1');
};

/** A time in milliseconds since 1970; undefined where it is not there. */
export const time: Reader<number | undefined> = (value, place) => {
  if (value === undefined) return undefined;
  const read = parseRfc3339(text(value, place));
  if (read === undefined) throw invalid(place, 'expected a time as in RFC 3339');
  return read;
};

/**
 * A value of an enumeration by its name; the first where it is not there. Enumerations are open: what is not known
 * keeps its name or number, for whoever uses it to refuse.
 */
export function enumeration(names: Readonly<Record<number, string>>): Reader<string> {
  return (value = 0, place) => {
    if (typeof value === 'string') return value;
    if (typeof value === 'number' && Number.isInteger(value)) return names[value] ?? String(value);
    throw invalid(place, 'expected the name or number of a value');
  };
}

/** `HashAlgorithm` of sigstore_common.proto. */
export const hashAlgorithm: Reader<string> = enumeration([
  'HASH_ALGORITHM_UNSPECIFIED',
  'SHA2_256',
  'SHA2_384',
  'SHA2_512',
]);
