import { utf8 } from '../../../bytes/encoding.ts';
import { digestOf, hexOf } from '../../../digest/digest.ts';

/*
 * Keys become names of objects in the same bytewise order, so that a page of a list is a page of keys, and so that no name is another
 * one with a `/` behind it, which servers over a file system cannot have. A sign before `/` is `.` and a letter, every
 * other one is itself, and a name ends with `-`, which sorts before all of them.
 *
 * Where a segment, or the whole, would be too long for a server, the name is cut after the sign that is too much, and
 * ends with `.z` and the SHA-256 of the key: all keys that begin so have such names, next to each other, and in no order.
 */
const maxSegment = 180;
const maxName = 700;
const letters = 'abcdefghijklmno';

/** How far a name gets before it is too long. */
interface Encoded {
  readonly name: string;
  readonly cut: boolean;
}

/** The name of the object of a record. */
export function nameOfKey(key: string): string {
  const { name, cut } = encodeText(key);
  return cut ? `${name}.z${hexOf(digestOf(utf8(key)))}` : `${name}-`;
}

/** The start of the names of all keys that start so; of others as well where it is cut. */
export function nameOfPrefix(prefix: string): string {
  return encodeText(prefix).name;
}

/** A name before those of all keys that come after this one, and behind those of all that come before a long one. */
export function nameAfter(key: string): string {
  const { name, cut } = encodeText(key);
  // Names that were cut here come in no order: they are all looked at.
  return cut ? `${name}.y` : `${name}-`;
}

/** The key in a name; `{ group }` for a name that was cut, with what all of its neighbours have; else undefined. */
export function keyOfName(name: string): string | { readonly group: string } | undefined {
  const cut = /^(.+)\.z[0-9a-f]{64}$/.exec(name)?.[1];
  if (cut !== undefined) return { group: cut };
  if (!name.endsWith('-')) return undefined;
  const key = name.slice(0, -1).replace(/\.([a-o])/g, (_, letter: string) => signOf(letter));
  return nameOfKey(key) === name ? key : undefined;
}

function signOf(letter: string): string {
  return String.fromCharCode(0x20 + letters.indexOf(letter));
}

function encodeText(text: string): Encoded {
  let name = '';
  let segment = 0;
  for (const sign of text) {
    const code = sign.charCodeAt(0) - 0x20;
    const written = code < letters.length ? `.${letters[code] ?? ''}` : sign;
    segment = sign === '/' ? 0 : segment + written.length;
    name += written;
    if (segment > maxSegment || name.length > maxName) return { name, cut: true };
  }
  return { name, cut: false };
}
