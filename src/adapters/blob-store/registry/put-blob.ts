import type { ByteSource } from '../../../bytes/source.ts';
import { chunksOf } from '../../../bytes/stream.ts';
import type { Digest } from '../../../digest/digest.ts';
import { contentCheck } from '../../../digest/verify-stream.ts';
import type { OperationOptions } from '../../../ports/operation.ts';
import type { Repository } from '../../../ports/registry.ts';
import { storeFailure, watched } from './failure.ts';
import { readPin, tagOf, writePin, type Pinned } from './pin.ts';

/** Stores the bytes of a source, and pins them. */
export async function putBlob(
  repository: Repository,
  digest: Digest,
  from: ByteSource,
  options: OperationOptions,
): Promise<{ readonly created: boolean }> {
  const { source, failure } = watched(from);
  try {
    if (await isThere(repository, digest, options)) return { created: false };
    const size = source.size ?? source.bytes?.length ?? (await sizeOf(source, digest, options));
    const put = async (): Promise<unknown> => repository.blob.put(descriptorOf({ digest, size }), source, options);
    await put();
    await pinned(repository, { digest, size }, put, options);
    return { created: true };
  } catch (error) {
    if (error === failure()) throw error;
    throw storeFailure(error, { store: repository.id, action: 'write', what: `blob ${digest}` });
  }
}

function descriptorOf(pinned: Pinned): Pinned & { readonly mediaType: string } {
  return { mediaType: 'application/octet-stream', ...pinned };
}

/** True where the pin is there, and the bytes too: a registry that lost them gets them again. */
export async function isThere(repository: Repository, digest: Digest, options: OperationOptions): Promise<boolean> {
  const [pin, blob] = await Promise.all([
    readPin(repository, tagOf(digest), options),
    repository.blob.stat(digest, { ...options, direct: true }),
  ]);
  return pin !== undefined && blob !== undefined;
}

/** A registry wants to know the size before, so whoever does not say it is read once to tell. */
async function sizeOf(source: ByteSource, digest: Digest, { signal }: OperationOptions): Promise<number> {
  const check = contentCheck({ digest });
  let size = 0;
  for await (const chunk of chunksOf(await source.open({ signal }), { signal })) {
    check.update(chunk);
    size += chunk.length;
  }
  check.end();
  return size;
}

/**
 * Pins bytes that were there a moment ago. Where the registry refuses the pin as they are gone, somebody deleted the
 * blob meanwhile, or the registry collected: they are put again.
 */
export async function pinned(
  repository: Repository,
  pin: Pinned,
  putAgain: (() => Promise<unknown>) | undefined,
  options: OperationOptions,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await writePin(repository, pin, options);
      return;
    } catch (error) {
      options.signal?.throwIfAborted();
      if (attempt === 3 || putAgain === undefined) throw error;
      if ((await repository.blob.stat(pin.digest, { ...options, direct: true })) !== undefined) throw error;
      await putAgain();
    }
  }
}
