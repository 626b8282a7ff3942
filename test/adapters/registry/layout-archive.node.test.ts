import { describe, expect, it } from 'vitest';
import { memoryRegistry } from '../../../src/adapters/registry/memory.ts';
import { layoutArchiveStream, openLayoutArchive } from '../../../src/adapters/registry/layout.ts';
import { gzipStream, readTar, tarStream, type TarEntry } from '../../../src/archive/index.ts';
import { utf8 } from '../../../src/bytes/encoding.ts';
import { bytesSource } from '../../../src/bytes/source.ts';
import { streamOf } from '../../../src/bytes/source.ts';
import { present } from '../../../src/testing/assert.ts';
import { contentOf } from '../../../src/testing/bytes.ts';
import { listed, putIndex, putManifest, rootsOf, textDescriptor } from '../../../src/testing/registry-fixtures.ts';

const marker = '{"imageLayoutVersion":"1.0.0"}';
const empty = '{"schemaVersion":2,"manifests":[]}';

async function someArchive() {
  const repository = memoryRegistry().repository('a');
  const child = await putManifest(repository, 'x'.repeat(200_000));
  const root = await putIndex(repository, [child], 'v1');
  const signed = await putManifest(repository, 'signature', { subject: root, artifactType: 'text/signature' });
  const written = await layoutArchiveStream(repository, [{ reference: 'v1' }]);
  return { repository, child, root, signed, written, tar: await contentOf(written.stream) };
}

const tarOf = (files: Record<string, string>): Promise<Uint8Array> =>
  contentOf(
    tarStream(
      Object.entries(files).map(([path, text]): TarEntry => ({ path, type: 'file', source: bytesSource(utf8(text)) })),
      { order: 'given' },
    ),
  );

describe('a layout in a tar', () => {
  it('has everything that belongs to a manifest, the index first, and the same bytes each time', async () => {
    const { repository, root, written, tar } = await someArchive();
    const paths = (await listed(readTar(streamOf(tar)))).map(({ path }) => path);
    expect(paths.slice(0, 2)).toEqual(['oci-layout', 'index.json']);
    expect(paths.slice(2)).toEqual(paths.slice(2).sort());
    expect(written.roots).toEqual([root]);
    expect(written.blobs).toBe(paths.length - 2);
    const again = await layoutArchiveStream(repository, [{ reference: 'v1' }]);
    expect(await contentOf(again.stream)).toEqual(tar);
    const alone = await layoutArchiveStream(repository, [{ reference: 'v1' }], { referrers: false });
    expect(alone.blobs).toBe(written.blobs - 2);
  });

  it('asks for several small blobs at once, and gives the same bytes', async () => {
    const { repository, tar } = await someArchive();
    let [running, most] = [0, 0];
    const get: typeof repository.blob.get = async (digest, options) => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 5));
      running--;
      return repository.blob.get(digest, options);
    };
    const slow = { ...repository, blob: { ...repository.blob, get } };
    expect(await contentOf((await layoutArchiveStream(slow, [{ reference: 'v1' }])).stream)).toEqual(tar);
    expect(most).toBeGreaterThan(1);
  });

  it('fails where a blob is gone that was read ahead', async () => {
    const { repository } = await someArchive();
    const get: typeof repository.blob.get = () => Promise.resolve(undefined);
    const { stream } = await layoutArchiveStream({ ...repository, blob: { ...repository.blob, get } }, [
      { reference: 'v1' },
    ]);
    await expect(contentOf(stream)).rejects.toMatchObject({ code: 'ERR_BLOB_NOT_FOUND' });
  });

  it('is read as it was written', async () => {
    const { child, root, signed, tar } = await someArchive();
    const repository = await openLayoutArchive(bytesSource(tar), { id: 'test' });
    expect(await listed(repository.tags())).toEqual(['v1']);
    expect(await repository.resolve('v1')).toEqual(root);
    expect(await repository.resolve(child.digest)).toEqual(child);
    expect(await rootsOf(repository)).toEqual([root]);
    expect((await repository.referrers(root.digest)).referrers.map(({ digest }) => digest)).toEqual([signed.digest]);
    const blob = present(await repository.blob.get(textDescriptor('x'.repeat(200_000)).digest));
    expect((await contentOf(await blob.open())).length).toBe(200_000);
    expect((await contentOf(await blob.openUnverifiedRange(5, 8))).length).toBe(3);
    await expect(blob.openUnverifiedRange(5, 200_001)).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
    await expect(repository.tag('v2', root)).rejects.toMatchObject({ code: 'ERR_UNSUPPORTED' });
  });

  it('may have its index behind the blobs', async () => {
    const repository = await openLayoutArchive(bytesSource(await tarOf({ 'index.json': empty, 'oci-layout': marker })));
    expect(await rootsOf(repository)).toEqual([]);
  });

  it('that was damaged in a blob is found out', async () => {
    const { child, root, tar } = await someArchive();
    const at = Buffer.from(tar).indexOf('x'.repeat(1000)) + 500;
    tar[at] = 0x79;
    const repository = await openLayoutArchive(bytesSource(tar));
    expect(await repository.resolve(child.digest)).toEqual(child);
    expect(await repository.resolve('v1')).toEqual(root);
    const blob = present(await repository.blob.get(textDescriptor('x'.repeat(200_000)).digest));
    await expect(contentOf(await blob.open())).rejects.toMatchObject({ code: 'ERR_DIGEST_MISMATCH' });
  });

  it.each([
    ['cut short', async () => (await someArchive()).tar.slice(0, 150_000), 'ERR_ARCHIVE_INVALID'],
    ['cut in the padding', async () => (await tarOf({ 'oci-layout': marker })).slice(0, 700), 'ERR_ARCHIVE_INVALID'],
    ['cut in a header', async () => (await tarOf({ 'oci-layout': marker })).slice(0, 1300), 'ERR_ARCHIVE_INVALID'],
    [
      'compressed',
      async () => contentOf(streamOf((await someArchive()).tar).pipeThrough(gzipStream())),
      'ERR_ARCHIVE_INVALID',
    ],
    [
      'followed by other data',
      async () => Buffer.concat([(await someArchive()).tar, utf8('x')]),
      'ERR_ARCHIVE_INVALID',
    ],
    ['without oci-layout', () => tarOf({ 'index.json': empty }), 'ERR_LAYOUT_INVALID'],
    ['written by docker save', () => tarOf({ 'manifest.json': '[]' }), 'ERR_LAYOUT_INVALID'],
  ])('is refused when it is %s', async (_, make, code) => {
    await expect(openLayoutArchive(bytesSource(await make()))).rejects.toMatchObject({ code });
  });

  it('is refused with more entries than the limit, and with unknown options', async () => {
    const tar = bytesSource(await tarOf({ 'index.json': empty, 'oci-layout': marker }));
    await expect(openLayoutArchive(tar, { limits: { entries: 1 } })).rejects.toMatchObject({
      code: 'ERR_LIMIT_EXCEEDED',
    });
    await expect(openLayoutArchive(tar, { limit: 1 } as object)).rejects.toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
    });
  });

  it('is not written for a root that is not there, a tag that is none, or unknown options', async () => {
    const { repository } = await someArchive();
    const write = (reference: string, tag?: string, options?: object): Promise<unknown> =>
      layoutArchiveStream(repository, [{ reference, tag }], options);
    await expect(write('v2')).rejects.toMatchObject({ code: 'ERR_BLOB_NOT_FOUND' });
    await expect(write('v1', 'a b')).rejects.toMatchObject({ code: 'ERR_INVALID_REFERENCE' });
    await expect(write('v1', 'v1', { referers: true })).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
  });
});
