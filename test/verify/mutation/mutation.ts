import { fromBase64, fromUtf8, toBase64, utf8 } from '../../../src/bytes/encoding.ts';
import { placeInDer } from './place-in-der.ts';

/** A text of a document that holds bytes, and where it stands. */
interface Field {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** Bytes of a bundle that can be mutated: its own, then those of each member in base64. */
export interface Surface {
  readonly text: Uint8Array;
  readonly fields: readonly Field[];
  /** How many bytes there are. */
  readonly size: number;
}

/** All of a bundle. */
export function bundleSurface(bundle: string): Surface {
  const [text, fields] = [utf8(bundle), fieldsOf(JSON.parse(bundle))];
  return { text, fields, size: fields.reduce((sum, { bytes }) => sum + bytes.length, text.length) };
}

function fieldsOf(value: unknown, path: readonly string[] = []): Field[] {
  if (typeof value === 'string') {
    const bytes = value.length < 20 ? undefined : fromBase64(value);
    return bytes === undefined ? [] : [{ path: path.join('.'), bytes }];
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) => fieldsOf(member, [...path, key]));
}

/** A bundle with one byte changed, and where that is. */
export interface Mutant {
  readonly bundle: string | Uint8Array;
  /** Looked for where it is asked for, which is seldom. */
  readonly place: () => string;
}

/** Turns bits of one byte, which is counted over the whole surface. */
export function mutant(bundle: string, { text, fields }: Surface, index: number, bits: number): Mutant {
  if (index < text.length) {
    const changed = turned(text, index, bits);
    return { bundle: changed, place: () => placeInJson(text, changed) };
  }
  let offset = index - text.length;
  for (const { path, bytes } of fields) {
    if (offset < bytes.length) {
      const changed = bundle.replace(toBase64(bytes), toBase64(turned(bytes, offset, bits)));
      const within = offset;
      return { bundle: changed, place: () => `${path} ${placeInDer(bytes, within)}`.trim() };
    }
    offset -= bytes.length;
  }
  throw new RangeError(`there is no byte ${index}`);
}

function turned(bytes: Uint8Array, offset: number, bits: number): Uint8Array<ArrayBuffer> {
  const copy = Uint8Array.from(bytes);
  copy[offset] = (copy[offset] ?? 0) ^ bits;
  return copy;
}

/** The member in which two documents differ, with the place in DER for bytes; `no value` where none does. */
function placeInJson(before: Uint8Array, after: Uint8Array): string {
  let changed: unknown;
  try {
    changed = JSON.parse(fromUtf8(after));
  } catch {
    return 'no JSON';
  }
  return difference(JSON.parse(fromUtf8(before)), changed, []) ?? 'no value';
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
