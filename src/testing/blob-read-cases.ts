import { equalBytes } from '../bytes/equal-bytes.ts';
import { concatBytes } from '../bytes/stream.ts';
import { digestOf } from '../digest/digest.ts';
import type { BlobStore, StoredBlob } from '../ports/blob-store.ts';
import { bytesEqual, equal, errorOf, present, rejectsWith } from './assert.ts';
import type { BlobStoreCase } from './blob-store-contract.ts';
import { bytesSource, contentOf, someBytes } from './bytes.ts';

const sizes: readonly number[] = [1, 5000, 2 * 1024 * 1024 + 5];

/** Reading: whole, in part, at once, and what was damaged. */
export function blobReadCases(define: BlobStoreCase): void {
  plainCases(define);
  rangeCases(define);
  damageCases(define);
}

async function stored(store: BlobStore, bytes: Uint8Array): Promise<StoredBlob> {
  await store.put(digestOf(bytes), bytesSource(bytes));
  return present(await store.get(digestOf(bytes)), 'blob');
}

function plainCases(define: BlobStoreCase): void {
  define('says undefined for a blob that is not there', async ({ store }) => {
    equal(await store.get(digestOf(someBytes(1))), undefined);
    equal(await store.stat(digestOf(someBytes(1))), undefined);
    equal(await store.delete(digestOf(someBytes(1))), false);
  });
  define('serves 50 readers at once', async ({ store }) => {
    const bytes = someBytes(400_000);
    const blob = await stored(store, bytes);
    const read = await Promise.all(Array.from({ length: 50 }, async () => contentOf(await blob.open())));
    for (const content of read) bytesEqual(content, bytes);
  });
  define('hands out bytes that a reader can change without changing the blob', async ({ store }) => {
    const bytes = someBytes(3000);
    const blob = await stored(store, bytes);
    const reader = (await blob.open()).getReader();
    const first = await reader.read();
    present(first.value).fill(0);
    await reader.cancel();
    bytesEqual(await contentOf(await blob.open()), bytes);
  });
  define('is not harmed by a reader that stops in the middle', async ({ store }) => {
    const bytes = someBytes(2 * 1024 * 1024);
    const blob = await stored(store, bytes);
    const reader = (await blob.open()).getReader();
    await reader.read();
    await reader.cancel();
    bytesEqual(await contentOf(await blob.open()), bytes);
  });
  define('ends a read with the reason of the signal', async ({ store }) => {
    const blob = await stored(store, someBytes(4 * 1024 * 1024));
    const controller = new AbortController();
    const reason = new Error('enough');
    const stream = await blob.open({ signal: controller.signal });
    controller.abort(reason);
    equal((await errorOf(contentOf(stream))) === reason, true, 'reason while reading');
    equal((await errorOf(blob.open({ signal: controller.signal }))) === reason, true, 'reason before reading');
  });
  define('is seen by another store on the same blobs', async ({ store, reopen }) => {
    if (reopen === undefined) return;
    const bytes = someBytes(5000);
    await stored(store, bytes);
    const other = await reopen();
    bytesEqual(await contentOf(await present(await other.get(digestOf(bytes))).open()), bytes);
    equal(await other.put(digestOf(bytes), bytesSource(bytes)), { created: false });
    equal(await other.delete(digestOf(bytes)), true);
    equal(await store.get(digestOf(bytes)), undefined);
  });
}

function rangeCases(define: BlobStoreCase): void {
  for (const size of sizes) {
    define(`reads ranges of a blob of ${size} bytes`, async ({ store }) => {
      const bytes = someBytes(size);
      const blob = await stored(store, bytes);
      const middle = size >> 1;
      for (const [start, end] of [
        [0, size],
        [0, 0],
        [0, 1],
        [size - 1, size],
        [size, size],
        [middle, size],
        [0, middle],
      ] as const) {
        bytesEqual(await contentOf(await blob.openUnverifiedRange(start, end)), bytes.subarray(start, end));
      }
    });
  }
  for (const [start, end] of [
    [-1, 5],
    [5, 4],
    [0, 101],
    [101, 101],
    [0.5, 1],
    [0, NaN],
  ] as const) {
    define(`refuses the range ${start} to ${end} of a blob of 100 bytes`, async ({ store }) => {
      const blob = await stored(store, someBytes(100));
      await rejectsWith('ERR_INVALID_ARGUMENT', () => blob.openUnverifiedRange(start, end));
    });
  }
}

function damageCases(define: BlobStoreCase): void {
  for (const size of sizes) {
    const bytes = someBytes(size);
    const flipped = bytes.slice();
    flipped[size >> 1] = ~(flipped[size >> 1] ?? 0);
    const damages: readonly (readonly [string, Uint8Array])[] = [
      ['a flipped bit', flipped],
      ['a byte more', someBytes(size + 1)],
      ['a byte less', bytes.subarray(0, -1)],
      ['its second half cut off', bytes.slice(0, size >> 1)],
      ['its halves swapped', concatBytes([bytes.subarray(size >> 1), bytes.subarray(0, size >> 1)])],
      ['the bytes of another blob', someBytes(size, 2)],
    ];
    for (const [what, damaged] of damages) {
      if (equalBytes(damaged, bytes)) continue;
      define(`never lets a reader come to the end of ${size} bytes with ${what}`, async ({ store, corrupt }) => {
        if (corrupt === undefined) return;
        const before = await stored(store, bytes);
        await corrupt(digestOf(bytes), damaged);
        await failsOrIsGone(Promise.resolve(before), bytes);
        await failsOrIsGone(store.get(digestOf(bytes)));
      });
    }
  }
}

/**
 * A store that sees from outside that a blob is damaged may say that it is not there. One that was found before the
 * damage may have the right bytes, from before it.
 */
async function failsOrIsGone(found: Promise<StoredBlob | undefined>, right?: Uint8Array): Promise<void> {
  const blob = await found;
  if (blob === undefined) return;
  const read = blob.open().then(contentOf);
  const content = await read.catch(() => undefined);
  if (content === undefined) {
    await rejectsWith(['ERR_DIGEST_MISMATCH', 'ERR_SIZE_MISMATCH', 'ERR_TRAILING_DATA', 'ERR_STORE_READ'], read);
  } else {
    bytesEqual(content, present(right, 'failure'));
  }
}
