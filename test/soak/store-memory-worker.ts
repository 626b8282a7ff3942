/*
 * One large blob into a store or out of it, in a process of its own, by the built package: prints the most memory that
 * it took. `store-memory-worker VERB PLACE DIGEST`, the place as JSON; the bytes are in the file `large`.
 */
import { readFileSync } from 'node:fs';
import type { Digest } from 'packwright/digest';
import { fileBytes } from 'packwright/source/file';
import { openSoakStore, type StorePlace } from './soak-store.ts';

const [verb = '', place = '{}', digest = ''] = process.argv.slice(2);
const { blobs, ...store } = await openSoakStore(JSON.parse(place) as StorePlace);

async function get(): Promise<void> {
  const blob = await blobs.get(digest as Digest);
  if (blob === undefined) throw new Error('the blob is not there');
  let read = 0;
  for await (const chunk of await blob.open()) read += chunk.length;
  if (read !== blob.size) throw new Error(`${read} bytes were read of ${blob.size}`);
}

const verbs: Readonly<Record<string, () => Promise<unknown>>> = {
  nothing: () => Promise.resolve(),
  put: async () => blobs.put(digest as Digest, await fileBytes('large')),
  get,
};
await verbs[verb]?.();
await store.close();
const peak = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
process.stdout.write(`${Number(peak) * 1024}\n`);
