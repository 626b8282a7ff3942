import { inside, invalid, isObject, readDocument, type Place } from '../../../attest/proto-json.ts';
import { parseRfc3339 } from '../../../attest/rfc3339.ts';
import { fromUtf8 } from '../../../bytes/encoding.ts';
import type { JsonValue } from '../../../bytes/json.ts';
import { canonicalMetadata } from './canonical.ts';

/** An object of JSON. Only its own members count: a role or a target may be called `constructor`. */
export type Members = Readonly<Record<string, JsonValue>>;

/** One signature, of whoever it says. */
export interface TufSignature {
  readonly keyId: string;
  /** In hexadecimal digits, or not: it is looked at when it is verified. */
  readonly value: string;
}

/** Metadata as it came, before anything of it is believed. */
export interface TufDocument {
  readonly bytes: Uint8Array;
  readonly signatures: readonly TufSignature[];
  /** What the signatures are over. */
  readonly payload: Uint8Array<ArrayBuffer>;
}

/** What is common to the signed part of all roles. */
export interface SignedPart {
  readonly version: number;
  /** Milliseconds since 1970. */
  readonly expires: number;
}

/** Metadata of a role, with what it says. */
export interface Metadata<T> extends TufDocument {
  readonly role: T & SignedPart;
}

/** How a role is read. */
export interface RoleFormat<T> {
  /** `_type` (section 4). */
  readonly type: string;
  readonly read: (signed: Members, place: Place) => T;
}

/** Reads a document of TUF (TUF 1.0, section 4.2). Errors call it by its name. Members that are not known are kept. */
export function readMetadata<T>(name: string, bytes: Uint8Array, format: RoleFormat<T>): Metadata<T> {
  // How large it may be was decided before it was fetched.
  const kind = { name, code: 'ERR_TUF_INVALID', maxBytes: bytes.length } as const;
  return readDocument(kind, bytes, (value, place) => {
    const document = object(value, place);
    refuseInexact(fromUtf8(bytes), place);
    const signed = object(document['signed'], inside(place, 'signed'));
    const role = readSigned(signed, inside(place, 'signed'), format);
    const signatures = readSignatures(document['signatures'], inside(place, 'signatures'));
    return { bytes, signatures, payload: canonicalMetadata(signed), role };
  });
}

function readSigned<T>(signed: Members, place: Place, { type, read }: RoleFormat<T>): T & SignedPart {
  const found = text(own(signed, '_type'), inside(place, '_type'));
  if (found !== type)
    throw invalid(inside(place, '_type'), `is ${JSON.stringify(found.slice(0, 40))}, expected ${type}`);
  const spec = text(own(signed, 'spec_version'), inside(place, 'spec_version'));
  if (!/^1\.\d{1,9}(?:\.\d{1,9})?$/.test(spec))
    throw invalid(inside(place, 'spec_version'), 'is not a version 1 of TUF');
  return {
    ...read(signed, place),
    version: count(own(signed, 'version'), inside(place, 'version')),
    expires: instant(own(signed, 'expires'), inside(place, 'expires')),
  };
}

function readSignatures(value: JsonValue | undefined, place: Place): readonly TufSignature[] {
  const signatures = items(value, place).map((item, index) => {
    const at = inside(place, index);
    const { keyid, sig } = object(item, at);
    return { keyId: text(keyid, inside(at, 'keyid')), value: text(sig, inside(at, 'sig')) };
  });
  refuseTwice(
    signatures.map(({ keyId }) => keyId),
    place,
  );
  return signatures;
}

const numberToken = /-?\d[\d.eE+-]*/y;

/** Numbers that are not whole, or too large to be told apart, have no canonical form that everybody agrees on. */
function refuseInexact(json: string, place: Place): void {
  for (let at = 0; at < json.length; at++) {
    if (json[at] === '"') at = endOfString(json, at);
    numberToken.lastIndex = at;
    const token = /[-\d]/.test(json[at] as string) ? (numberToken.exec(json)?.[0] ?? '') : '';
    if (token === '') continue;
    if (!/^-?\d+$/.test(token) || !Number.isSafeInteger(Number(token))) {
      throw invalid(place, `the number ${token.slice(0, 40)} is not whole, or beyond 2^53`);
    }
    at += token.length - 1;
  }
}

/** The text was parsed before: every string has an end. */
function endOfString(json: string, start: number): number {
  let at = start + 1;
  while (json[at] !== '"') at += json[at] === '\\' ? 2 : 1;
  return at;
}

/** A member of an object itself, not of its prototype. */
export function own(members: Members, key: string): JsonValue | undefined {
  return Object.hasOwn(members, key) ? members[key] : undefined;
}

/** An object. */
export function object(value: JsonValue | undefined, place: Place): Members {
  if (!isObject(value)) throw invalid(place, 'expected an object');
  return value;
}

/** A list. */
export function items(value: JsonValue | undefined, place: Place): readonly JsonValue[] {
  if (!Array.isArray(value)) throw invalid(place, 'expected a list');
  return value as readonly JsonValue[];
}

/** Text. */
export function text(value: JsonValue | undefined, place: Place): string {
  if (typeof value !== 'string') throw invalid(place, 'expected text');
  return value;
}

/** A whole number of at least `from`. */
export function count(value: JsonValue | undefined, place: Place, from = 1): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= from) return value;
  throw invalid(place, `expected a whole number from ${from}`);
}

/** A time. TUF writes `1985-10-21T01:21:00Z`; repositories in use have written fractions and offsets. */
function instant(value: JsonValue | undefined, place: Place): number {
  const time = parseRfc3339(text(value, place));
  if (time === undefined) throw invalid(place, 'expected a time as 1985-10-21T01:21:00Z');
  return time;
}

/** True or false; `fallback` where it is left out. */
export function flag(value: JsonValue | undefined, place: Place, fallback: boolean): boolean {
  if (value === undefined) return fallback;
  if (typeof value !== 'boolean') throw invalid(place, 'expected true or false');
  return value;
}

/** Texts none of which stands twice. */
export function uniqueTexts(value: JsonValue | undefined, place: Place): readonly string[] {
  const texts = items(value, place).map((item, index) => text(item, inside(place, index)));
  refuseTwice(texts, place);
  return texts;
}

/** Refuses a list in which something stands twice. */
export function refuseTwice(texts: readonly string[], place: Place): void {
  const seen = new Set<string>();
  for (const each of texts) {
    if (seen.has(each)) throw invalid(place, `${JSON.stringify(each.slice(0, 80))} stands twice`);
    seen.add(each);
  }
}
