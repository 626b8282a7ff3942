import type { Digest } from '../../../digest/digest.ts';
import { RegistryError } from '../../../errors.ts';
import type { Descriptor } from '../../../oci/descriptor.ts';
import type { OperationOptions } from '../../../ports/operation.ts';
import type { TagOptions } from '../../../ports/registry.ts';
import { tagMoved } from '../../../registry/tag-moved.ts';
import { checkReference, fetchManifest, type FetchedManifest, type RepositoryContext } from './manifests.ts';
import { conditionOf, sendManifest, sendTo } from './send-manifest.ts';

/**
 * Points a tag at a manifest that is there, by putting its bytes again: registries have no other way. With `ifMatch` the
 * tag is looked at first, and a registry that knows conditions is told it as well; with any other, who tags in between
 * is overwritten.
 *
 * @throws StoreError `ERR_CONFLICT` where the tag points elsewhere. RegistryError `ERR_REGISTRY_NOT_FOUND` where the
 * manifest is not there.
 */
export async function tagManifest(
  context: RepositoryContext,
  tag: string,
  { digest }: Descriptor,
  options: TagOptions,
): Promise<void> {
  const { ifMatch, signal, onEvent, parent } = options;
  const operation = { signal, onEvent, parent };
  signal?.throwIfAborted();
  checkReference(context, tag);
  const manifest = await fetchManifest(context, digest, operation);
  if (manifest === undefined) throw notThere(context, digest);
  const outgoing = { bytes: new Uint8Array(manifest.bytes), descriptor: manifest.descriptor, tag };
  if (ifMatch !== undefined) {
    const { etag } = await checkTag(context, tag, ifMatch, operation);
    if (etag !== undefined) {
      const { response } = await sendTo(context, tag, outgoing, operation, { condition: conditionOf(etag) });
      if (response.status !== 412) return;
      // A proxy may have made up the entity tag: the tag itself decides.
      await checkTag(context, tag, ifMatch, operation);
    }
  }
  await sendManifest(context, outgoing, operation);
}

/** The entity tag of a tag that points where it is thought to: null for one that is not there. */
async function checkTag(
  context: RepositoryContext,
  tag: string,
  expected: Digest | null,
  operation: OperationOptions,
): Promise<{ readonly etag: string | null | undefined }> {
  const found: FetchedManifest | undefined = await fetchManifest(context, tag, operation);
  const actual = found?.descriptor.digest ?? null;
  if (actual === expected) return { etag: found === undefined ? null : found.etag };
  throw tagMoved(tag, expected, actual);
}

function notThere({ id }: RepositoryContext, digest: Digest): RegistryError {
  return new RegistryError('ERR_REGISTRY_NOT_FOUND', `manifest ${digest} is not in ${id}`, {
    details: { digest },
  });
}
