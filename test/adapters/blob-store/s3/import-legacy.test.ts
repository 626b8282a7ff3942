import { describe, expect, it } from 'vitest';
import { memoryBlobStore } from '../../../../src/adapters/blob-store/memory.ts';
import { memoryRecordStore } from '../../../../src/adapters/memory/memory-record-store.ts';
import {
  importLegacyObjects,
  type ImportLegacyObjectsOptions,
  type LegacyBlob,
} from '../../../../src/adapters/blob-store/s3.ts';
import { toHex, utf8 } from '../../../../src/bytes/encoding.ts';
import { digestOf, hexOf } from '../../../../src/digest/digest.ts';
import { integrityOf } from '../../../../src/digest/integrity.ts';
import { sriIndex } from '../../../../src/store/index.ts';
import { contentOf, someBytes } from '../../../../src/testing/bytes.ts';
import { S3InMemory, s3Error } from './s3-in-memory.ts';

const sri = (bytes: Uint8Array): string => integrityOf(digestOf(bytes, 'sha512'));
const keyOf = (integrity: string): string => `script-packages/blobs/${toHex(utf8(integrity))}`;
const tarball = sri(utf8('the tarball'));
const right = utf8('the bytes that the key names');
const archive = utf8('the archive of the same package');
const large = someBytes((1 << 20) + 1);

async function put(s3: S3InMemory, key: string, bytes: Uint8Array): Promise<void> {
  const headers = { 'x-amz-content-sha256': hexOf(digestOf(bytes)) };
  const body = bytes as Uint8Array<ArrayBuffer>;
  await s3.client.fetch(`${s3.endpoint}/${s3.bucket}/${key}`, { method: 'PUT', body, headers });
  s3.seen.length = 0;
}

function optionsOf(s3: S3InMemory, more: Partial<ImportLegacyObjectsOptions> = {}): ImportLegacyObjectsOptions {
  const { client, bucket, endpoint } = s3;
  return { client, bucket, endpoint, blobs: memoryBlobStore(), retry: { attempts: 3, baseMs: 1 }, ...more };
}

const reads = ({ seen }: S3InMemory): number => seen.filter(({ key }) => key !== '').length;

describe('importLegacyObjects', () => {
  it('puts the bytes of each object under their digest, and tells the old key', async () => {
    const s3 = new S3InMemory();
    await put(s3, keyOf(sri(right)), right);
    await put(s3, keyOf(tarball), archive);
    await put(s3, keyOf(sri(large)), large);
    await put(s3, keyOf('not an integrity: ü'), new Uint8Array());
    const blobs = memoryBlobStore();
    const told: LegacyBlob[] = [];
    const report = await importLegacyObjects(optionsOf(s3, { blobs, onBlob: (blob) => void told.push(blob) }));
    expect(report).toEqual({
      imported: 4,
      alreadyThere: 0,
      known: 0,
      bytes: right.length + archive.length + large.length,
      mismatched: { integrity: 2, size: 0 },
      unlikeManifest: [],
      missing: [],
      unreadable: [],
      skipped: { foreign: 0, oddLength: 0, notHex: 0, notText: 0, keys: [] },
    });
    expect(told.find(({ integrity }) => integrity === tarball)).toEqual({
      integrity: tarball,
      digest: digestOf(archive),
      size: archive.length,
      created: true,
      integrityMatches: false,
      sizeMatches: true,
      manifestMatches: undefined,
    });
    expect(told.map(({ integrity }) => integrity)).toContain('not an integrity: ü');
    for (const bytes of [right, archive, large]) {
      const stored = await blobs.get(digestOf(bytes));
      expect(digestOf(await contentOf((await stored?.open()) as ReadableStream<Uint8Array>))).toBe(digestOf(bytes));
    }
  });

  it('leaves out what is none of its objects, and counts it', async () => {
    const s3 = new S3InMemory();
    const hex = toHex(utf8(tarball));
    await put(s3, keyOf(tarball), archive);
    await put(s3, `script-packages/blobs/${hex}0`, archive);
    await put(s3, `script-packages/blobs/${hex.slice(0, -1)}g`, archive);
    await put(s3, `script-packages/blobs/folder/${hex}`, archive);
    await put(s3, 'script-packages/blobs/', archive);
    await put(s3, 'script-packages/blobs/ff', archive);
    await put(s3, `script-packages/${hex}`, archive);
    await put(s3, `script-packages/blobs-too/${hex}`, archive);
    const report = await importLegacyObjects(optionsOf(s3));
    expect(report).toMatchObject({
      imported: 1,
      skipped: { foreign: 0, oddLength: 1, notHex: 3, notText: 1 },
    });
    expect(report.skipped.keys).toHaveLength(5);
    expect(reads(s3)).toBe(1);
  });

  it('counts what a server lists that does not look at the prefix', async () => {
    const s3 = new S3InMemory();
    await put(s3, keyOf(tarball), archive);
    for (let index = 0; index < 120; index++) await put(s3, `other/${index}`, archive);
    const client: ImportLegacyObjectsOptions['client'] = {
      fetch: (url, init) => s3.client.fetch(url.replace(/prefix=[^&]*/, 'prefix='), init),
    };
    const { imported, skipped } = await importLegacyObjects(optionsOf(s3, { client }));
    expect({ imported, ...skipped, keys: skipped.keys.length }).toEqual({
      imported: 1,
      foreign: 120,
      oddLength: 0,
      notHex: 0,
      notText: 0,
      keys: 100,
    });
  });

  it('takes another prefix, page by page', async () => {
    const s3 = new S3InMemory();
    s3.pageSize = 7;
    for (let index = 0; index < 40; index++) {
      const bytes = utf8(`blob ${index}`);
      await put(s3, `old/place/${toHex(utf8(sri(bytes)))}`, bytes);
    }
    const kinds: string[] = [];
    const options = optionsOf(s3, { prefix: 'old/place/', onEvent: ({ kind }) => kinds.push(kind) });
    expect(await importLegacyObjects(options)).toMatchObject({ imported: 40, mismatched: { integrity: 0 } });
    expect([kinds[0], kinds.at(-1)]).toEqual(['start', 'done']);
    expect(await importLegacyObjects(options)).toMatchObject({ imported: 0, alreadyThere: 40 });
  });

  it('reads nothing again that it is told of and that is there', async () => {
    const s3 = new S3InMemory();
    await put(s3, keyOf(tarball), archive);
    await put(s3, keyOf(sri(large)), large);
    await put(s3, keyOf('no integrity'), right);
    const index = sriIndex({ records: memoryRecordStore() });
    const pins = (text: string): boolean => text !== 'no integrity';
    const options = optionsOf(s3, {
      known: (integrity) => index.find(integrity),
      onBlob: ({ integrity, digest }) => (pins(integrity) ? index.add(digest, integrity) : undefined),
    });
    expect(await importLegacyObjects(options)).toMatchObject({ imported: 3, known: 0 });
    expect(await index.find(tarball)).toBe(digestOf(archive));
    s3.seen.length = 0;
    expect(await importLegacyObjects(options)).toMatchObject({ imported: 0, alreadyThere: 3, known: 2 });
    // The one whose key pins nothing.
    expect(reads(s3)).toBe(1);
    await options.blobs.delete(digestOf(archive));
    expect(await importLegacyObjects(options)).toMatchObject({ imported: 1, alreadyThere: 2, known: 1 });
  });

  it('goes on where an import was interrupted', async () => {
    const s3 = new S3InMemory();
    for (let index = 0; index < 30; index++) await put(s3, keyOf(sri(utf8(`${index}`))), utf8(`${index}`));
    const index = sriIndex({ records: memoryRecordStore() });
    const stop = new AbortController();
    let told = 0;
    const options = optionsOf(s3, {
      known: (integrity) => index.find(integrity),
      onBlob: async ({ integrity, digest }) => {
        await index.add(digest, integrity);
        if (++told === 11) stop.abort(new Error('enough'));
      },
    });
    await expect(importLegacyObjects({ ...options, signal: stop.signal })).rejects.toThrow('enough');
    expect(told).toBeLessThan(20);
    const before = told;
    expect(await importLegacyObjects(options)).toMatchObject({ imported: 30 - before, known: before });
  });

  it('compares bytes with a manifest, also those that it does not read', async () => {
    const s3 = new S3InMemory();
    await put(s3, keyOf(tarball), archive);
    await put(s3, keyOf(sri(right)), right);
    await put(s3, keyOf('unnamed'), utf8('unnamed'));
    const manifest = [
      { integrity: tarball, blobSha256: hexOf(digestOf(right)) },
      { integrity: sri(right), blobSha256: hexOf(digestOf(right)).toUpperCase() },
      { integrity: sri(right), blobSha256: hexOf(digestOf(large)) },
      { integrity: 'unnamed' },
      { integrity: 'gone' },
    ];
    const told = new Map<string, boolean | undefined>();
    const options = optionsOf(s3, {
      manifest,
      onBlob: ({ integrity, manifestMatches }) => void told.set(integrity, manifestMatches),
    });
    const expected = {
      unlikeManifest: [{ integrity: tarball, expected: [digestOf(right)], actual: digestOf(archive) }],
      missing: ['gone'],
    };
    expect(await importLegacyObjects(options)).toMatchObject({ imported: 3, ...expected });
    expect(Object.fromEntries(told)).toEqual({ [tarball]: false, [sri(right)]: true, unnamed: undefined });
    const known = (): ReturnType<typeof digestOf> => digestOf(archive);
    expect(await importLegacyObjects({ ...options, known })).toMatchObject({ known: 1, ...expected });
  });

  it('reports objects that are gone, or are changed while they are read', async () => {
    const s3 = new S3InMemory();
    const [gone, changed, encoded] = ['gone', 'changed', 'encoded'];
    await put(s3, keyOf(gone), archive);
    await put(s3, keyOf(changed), large);
    await put(s3, keyOf(encoded), archive);
    await put(s3, keyOf(tarball), archive);
    let seen = 0;
    s3.fault = ({ key }, serve) => {
      if (key === keyOf(gone)) return s3Error(404, 'NoSuchKey');
      if (key === keyOf(changed) && ++seen === 2) return new Response(someBytes(large.length, 2));
      if (key !== keyOf(encoded)) return undefined;
      const answer = serve();
      answer.headers.set('content-encoding', 'aws-chunked');
      return answer;
    };
    const report = await importLegacyObjects(optionsOf(s3));
    expect(report.imported).toBe(1);
    expect(report.unreadable.map(({ integrity }) => integrity).sort()).toEqual([changed, encoded, gone]);
    expect(report.unreadable.find(({ integrity }) => integrity === changed)?.reason).toMatch(/changed/);
  });

  it('reads on after a cut, and takes no part for the whole', async () => {
    const s3 = new S3InMemory();
    await put(s3, keyOf(tarball), large);
    s3.fault = ({ key, headers }, serve) => {
      if (key !== keyOf(tarball) || headers.has('range')) return undefined;
      const cut = serve();
      const { etag, 'last-modified': time } = Object.fromEntries(cut.headers);
      // No length is said, as a proxy does that sends in chunks.
      return new Response(large.slice(0, 1000), { headers: { etag: etag ?? '', 'last-modified': time ?? '' } });
    };
    const told: LegacyBlob[] = [];
    await importLegacyObjects(optionsOf(s3, { onBlob: (blob) => void told.push(blob) }));
    expect(told).toMatchObject([{ digest: digestOf(large), size: large.length, sizeMatches: true }]);
  });

  it('ends with the errors of the bucket, of the store, of the caller and of the signal', async () => {
    const s3 = new S3InMemory();
    for (let index = 0; index < 20; index++) await put(s3, keyOf(`key ${index}`), utf8(`${index} ${index}`));
    const blobs = memoryBlobStore({ maxBytes: 2 });
    await expect(importLegacyObjects(optionsOf(s3, { blobs }))).rejects.toMatchObject({ code: 'ERR_STORE_QUOTA' });
    expect(reads(s3)).toBeLessThan(12);
    const reason = new Error('enough');
    const onBlob = (): Promise<void> => Promise.reject(reason);
    await expect(importLegacyObjects(optionsOf(s3, { onBlob }))).rejects.toBe(reason);
    await expect(importLegacyObjects(optionsOf(s3, { signal: AbortSignal.abort(reason) }))).rejects.toBe(reason);
    s3.fault = ({ key }) => (key === '' ? undefined : s3Error(403, 'AccessDenied'));
    const denied = { code: 'ERR_STORE_READ', details: { s3Code: 'AccessDenied' } };
    await expect(importLegacyObjects(optionsOf(s3))).rejects.toMatchObject(denied);
    s3.fault = () => s3Error(404, 'NoSuchBucket');
    await expect(importLegacyObjects(optionsOf(s3))).rejects.toMatchObject({ details: { s3Code: 'NoSuchBucket' } });
  });

  it('refuses options that are wrong or unknown', async () => {
    const s3 = new S3InMemory();
    for (const [argument, value] of [
      ['prefix', 'a b'],
      ['bucket', ''],
      ['client', {}],
      ['after', 'x'],
      ['storageClass', 'STANDARD'],
      ['blobs', undefined],
      ['manifest', [{ integrity: tarball, blobSha256: 'abc' }]],
      ['manifest', [{ blobSha256: hexOf(digestOf(right)) }]],
      ['manifest', ['text']],
    ] as const) {
      await expect(importLegacyObjects(optionsOf(s3, { [argument]: value }))).rejects.toMatchObject({
        code: 'ERR_INVALID_ARGUMENT',
        argument,
      });
    }
  });
});
