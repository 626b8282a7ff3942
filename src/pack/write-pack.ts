import type { ByteSource } from '../bytes/source.ts';
import { bytesSource } from '../bytes/source.ts';
import { algorithmOf, digestOf, type Digest } from '../digest/index.ts';
import { IntegrityError } from '../errors.ts';
import { buildManifest, emptyBytes, emptyDescriptor, mediaTypes, type Descriptor } from '../oci/index.ts';
import type { CommittedBlob } from '../ports/blob-store.ts';
import type { OperationOptions } from '../ports/operation.ts';
import { eachBounded } from './each-bounded.ts';
import { failureOf } from './failure.ts';
import type { OpenLocation } from './pack-location.ts';
import type { PackedArtifact, PackResult, Traffic } from './pack-input.ts';
import type { StagedBlob } from './stage.ts';

/** A layer whose bytes are staged. */
export interface StagedLayer {
  readonly path: string;
  readonly mediaType: string;
  readonly blob: StagedBlob;
  /** Known only when the bytes are staged. */
  annotations(): Readonly<Record<string, string>>;
}

/** A layer that is in the target. */
export interface WrittenLayer {
  readonly path: string;
  readonly descriptor: Descriptor;
  readonly created: boolean;
}

export interface WriteContext {
  readonly target: OpenLocation;
  readonly concurrency: number;
  readonly options: OperationOptions;
}

/** Runs an operation, and forgets everything that was staged for it when it fails. */
export async function withStaged<T>(staged: Set<StagedBlob>, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    await Promise.all([...staged].map((blob) => blob.abort().catch(() => undefined)));
    throw error;
  }
}

/** Makes staged layers visible in the target. Nothing names them yet. */
export async function commitLayers(layers: readonly StagedLayer[], context: WriteContext): Promise<WrittenLayer[]> {
  const blobs = new Map<StagedBlob, Promise<CommittedBlob>>();
  return eachBounded(layers, { ...context, signal: context.options.signal }, async (layer, signal) => {
    const earlier = blobs.get(layer.blob);
    const committing = earlier ?? layer.blob.commit({ ...context.options, signal });
    blobs.set(layer.blob, committing);
    const { digest, size, created } = await committing.catch((error: unknown) => {
      throw failureOf(error, 'destination', { path: layer.path });
    });
    const descriptor = { mediaType: layer.mediaType, digest, size, annotations: layer.annotations() };
    return { path: layer.path, descriptor, created: created && earlier === undefined };
  });
}

/** What a manifest says besides its layers. */
export interface ManifestFacts {
  readonly artifactType: string;
  readonly config?: { readonly mediaType: string; readonly bytes: Uint8Array } | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  readonly subject?: Descriptor | undefined;
}

/** Writes the config, then the manifest, then the tag. */
export async function writeManifest(
  layers: readonly WrittenLayer[],
  facts: ManifestFacts,
  context: WriteContext,
): Promise<PackResult> {
  const { target, options } = context;
  const { artifactType, subject, annotations } = facts;
  const config = configOf(facts);
  const descriptors = layers.map(({ descriptor }) => descriptor);
  const built = buildManifest({ artifactType, config: config.descriptor, layers: descriptors, subject, annotations });
  checkExpected(built.bytes, target.digest);
  const { repository } = target;
  const { created } = await repository.blob.put(config.descriptor, config.source, options);
  const mediaType = mediaTypes.imageManifest;
  await repository.manifest.put(built.bytes, { ...options, mediaType, tag: target.tag, digest: target.digest });
  const all = [...layers, { path: '', descriptor: config.descriptor, created }];
  return resultOf(built.descriptor, layers, all, target.text);
}

function configOf({ config }: ManifestFacts): { readonly descriptor: Descriptor; readonly source: ByteSource } {
  if (config === undefined) return { descriptor: emptyDescriptor, source: bytesSource(emptyBytes()) };
  const { mediaType, bytes } = config;
  return { descriptor: { mediaType, digest: digestOf(bytes), size: bytes.length }, source: bytesSource(bytes) };
}

function checkExpected(bytes: Uint8Array, expected: Digest | undefined): void {
  if (expected === undefined) return;
  const actual = digestOf(bytes, algorithmOf(expected));
  if (actual === expected) return;
  throw new IntegrityError('ERR_DIGEST_MISMATCH', `manifest has digest ${actual}, expected ${expected}`, {
    expected,
    actual,
    hint: 'name a tag without a digest, or pack exactly what was packed before',
  });
}

function resultOf(
  descriptor: Descriptor,
  layers: readonly WrittenLayer[],
  all: readonly WrittenLayer[],
  reference: string | undefined,
): PackResult {
  const distinct = new Map(all.map((layer) => [layer.descriptor.digest, layer]));
  for (const layer of all) if (layer.created) distinct.set(layer.descriptor.digest, layer);
  const written = [...distinct.values()].filter(({ created }) => created);
  const kept = [...distinct.values()].filter(({ created }) => !created);
  const [uploaded, reused] = [traffic(written), traffic(kept)];
  return {
    ...(reference === undefined ? {} : { reference }),
    descriptor,
    digest: descriptor.digest,
    size: uploaded.bytes + reused.bytes + descriptor.size,
    layers: layers.map((layer) => layer.descriptor),
    artifacts: layers.map(artifactOf),
    reused,
    uploaded,
  };
}

function artifactOf({ path, descriptor, created }: WrittenLayer): PackedArtifact {
  return { path, digest: descriptor.digest, size: descriptor.size, reused: !created };
}

function traffic(layers: readonly WrittenLayer[]): Traffic {
  return { blobs: layers.length, bytes: layers.reduce((sum, { descriptor }) => sum + descriptor.size, 0) };
}
