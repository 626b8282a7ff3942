import { utf8 } from '../bytes/encoding.ts';
import { digestOf } from '../digest/digest.ts';
import { mediaTypes } from '../oci/media-types.ts';
import type { Repository } from '../ports/registry.ts';
import { bytesEqual, equal, errorOf, present, rejectsWith } from './assert.ts';
import type { RegistryCase } from './registry-contract.ts';
import { listed, manifestBytes, putIndex, putManifest, putText, textDescriptor } from './registry-fixtures.ts';

const { imageManifest, imageIndex } = mediaTypes;
const unknown = digestOf(utf8('nobody has this'));

/** Manifests: what goes in comes out byte for byte, and nothing incomplete goes in. */
export function registryManifestCases(define: RegistryCase): void {
  roundTripCases(define);
  refusalCases(define);
  graphCases(define);
  deleteCases(define);
}

function roundTripCases(define: RegistryCase): void {
  define('gives a manifest back by tag and by digest, with its bytes as they came', async ({ repository }) => {
    await putText(repository, '{}');
    const text = new TextDecoder().decode(manifestBytes());
    const exotic = utf8(` \n\t${text.replaceAll(',', ' ,\r\n  ').replace('"layers"', '"\\u006cayers"')}\n\n`);
    const put = await repository.manifest.put(exotic, { mediaType: imageManifest, tag: 'v1' });
    equal(put, { mediaType: imageManifest, digest: digestOf(exotic), size: exotic.length }, 'descriptor');
    for (const reference of ['v1', put.digest]) {
      const found = present(await repository.manifest.get(reference), reference);
      bytesEqual(found.bytes, exotic);
      equal(found.descriptor, put, 'descriptor');
      equal(await repository.resolve(reference), put, 'resolved');
    }
  });
  define('says undefined for a tag, a digest and a repository that are not there', async ({ repository }) => {
    equal(await repository.resolve('v1'), undefined);
    equal(await repository.manifest.get(unknown), undefined);
    await putManifest(repository, 'one', { tag: 'v2' });
    equal(await repository.resolve('v1'), undefined);
    equal(await repository.manifest.get(unknown), undefined);
  });
  define('keeps a manifest when its bytes are changed by the caller', async ({ repository }) => {
    await putText(repository, '{}');
    const bytes = manifestBytes();
    const putting = repository.manifest.put(bytes, { mediaType: imageManifest });
    bytes.fill(0);
    const { digest } = await putting;
    bytesEqual(present(await repository.manifest.get(digest)).bytes, manifestBytes());
  });
  define('keeps a manifest under its sha512', async ({ repository }) => {
    await putText(repository, '{}');
    const digest = digestOf(manifestBytes(), 'sha512');
    await repository.manifest.put(manifestBytes(), { mediaType: imageManifest, digest, tag: 'v1' });
    equal((await repository.resolve('v1'))?.digest, digest);
    bytesEqual(present(await repository.manifest.get(digest)).bytes, manifestBytes());
  });
  define('takes the same manifest twice', async ({ repository }) => {
    const first = await putManifest(repository, 'one', { tag: 'v1' });
    equal(await putManifest(repository, 'one', { tag: 'v1' }), first);
    equal(await listed(repository.tags()), ['v1']);
  });
}

function refusalCases(define: RegistryCase): void {
  const nothingIsThere = async (repository: Repository, bytes: Uint8Array): Promise<void> => {
    equal(await repository.manifest.get(digestOf(bytes)), undefined, 'manifest');
    equal(await repository.resolve('v1'), undefined, 'tag');
  };
  define('refuses a manifest before what it names is there', async ({ repository }) => {
    await putText(repository, '{}');
    const bytes = manifestBytes({ layers: [textDescriptor('not there')] });
    const put = repository.manifest.put(bytes, { mediaType: imageManifest, tag: 'v1' });
    await rejectsWith(['ERR_MANIFEST_INVALID', 'ERR_BLOB_NOT_FOUND', 'ERR_REGISTRY_REJECTED'], put);
    await nothingIsThere(repository, bytes);
  });
  define('refuses a manifest that gives a blob another size', async ({ repository }) => {
    await putText(repository, '{}');
    const layer = await putText(repository, 'text');
    const bytes = manifestBytes({ layers: [{ ...layer, size: layer.size + 1 }] });
    const put = repository.manifest.put(bytes, { mediaType: imageManifest, tag: 'v1' });
    await rejectsWith(['ERR_MANIFEST_INVALID', 'ERR_SIZE_MISMATCH', 'ERR_REGISTRY_REJECTED'], put);
    await nothingIsThere(repository, bytes);
  });
  define('refuses an index before its manifests are there', async ({ repository }) => {
    const bytes = manifestBytes();
    const child = { mediaType: imageManifest, digest: digestOf(bytes), size: bytes.length };
    await rejectsWith(
      ['ERR_MANIFEST_INVALID', 'ERR_BLOB_NOT_FOUND', 'ERR_REGISTRY_REJECTED'],
      putIndex(repository, [child], 'v1'),
    );
    equal(await repository.resolve('v1'), undefined);
  });
  define('refuses a manifest under another media type', async ({ repository }) => {
    await putText(repository, '{}');
    const put = repository.manifest.put(manifestBytes(), { mediaType: imageIndex, tag: 'v1' });
    await rejectsWith(['ERR_MANIFEST_INVALID', 'ERR_INDEX_INVALID'], put);
    await nothingIsThere(repository, manifestBytes());
  });
  define('refuses a manifest under the digest of other bytes', async ({ repository }) => {
    await putText(repository, '{}');
    const put = repository.manifest.put(manifestBytes(), { mediaType: imageManifest, digest: unknown, tag: 'v1' });
    await rejectsWith('ERR_DIGEST_MISMATCH', put);
    equal(await repository.manifest.get(unknown), undefined);
  });
  define('refuses what is not a manifest', async ({ repository }) => {
    for (const text of ['', '[]', '{', '{"schemaVersion":2}']) {
      const put = repository.manifest.put(utf8(text), { mediaType: imageManifest, tag: 'v1' });
      await rejectsWith(['ERR_JSON_INVALID', 'ERR_MANIFEST_INVALID'], put);
      await nothingIsThere(repository, utf8(text));
    }
  });
  define('refuses names that are none', async ({ registry, repository }) => {
    for (const name of ['', 'UPPER', 'a//b', '../a', '/a', 'a/', 'a:b', `a${'/a'.repeat(200)}`]) {
      await rejectsWith('ERR_INVALID_REFERENCE', async () => registry.repository(name).resolve('v1'));
    }
    for (const tag of ['', '.', '..', '-a', 'a b', 'a\u0000']) {
      await rejectsWith('ERR_INVALID_REFERENCE', async () => repository.resolve(tag));
    }
  });
  define('ends with the reason of the signal', async ({ repository }) => {
    const reason = new Error('enough');
    const signal = AbortSignal.abort(reason);
    await putText(repository, '{}');
    const put = repository.manifest.put(manifestBytes(), { mediaType: imageManifest, tag: 'v1', signal });
    equal((await errorOf(put)) === reason, true, 'reason of put');
    equal((await errorOf(repository.resolve('v1', { signal }))) === reason, true, 'reason of resolve');
    await nothingIsThere(repository, manifestBytes());
  });
}

function graphCases(define: RegistryCase): void {
  define('holds an index of indexes, and each part by its digest', async ({ repository }) => {
    const one = await putManifest(repository, 'one');
    const inner = await putIndex(repository, [one]);
    const outer = await putIndex(repository, [inner, await putManifest(repository, 'two')], 'all');
    equal(await repository.resolve('all'), outer);
    for (const part of [one, inner, outer]) equal(await repository.resolve(part.digest), part);
  });
  define('tells the manifests that stand on their own', async ({ repository }) => {
    if (repository.roots === undefined) return;
    equal(await listed(repository.roots()), []);
    const child = await putManifest(repository, 'child');
    const index = await putIndex(repository, [child]);
    const alone = await putManifest(repository, 'alone', { tag: 'v1' });
    await putManifest(repository, 'signature', { subject: alone });
    const roots = (await listed(repository.roots())).map(({ digest }) => digest).sort();
    equal(roots, [index.digest, alone.digest].sort());
  });
  define('shows another opener of the same registry what was put', async ({ repository, reopen }) => {
    if (reopen === undefined) return;
    const put = await putManifest(repository, 'one', { tag: 'v1' });
    const other = (await reopen()).repository('team/app');
    equal(await other.resolve('v1'), put);
    const later = await putManifest(other, 'two', { tag: 'v1' });
    equal(await repository.resolve('v1'), later);
  });
  define('takes manifests from many writers at once', async ({ repository, reopen }) => {
    const other = (await reopen?.())?.repository('team/app') ?? repository;
    const names = Array.from({ length: 12 }, (_, index) => `w${String(index).padStart(2, '0')}`);
    await Promise.all(names.map((tag, index) => putManifest(index % 2 === 0 ? repository : other, tag, { tag })));
    equal(await listed(repository.tags()), names);
    for (const tag of names) present(await other.resolve(tag), tag);
  });
}

function deleteCases(define: RegistryCase): void {
  define('deletes a manifest with its tags, and nothing else', async ({ repository }) => {
    if (!repository.capabilities.delete) return;
    const one = await putManifest(repository, 'one', { tag: 'a' });
    const two = await putManifest(repository, 'two', { tag: 'b' });
    await repository.tag('c', one);
    equal(await repository.delete(one.digest), true, 'deleted');
    equal(await repository.delete(one.digest), false, 'deleted again');
    equal(await listed(repository.tags()), ['b']);
    equal(await repository.manifest.get(one.digest), undefined);
    equal(await repository.resolve('a'), undefined);
    equal(await repository.resolve('b'), two);
    equal(await putManifest(repository, 'one', { tag: 'a' }), one, 'put again');
  });
  define('deletes a tag and keeps the manifest', async ({ repository }) => {
    if (!repository.capabilities.delete) return;
    const one = await putManifest(repository, 'one', { tag: 'a' });
    equal(await repository.delete('a'), true, 'deleted');
    equal(await repository.delete('a'), false, 'deleted again');
    equal(await repository.resolve(one.digest), one);
    equal(await listed(repository.tags()), []);
  });
}
