import { readAll } from '../../bytes/stream.ts';
import { FormatError } from '../../errors.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import { isWrongBytes, maxAttempts } from '../load-manifest.ts';
import { openBlob } from '../open-blob.ts';
import type { FindContext } from './candidate.ts';

/**
 * The bytes of a small blob, checked against its descriptor. Wrong bytes are asked for again, 5 times in all.
 *
 * @throws FormatError `ERR_LIMIT_EXCEEDED` before anything is asked; StoreError, IntegrityError, RegistryError.
 */
export async function readContent(layer: Descriptor, context: FindContext): Promise<Uint8Array<ArrayBuffer>> {
  const { repository, limits, options } = context;
  const limit = limits.bundleBytes;
  if (layer.size > limit) {
    throw new FormatError('ERR_LIMIT_EXCEEDED', `bundle ${layer.digest} has ${layer.size} bytes, more than ${limit}`, {
      details: { limit, size: layer.size },
      hint: 'raise the limit bundleBytes where the bundle is to be trusted with so much memory',
    });
  }
  for (let attempt = 1; ; attempt++) {
    try {
      const stream = await openBlob(layer, repository, options);
      return await readAll(stream, { limit, signal: options.signal });
    } catch (error) {
      options.signal?.throwIfAborted();
      if (!isWrongBytes(error) || attempt === maxAttempts) throw error;
    }
  }
}
