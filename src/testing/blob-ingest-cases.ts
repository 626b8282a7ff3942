import { digestOf } from '../digest/digest.ts';
import type { BlobStore, Ingest } from '../ports/blob-store.ts';
import { bytesEqual, equal, errorOf, holds, present, rejectsWith } from './assert.ts';
import type { BlobStoreCase } from './blob-store-contract.ts';
import { holdsNothing, storedBytes } from './blob-write-cases.ts';
import { bytesSource, chunkedSource, failingSource, hangingSource, someBytes } from './bytes.ts';

const bytes = someBytes(1_500_000, 9);
const digest = digestOf(bytes);
const cut = 700_003;

/** Bytes whose digest is known only at the end. A store without `ingest` passes. */
export function blobIngestCases(define: BlobStoreCase): void {
  define('has ingest exactly where its abilities say so', async ({ store }) => {
    equal(typeof store.ingest, store.abilities.ingest ? 'function' : 'undefined', 'type of ingest');
    return Promise.resolve();
  });
  const withIngest: IngestCase = (name, run) =>
    define(name, async ({ store }) => {
      if (store.abilities.ingest) await run(store, present(await store.ingest?.()));
    });
  commitCases(withIngest);
  refusalCases(withIngest);
  failureCases(withIngest);
}

type IngestCase = (name: string, run: (store: BlobStore, ingest: Ingest) => Promise<void>) => void;

async function fill(ingest: Ingest): Promise<void> {
  equal(await ingest.append(chunkedSource(bytes.subarray(0, cut))), { offset: cut });
  equal(await ingest.append(bytesSource(bytes.subarray(cut))), { offset: bytes.length });
}

function commitCases(define: IngestCase): void {
  for (const algorithm of ['sha256', 'sha384', 'sha512'] as const) {
    define(`commits under the ${algorithm} digest of what came`, async (store, ingest) => {
      await fill(ingest);
      const expected = digestOf(bytes, algorithm);
      equal(await ingest.commit(algorithm), { created: true, digest: expected, size: bytes.length });
      bytesEqual(await storedBytes(store, expected), bytes);
    });
  }
  define('commits under a digest that is given', async (store, ingest) => {
    await fill(ingest);
    equal(await ingest.commit(digest), { created: true, digest, size: bytes.length });
    bytesEqual(await storedBytes(store, digest), bytes);
  });
  define('commits no bytes at all', async (store, ingest) => {
    const empty = digestOf(new Uint8Array());
    equal(await ingest.commit('sha256'), { created: true, digest: empty, size: 0 });
    bytesEqual(await storedBytes(store, empty), new Uint8Array());
  });
  define('shows nothing before the commit', async (store, ingest) => {
    await fill(ingest);
    await holdsNothing(store, digest);
  });
  define('says that the blob was there when another ingest brought the same', async (store, ingest) => {
    const other = present(await store.ingest?.());
    holds(other.id !== ingest.id, 'ids differ');
    await Promise.all([fill(ingest), fill(other)]);
    equal((await ingest.commit(digest)).created, true, 'first commit');
    equal((await other.commit('sha256')).created, false, 'second commit');
    bytesEqual(await storedBytes(store, digest), bytes);
  });
  define('goes on by its id', async (store, ingest) => {
    await ingest.append(chunkedSource(bytes.subarray(0, cut)));
    const again = present(await store.ingest?.(ingest.id));
    equal([again.id, again.offset], [ingest.id, cut]);
    await again.append(bytesSource(bytes.subarray(cut)));
    await again.commit(digest);
    bytesEqual(await storedBytes(store, digest), bytes);
  });
  define('keeps a hundred of them apart', async (store, first) => {
    const all = [first];
    while (all.length < 100) all.push(present(await store.ingest?.()));
    await Promise.all(all.map((ingest, index) => ingest.append(bytesSource(someBytes(500, index + 1)))));
    const done = await Promise.all(all.map((ingest) => ingest.commit('sha256')));
    equal(
      done.map((blob) => blob.digest),
      all.map((_, index) => digestOf(someBytes(500, index + 1))),
    );
  });
}

function refusalCases(define: IngestCase): void {
  define('refuses the wrong digest at the end, shows nothing, and takes the right one then', async (store, ingest) => {
    await fill(ingest);
    await rejectsWith('ERR_DIGEST_MISMATCH', ingest.commit(digestOf(someBytes(3))));
    await rejectsWith('ERR_DIGEST_MISMATCH', ingest.commit(digestOf(someBytes(3), 'sha512')));
    await holdsNothing(store, digestOf(someBytes(3)));
    equal((await ingest.commit(digest)).created, true);
  });
  define('refuses a digest that is none', async (_store, ingest) => {
    await rejectsWith('ERR_INVALID_DIGEST', () => ingest.commit('sha256:12'));
    await rejectsWith('ERR_INVALID_DIGEST', () => ingest.commit(`sha512:${'0'.repeat(64)}`));
  });
  define('forgets everything on abort, also twice', async (store, ingest) => {
    await fill(ingest);
    await ingest.abort();
    await ingest.abort();
    await rejectsWith('ERR_BLOB_NOT_FOUND', () => ingest.append(bytesSource(bytes)));
    await rejectsWith('ERR_BLOB_NOT_FOUND', () => ingest.commit(digest));
    await rejectsWith('ERR_BLOB_NOT_FOUND', async () => store.ingest?.(ingest.id));
    await holdsNothing(store, digest);
  });
  define('ends with its commit, and an abort after that is harmless', async (store, ingest) => {
    await fill(ingest);
    await ingest.commit(digest);
    await ingest.abort();
    await rejectsWith('ERR_BLOB_NOT_FOUND', () => ingest.append(bytesSource(bytes)));
    await rejectsWith('ERR_BLOB_NOT_FOUND', async () => store.ingest?.(ingest.id));
    bytesEqual(await storedBytes(store, digest), bytes);
  });
  for (const id of ['nobody-knows-this', '../../escape', '']) {
    define(`does not know the id ${JSON.stringify(id)}`, async (store) => {
      await rejectsWith('ERR_BLOB_NOT_FOUND', async () => store.ingest?.(id));
    });
  }
}

function failureCases(define: IngestCase): void {
  define('goes on after a source that failed, from the offset that it says', async (store, ingest) => {
    await ingest.append(bytesSource(bytes.subarray(0, 1000)));
    const failure = new Error('the source is broken');
    const error = await errorOf(ingest.append(failingSource(bytes.subarray(1000, cut), failure)));
    equal(error === failure, true, 'error is that of the source');
    holds(ingest.offset >= 1000 && ingest.offset <= cut, 'the offset lies in what came');
    await ingest.append(chunkedSource(bytes.subarray(ingest.offset)));
    equal((await ingest.commit('sha256')).digest, digest, 'digest');
    bytesEqual(await storedBytes(store, digest), bytes);
  });
  define('goes on after an abort in the middle', async (store, ingest) => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const source = hangingSource(bytes.subarray(0, cut), () => controller.abort(reason));
    const error = await errorOf(ingest.append(source, { signal: controller.signal }));
    equal(error === reason, true, 'reason');
    await ingest.append(chunkedSource(bytes.subarray(ingest.offset)));
    equal((await ingest.commit(digest)).created, true);
    bytesEqual(await storedBytes(store, digest), bytes);
  });
  define('is not changed when the caller changes the array later', async (store, ingest) => {
    const own = someBytes(2000);
    const copy = own.slice();
    await ingest.append({ size: 2000, bytes: own, open: () => bytesSource(own).open() });
    own.fill(0);
    const done = await ingest.commit('sha256');
    bytesEqual(await storedBytes(store, done.digest), copy);
  });
}
