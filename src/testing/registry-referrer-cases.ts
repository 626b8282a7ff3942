import { utf8 } from '../bytes/encoding.ts';
import { digestOf, type Digest } from '../digest/digest.ts';
import { mediaTypes } from '../oci/media-types.ts';
import { equal, present } from './assert.ts';
import type { RegistryCase } from './registry-contract.ts';
import { putManifest } from './registry-fixtures.ts';

const signature = 'application/vnd.example.signature';
const sbom = 'application/vnd.example.sbom';

/** Referrers: found by their subject, with what their manifest says of them. */
export function registryReferrerCases(define: RegistryCase): void {
  define('finds no referrers where there are none', async ({ repository }) => {
    equal((await repository.referrers(digestOf(utf8('unknown')))).referrers, []);
    const image = await putManifest(repository, 'image', { tag: 'v1' });
    equal((await repository.referrers(image.digest)).referrers, []);
  });
  define('finds referrers by subject, with artifact type and annotations, sorted', async ({ repository }) => {
    const subject = await putManifest(repository, 'image', { tag: 'v1' });
    const other = await putManifest(repository, 'other');
    const annotations = { 'org.example.b': '2', 'org.example.a': '1' };
    const signed = await putManifest(repository, 's', { subject, artifactType: signature, annotations });
    const listed = await putManifest(repository, 'b', { subject, artifactType: sbom });
    await putManifest(repository, 'o', { subject: other, artifactType: signature });
    const { referrers } = await repository.referrers(subject.digest);
    equal(
      referrers.map(({ digest }) => digest),
      [signed.digest, listed.digest].sort(),
    );
    const found = present(referrers.find(({ digest }) => digest === signed.digest));
    equal([found.mediaType, found.size, found.artifactType], [signed.mediaType, signed.size, signature]);
    equal(Object.entries(found.annotations ?? {}).sort(), Object.entries(annotations).sort());
  });
  define('takes the media type of the config where there is no artifact type', async ({ repository }) => {
    const subject = await putManifest(repository, 'image');
    await putManifest(repository, 'old', { subject });
    const { referrers } = await repository.referrers(subject.digest);
    equal(
      referrers.map(({ artifactType }) => artifactType),
      [mediaTypes.empty],
    );
  });
  define('filters referrers by artifact type, and pages by digest', async ({ repository }) => {
    const subject = await putManifest(repository, 'image');
    const digests: Digest[] = [];
    for (const text of ['1', '2', '3']) {
      digests.push((await putManifest(repository, text, { subject, artifactType: signature })).digest);
    }
    await putManifest(repository, 'b', { subject, artifactType: sbom });
    digests.sort();
    const found = async (after?: Digest): Promise<Digest[]> =>
      (await repository.referrers(subject.digest, { artifactType: signature, after })).referrers.map(
        ({ digest }) => digest,
      );
    equal(await found(), digests);
    const few = await repository.referrers(subject.digest, { artifactType: signature, limit: 2 });
    equal(
      few.referrers.slice(0, 2).map(({ digest }) => digest),
      digests.slice(0, 2),
    );
    equal(await found(digests[0]), digests.slice(1));
    equal(await found(digests[2]), []);
    equal((await repository.referrers(subject.digest, { artifactType: 'application/x' })).referrers, []);
  });
  define('takes a referrer before its subject, and referrers of referrers', async ({ repository }) => {
    const bytes = utf8('not there yet');
    const subject = { mediaType: mediaTypes.imageManifest, digest: digestOf(bytes), size: bytes.length };
    const first = await putManifest(repository, 'first', { subject, artifactType: signature });
    const second = await putManifest(repository, 'second', { subject: first, artifactType: signature });
    for (const [of, by] of [
      [subject, first],
      [first, second],
    ] as const) {
      const { referrers } = await repository.referrers(of.digest);
      equal(
        referrers.map(({ digest }) => digest),
        [by.digest],
      );
    }
  });
  define('forgets a referrer that is deleted', async ({ repository }) => {
    if (!repository.capabilities.delete) return;
    const subject = await putManifest(repository, 'image');
    const signed = await putManifest(repository, 's', { subject, artifactType: signature });
    equal((await repository.referrers(subject.digest)).referrers.length, 1);
    await repository.delete(signed.digest);
    equal((await repository.referrers(subject.digest)).referrers, []);
  });
  define('finds a referrer that another opener put', async ({ repository, reopen }) => {
    if (reopen === undefined) return;
    const subject = await putManifest(repository, 'image', { tag: 'v1' });
    equal((await repository.referrers(subject.digest)).referrers, []);
    await putManifest((await reopen()).repository('team/app'), 's', { subject, artifactType: signature });
    equal((await repository.referrers(subject.digest)).referrers.length, 1);
  });
}
