/**
 * A blob store of your own: here over a Map, elsewhere over whatever you have. The suite that judges packwright's own
 * stores judges it too, and a registry over it works at once.
 */
import { bytesSource, createPackService, digestOf, readAll, UsageError, verifyStream, type Digest } from 'packwright';
import type { BlobStore } from 'packwright/ports';
import { memoryRecordStore } from 'packwright/blob-store/memory';
import { storeRegistry } from 'packwright/registry';

const limit = 1024 * 1024;

function mapBlobStore(): BlobStore {
  const blobs = new Map<Digest, Uint8Array>();
  return {
    id: 'map',
    abilities: { ingest: false, range: true, list: true },
    async put(digest, source, options) {
      if (blobs.has(digest)) return { created: false };
      const stream = (await source.open(options)).pipeThrough(verifyStream({ digest }));
      blobs.set(digest, await readAll(stream, { limit, signal: options?.signal }));
      return { created: true };
    },
    async get(digest) {
      const bytes = blobs.get(digest);
      if (bytes === undefined) return undefined;
      const source = bytesSource(bytes);
      return {
        size: bytes.length,
        open: async (options) => (await source.open(options)).pipeThrough(verifyStream({ digest, size: bytes.length })),
        openUnverifiedRange: async (start, end, options) => {
          if (start < 0 || end > bytes.length)
            throw new UsageError('ERR_INVALID_ARGUMENT', 'range lies outside of the blob');
          return source.open({ start, end, signal: options?.signal });
        },
      };
    },
    stat: async (digest) => (blobs.has(digest) ? { digest, size: blobs.get(digest)?.length ?? 0 } : undefined),
    delete: async (digest) => blobs.delete(digest),
    async *list() {
      for (const [digest, { length: size }] of blobs) yield { digest, size };
    },
  };
}

const registry = storeRegistry({ blobs: mapBlobStore(), records: memoryRecordStore() });
const service = createPackService({ registries: () => registry });
const text = new TextEncoder().encode('kept in a Map\n');
await service.pack({ files: [{ path: 'note.txt', source: bytesSource(text) }] }, 'registry.example/notes:1');
const { entries } = await service.inspect('registry.example/notes:1');
console.log(entries.map(({ path, digest }) => `${path} ${digest === digestOf(text) ? 'is there' : 'is wrong'}`).join());
