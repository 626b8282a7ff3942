import { compareBytewise } from '../../../bytes/encoding.ts';
import type { Digest } from '../../../digest/digest.ts';
import { RegistryError } from '../../../errors.ts';
import type { Descriptor } from '../../../oci/descriptor.ts';
import { isIndexMediaType } from '../../../oci/manifest-media-types.ts';
import type { OperationOptions } from '../../../ports/operation.ts';
import type { ReferrersAnswer, ReferrersOptions } from '../../../ports/registry.ts';
import { fetchManifest, type RepositoryContext } from './manifests.ts';
import { askReferrers } from './referrers-api.ts';
import { readTaggedReferrers } from './referrers-list.ts';

/**
 * The referrers of a manifest: those of the API, else those under the tag, or both where what the registry says is not to
 * be relied on. Filtered here, whatever the registry has filtered.
 *
 * @throws RegistryError where neither can be read: what is not known never looks like nothing.
 */
export async function listReferrers(
  context: RepositoryContext,
  subject: Digest,
  options: ReferrersOptions,
): Promise<ReferrersAnswer> {
  const { artifactType, after, ...operation } = options;
  operation.signal?.throwIfAborted();
  const { referrers, from } = await findReferrers(context, subject, artifactType, operation);
  const unique = new Map(referrers.map((descriptor) => [descriptor.digest, descriptor]));
  const known = artifactType === undefined ? [...unique.values()] : await withTypes(context, unique, operation);
  const wanted = known
    .filter((referrer) => artifactType === undefined || referrer.artifactType === artifactType)
    .filter((referrer) => after === undefined || compareBytewise(referrer.digest, after) > 0)
    .sort((a, b) => compareBytewise(a.digest, b.digest));
  return { referrers: wanted, from };
}

/** Some lists say no artifact type (Quay, for long): the manifest itself does. */
function withTypes(
  context: RepositoryContext,
  referrers: ReadonlyMap<Digest, Descriptor>,
  operation: OperationOptions,
): Promise<readonly Descriptor[]> {
  return Promise.all(
    [...referrers.values()].map(async (referrer) => {
      if (referrer.artifactType !== undefined || isIndexMediaType(referrer.mediaType)) return referrer;
      const found = await fetchManifest(context, referrer.digest, operation);
      const artifactType = found?.document.artifactType ?? found?.document.configType;
      return artifactType === undefined ? referrer : { ...referrer, artifactType };
    }),
  );
}

async function findReferrers(
  context: RepositoryContext,
  subject: Digest,
  artifactType: string | undefined,
  operation: OperationOptions,
): Promise<ReferrersAnswer> {
  let busy: RegistryError | undefined;
  const said = await askReferrers(context, subject, artifactType, operation).catch((error: unknown) => {
    if (isBusy(error)) busy = error;
    else return hiddenWhereRefused(error);
  });
  if (said !== undefined && said !== 'hidden' && !context.connection.profile.mergeReferrers) {
    return { referrers: said, from: 'api' };
  }
  const tagged = await readTaggedReferrers(context, subject, operation);
  // Who is always busy may have no such API (GHCR); but a list that is not there says nothing of one that is not shown.
  if (busy !== undefined && tagged.length === 0) throw busy;
  if (said === undefined) return { referrers: tagged, from: 'tag' };
  return said === 'hidden' ? { referrers: tagged, from: 'hidden' } : merged(said, tagged);
}

/** Where both have an entry, the registry's own counts: it has read the manifest. */
function merged(said: readonly Descriptor[], tagged: readonly Descriptor[]): ReferrersAnswer {
  return { referrers: [...tagged, ...said], from: 'both' };
}

function isBusy(error: unknown): error is RegistryError {
  return error instanceof RegistryError && error.code === 'ERR_REGISTRY_RATE_LIMITED';
}

/** A registry that lets its manifests be read may still not let this be asked. */
function hiddenWhereRefused(error: unknown): 'hidden' {
  if (error instanceof RegistryError && (error.status === 401 || error.status === 403)) return 'hidden';
  throw error;
}
