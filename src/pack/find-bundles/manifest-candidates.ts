import { FormatError, VerificationError } from '../../errors.ts';
import type { Digest } from '../../digest/digest.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import { artifactTypeOf, type ImageManifest } from '../../oci/image-manifest.ts';
import type { Candidate, Listed } from './candidate.ts';

/** What the media types of all bundles start with, whatever their version; cosign keeps a layer by the same rule. */
const bundleType = 'application/vnd.dev.sigstore.bundle';
/** What cosign 2 signs: a payload that names the manifest. */
export const payloadType = 'application/vnd.dev.cosign.simplesigning.v1+json';
/** What cosign 2 attests with: an envelope for each layer. */
export const envelopeType = 'application/vnd.dsse.envelope.v1+json';
/** What the media types of trusted roots start with. */
const trustedRootType = 'application/vnd.dev.sigstore.trustedroot';

/** What a referrer holds. */
export interface ReferrerContent extends Listed {
  /** Trusted roots that travel with the manifest. Nobody believes them unless they are pinned. */
  readonly trustRoots: readonly Descriptor[];
}

const nothing: ReferrerContent = { candidates: [], unread: [], trustRoots: [] };

/**
 * What one referrer of a manifest holds, by its own layers: what the list of referrers says of it is not looked at, as
 * old lists have other artifact types, or none. A bundle is the only layer of its manifest.
 */
export function referrerContent(origin: Digest, manifest: ImageManifest, subject: Digest): ReferrerContent {
  const { layers } = manifest;
  const kept = layers.filter(({ mediaType }) => kindOf(mediaType) !== undefined);
  const roots = layers.filter(({ mediaType }) => mediaType.startsWith(trustedRootType));
  if (kept.length === 0 && roots.length === 0) return nothing;
  if (manifest.subject?.digest !== subject) return refused(origin, otherSubject(origin, manifest, subject));
  const bundles = kept.filter(({ mediaType }) => kindOf(mediaType) === 'bundle');
  if (bundles.length > 0 && layers.length > 1) return refused(origin, severalLayers(origin, manifest));
  if (kept.length === 1) return { ...nothing, candidates: candidatesOf(origin, kept), trustRoots: roots };
  return { ...nothing, candidates: numbered(origin, layers), trustRoots: roots };
}

function candidatesOf(origin: string, layers: readonly Descriptor[]): Candidate[] {
  return layers.flatMap((layer) => {
    const kind = kindOf(layer.mediaType);
    return kind === undefined ? [] : [{ origin, kind, layer }];
  });
}

/** The layers that hold signatures, each with its number among all layers, from 0. */
export function numbered(origin: string, layers: readonly Descriptor[]): Candidate[] {
  return layers.flatMap((layer, index) => candidatesOf(`${origin}#${index}`, [layer]));
}

function kindOf(mediaType: string): Candidate['kind'] | undefined {
  if (mediaType.startsWith(bundleType)) return 'bundle';
  if (mediaType === payloadType) return 'signature';
  return mediaType === envelopeType ? 'envelope' : undefined;
}

function refused(origin: string, error: FormatError | VerificationError): ReferrerContent {
  return { ...nothing, unread: [{ origin, error }] };
}

function otherSubject(origin: Digest, { subject }: ImageManifest, expected: Digest): VerificationError {
  const actual = subject?.digest ?? 'nothing';
  return new VerificationError(
    'ERR_SUBJECT_MISMATCH',
    `referrer ${origin} has the subject ${actual}, expected ${expected}`,
    { details: { referrer: origin, expected, actual } },
  );
}

function severalLayers(origin: Digest, manifest: ImageManifest): FormatError {
  const { length } = manifest.layers;
  const message = `referrer ${origin} has ${length} layers, expected a bundle alone`;
  return new FormatError('ERR_BUNDLE_INVALID', message, {
    issues: [{ path: 'layers', message: `expected 1, got ${length}` }],
    details: { referrer: origin, artifactType: artifactTypeOf(manifest) },
  });
}
