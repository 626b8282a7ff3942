import { describe, expect, it } from 'vitest';
import {
  buildLayer,
  gunzipStream,
  readArchive,
  readArchiveBatches,
  readTar,
  readTarBatches,
  tarStream,
} from '../../src/archive/index.ts';
import { memoryBlobStore, memoryRecordStore } from '../../src/adapters/blob-store/memory.ts';
import { memoryRegistry } from '../../src/adapters/registry/memory.ts';
import { memorySink } from '../../src/adapters/sink/memory.ts';
import { httpSource } from '../../src/adapters/source/http.ts';
import { checkCount, checkDirectory, checkOptions } from '../../src/bytes/check-options.ts';
import { streamOf } from '../../src/bytes/source.ts';
import { readLockfile, selectEntries } from '../../src/lockfile/index.ts';
import { emptyBytes, emptyDescriptor, parseManifest, walkGraph } from '../../src/oci/index.ts';
import { storeRegistry } from '../../src/registry/index.ts';
import { auditBlobs, collectGarbage } from '../../src/store/index.ts';

const misspelt = { limitz: 1 } as never;
const empty = (): ReadableStream<Uint8Array> => streamOf(emptyBytes());
const blobs = memoryBlobStore();

describe('options', () => {
  it('that are all known are taken', () => {
    expect(() => checkOptions('thing', { a: 1, b: undefined }, ['a', 'b', 'c'])).not.toThrow();
  });

  it('that are not known are named, with those that are', () => {
    expect(() => checkOptions('thing', { b: 1 }, ['a', 'c'])).toThrow(
      expect.objectContaining({
        code: 'ERR_INVALID_ARGUMENT',
        message: 'thing has an unknown option "b"',
        argument: 'b',
        hint: 'known options are a, c',
      }),
    );
  });

  it.each([null, 'text', 1, undefined])('that are no object are refused: %j', (options) => {
    expect(() => checkOptions('thing', options as never, [])).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT', message: 'thing is not an object' }),
    );
  });

  it.each([0, 1.5, -1, Number.NaN, '3'])('that count are whole numbers from 1, not %j', (value) => {
    expect(() => checkCount('concurrency', value as number, 8)).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT', argument: 'concurrency' }),
    );
    expect([checkCount('concurrency', undefined, 8), checkCount('concurrency', 3, 8)]).toEqual([8, 3]);
  });

  it.each([undefined, '', 1, null])('that name a folder are paths, not %j', (value) => {
    expect(() => checkDirectory('thing', value)).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT', argument: 'directory' }),
    );
  });
});

describe('an unknown option', () => {
  it.each<[string, () => unknown]>([
    ['gunzipStream', () => gunzipStream(misspelt)],
    ['tarStream', () => tarStream([], misspelt)],
    ['buildLayer', () => buildLayer([], misspelt)],
    ['readTar', () => readTar(empty(), misspelt).next()],
    ['readTarBatches', () => readTarBatches(empty(), misspelt).next()],
    ['readArchive', () => readArchive(empty(), misspelt).next()],
    ['readArchiveBatches', () => readArchiveBatches(empty(), misspelt).next()],
    ['memoryBlobStore', () => memoryBlobStore(misspelt)],
    ['memoryRecordStore', () => memoryRecordStore(misspelt)],
    ['memoryRegistry', () => memoryRegistry(misspelt)],
    ['memorySink', () => memorySink(misspelt)],
    ['storeRegistry', () => storeRegistry({ blobs, records: memoryRecordStore(), ...(misspelt as object) })],
    ['auditBlobs', () => auditBlobs({ blobs, ...(misspelt as object) })],
    ['collectGarbage', () => collectGarbage({ blobs, roots: [], ...(misspelt as object) })],
    ['httpSource', () => httpSource(misspelt)],
    ['retry of httpSource', () => httpSource({ retry: misspelt })],
    ['concurrency of httpSource', () => httpSource({ concurrency: misspelt })],
    ['timeouts of httpSource', () => httpSource({ timeouts: misspelt })],
    ['clock of httpSource', () => httpSource({ clock: misspelt })],
    ['parseManifest', () => parseManifest(emptyBytes(), misspelt)],
    ['walkGraph', () => walkGraph(emptyDescriptor, () => undefined, misspelt).next()],
    ['readLockfile', () => readLockfile(emptyBytes(), misspelt)],
    ['selectEntries', () => selectEntries({ name: 'x', entries: [], unpackable: [] } as never, misspelt)],
  ])('is an error of %s', async (_, call) => {
    await expect(Promise.resolve().then(call)).rejects.toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
      argument: 'limitz',
      hint: expect.stringMatching(/^known options are /) as string,
    });
  });
});
