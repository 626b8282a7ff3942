import { parseJson, type JsonValue } from '../../../bytes/json.ts';
import { isDigest } from '../../../digest/digest.ts';
import { FormatError } from '../../../errors.ts';
import type { Descriptor } from '../../../oci/descriptor.ts';
import { isMediaType } from '../../../oci/media-types.ts';
import { annotationsOf, objectOf, quoted, type JsonObject } from './manifest-document.ts';

/**
 * The descriptors of a list of manifests (image-spec 1.1.1, image index), each with the members that it came with.
 *
 * @throws FormatError `ERR_INDEX_INVALID`, `ERR_JSON_INVALID`.
 */
export function readEntries(bytes: Uint8Array, mediaType: string): readonly ListEntry[] {
  const code = 'ERR_INDEX_INVALID';
  const value = objectOf(parseJson(bytes, { maxBytes: bytes.length }), code, 'index');
  const { mediaType: own, manifests } = value;
  if (own !== undefined && own !== mediaType) {
    throw new FormatError(code, `index says that it is ${quoted(own)}, expected ${quoted(mediaType)}`);
  }
  // Go writes null for a list that has nothing.
  if (manifests === null) return [];
  if (!Array.isArray(manifests)) throw new FormatError(code, 'index has no list of manifests');
  return manifests.map((entry: JsonValue) => readEntry(objectOf(entry, code, 'entry of an index')));
}

/** A descriptor, and whatever else its writer gave it. */
export interface ListEntry {
  readonly descriptor: Descriptor;
  readonly members: JsonObject;
}

function readEntry(members: JsonObject): ListEntry {
  const { mediaType, digest, size, artifactType } = members;
  const code = 'ERR_INDEX_INVALID';
  if (!isMediaType(mediaType)) throw badEntry('media type', mediaType);
  if (!isDigest(digest)) throw badEntry('digest', digest);
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) throw badEntry('size', size);
  const typed = artifactType !== undefined && artifactType !== null && artifactType !== '';
  if (typed && !isMediaType(artifactType)) throw badEntry('artifact type', artifactType);
  const annotations = annotationsOf(members['annotations'], code);
  const descriptor = {
    mediaType,
    digest,
    size,
    ...(typed ? { artifactType } : {}),
    ...(annotations === undefined ? {} : { annotations }),
  };
  return { descriptor, members };
}

function badEntry(what: string, value: JsonValue | undefined): FormatError {
  return new FormatError('ERR_INDEX_INVALID', `entry of an index has the ${what} ${quoted(value)}, which is none`);
}
