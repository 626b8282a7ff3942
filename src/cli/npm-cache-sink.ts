import { chunksOf } from '../bytes/stream.ts';
import { algorithmOf, hexOf, parseIntegrity, strongestOf, type Digest } from '../digest/index.ts';
import type { Lock } from '../lockfile/index.ts';
import type { FileSink, FileTransaction } from '../ports/index.ts';

/**
 * A sink that lays the artifacts of a lock out as npm keeps its cache: `npm ci --offline --cache DIR` finds them there
 * by their integrity. What is no artifact of the lock is checked and left out.
 */
export function npmCacheSink(sink: FileSink, lock: Lock): FileSink {
  return {
    begin: async (options) => new CacheTransaction(await sink.begin(options), npmCachePlaces(lock)),
  };
}

/** Where npm's cache keeps each entry of a lock: npm looks content up by the first of the strongest digests. */
export function npmCachePlaces(lock: Lock): Map<string, string> {
  const places = new Map<string, string>();
  for (const { path, integrity } of lock.entries) {
    const [digest] = strongestOf(parseIntegrity(integrity));
    if (digest !== undefined) places.set(path, contentPath(digest));
  }
  return places;
}

function contentPath(digest: Digest): string {
  const hex = hexOf(digest);
  return `_cacache/content-v2/${algorithmOf(digest)}/${hex.slice(0, 2)}/${hex.slice(2, 4)}/${hex.slice(4)}`;
}

class CacheTransaction implements FileTransaction {
  readonly #inner: FileTransaction;
  readonly #places: ReadonlyMap<string, string>;
  /** The same content under two names is one file. */
  readonly #written = new Set<string>();

  constructor(inner: FileTransaction, places: ReadonlyMap<string, string>) {
    this.#inner = inner;
    this.#places = places;
  }

  file(path: string, content: Uint8Array | ReadableStream<Uint8Array>): Promise<void> | undefined {
    const place = this.#places.get(path);
    if (place === undefined || this.#written.has(place)) return drain(content);
    this.#written.add(place);
    return this.#inner.file(place, content);
  }

  directory(): undefined {
    return undefined;
  }

  symlink(): undefined {
    return undefined;
  }

  hardlink(): undefined {
    return undefined;
  }

  commit(): Promise<void> {
    return this.#inner.commit();
  }

  rollback(): Promise<void> {
    return this.#inner.rollback();
  }
}

/** Reads content to its end, so that it is checked like everything else. */
function drain(content: Uint8Array | ReadableStream<Uint8Array>): Promise<void> | undefined {
  return content instanceof Uint8Array ? undefined : readToEnd(content);
}

async function readToEnd(stream: ReadableStream<Uint8Array>): Promise<void> {
  const chunks = chunksOf(stream);
  while ((await chunks.next()).done !== true);
}
