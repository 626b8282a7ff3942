import { compareBytewise, utf8 } from '../../../bytes/encoding.ts';
import type { JsonValue } from '../../../bytes/json.ts';

/**
 * The bytes that signatures of TUF are over: OLPC canonical JSON, which is not RFC 8785. Keys are sorted, nothing stands
 * between, only `"` and `\` are escaped in text (a line break stands as it is), and numbers are whole.
 *
 * @see http://wiki.laptop.org/go/Canonical_JSON
 */
export function canonicalMetadata(value: JsonValue): Uint8Array<ArrayBuffer> {
  return utf8(write(value));
}

function write(value: JsonValue): string {
  if (typeof value === 'string') return quote(value);
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value)) return `[${(value as readonly JsonValue[]).map(write).join(',')}]`;
  const members = Object.entries(value).sort(([a], [b]) => compareBytewise(a, b));
  return `{${members.map(([key, member]) => `${quote(key)}:${write(member)}`).join(',')}}`;
}

function quote(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}
