import { verifyBytes } from '../digest/index.ts';
import type { OperationOptions } from '../ports/operation.ts';
import { failureOf } from './failure.ts';
import { isWrongBytes, maxAttempts, type NamedManifest } from './load-manifest.ts';
import { notFound, resolveLocation, type OpenLocation } from './pack-location.ts';

/**
 * Reads the manifest that a location names, in one round trip where it names any.
 *
 * @throws RegistryError `ERR_REGISTRY_NOT_FOUND`, whatever the repository throws, with `details.side` `source`.
 */
export async function loadNamed(location: OpenLocation, options: OperationOptions): Promise<NamedManifest> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await loadOnce(location, options);
    } catch (error) {
      options.signal?.throwIfAborted();
      if (!isWrongBytes(error) || attempt === maxAttempts) throw failureOf(error, 'source');
    }
  }
}

async function loadOnce(location: OpenLocation, options: OperationOptions): Promise<NamedManifest> {
  const { repository, digest, tag } = location;
  const reference = digest ?? tag;
  if (reference === undefined) return { descriptor: await resolveLocation(location, options) };
  const found = await repository.manifest.get(reference, options);
  if (found === undefined) throw notFound(location);
  const { descriptor, bytes } = found;
  return { descriptor, bytes: verifyBytes(bytes, descriptor) };
}
