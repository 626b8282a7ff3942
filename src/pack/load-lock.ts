import { readAll } from '../bytes/stream.ts';
import { FormatError } from '../errors.ts';
import { parseLock, type Lock } from '../lockfile/index.ts';
import { mediaTypes, type ImageManifest } from '../oci/index.ts';
import type { OperationOptions } from '../ports/operation.ts';
import type { Repository } from '../ports/registry.ts';
import { openBlob } from './open-blob.ts';
import { failureOf } from './failure.ts';

/** Bytes that a lock may have: what `parseLock` reads at most. */
const maxLockBytes = 20 * 1024 * 1024;

/**
 * The lock of a pack; undefined where the manifest is no pack of a lock.
 *
 * @throws FormatError `ERR_LOCK_INVALID`, `ERR_LIMIT_EXCEEDED`; StoreError `ERR_BLOB_NOT_FOUND`.
 */
export async function loadLock(
  repository: Repository,
  { config }: ImageManifest,
  options: OperationOptions,
): Promise<Lock | undefined> {
  if (config.mediaType !== mediaTypes.lock) return undefined;
  if (config.size > maxLockBytes) {
    throw new FormatError('ERR_LIMIT_EXCEEDED', `lock has ${config.size} bytes, more than ${maxLockBytes}`, {
      details: { limit: maxLockBytes },
    });
  }
  try {
    const stream = await openBlob(config, repository, options);
    return parseLock(await readAll(stream, { limit: maxLockBytes, signal: options.signal }));
  } catch (error) {
    options.signal?.throwIfAborted();
    throw failureOf(error, 'source', { digest: config.digest });
  }
}
