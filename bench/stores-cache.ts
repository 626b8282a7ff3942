import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { bytesSource, digestOf } from 'packwright';
import { fsBlobStore } from 'packwright/blob-store/fs';
import { memoryBlobStore } from 'packwright/blob-store/memory';
import type { Digest } from 'packwright/digest';
import type { BlobStore } from 'packwright/ports';
import { fileBytes } from 'packwright/source/file';
import { tieredBlobStore } from 'packwright/store';
import type { Amount, Figure } from './measure.ts';
import { drain, eightAtOnce, makeLargeBlob, makeSmallBlobs } from './stores-load.ts';

type MakeFigure = (folder: string) => Promise<Figure>;

const entries = 10_000;
const mebibytes = 100;

/** A folder as the cache in front of a store. */
export const cacheFigures: Readonly<Record<string, MakeFigure>> = {
  'cache-lookup': async (folder) => {
    const all = makeSmallBlobs(entries, 100);
    const cache = fsBlobStore({ directory: join(folder, 'cache') });
    await eightAtOnce(all, ({ digest, bytes }) => cache.put(digest, bytesSource(bytes)));
    const amounts = (): Promise<readonly Amount[]> =>
      lookups(
        folder,
        all.map(({ digest }) => digest),
      );
    return { name: `what a lookup in a cache of ${entries} blobs takes`, comparisons: [], amounts };
  },
  'cache-hit': async (folder) => {
    const blob = await makeLargeBlob(join(folder, 'large'), mebibytes);
    const store = cachedStore(folder);
    await store.put(blob.digest, await fileBytes(blob.path));
    const cached = await onlyFile(join(folder, 'cache', 'blobs'));
    const ours = { name: 'packwright', run: async () => drain(await opened(store, blob.digest), blob.size) };
    const peer = { name: 'createReadStream', run: () => drain(createReadStream(cached), blob.size) };
    const large = { highWaterMark: 1 << 20 };
    const larger = { name: 'the same, 1 MiB at a time', run: () => drain(createReadStream(cached, large), blob.size) };
    const name = `a blob of ${mebibytes} MiB from a cache in a folder, checked, beside its file, unchecked`;
    return { name, comparisons: [peer, larger].map((other) => ({ ours, peer: other })) };
  },
};

function cachedStore(folder: string): BlobStore {
  const cache = fsBlobStore({ directory: join(folder, 'cache') });
  return tieredBlobStore({ store: memoryBlobStore(), cache, maxBytes: 2 ** 40 });
}

async function opened(store: BlobStore, digest: Digest): Promise<ReadableStream<Uint8Array>> {
  const blob = await store.get(digest);
  if (blob === undefined) throw new Error(`${digest} is not in the cache`);
  return blob.open();
}

async function onlyFile(folder: string): Promise<string> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  const file = found.find((entry) => entry.isFile());
  if (file === undefined) throw new Error('the cache is empty');
  return join(file.parentPath, file.name);
}

/** The first lookup of a process lists the cache. */
async function lookups(folder: string, digests: readonly Digest[]): Promise<readonly Amount[]> {
  const store = cachedStore(folder);
  const [first = digestOf(new Uint8Array())] = digests;
  const start = performance.now();
  await store.get(first);
  const listing = performance.now() - start;
  const get = await timesOf(digests, (digest) => store.get(digest));
  const open = await timesOf(digests, async (digest) => (await opened(store, digest)).cancel());
  const row = (name: string, value: number, limit?: number): Amount => ({ name, value, unit: 'ms', limit });
  return [
    row('first lookup of a process, which lists the cache', listing),
    row('get, median', at(get, 0.5), 1),
    row('get, 99 of 100 at most', at(get, 0.99), 1),
    row('get and open, median', at(open, 0.5), 1),
    row('get and open, 99 of 100 at most', at(open, 0.99), 1),
  ];
}

/** Milliseconds of 5,000 calls, sorted. No two are for the same blob one after the other. */
async function timesOf(digests: readonly Digest[], call: (digest: Digest) => Promise<unknown>): Promise<number[]> {
  const times = [];
  for (let index = 0; index < 5000; index++) {
    const digest = digests[(index * 7919) % digests.length] as Digest;
    const start = performance.now();
    await call(digest);
    times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b);
}

function at(sorted: readonly number[], share: number): number {
  return sorted[Math.floor(sorted.length * share)] ?? NaN;
}
