import { utf8 } from '../bytes/encoding.ts';
import { digestOf } from '../digest/digest.ts';
import { mediaTypes } from '../oci/media-types.ts';
import { bytesEqual, equal, errorOf, holds, present, rejectsWith } from './assert.ts';
import { bytesSource, chunkedSource, contentOf, failingSource, someBytes } from './bytes.ts';
import type { RegistryCase } from './registry-contract.ts';
import { manifestBytes, putManifest, putText, textDescriptor } from './registry-fixtures.ts';

const bytes = someBytes(300_000, 5);
const blob = { mediaType: 'application/octet-stream', digest: digestOf(bytes), size: bytes.length };

/** Blobs: checked on both ways, and nobody else's business. */
export function registryBlobCases(define: RegistryCase): void {
  contentCases(define);
  ingestCases(define);
  deleteCases(define);
  isolationCases(define);
  mountCases(define);
}

function contentCases(define: RegistryCase): void {
  define('gives a blob back, whole and in ranges', async ({ repository }) => {
    equal((await repository.blob.put(blob, chunkedSource(bytes))).created, true, 'created');
    equal((await repository.blob.put(blob, chunkedSource(bytes))).created, false, 'created again');
    equal((await repository.blob.stat(blob.digest))?.size, bytes.length, 'size');
    const stored = present(await repository.blob.get(blob.digest));
    equal(stored.size, bytes.length, 'size');
    bytesEqual(await contentOf(await stored.open()), bytes);
    if (!repository.capabilities.range) return;
    bytesEqual(await contentOf(await stored.openUnverifiedRange(70_000, 70_010)), bytes.subarray(70_000, 70_010));
  });
  define('says undefined for a blob that is not there', async ({ repository }) => {
    equal(await repository.blob.get(blob.digest), undefined);
    equal(await repository.blob.stat(blob.digest), undefined);
  });
  define('refuses other bytes, more, fewer, and a source that fails', async ({ repository }) => {
    const wrong = bytes.slice();
    wrong[1000] = (wrong[1000] ?? 0) ^ 1;
    const codes = ['ERR_DIGEST_MISMATCH', 'ERR_SIZE_MISMATCH', 'ERR_TRAILING_DATA'] as const;
    await rejectsWith('ERR_DIGEST_MISMATCH', repository.blob.put(blob, bytesSource(wrong)));
    await rejectsWith(codes, repository.blob.put(blob, chunkedSource(bytes.subarray(1))));
    await rejectsWith(codes, repository.blob.put({ ...blob, size: blob.size + 1 }, bytesSource(bytes)));
    const failure = new Error('broken');
    const put = repository.blob.put(blob, failingSource(bytes.subarray(0, 100), failure));
    equal((await errorOf(put)) === failure, true, 'error of the source');
    equal(await repository.blob.stat(blob.digest), undefined);
  });
  define('ends with the reason of the signal', async ({ repository }) => {
    const reason = new Error('enough');
    const options = { signal: AbortSignal.abort(reason) };
    equal((await errorOf(repository.blob.put(blob, bytesSource(bytes), options))) === reason, true, 'reason');
    equal(await repository.blob.stat(blob.digest), undefined);
  });
  define('keeps an empty blob', async ({ repository }) => {
    const empty = textDescriptor('');
    await repository.blob.put(empty, bytesSource(new Uint8Array()));
    bytesEqual(await contentOf(await present(await repository.blob.get(empty.digest)).open()), new Uint8Array());
  });
}

function ingestCases(define: RegistryCase): void {
  define('ingests a blob whose digest is known at the end', async ({ repository }) => {
    const ingest = await repository.blob.ingest?.();
    if (ingest === undefined) return;
    equal((await ingest.append(bytesSource(bytes.subarray(0, 100_000)))).offset, 100_000, 'offset');
    const resumed = present(await repository.blob.ingest?.(ingest.id));
    await resumed.append(chunkedSource(bytes.subarray(100_000)));
    equal(resumed.offset, bytes.length, 'offset');
    equal(await repository.blob.stat(blob.digest), undefined);
    const committed = await resumed.commit(blob.digest);
    equal([committed.created, committed.digest, committed.size], [true, blob.digest, bytes.length]);
    bytesEqual(await contentOf(await present(await repository.blob.get(blob.digest)).open()), bytes);
  });
  define('forgets an ingest that is aborted, and one whose bytes are wrong', async ({ repository }) => {
    const ingest = await repository.blob.ingest?.();
    if (ingest === undefined) return;
    await ingest.append(bytesSource(bytes.subarray(1)));
    await rejectsWith('ERR_DIGEST_MISMATCH', ingest.commit(blob.digest));
    await ingest.abort();
    equal(await repository.blob.stat(blob.digest), undefined);
  });
}

function deleteCases(define: RegistryCase): void {
  define('forgets a blob, and takes it again', async ({ registry, repository }) => {
    if (repository.blob.delete === undefined) return;
    const other = registry.repository('team/other');
    for (const holder of [repository, other]) await holder.blob.put(blob, bytesSource(bytes));
    equal(await repository.blob.delete(blob.digest), true, 'deleted');
    equal(await repository.blob.delete(blob.digest), false, 'deleted again');
    equal(await repository.blob.stat(blob.digest), undefined);
    equal((await other.blob.stat(blob.digest))?.size, bytes.length, 'size in another repository');
    await repository.blob.put(blob, bytesSource(bytes));
    bytesEqual(await contentOf(await present(await repository.blob.get(blob.digest)).open()), bytes);
  });
  define('deletes no blob that a manifest names, before that is deleted', async ({ repository }) => {
    if (repository.blob.delete === undefined) return;
    const manifest = await putManifest(repository, 'layer', { tag: 'v1' });
    const layer = textDescriptor('layer');
    await rejectsWith('ERR_CONFLICT', repository.blob.delete(layer.digest));
    equal((await repository.blob.stat(layer.digest))?.size, layer.size, 'size');
    await repository.delete(manifest.digest);
    equal(await repository.blob.delete(layer.digest), true, 'deleted');
  });
}

function isolationCases(define: RegistryCase): void {
  define('goes on with an ingest in the repository that it was begun in only', async ({ registry, repository }) => {
    const ingest = await repository.blob.ingest?.();
    if (ingest === undefined) return;
    const other = registry.repository('team/other');
    await rejectsWith('ERR_BLOB_NOT_FOUND', Promise.resolve(other.blob.ingest?.(ingest.id)));
    await ingest.abort();
  });
  define('shows a repository none of the content of another', async ({ registry, repository }) => {
    const manifest = await putManifest(repository, 'secret', { tag: 'v1' });
    const secret = textDescriptor('secret');
    const other = registry.repository('team/other');
    equal(await other.blob.stat(secret.digest), undefined, 'stat');
    equal(await other.blob.get(secret.digest), undefined, 'get');
    equal(await other.resolve(manifest.digest), undefined, 'manifest');
    await putText(other, '{}');
    const naming = manifestBytes({ layers: [secret] });
    const put = other.manifest.put(naming, { mediaType: mediaTypes.imageManifest });
    await rejectsWith(['ERR_MANIFEST_INVALID', 'ERR_BLOB_NOT_FOUND', 'ERR_REGISTRY_REJECTED'], put);
  });
  define('gives a blob of another repository to nobody who only knows its digest', async ({ registry, repository }) => {
    await repository.blob.put(blob, bytesSource(bytes));
    const other = registry.repository('team/other');
    const codes = ['ERR_DIGEST_MISMATCH', 'ERR_SIZE_MISMATCH'] as const;
    await rejectsWith(codes, other.blob.put(blob, bytesSource(new Uint8Array(bytes.length))));
    equal(await other.blob.stat(blob.digest), undefined);
    equal((await other.blob.put(blob, bytesSource(bytes))).created, true, 'created');
    bytesEqual(await contentOf(await present(await other.blob.get(blob.digest)).open()), bytes);
  });
}

function mountCases(define: RegistryCase): void {
  define('mounts a blob that the other repository has, and no other', async ({ registry, repository }) => {
    const other = registry.repository('team/other');
    const hidden = await putText(registry.repository('team/third'), 'hidden');
    await repository.blob.put(blob, bytesSource(bytes));
    const unknown = digestOf(utf8('unknown'));
    equal(await other.blob.mount(unknown, 'team/app'), false, 'mount of an unknown blob');
    equal(await other.blob.mount(hidden.digest, 'team/app'), false, 'mount of a blob of a third repository');
    equal(await other.blob.stat(hidden.digest), undefined);
    const mounted = await other.blob.mount(blob.digest, 'team/app');
    equal(mounted, repository.capabilities.mount, 'mounted');
    const found = await other.blob.get(blob.digest);
    holds(mounted === (found !== undefined), 'a mounted blob is there, and no other');
    if (found !== undefined) bytesEqual(await contentOf(await found.open()), bytes);
  });
}
