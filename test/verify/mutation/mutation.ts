import { fromBase64, fromUtf8, toBase64, utf8 } from '../../../src/bytes/encoding.ts';
import { placeInDer } from './place-in-der.ts';
import type { Documents } from './subject.ts';

/** A text of a document that holds bytes, and where it stands. */
interface Field {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** Bytes of a document that can be mutated: its own, then those of each member in base64. */
export interface Surface {
  readonly document: keyof Documents;
  readonly text: Uint8Array;
  readonly fields: readonly Field[];
  /** How many bytes there are. */
  readonly size: number;
}

/** All of a bundle. */
export function bundleSurface(bundle: string): Surface {
  return surfaceOf('bundle', utf8(bundle), fieldsOf(JSON.parse(bundle)));
}

function surfaceOf(document: keyof Documents, text: Uint8Array, fields: readonly Field[]): Surface {
  return { document, text, fields, size: fields.reduce((sum, { bytes }) => sum + bytes.length, text.length) };
}

function fieldsOf(value: unknown, path: readonly string[] = []): Field[] {
  if (typeof value === 'string') {
    const bytes = value.length < 20 ? undefined : fromBase64(value);
    return bytes === undefined ? [] : [{ path: path.join('.'), bytes }];
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) => fieldsOf(member, [...path, key]));
}

/** The documents with one byte changed, and which one it was. */
export interface Mutant {
  readonly documents: Documents;
  readonly place: string;
}

/** Turns bits of one byte, which is counted over the whole surface. */
export function mutant(documents: Documents, surface: Surface, index: number, bits: number): Mutant | undefined {
  const whole = documents[surface.document];
  if (index < surface.text.length) {
    const text = turnedText(surface.text, index, bits);
    return text === undefined
      ? undefined
      : { documents: { ...documents, bundle: text }, place: placeInJson(whole, text) };
  }
  let offset = index - surface.text.length;
  for (const { path, bytes } of surface.fields) {
    if (offset >= bytes.length) {
      offset -= bytes.length;
      continue;
    }
    const text = whole.replace(toBase64(bytes), toBase64(turned(bytes, offset, bits)));
    const place = `${path} ${placeInDer(bytes, offset)}`.trim();
    return { documents: { ...documents, [surface.document]: text }, place };
  }
  return undefined;
}

function turned(bytes: Uint8Array, offset: number, bits: number): Uint8Array<ArrayBuffer> {
  const copy = Uint8Array.from(bytes);
  copy[offset] = (copy[offset] ?? 0) ^ bits;
  return copy;
}

/** Undefined where it is not UTF-8 any more, which no reader of text would hand on. */
function turnedText(text: Uint8Array, offset: number, bits: number): string | undefined {
  try {
    return fromUtf8(turned(text, offset, bits));
  } catch {
    return undefined;
  }
}

/** The member in which two documents differ, with the place in DER for bytes; `no value` where none does. */
function placeInJson(before: string, after: string): string {
  let changed: unknown;
  try {
    changed = JSON.parse(after);
  } catch {
    return 'no JSON';
  }
  return difference(JSON.parse(before), changed, []) ?? 'no value';
}

function difference(before: unknown, after: unknown, path: readonly string[]): string | undefined {
  if (typeof before === 'object' && typeof after === 'object' && before !== null && after !== null) {
    const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
    for (const key of keys) {
      const found = difference((before as Members)[key], (after as Members)[key], [...path, key]);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  return before === after ? undefined : `${path.join('.')} ${placeInText(before, after)}`.trim();
}

type Members = Readonly<Record<string, unknown>>;

function placeInText(before: unknown, after: unknown): string {
  const [a, b] = [before, after].map((text) =>
    typeof text === 'string' && text.length > 20 ? fromBase64(text) : undefined,
  );
  if (a === undefined || b === undefined) return '';
  return placeInDer(
    a,
    a.findIndex((byte, index) => byte !== b[index]),
  );
}
