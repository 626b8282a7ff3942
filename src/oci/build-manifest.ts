import { utf8 } from '../bytes/encoding.ts';
import { digestOf, type DigestAlgorithm } from '../digest/digest.ts';
import { FormatError, isPackError, UsageError } from '../errors.ts';
import type { Descriptor } from './descriptor.ts';
import { emptyDescriptor } from './empty.ts';
import type { ImageIndex } from './image-index.ts';
import type { ImageManifest } from './image-manifest.ts';
import { ociLimits, type OciLimits } from './limits.ts';
import { isMediaType, mediaTypes } from './media-types.ts';
import { parseManifest } from './parse-manifest.ts';
import { writeDocument } from './write-document.ts';

/** A document that was made: as it reads, as it is stored, and what names it. */
export interface BuiltDocument<T> {
  readonly document: T;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Media type, digest and size, and the artifact type where the document has one. */
  readonly descriptor: Descriptor;
}

/** What every document may have. */
export interface DocumentInput {
  readonly artifactType?: string | undefined;
  /** The manifest that this one refers to, which makes it a referrer. */
  readonly subject?: Descriptor | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  /** Of the descriptor that is made; sha256 by default. */
  readonly algorithm?: DigestAlgorithm | undefined;
  readonly limits?: Partial<OciLimits> | undefined;
}

export interface ManifestInput extends DocumentInput {
  /** The empty descriptor by default, and then there must be an artifact type. */
  readonly config?: Descriptor | undefined;
  /** The empty descriptor alone by default, as image-spec advises for artifacts without content. */
  readonly layers?: readonly Descriptor[] | undefined;
}

export interface IndexInput extends DocumentInput {
  readonly manifests: readonly Descriptor[];
}

const common = ['artifactType', 'subject', 'annotations', 'algorithm', 'limits'];

/**
 * Makes an image manifest (image-spec 1.1.1). The same input gives the same bytes everywhere: members in the order of
 * the specification, annotations sorted bytewise, no white space, and nothing that was not given.
 *
 * @throws UsageError `ERR_MISSING_ARTIFACT_TYPE` where the config is empty and no artifact type says what it is;
 * `ERR_INVALID_MEDIA_TYPE`; `ERR_INVALID_ARGUMENT` for everything else that a reader would refuse.
 * @throws FormatError `ERR_LIMIT_EXCEEDED` for more than 4 MiB.
 */
export function buildManifest(input: ManifestInput): BuiltDocument<ImageManifest> {
  refuseUnknown(input, [...common, 'config', 'layers']);
  const { artifactType, config = emptyDescriptor, layers = [emptyDescriptor], subject, annotations } = input;
  if (config.mediaType === mediaTypes.empty && artifactType === undefined) {
    throw new UsageError('ERR_MISSING_ARTIFACT_TYPE', 'manifest has an empty config and no artifact type', {
      argument: 'artifactType',
      hint: `say what the artifact is, ${mediaTypes.unknownArtifact} for example`,
    });
  }
  const mediaType = mediaTypes.imageManifest;
  return finish({ schemaVersion: 2, mediaType, artifactType, config, layers, subject, annotations }, input);
}

/**
 * Makes an image index (image-spec 1.1.1), with the promises of {@link buildManifest}.
 *
 * @throws UsageError `ERR_INVALID_MEDIA_TYPE`; `ERR_INVALID_ARGUMENT` for what a reader would refuse.
 * @throws FormatError `ERR_LIMIT_EXCEEDED` for more than 4 MiB.
 */
export function buildIndex(input: IndexInput): BuiltDocument<ImageIndex> {
  refuseUnknown(input, [...common, 'manifests']);
  const { artifactType, manifests, subject, annotations } = input;
  const mediaType = mediaTypes.imageIndex;
  return finish({ schemaVersion: 2, mediaType, artifactType, manifests, subject, annotations }, input);
}

function refuseUnknown(input: object, known: readonly string[]): void {
  const unknown = Object.keys(input).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new UsageError('ERR_INVALID_ARGUMENT', `option ${JSON.stringify(unknown)} is not known`, { argument: unknown });
}

type Written = (ImageManifest | ImageIndex) & { readonly mediaType: string };

function finish<T extends Written>(members: T, input: DocumentInput): BuiltDocument<T> {
  const { artifactType, algorithm } = input;
  if (artifactType !== undefined && !isMediaType(artifactType)) throw notMediaType(artifactType);
  const bytes = utf8(writeDocument(members));
  refuseTooLarge(bytes.length, ociLimits(input.limits).manifestBytes);
  const document = readBack(bytes, members.mediaType, input.limits) as T;
  const descriptor = { mediaType: members.mediaType, digest: digestOf(bytes, algorithm), size: bytes.length };
  return { document, bytes, descriptor: artifactType === undefined ? descriptor : { ...descriptor, artifactType } };
}

/** Nothing leaves that our own reader would refuse. */
function readBack(bytes: Uint8Array, mediaType: string, limits: DocumentInput['limits']): ImageManifest | ImageIndex {
  try {
    return parseManifest(bytes, { mediaType, limits }).document;
  } catch (cause) {
    if (!isPackError(cause)) throw cause;
    throw new UsageError('ERR_INVALID_ARGUMENT', `manifest cannot be made: ${cause.message}`, {
      cause,
      details: cause.details,
    });
  }
}

function notMediaType(artifactType: string): UsageError {
  return new UsageError(
    'ERR_INVALID_MEDIA_TYPE',
    `artifact type ${JSON.stringify(artifactType.slice(0, 120))} is not a media type (RFC 6838)`,
    { argument: 'artifactType' },
  );
}

function refuseTooLarge(size: number, limit: number): void {
  if (size <= limit) return;
  throw new FormatError(
    'ERR_LIMIT_EXCEEDED',
    `manifest would have ${String(size)} bytes, more than the limit of ${String(limit)}`,
    { details: { limit, size }, hint: "pack with { grouping: 'tar' }, which puts all artifacts into one layer" },
  );
}
