import { digestOf } from '../../../digest/digest.ts';
import { verifyBytes } from '../../../digest/verify-stream.ts';
import { FormatError } from '../../../errors.ts';
import type { Descriptor } from '../../../oci/descriptor.ts';
import { isManifestMediaType } from '../../../oci/manifest-media-types.ts';
import type { PutManifestOptions } from '../../../ports/registry.ts';
import { quoted, readManifestDocument } from './manifest-document.ts';
import { checkReference, describe, type RepositoryContext } from './manifests.ts';
import { listReferrer } from './referrers-list.ts';
import { sendManifest } from './send-manifest.ts';

/**
 * Puts a manifest (distribution-spec 1.1.1, "Pushing Manifests"), and sees to it that it is listed where it has a
 * subject. Nobody may change the bytes any more.
 *
 * @throws FormatError for what is no manifest of that media type. IntegrityError for bytes that have another digest, and
 * for a registry that says that it took another manifest. RegistryError.
 */
export async function putManifest(
  context: RepositoryContext,
  bytes: Uint8Array<ArrayBuffer>,
  options: PutManifestOptions,
): Promise<Descriptor> {
  const { mediaType, tag, signal, onEvent, parent } = options;
  signal?.throwIfAborted();
  if (tag !== undefined) checkReference(context, tag);
  const digest = options.digest ?? digestOf(bytes);
  verifyBytes(bytes, { digest });
  if (!isManifestMediaType(mediaType)) {
    const problem = `has the media type ${quoted(mediaType)}, which is neither a manifest nor an index`;
    throw new FormatError('ERR_MANIFEST_INVALID', `manifest ${problem}`);
  }
  const document = readManifestDocument(bytes, mediaType);
  const descriptor = describe({ mediaType, digest, size: bytes.length }, document);
  const operation = { signal, onEvent, parent };
  const answer = await sendManifest(context, { bytes, descriptor, tag }, operation);
  if (document.subject !== undefined) {
    const said = answer.response.headers.get('oci-subject');
    await listReferrer(context, { descriptor, document, subject: document.subject, said }, operation);
  }
  return descriptor;
}
