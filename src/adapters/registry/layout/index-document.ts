import { parseJson, type JsonValue } from '../../../bytes/json.ts';
import { FormatError, isPackError, type FormatIssue } from '../../../errors.ts';
import type { Descriptor } from '../../../oci/descriptor.ts';
import { isIndexMediaType, mediaTypes } from '../../../oci/media-types.ts';
import { checkAgainst, imageIndexSchema } from '../../../oci/schema.ts';
import { writeDescriptor, writeDocument } from '../../../oci/write-document.ts';
import type { ImageIndex } from '../../../oci/image-index.ts';
import { utf8 } from '../../../bytes/encoding.ts';

/** The `index.json` of a layout: what it lists, and everything else that somebody wrote into it. */
export type LayoutIndex = ImageIndex;

/** Bytes of an `index.json` or `oci-layout`. containerd reads no more either. */
export const layoutDocumentLimit: number = 20 * 1024 * 1024;

/** The index of a layout that lists nothing. */
export const emptyLayoutIndex: LayoutIndex = /* @__PURE__ */ Object.freeze({
  schemaVersion: 2,
  mediaType: mediaTypes.imageIndex,
  manifests: Object.freeze([]),
});

/** The `oci-layout` file (image-spec 1.1.1, image layout, "oci-layout file"). */
export const layoutMarker = '{"imageLayoutVersion":"1.0.0"}';

/**
 * Reads the bytes of an `index.json`, which nobody vouches for. What it does not know stays in it.
 *
 * @throws FormatError `ERR_LAYOUT_INVALID`, naming what is wrong where; `ERR_LIMIT_EXCEEDED` beyond 20 MiB.
 */
export function parseLayoutIndex(bytes: Uint8Array, layout: string): LayoutIndex {
  const value = readObject(bytes, `index.json of ${layout}`);
  // What Go writes for a list without entries.
  const whole = value['manifests'] === null ? { ...value, manifests: [] } : value;
  const checked = checkAgainst(imageIndexSchema, whole);
  if ('issues' in checked) throw invalid(`index.json of ${layout} is not an image index`, checked.issues);
  const { mediaType } = checked.value;
  if (mediaType === undefined || isIndexMediaType(mediaType)) return checked.value;
  throw invalid(`index.json of ${layout} has the media type ${JSON.stringify(mediaType.slice(0, 120))}`);
}

/** The bytes of an `index.json`. */
export function formatLayoutIndex(index: LayoutIndex): Uint8Array<ArrayBuffer> {
  return utf8(writeDocument(index, textOf));
}

/** From one write to the next most entries stay, and nobody changes one in its place. */
const texts = /* @__PURE__ */ new WeakMap<object, string>();

function textOf(entry: object): string {
  const text = texts.get(entry) ?? writeDescriptor(entry);
  texts.set(entry, text);
  return text;
}

/**
 * Takes the bytes of an `oci-layout` file.
 *
 * @throws FormatError `ERR_LAYOUT_INVALID` for another version than 1.0.0.
 */
export function checkLayoutMarker(bytes: Uint8Array, layout: string): void {
  const { imageLayoutVersion } = readObject(bytes, `oci-layout of ${layout}`);
  if (imageLayoutVersion === '1.0.0') return;
  throw invalid(
    `oci-layout of ${layout} has the version ${JSON.stringify(imageLayoutVersion ?? null).slice(0, 120)}, expected "1.0.0"`,
  );
}

function readObject(bytes: Uint8Array, what: string): Readonly<Record<string, JsonValue>> {
  const value = readJson(bytes, what);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, JsonValue>>;
  }
  throw invalid(`${what} is not a JSON object`);
}

function readJson(bytes: Uint8Array, what: string): JsonValue {
  try {
    return parseJson(bytes, { maxBytes: layoutDocumentLimit });
  } catch (cause) {
    if (!isPackError(cause) || cause.code !== 'ERR_JSON_INVALID') throw cause;
    throw new FormatError('ERR_LAYOUT_INVALID', `${what} is not JSON`, {
      cause,
      issues: [{ path: '', message: cause.message }],
    });
  }
}

function invalid(message: string, issues: readonly FormatIssue[] = [{ path: '', message }]): FormatError {
  return new FormatError('ERR_LAYOUT_INVALID', message, { issues });
}

/** The same index with other entries. */
export function withEntries(index: LayoutIndex, manifests: readonly Descriptor[]): LayoutIndex {
  return { ...index, manifests };
}
