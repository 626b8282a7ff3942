import { canonicalJson } from '../bytes/canonical-json.ts';
import { fromUtf8, utf8 } from '../bytes/encoding.ts';
import { bytesSource } from '../bytes/source.ts';
import { digestOf, type Digest } from '../digest/digest.ts';
import { FormatError, isPackError, StoreError } from '../errors.ts';
import { systemClock } from '../http/retry.ts';
import { buildManifest, type BuiltDocument } from '../oci/build-manifest.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { ImageManifest } from '../oci/image-manifest.ts';
import { mediaTypes } from '../oci/media-types.ts';
import { parseManifest } from '../oci/parse-manifest.ts';
import type { OperationOptions } from '../ports/operation.ts';
import type { Repository, StoredManifest } from '../ports/registry.ts';
import { failureOf } from './failure.ts';

/** Waits between looks, in milliseconds, before what was written counts as kept; the last is the guard. */
const waits = [125, 250, 1000];
/** Whoever was first is done by then. */
const afterConflict = 5;
const maxWrites = 50;

/**
 * Appends layers to the manifest under a tag: whatever lies there is kept. Where the repository can compare and set,
 * that is one write. Elsewhere who reads earlier and writes later undoes what came in between, so everybody looks again,
 * and puts back what he saw or added and does not find any more. The blobs of the layers have to be there.
 *
 * @throws StoreError `ERR_CONFLICT` where others keep undoing it; FormatError where something else lies there.
 */
export async function appendLayers(
  layers: readonly Descriptor[],
  tag: string,
  repository: Repository,
  options: OperationOptions,
): Promise<Descriptor> {
  const known = new Map(layers.map((layer) => [keyOf(layer), layer]));
  let calm = repository.capabilities.atomicTag ? waits.length : 0;
  for (let writes = 0; writes < maxWrites;) {
    options.signal?.throwIfAborted();
    const found = await repository.manifest.get(tag, options);
    const there = found === undefined ? undefined : readLayers(found, tag);
    for (const layer of there?.layers ?? []) known.set(keyOf(layer), layer);
    if (found !== undefined && there?.layers.length === known.size) {
      if (calm === waits.length) return found.descriptor;
      await pause(waits[calm++] ?? 0, writes, options);
      continue;
    }
    writes++;
    const written = await writeLayers([...known.values()], there, { tag, found, repository, options });
    if (repository.capabilities.atomicTag) {
      if (written !== undefined) return written;
    } else calm = 0;
    if (written === undefined) await pause(afterConflict, writes, options);
  }
  throw new StoreError('ERR_CONFLICT', `tag ${tag} of ${repository.id} was overwritten by others ${maxWrites} times`, {
    retryable: true,
    hint: 'sign again when fewer sign at the same time',
  });
}

/** Writers that met once go on in different steps. */
function pause(ms: number, writes: number, { signal }: OperationOptions): Promise<void> {
  const jitter = 1 + Math.random() * Math.min(writes, 8);
  return systemClock.sleep(ms === waits.at(-1) ? ms * (1 + Math.random() / 4) : ms * jitter, signal);
}

/** What tells layers: older signatures of one manifest have one payload, and differ in what is around it. */
function keyOf({ mediaType, digest, size, annotations = {} }: Descriptor): string {
  return fromUtf8(canonicalJson([mediaType, digest, size, annotations]));
}

interface KeptLayers {
  readonly layers: readonly Descriptor[];
  readonly annotations: Readonly<Record<string, string>> | undefined;
}

function readLayers({ bytes, descriptor }: StoredManifest, tag: string): KeptLayers {
  const parsed = parseManifest(bytes, { mediaType: descriptor.mediaType });
  if (parsed.kind === 'manifest') {
    const { layers, annotations } = parsed.document;
    return { layers: [...new Map(layers.map((layer) => [keyOf(layer), layer])).values()], annotations };
  }
  const message = `tag ${tag} has an image index, expected layers that are signatures of cosign`;
  throw new FormatError('ERR_BUNDLE_INVALID', message, { issues: [{ path: '', message }] });
}

interface TagWrite {
  readonly tag: string;
  readonly found: StoredManifest | undefined;
  readonly repository: Repository;
  readonly options: OperationOptions;
}

/** Undefined where the tag has changed in between. */
async function writeLayers(
  layers: readonly Descriptor[],
  there: KeptLayers | undefined,
  { tag, found, repository, options }: TagWrite,
): Promise<Descriptor | undefined> {
  const config = configOf(layers);
  const built = manifestOf(layers, config, there);
  try {
    await repository.blob.put(config.descriptor, bytesSource(config.bytes), options);
    const mediaType = mediaTypes.imageManifest;
    await repository.manifest.put(built.bytes, { ...options, mediaType, digest: built.descriptor.digest });
    await repository.tag(tag, built.descriptor, { ...options, ifMatch: found?.descriptor.digest ?? null });
    return built.descriptor;
  } catch (error) {
    if (isPackError(error) && error.code === 'ERR_CONFLICT') return undefined;
    throw failureOf(error, 'destination', { tag });
  }
}

interface Config {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly descriptor: Descriptor;
}

function manifestOf(
  layers: readonly Descriptor[],
  { descriptor }: Config,
  there: KeptLayers | undefined,
): BuiltDocument<ImageManifest> {
  return buildManifest({ config: descriptor, layers, annotations: there?.annotations });
}

/** What cosign writes where an image has its configuration: it says nothing but which layers there are. */
function configOf(layers: readonly Descriptor[]): Config {
  const never = '0001-01-01T00:00:00Z';
  const bytes = utf8(
    JSON.stringify({
      architecture: '',
      created: never,
      history: layers.map(() => ({ created: never })),
      os: '',
      rootfs: { type: 'layers', diff_ids: layers.map(({ digest }): Digest => digest) },
      config: {},
    }),
  );
  return { bytes, descriptor: { mediaType: mediaTypes.imageConfig, digest: digestOf(bytes), size: bytes.length } };
}
