import { fromBase64, fromUtf8 } from '../../bytes/encoding.ts';
import type { JsonValue } from '../../bytes/json.ts';
import { parsePem } from '../../bytes/pem.ts';
import type { SigningMaterial } from '../signed-content.ts';
import { entryError } from './log-error.ts';

/** The value at a path of member names. Throws VerificationError `ERR_LOG_ENTRY_INVALID` where there is none. */
export function valueAt(value: JsonValue, path: string): JsonValue {
  let found: JsonValue | undefined = value;
  for (const name of path.split('.')) {
    found = isMap(found) && Object.hasOwn(found, name) ? found[name] : undefined;
  }
  if (found === undefined) throw entryError(`body has no ${path}`);
  return found;
}

function isMap(value: JsonValue | undefined): value is { readonly [key: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function textAt(value: JsonValue, path: string): string {
  const found = valueAt(value, path);
  if (typeof found !== 'string') throw entryError(`body has a ${path} that is no text`);
  return found;
}

/** The items of an array, one at least. */
export function itemsAt(value: JsonValue, path: string): readonly JsonValue[] {
  const found = valueAt(value, path);
  if (!Array.isArray(found) || found.length === 0) throw entryError(`body has no items in ${path}`);
  return found as readonly JsonValue[];
}

export function bytesAt(value: JsonValue, path: string): Uint8Array<ArrayBuffer> {
  return base64(textAt(value, path), path);
}

/** The bytes of base64 in base64, which is what intoto 0.0.2 has. */
export function twiceEncodedAt(value: JsonValue, path: string): Uint8Array<ArrayBuffer> {
  return base64(textOf(bytesAt(value, path), path), path);
}

function base64(text: string, path: string): Uint8Array<ArrayBuffer> {
  const bytes = fromBase64(text);
  if (bytes === undefined) throw entryError(`body has a ${path} that is no base64`);
  return bytes;
}

function textOf(bytes: Uint8Array, path: string): string {
  try {
    return fromUtf8(bytes);
  } catch (cause) {
    throw entryError(`body has a ${path} that is not UTF-8`, cause);
  }
}

const endOfCertificate = '-----END CERTIFICATE-----';

/** A certificate, the first of a chain, or a public key: PEM in base64, which is what Rekor v1 has. */
export function pemAt(value: JsonValue, path: string): SigningMaterial {
  const text = textOf(bytesAt(value, path), path);
  const end = text.indexOf(endOfCertificate);
  try {
    if (end < 0) return { kind: 'key', spki: parsePem(text, 'PUBLIC KEY') };
    return { kind: 'certificate', der: parsePem(text.slice(0, end + endOfCertificate.length), 'CERTIFICATE') };
  } catch (cause) {
    throw entryError(`body has a ${path} that is no certificate or public key`, cause);
  }
}
