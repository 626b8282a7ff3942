import { streamSource, type ByteSource } from '../bytes/source.ts';
import { digestOf, type Digest } from '../digest/digest.ts';
import type { PackErrorCode } from '../errors.ts';
import type { BlobStat, BlobStore } from '../ports/blob-store.ts';
import { bytesEqual, equal, errorOf, holds, present, rejectsWith } from './assert.ts';
import type { BlobStoreCase } from './blob-store-contract.ts';
import {
  bytesSource,
  chunkedSource,
  contentOf,
  countedSource,
  failingSource,
  hangingSource,
  someBytes,
} from './bytes.ts';

const wrongBytes: readonly PackErrorCode[] = ['ERR_DIGEST_MISMATCH', 'ERR_SIZE_MISMATCH', 'ERR_TRAILING_DATA'];

/** Putting, deleting and listing. */
export function blobWriteCases(define: BlobStoreCase): void {
  storingCases(define);
  refusalCases(define);
  concurrencyCases(define);
  listingCases(define);
}

/** The bytes that a store has under a digest. */
export async function storedBytes(store: BlobStore, digest: Digest): Promise<Uint8Array> {
  return contentOf(await present(await store.get(digest), 'blob').open());
}

/** Fails unless a store has nothing: nothing under a digest, and nothing in its list. */
export async function holdsNothing(store: BlobStore, digest: Digest): Promise<void> {
  equal(await store.get(digest), undefined, 'blob');
  equal(await store.stat(digest), undefined, 'stat');
  if (store.abilities.list) equal(await listed(store), [], 'list');
}

async function listed(store: BlobStore): Promise<BlobStat[]> {
  const all: BlobStat[] = [];
  for await (const blob of store.list()) all.push(blob);
  return all;
}

function storingCases(define: BlobStoreCase): void {
  for (const algorithm of ['sha256', 'sha384', 'sha512'] as const) {
    define(`gives back what was put under a ${algorithm} digest`, async ({ store }) => {
      const bytes = someBytes(1000);
      const digest = digestOf(bytes, algorithm);
      equal(await store.put(digest, bytesSource(bytes)), { created: true });
      bytesEqual(await storedBytes(store, digest), bytes);
      equal((await store.stat(digest))?.size, 1000, 'size');
    });
  }
  define('stores the empty blob', async ({ store }) => {
    const digest = digestOf(new Uint8Array());
    equal(await store.put(digest, bytesSource(new Uint8Array())), { created: true });
    equal(await store.put(digest, chunkedSource(new Uint8Array())), { created: false });
    equal(present(await store.get(digest)).size, 0, 'size');
    bytesEqual(await storedBytes(store, digest), new Uint8Array());
  });
  define('stores a large blob that comes in odd chunks', async ({ store }) => {
    const bytes = someBytes(3 * 1024 * 1024 + 17);
    const digest = digestOf(bytes);
    await store.put(digest, chunkedSource(bytes));
    bytesEqual(await storedBytes(store, digest), bytes);
  });
  define('stores a blob whose size is not known before', async ({ store }) => {
    const bytes = someBytes(300_000);
    const digest = digestOf(bytes);
    await store.put(
      digest,
      streamSource(() => chunkedSource(bytes).open()),
    );
    bytesEqual(await storedBytes(store, digest), bytes);
  });
  define('does not open the source of a blob that is there', async ({ store }) => {
    const bytes = someBytes(5000);
    const { source, opened } = countedSource(bytes);
    equal(await store.put(digestOf(bytes), source), { created: true });
    equal(await store.put(digestOf(bytes), source), { created: false });
    equal(opened(), 1, 'times that the source was opened');
  });
  define('is not changed when the caller changes the array later', async ({ store }) => {
    const bytes = someBytes(2000);
    const copy = bytes.slice();
    const digest = digestOf(bytes);
    await store.put(digest, { size: 2000, bytes, open: () => bytesSource(bytes).open() });
    bytes.fill(0);
    bytesEqual(await storedBytes(store, digest), copy);
  });
  define('copies chunks at once, so that a source may use one array for all', async ({ store }) => {
    const bytes = someBytes(700_001);
    const digest = digestOf(bytes);
    await store.put(digest, reusingSource(bytes));
    bytesEqual(await storedBytes(store, digest), bytes);
  });
}

/** Gives all bytes in the same array, which is filled anew for each chunk. */
function reusingSource(bytes: Uint8Array): ByteSource {
  return streamSource(() => {
    const array = new Uint8Array(10_000);
    let start = 0;
    return new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          const part = bytes.subarray(start, start + array.length);
          start += part.length;
          array.fill(0);
          array.set(part);
          if (part.length === 0) controller.close();
          else controller.enqueue(array.subarray(0, part.length));
        },
      },
      { highWaterMark: 0 },
    );
  });
}

function refusalCases(define: BlobStoreCase): void {
  const bytes = someBytes(100_000);
  const digest = digestOf(bytes);
  const flipped = bytes.slice();
  flipped[77_777] = ~(flipped[77_777] ?? 0);
  const wrong: readonly (readonly [string, Uint8Array])[] = [
    ['one flipped bit', flipped],
    ['one byte too few', bytes.subarray(0, -1)],
    ['one byte too many', someBytes(100_001)],
    ['no bytes', new Uint8Array()],
  ];
  for (const [what, content] of wrong) {
    define(`refuses ${what}, and shows nothing of it`, async ({ store }) => {
      await rejectsWith(wrongBytes, store.put(digest, bytesSource(content)));
      await rejectsWith(wrongBytes, store.put(digest, chunkedSource(content)));
      await holdsNothing(store, digest);
      equal(await store.put(digest, chunkedSource(bytes)), { created: true });
    });
  }
  define('lets the error of a source through, and shows nothing of it', async ({ store }) => {
    const failure = new Error('the source is broken');
    equal((await errorOf(store.put(digest, failingSource(bytes.subarray(0, 70_000), failure)))) === failure, true);
    await holdsNothing(store, digest);
  });
  define('ends with the reason of the signal in the middle of a put, and shows nothing of it', async ({ store }) => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const source = hangingSource(bytes.subarray(0, 70_000), () => controller.abort(reason));
    equal((await errorOf(store.put(digest, source, { signal: controller.signal }))) === reason, true, 'reason');
    await holdsNothing(store, digest);
  });
  define('does nothing when the signal was aborted before', async ({ store }) => {
    const reason = new Error('enough');
    const options = { signal: AbortSignal.abort(reason) };
    equal((await errorOf(store.put(digest, bytesSource(bytes), options))) === reason, true, 'reason of put');
    equal((await errorOf(store.get(digest, options))) === reason, true, 'reason of get');
    equal((await errorOf(store.stat(digest, options))) === reason, true, 'reason of stat');
    equal((await errorOf(store.delete(digest, options))) === reason, true, 'reason of delete');
    await holdsNothing(store, digest);
  });
  const keys = [
    'sha256:00',
    'md5:d41d8cd98f00b204e9800998ecf8427e',
    '',
    '../../etc/passwd',
    `sha256:${'A'.repeat(64)}`,
  ];
  for (const key of [...keys, `sha256:${'/'.repeat(64)}`, `sha512:${'0'.repeat(64)}`, `sha256:${'0'.repeat(64)}\n`]) {
    define(`refuses the key ${JSON.stringify(key.slice(0, 40))}`, async ({ store }) => {
      await rejectsWith('ERR_INVALID_DIGEST', () => store.put(key as Digest, bytesSource(bytes)));
      await rejectsWith('ERR_INVALID_DIGEST', () => store.get(key as Digest));
      await rejectsWith('ERR_INVALID_DIGEST', () => store.stat(key as Digest));
      await rejectsWith('ERR_INVALID_DIGEST', () => store.delete(key as Digest));
    });
  }
}

function concurrencyCases(define: BlobStoreCase): void {
  define('takes the same blob from many writers at once', async ({ store }) => {
    const bytes = someBytes(200_000);
    const digest = digestOf(bytes);
    const answers = await Promise.all(Array.from({ length: 20 }, () => store.put(digest, chunkedSource(bytes))));
    holds(
      answers.some(({ created }) => created),
      'somebody created the blob',
    );
    bytesEqual(await storedBytes(store, digest), bytes);
  });
  define('takes many blobs at once', async ({ store }) => {
    const blobs = Array.from({ length: 200 }, (_, index) => someBytes(1000 + index, index + 1));
    await Promise.all(blobs.map((bytes) => store.put(digestOf(bytes), bytesSource(bytes))));
    for (const bytes of blobs) bytesEqual(await storedBytes(store, digestOf(bytes)), bytes);
  });
  define('keeps the good bytes when a bad writer comes at the same time', async ({ store }) => {
    const bytes = someBytes(50_000);
    const digest = digestOf(bytes);
    const bad = failingSource(bytes.subarray(0, 40_000), new Error('broken'));
    await Promise.allSettled([store.put(digest, bad), store.put(digest, chunkedSource(bytes))]);
    bytesEqual(await storedBytes(store, digest), bytes);
  });
}

function listingCases(define: BlobStoreCase): void {
  define('deletes a blob once', async ({ store }) => {
    const bytes = someBytes(100);
    const digest = digestOf(bytes);
    await store.put(digest, bytesSource(bytes));
    equal(await store.delete(digest), true, 'first answer');
    equal(await store.delete(digest), false, 'second answer');
    await holdsNothing(store, digest);
    equal(await store.put(digest, bytesSource(bytes)), { created: true });
  });
  define('lists every blob with its size, once', async ({ store }) => {
    if (!store.abilities.list) return;
    const sizes = new Map<string, number>();
    for (const algorithm of ['sha256', 'sha512'] as const) {
      for (let size = 0; size < 20; size++) {
        const digest = digestOf(someBytes(size), algorithm);
        sizes.set(digest, size);
        await store.put(digest, bytesSource(someBytes(size)));
      }
    }
    const all = await listed(store);
    equal(all.length, sizes.size, 'number of blobs');
    for (const { digest, size } of all) equal(size, sizes.get(digest), `size of ${digest}`);
  });
  define('says when a blob was last found by a writer', async ({ store }) => {
    const bytes = someBytes(100);
    await store.put(digestOf(bytes), bytesSource(bytes));
    const before = (await store.stat(digestOf(bytes)))?.modifiedAt;
    if (before === undefined) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
    await store.put(digestOf(bytes), bytesSource(bytes));
    holds(present((await store.stat(digestOf(bytes)))?.modifiedAt) > before, 'the time moved on');
  });
}
