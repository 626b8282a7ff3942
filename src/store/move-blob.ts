import type { Digest } from '../digest/digest.ts';
import { StoreError } from '../errors.ts';
import type { BlobStore } from '../ports/blob-store.ts';
import type { OperationOptions } from '../ports/operation.ts';
import { blobSourceOf } from './blob-source.ts';
import { isCorrupt } from './blob-problem.ts';
import { readThrough } from './read-through.ts';
import { replaceBlob } from './replace-blob.ts';

/** What became of one blob: copied, found good in the target, or deleted from the source by somebody meanwhile. */
export type Moved = 'copied' | 'present' | 'gone';

/**
 * Makes sure that a target has a blob of a source, and reads it back to its end. What the target has already is read
 * like the rest, and replaced where it is damaged; the source is read only where the target has no good copy.
 *
 * @param onBytes - Is told what is read from the source.
 * @throws IntegrityError where the source has other bytes. StoreError where a store fails, and `ERR_STORE_WRITE` where
 * the target took the bytes and does not give them back.
 */
export async function moveBlob(
  digest: Digest,
  stores: { readonly from: BlobStore; readonly to: BlobStore },
  options: OperationOptions,
  onBytes: (count: number) => void,
): Promise<Moved> {
  const { from, to } = stores;
  const before = await readBack(to, digest, options);
  if (before === 'good') return 'present';
  const blob = await from.get(digest, options);
  if (blob === undefined) return 'gone';
  const source = blobSourceOf(blob, options, onBytes);
  if (before === 'missing') await to.put(digest, source, options);
  else await replaceBlob(to, digest, source, options);
  const after = await readBack(to, digest, options);
  if (after !== 'good') throw notKept(to, digest, after);
  return 'copied';
}

async function readBack(
  to: BlobStore,
  digest: Digest,
  options: OperationOptions,
): Promise<'good' | 'missing' | { readonly error: unknown }> {
  try {
    return (await readThrough(to, digest, options)) === undefined ? 'missing' : 'good';
  } catch (error) {
    if (!isCorrupt(error)) throw error;
    return { error };
  }
}

function notKept(to: BlobStore, digest: Digest, after: 'missing' | { readonly error: unknown }): StoreError {
  return new StoreError('ERR_STORE_WRITE', `blob ${digest} was written to ${to.id} and cannot be read back`, {
    store: to.id,
    digest,
    ...(after === 'missing' ? {} : { cause: after.error }),
  });
}
