import { bundleMediaType } from '../attest/format-bundle.ts';
import { bytesSource } from '../bytes/source.ts';
import { digestOf } from '../digest/digest.ts';
import { buildManifest, type BuiltDocument } from '../oci/build-manifest.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { emptyBytes, emptyDescriptor } from '../oci/empty.ts';
import type { ImageManifest } from '../oci/image-manifest.ts';
import { mediaTypes } from '../oci/media-types.ts';
import type { OperationOptions } from '../ports/operation.ts';
import type { Repository } from '../ports/registry.ts';
import { failureOf } from './failure.ts';

/** A bundle over an envelope, and what is said of it where it is listed. */
export interface AttachedBundle {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly subject: Descriptor;
  readonly predicateType: string;
  /** Milliseconds since 1970. */
  readonly created?: number | undefined;
}

/** A referrer whose blobs are there, and that nobody sees yet. */
export interface PreparedReferrer {
  readonly repository: Repository;
  readonly built: BuiltDocument<ImageManifest>;
}

/**
 * Brings what a bundle's manifest names to the repository. The manifest is in the shape in which cosign 3 writes and
 * finds it (BUNDLE_SPEC.md of cosign); a time is in it only where one was given.
 */
export async function prepareReferrer(
  bundle: AttachedBundle,
  repository: Repository,
  options: OperationOptions,
): Promise<PreparedReferrer> {
  const { bytes } = bundle;
  const { mediaType, digest, size } = emptyDescriptor;
  const layer = { mediaType: bundleMediaType, digest: digestOf(bytes), size: bytes.length };
  const built = buildManifest({
    artifactType: bundleMediaType,
    config: { mediaType, digest, size, artifactType: bundleMediaType },
    layers: [layer],
    subject: bundle.subject,
    annotations: annotationsOf(bundle),
  });
  await asDestination(
    Promise.all([
      repository.blob.put(emptyDescriptor, bytesSource(emptyBytes()), options),
      repository.blob.put(layer, bytesSource(bytes), options),
    ]),
  );
  return { repository, built };
}

/** Puts the manifest, which makes the bundle one of the subject's referrers. */
export async function attachReferrer(
  { repository, built }: PreparedReferrer,
  options: OperationOptions,
): Promise<Descriptor> {
  const { bytes, descriptor, document } = built;
  const { digest } = descriptor;
  const mediaType = mediaTypes.imageManifest;
  await asDestination(repository.manifest.put(bytes, { ...options, mediaType, digest }));
  return { ...descriptor, annotations: document.annotations };
}

function annotationsOf({ predicateType, created }: AttachedBundle): Readonly<Record<string, string>> {
  return {
    'dev.sigstore.bundle.content': 'dsse-envelope',
    'dev.sigstore.bundle.predicateType': predicateType,
    ...(created === undefined ? {} : { 'org.opencontainers.image.created': rfc3339(created) }),
  };
}

function rfc3339(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.\d+Z$/, 'Z');
}

function asDestination<T>(work: Promise<T>): Promise<T> {
  return work.catch((error: unknown) => {
    throw failureOf(error, 'destination');
  });
}
