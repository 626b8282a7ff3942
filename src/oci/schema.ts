import * as z from 'zod/mini';
import { fromBase64 } from '../bytes/encoding.ts';
import { algorithmOf, digestOf, isDigest } from '../digest/digest.ts';
import type { FormatIssue } from '../errors.ts';
import type { ImageConfig } from './config.ts';
import type { Descriptor } from './descriptor.ts';
import type { ImageIndex } from './image-index.ts';
import type { ImageManifest } from './image-manifest.ts';
import { isMediaType } from './media-types.ts';

// Every object is loose: image-spec 1.1.1, "Extensibility", has readers ignore members that they do not know, and a
// layout's index must not lose them when it is written again.

const text = /* @__PURE__ */ z.string('expected a string');
const texts = /* @__PURE__ */ z.array(text, 'expected an array');
const mediaType = /* @__PURE__ */ z.custom<string>(isMediaType, 'expected a media type (RFC 6838)');
const artifactType = /* @__PURE__ */ z.custom<string>(
  // distribution-spec 1.1.1, "Listing Referrers", names an artifact type that is there and empty.
  (value) => value === '' || isMediaType(value),
  'expected a media type (RFC 6838)',
);
const digest = /* @__PURE__ */ z.custom<Descriptor['digest']>(
  isDigest,
  'expected a digest: sha256, sha384 or sha512, and lower-case hex of the right length',
);
const size = /* @__PURE__ */ z.custom<number>(
  (value) => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0,
  'expected a size in bytes: a whole number from 0 to 2^53 - 1',
);
const annotations = /* @__PURE__ */ z.record(text, text, 'expected an object of strings');
const platform = /* @__PURE__ */ z.looseObject(
  {
    architecture: text,
    os: text,
    'os.version': z.optional(text),
    'os.features': z.optional(texts),
    variant: z.optional(text),
  },
  'expected an object',
);

/** A descriptor (image-spec 1.1.1, descriptor, "Properties"). */
export const descriptorSchema: z.ZodMiniType<Descriptor> = /* @__PURE__ */ z
  .looseObject(
    {
      mediaType,
      digest,
      size,
      urls: z.optional(texts),
      annotations: z.optional(annotations),
      data: z.optional(text),
      artifactType: z.optional(artifactType),
      platform: z.optional(platform),
    },
    'expected a descriptor',
  )
  .check(
    z.refine((descriptor) => embeddedDataFits(descriptor), {
      path: ['data'],
      error: 'expected the base64 of bytes that have the size and the digest of the descriptor',
    }),
  );

function embeddedDataFits(descriptor: Descriptor): boolean {
  const { data, digest, size } = descriptor;
  if (data === undefined) return true;
  const bytes = fromBase64(data);
  return bytes?.length === size && digestOf(bytes, algorithmOf(digest)) === digest;
}

const version2 = /* @__PURE__ */ z.literal(2, 'expected 2');

/** An image manifest (image-spec 1.1.1, manifest). */
export const imageManifestSchema: z.ZodMiniType<ImageManifest> = /* @__PURE__ */ z.looseObject({
  schemaVersion: version2,
  mediaType: z.optional(mediaType),
  artifactType: z.optional(artifactType),
  config: descriptorSchema,
  layers: z.array(descriptorSchema, 'expected an array of descriptors'),
  subject: z.optional(descriptorSchema),
  annotations: z.optional(annotations),
});

/** An image index (image-spec 1.1.1, image index). */
export const imageIndexSchema: z.ZodMiniType<ImageIndex> = /* @__PURE__ */ z.looseObject({
  schemaVersion: version2,
  mediaType: z.optional(mediaType),
  artifactType: z.optional(artifactType),
  manifests: z.array(descriptorSchema, 'expected an array of descriptors'),
  subject: z.optional(descriptorSchema),
  annotations: z.optional(annotations),
});

// Docker writes null where the specification leaves a member out.
const orNull = <T extends z.ZodMiniType>(schema: T): z.ZodMiniOptional<z.ZodMiniNullable<T>> =>
  z.optional(z.nullable(schema));
const emptyObjects = /* @__PURE__ */ z.record(text, z.looseObject({}, 'expected an object'), 'expected an object');

const execution = /* @__PURE__ */ z.looseObject(
  {
    User: orNull(text),
    ExposedPorts: orNull(emptyObjects),
    Env: orNull(texts),
    Entrypoint: orNull(texts),
    Cmd: orNull(texts),
    Volumes: orNull(emptyObjects),
    WorkingDir: orNull(text),
    Labels: orNull(annotations),
    StopSignal: orNull(text),
  },
  'expected an object',
);

const historyEntry = /* @__PURE__ */ z.looseObject(
  {
    created: orNull(text),
    author: orNull(text),
    created_by: orNull(text),
    comment: orNull(text),
    empty_layer: orNull(z.boolean('expected true or false')),
  },
  'expected an object',
);

/** An image configuration (image-spec 1.1.1, config). */
export const imageConfigSchema: z.ZodMiniType<ImageConfig> = /* @__PURE__ */ z.looseObject(
  {
    created: orNull(text),
    author: orNull(text),
    architecture: text,
    os: text,
    'os.version': orNull(text),
    'os.features': orNull(texts),
    variant: orNull(text),
    config: orNull(execution),
    rootfs: z.looseObject(
      { type: z.literal('layers', 'expected "layers"'), diff_ids: z.array(digest, 'expected an array of digests') },
      'expected an object',
    ),
    history: orNull(z.array(historyEntry, 'expected an array')),
  },
  'expected an object',
);

const maxIssues = 20;
const maxPathLength = 200;

/** A value that fits a schema, or what is wrong with it: at most 20 issues. */
export function checkAgainst<T>(
  schema: z.ZodMiniType<T>,
  value: unknown,
): { readonly value: T } | { readonly issues: readonly FormatIssue[] } {
  const result = schema.safeParse(value);
  if (result.success) return { value: result.data };
  const issues = result.error.issues.slice(0, maxIssues).map((issue) => ({
    path: issue.path.map(String).join('.').slice(0, maxPathLength),
    message: issue.message,
  }));
  return { issues };
}
