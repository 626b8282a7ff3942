import { describe, expect, it } from 'vitest';
import { s3BlobStore } from '../../../../src/adapters/blob-store/s3.ts';
import { bytesSource } from '../../../../src/bytes/source.ts';
import { readAll } from '../../../../src/bytes/stream.ts';
import { digestOf } from '../../../../src/digest/digest.ts';
import type { BlobStore, StoredBlob } from '../../../../src/ports/blob-store.ts';
import { someBytes } from '../../../../src/testing/bytes.ts';
import { S3InMemory } from './s3-in-memory.ts';

const atOnce = 131_072;

/** A store that has a blob of so many bytes. */
async function storeWith(
  size: number,
): Promise<{ s3: S3InMemory; store: BlobStore; blob: StoredBlob; bytes: Uint8Array }> {
  const s3 = new S3InMemory();
  const store = s3BlobStore({ client: s3.client, bucket: s3.bucket, endpoint: s3.endpoint, retry: { attempts: 1 } });
  const bytes = someBytes(size);
  await store.put(digestOf(bytes), bytesSource(bytes));
  s3.seen.length = 0;
  const blob = await store.get(digestOf(bytes));
  if (blob === undefined) throw new Error('is not there');
  return { s3, store, blob, bytes };
}

async function contentOf(blob: StoredBlob): Promise<Uint8Array> {
  return readAll(await blob.open(), { limit: 1 << 20 });
}

const rangesOf = ({ seen }: S3InMemory): (string | null)[] => seen.map(({ headers }) => headers.get('range'));

describe('a blob on S3', () => {
  it.each([0, 1, atOnce - 1, atOnce])('of %i bytes comes with the answer that says that it is there', async (size) => {
    const { s3, blob, bytes } = await storeWith(size);
    const asked = s3.seen.length;
    expect(await contentOf(blob)).toEqual(bytes);
    expect(s3.seen).toHaveLength(asked);
  });

  it.each([atOnce + 1, 3 * atOnce])('of %i bytes is read from where that answer ends', async (size) => {
    const { s3, blob, bytes } = await storeWith(size);
    expect(await contentOf(blob)).toEqual(bytes);
    expect(rangesOf(s3)).toEqual([`bytes=0-${atOnce - 1}`, `bytes=${atOnce}-`]);
  });

  it.each([1, 3 * atOnce])('of %i bytes can be read twice', async (size) => {
    const { s3, blob, bytes } = await storeWith(size);
    expect(await contentOf(blob)).toEqual(bytes);
    s3.seen.length = 0;
    expect(await contentOf(blob)).toEqual(bytes);
    expect(rangesOf(s3)).toEqual([null]);
  });

  it.each([1, atOnce, 3 * atOnce])('of %i bytes is refused before its end where its bytes are others', async (size) => {
    const { s3, store, bytes } = await storeWith(size);
    const [stored] = s3.objects;
    if (stored === undefined) throw new Error('is not there');
    const [key, object] = stored;
    for (const at of [0, size - 1]) {
      const others = bytes.slice();
      others[at] = (others[at] ?? 0) ^ 1;
      s3.objects.set(key, { ...object, bytes: others });
      const blob = await store.get(digestOf(bytes));
      await expect(contentOf(blob as StoredBlob)).rejects.toMatchObject({ code: 'ERR_DIGEST_MISMATCH' });
    }
  });

  it.each([0, 1])('lets go of the rest where its reader leaves after %i chunks', async (chunks) => {
    const { s3, blob } = await storeWith(3 * atOnce);
    let left = false;
    s3.fault = (_, serve) => new Response(new ReadableStream({ cancel: () => void (left = true) }), serve());
    const reader = (await blob.open()).getReader();
    for (let read = 0; read < chunks; read++) expect((await reader.read()).value).toHaveLength(atOnce);
    await reader.cancel();
    await expect.poll(() => left).toBe(true);
  });
});
