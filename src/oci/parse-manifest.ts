import type * as z from 'zod/mini';
import { checkOptions } from '../bytes/check-options.ts';
import { parseJson, type JsonValue } from '../bytes/json.ts';
import { FormatError, type FormatErrorCode, type FormatIssue } from '../errors.ts';
import type { ImageIndex } from './image-index.ts';
import type { ImageManifest } from './image-manifest.ts';
import { ociLimits, type OciLimits } from './limits.ts';
import { isDockerSchema1MediaType, isIndexMediaType, isManifestMediaType, mediaTypes } from './media-types.ts';
import { checkAgainst, imageIndexSchema, imageManifestSchema } from './schema.ts';

/** A manifest or an index that was read. */
export type ParsedManifest = ParsedImageManifest | ParsedImageIndex;

/** A config and layers. */
export interface ParsedImageManifest {
  readonly kind: 'manifest';
  /** The media type that the document has, or that it was expected to have, or else that of its shape. */
  readonly mediaType: string;
  readonly document: ImageManifest;
}

/** A list of manifests. */
export interface ParsedImageIndex {
  readonly kind: 'index';
  /** The media type that the document has, or that it was expected to have, or else that of its shape. */
  readonly mediaType: string;
  readonly document: ImageIndex;
}

/** What is known of a manifest before it is read. */
export interface ParseManifestOptions {
  /** What the descriptor, or the registry, says that the bytes are. */
  readonly mediaType?: string | undefined;
  readonly limits?: Partial<OciLimits> | undefined;
}

type JsonObject = Readonly<Record<string, JsonValue>>;

/**
 * Reads an image manifest or an image index, OCI or Docker schema 2, from bytes that nobody vouches for.
 *
 * A document means one thing only (the defence against CVE-2021-41190): it cannot be a manifest and an index at once,
 * and the media type in it is the one that was expected. Members that image-spec does not know are kept.
 *
 * @throws FormatError `ERR_LIMIT_EXCEEDED` before anything is read, `ERR_JSON_INVALID`, `ERR_MANIFEST_INVALID` or
 * `ERR_INDEX_INVALID` with what is wrong where.
 */
export function parseManifest(bytes: Uint8Array, options: ParseManifestOptions = {}): ParsedManifest {
  checkOptions('parseManifest', options, ['mediaType', 'limits']);
  const { manifestBytes } = ociLimits(options.limits);
  if (bytes.length > manifestBytes) throw tooLarge(bytes.length, manifestBytes);
  const value = parseJson(bytes, { maxBytes: manifestBytes });
  if (!isObject(value)) throw invalid('ERR_MANIFEST_INVALID', 'manifest is not a JSON object');
  const mediaType = mediaTypeOf(value, options.mediaType);
  if (isIndexMediaType(mediaType)) {
    return { kind: 'index', mediaType, document: read(imageIndexSchema, value, 'ERR_INDEX_INVALID') };
  }
  return { kind: 'manifest', mediaType, document: read(imageManifestSchema, value, 'ERR_MANIFEST_INVALID') };
}

function tooLarge(size: number, limit: number): FormatError {
  return new FormatError(
    'ERR_LIMIT_EXCEEDED',
    `manifest has ${String(size)} bytes, more than the limit of ${String(limit)}`,
    { details: { limit, size } },
  );
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The one media type of a document, after everything that could make it two was refused. */
function mediaTypeOf(value: JsonObject, expected: string | undefined): string {
  const code = Object.hasOwn(value, 'manifests') ? 'ERR_INDEX_INVALID' : 'ERR_MANIFEST_INVALID';
  refuseSchema1(value, expected);
  refuseOtherSpelling(value, code);
  const own = value['mediaType'];
  if (own !== undefined && typeof own !== 'string') throw invalid(code, 'manifest has a media type that is no string');
  if (own !== undefined && expected !== undefined && own !== expected) {
    throw invalid(code, `manifest says that it is ${quoted(own)}, expected ${quoted(expected)}`);
  }
  const mediaType = own ?? expected ?? mediaTypeOfShape(value);
  if (!isManifestMediaType(mediaType)) {
    throw invalid(code, `manifest has the media type ${quoted(mediaType)}, which is neither a manifest nor an index`);
  }
  refuseOtherShape(value, mediaType);
  return mediaType;
}

function mediaTypeOfShape(value: JsonObject): string {
  return Object.hasOwn(value, 'manifests') ? mediaTypes.imageIndex : mediaTypes.imageManifest;
}

function refuseSchema1(value: JsonObject, expected: string | undefined): void {
  const { schemaVersion, mediaType } = value;
  const named = [mediaType, expected].some((name) => typeof name === 'string' && isDockerSchema1MediaType(name));
  if (schemaVersion !== 1 && !named) return;
  throw new FormatError('ERR_MANIFEST_INVALID', 'manifest is Docker schema 1, expected schema 2 or OCI', {
    hint: 'push the image again with a current client, which writes schema 2 or OCI',
  });
}

const structuralNames = ['schemaVersion', 'mediaType', 'artifactType', 'config', 'layers', 'manifests', 'subject'];
const structuralByFold: ReadonlyMap<string, string> = /* @__PURE__ */ new Map(
  structuralNames.map((name) => [name.toLowerCase(), name]),
);

/** Go reads member names without regard to case: to it, `Layers` is `layers`, and the document another one. */
function refuseOtherSpelling(value: JsonObject, code: FormatErrorCode): void {
  for (const name of Object.keys(value)) {
    const known = structuralByFold.get(name.toLowerCase());
    if (known !== undefined && known !== name) {
      throw invalid(code, `manifest has a member ${quoted(name)}, which some readers take for ${quoted(known)}`);
    }
  }
}

/** Refuses what belongs to the other kind of document (image-spec 1.1.1, manifest and image index, "mediaType"). */
function refuseOtherShape(value: JsonObject, mediaType: string): void {
  const index = isIndexMediaType(mediaType);
  const foreign = index ? ['config', 'layers', 'fsLayers'] : ['manifests', 'fsLayers'];
  const found = foreign.find((name) => Object.hasOwn(value, name));
  if (found === undefined) return;
  throw new FormatError(
    index ? 'ERR_INDEX_INVALID' : 'ERR_MANIFEST_INVALID',
    `manifest is an ${index ? 'image index' : 'image manifest'}, and has ${quoted(found)}, which it must not`,
    { issues: [{ path: found, message: 'expected to be absent' }] },
  );
}

function read<T>(schema: z.ZodMiniType<T>, value: JsonValue, code: FormatErrorCode): T {
  const checked = checkAgainst(schema, value);
  if ('value' in checked) return checked.value;
  throw invalid(code, summaryOf(checked.issues), checked.issues);
}

function summaryOf(issues: readonly FormatIssue[]): string {
  const [first] = issues;
  return `manifest does not follow image-spec 1.1.1: ${first?.path ?? ''}: ${first?.message ?? ''}`;
}

function invalid(code: FormatErrorCode, message: string, issues: readonly FormatIssue[] = []): FormatError {
  return new FormatError(code, message, { issues: issues.length > 0 ? issues : [{ path: '', message }] });
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 120));
}
