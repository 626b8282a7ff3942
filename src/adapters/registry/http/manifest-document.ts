import { parseJson, type JsonValue } from '../../../bytes/json.ts';
import { isDigest, type Digest } from '../../../digest/digest.ts';
import { FormatError, type FormatErrorCode } from '../../../errors.ts';
import { isIndexMediaType } from '../../../oci/manifest-media-types.ts';
import { isMediaType } from '../../../oci/media-type.ts';

/** An object of a document from outside. */
export type JsonObject = Readonly<Record<string, JsonValue>>;

/** What a registry client must know of a manifest; whoever uses the manifest parses it in full. */
export interface ManifestDocument {
  readonly artifactType?: string | undefined;
  /** Media type of the config, where there is one. */
  readonly configType?: string | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  readonly subject?: Digest | undefined;
}

/**
 * Reads the members of a manifest that a client of a registry needs, and refuses what is not a document of that media
 * type (distribution-spec 1.1.1, "Pulling manifests"; CVE-2021-41190).
 *
 * @param mediaType - That of a manifest or an index.
 * @throws FormatError `ERR_JSON_INVALID`, `ERR_MANIFEST_INVALID`, `ERR_INDEX_INVALID`.
 */
export function readManifestDocument(bytes: Uint8Array, mediaType: string): ManifestDocument {
  const index = isIndexMediaType(mediaType);
  const code = index ? 'ERR_INDEX_INVALID' : 'ERR_MANIFEST_INVALID';
  const value = objectOf(parseJson(bytes, { maxBytes: bytes.length }), code, 'manifest');
  const { mediaType: own, artifactType, config } = value;
  if (own !== undefined && own !== mediaType) {
    throw new FormatError(code, `manifest says that it is ${quoted(own)}, expected ${quoted(mediaType)}`);
  }
  refuseOtherShape(value, index, code);
  const annotations = annotationsOf(value['annotations'], code);
  const subject = subjectOf(value['subject'], code);
  return {
    ...(typeof artifactType === 'string' && artifactType !== '' ? { artifactType } : {}),
    ...(index ? {} : { configType: configTypeOf(config, code) }),
    ...(annotations === undefined ? {} : { annotations }),
    ...(subject === undefined ? {} : { subject }),
  };
}

/** The members of one kind, and none of the other. */
function refuseOtherShape(value: JsonObject, index: boolean, code: FormatErrorCode): void {
  const [own, foreign] = index ? [['manifests'], ['config', 'layers']] : [['config', 'layers'], ['manifests']];
  const missing = own.find((name) => !Object.hasOwn(value, name));
  const other = foreign.find((name) => Object.hasOwn(value, name));
  if (missing === undefined && other === undefined && !Object.hasOwn(value, 'fsLayers')) return;
  const kind = index ? 'an image index' : 'an image manifest';
  throw new FormatError(
    code,
    missing === undefined
      ? `manifest is ${kind}, and has ${quoted(other ?? 'fsLayers')}, which it must not`
      : `manifest is ${kind}, and has no ${quoted(missing)}`,
  );
}

function configTypeOf(config: JsonValue | undefined, code: FormatErrorCode): string {
  const { mediaType } = objectOf(config, code, 'config of a manifest');
  if (isMediaType(mediaType)) return mediaType;
  throw new FormatError(code, `config of a manifest has the media type ${quoted(mediaType)}, which is none`);
}

function subjectOf(subject: JsonValue | undefined, code: FormatErrorCode): Digest | undefined {
  if (subject === undefined || subject === null) return undefined;
  const { digest } = objectOf(subject, code, 'subject of a manifest');
  if (isDigest(digest)) return digest;
  throw new FormatError(code, `subject of a manifest has the digest ${quoted(digest)}, which is none`);
}

/** Annotations: strings by name. Go writes null where there are none. */
export function annotationsOf(
  value: JsonValue | undefined,
  code: FormatErrorCode,
): Readonly<Record<string, string>> | undefined {
  if (value === undefined || value === null) return undefined;
  const annotations = objectOf(value, code, 'annotations of a manifest');
  if (Object.values(annotations).every((text) => typeof text === 'string')) {
    return annotations as Readonly<Record<string, string>>;
  }
  throw new FormatError(code, 'annotations of a manifest are not all strings');
}

/** A value that must be an object. */
export function objectOf(value: JsonValue | undefined, code: FormatErrorCode, what: string): JsonObject {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  throw new FormatError(code, `${what} is not a JSON object`);
}

/** A value from outside in a message. */
export function quoted(value: JsonValue | undefined): string {
  return (value === undefined ? 'nothing' : JSON.stringify(value)).slice(0, 120);
}
