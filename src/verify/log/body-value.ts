import { fromBase64, fromUtf8 } from '../../bytes/encoding.ts';
import type { JsonValue } from '../../bytes/json.ts';
import { parsePem } from '../../bytes/pem.ts';
import type { VerificationError } from '../../errors.ts';
import type { SigningMaterial } from '../signed-content.ts';
import { entryError } from './log-error.ts';

/** The error for a body that has not what belongs at a path. */
export function bodyError(path: string, expected: string, cause?: unknown): VerificationError {
  return entryError(`body has no ${expected} at ${path}`, cause);
}

/** The value at a path of member names. */
export function valueAt(value: JsonValue, path: string): JsonValue {
  let found: JsonValue | undefined = value;
  for (const name of path.split('.')) {
    found = isMap(found) && Object.hasOwn(found, name) ? found[name] : undefined;
  }
  if (found === undefined) throw bodyError(path, 'value');
  return found;
}

function isMap(value: JsonValue | undefined): value is { readonly [key: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function textAt(value: JsonValue, path: string): string {
  const found = valueAt(value, path);
  if (typeof found !== 'string') throw bodyError(path, 'text');
  return found;
}

/** The items of an array; whatever is no array has none. */
export function itemsAt(value: JsonValue, path: string): readonly JsonValue[] {
  const found = valueAt(value, path);
  return Array.isArray(found) ? (found as readonly JsonValue[]) : [];
}

/** The bytes of base64, or of base64 in base64. */
export function bytesAt(value: JsonValue, path: string, twice = false): Uint8Array<ArrayBuffer> {
  const once = fromBase64(textAt(value, path));
  const bytes = twice && once !== undefined ? fromBase64(decode(once, path)) : once;
  if (bytes === undefined) throw bodyError(path, 'base64');
  return bytes;
}

function decode(bytes: Uint8Array, path: string): string {
  try {
    return fromUtf8(bytes);
  } catch (cause) {
    throw bodyError(path, 'UTF-8', cause);
  }
}

const endOfCertificate = '-----END CERTIFICATE-----';

/** A certificate, the first of a chain, or a public key: PEM in base64, which is what Rekor v1 has. */
export function pemAt(value: JsonValue, path: string): SigningMaterial {
  const text = decode(bytesAt(value, path), path);
  const end = text.indexOf(endOfCertificate);
  try {
    if (end < 0) return { kind: 'key', spki: parsePem(text, 'PUBLIC KEY') };
    return { kind: 'certificate', der: parsePem(text.slice(0, end + endOfCertificate.length), 'CERTIFICATE') };
  } catch (cause) {
    throw bodyError(path, 'certificate or public key', cause);
  }
}
