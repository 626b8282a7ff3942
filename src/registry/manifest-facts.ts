import type { Digest } from '../digest/digest.ts';
import { FormatError } from '../errors.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { isNonDistributable, successorsOf } from '../oci/graph.ts';
import { artifactTypeOf } from '../oci/image-manifest.ts';
import { isManifestMediaType } from '../oci/media-types.ts';
import { parseManifest, type ParsedManifest } from '../oci/parse-manifest.ts';
import type { CatalogEntry } from './catalog.ts';

/** What a repository must know of a manifest. */
export interface ManifestFacts extends CatalogEntry {
  /** What the repository must have before it takes the manifest: everything named, but the subject
   * and layers that their author forbids to hand on. */
  readonly content: readonly Descriptor[];
}

/**
 * Reads what a repository must know out of the bytes of a manifest.
 *
 * @throws FormatError as `parseManifest` does.
 */
export function manifestFacts(
  bytes: Uint8Array,
  expected: { readonly digest: Digest; readonly mediaType?: string | undefined },
): ManifestFacts {
  const parsed = parseManifest(bytes, { mediaType: expected.mediaType });
  const { artifactType, annotations, subject } = parsed.document;
  const base = { mediaType: parsed.mediaType, digest: expected.digest, size: bytes.length };
  const content = successorsOf(parsed).filter((successor) => !isNonDistributable(successor));
  return {
    descriptor: artifactType === undefined || artifactType === '' ? base : { ...base, artifactType },
    content,
    children: content.filter((child) => isManifestMediaType(child.mediaType)).map((child) => child.digest),
    ...(subject === undefined
      ? {}
      : { referrer: { subject: subject.digest, descriptor: asReferrer(base, parsed, annotations) } }),
  };
}

/** distribution-spec 1.1.1, "Listing Referrers": the artifact type, or that of the config; all annotations. */
function asReferrer(
  base: Descriptor,
  parsed: ParsedManifest,
  annotations: Readonly<Record<string, string>> | undefined,
): Descriptor {
  const artifactType = artifactTypeOf(parsed.document);
  return {
    ...base,
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(annotations === undefined ? {} : { annotations }),
  };
}

/** The error of a manifest that came before what it names. */
export function missingContent(manifest: Descriptor, missing: readonly Descriptor[], repository: string): FormatError {
  const [first] = missing;
  const others = missing.length > 1 ? ` and ${missing.length - 1} more` : '';
  return new FormatError(
    'ERR_MANIFEST_INVALID',
    `manifest ${manifest.digest} names ${first?.digest ?? ''}${others}, which ${repository} does not have`,
    {
      issues: missing.map(({ digest, size }) => ({
        path: digest,
        message: `expected to be there, with ${size} bytes, before the manifest`,
      })),
      details: { missing: missing.map(({ digest }) => digest) },
      hint: 'put the blobs first, then the manifests that name them',
    },
  );
}
