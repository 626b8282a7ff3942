import { expect } from 'vitest';
import { memoryRegistry } from '../../src/adapters/registry/memory.ts';
import { bytesSource } from '../../src/bytes/source.ts';
import { digestOf, type Digest } from '../../src/digest/index.ts';
import type { Descriptor } from '../../src/oci/index.ts';
import { createPackService } from '../../src/index.ts';
import type { Registry, Repository } from '../../src/ports/registry.ts';
import { contentOf } from '../../src/testing/bytes.ts';
import type { QuirkRegistry } from '../../src/testing/quirk-registry.ts';
import { listed } from '../../src/testing/registry-fixtures.ts';
import {
  base,
  imageType,
  large,
  newManifest,
  small,
  sourceOfPush,
  stored,
  type Filled,
  type SomeBlob,
} from './some-registry.ts';

/** A client, the registry that it talks to, and what that really holds. */
export interface Given extends Filled {
  readonly client: Registry;
  readonly repository: Repository;
  readonly quirk: QuirkRegistry;
  /** What is really there. */
  readonly truth: Repository;
}

/**
 * What came of a verb that did not fail: it works, or the registry would not and the port has an answer for that. Data
 * that is wrong fails an expectation, whatever the quirk.
 */
export type Answer = 'works' | 'refused by the port' | 'finds nothing' | 'hidden' | 'not listed';

/** Every verb of a client, by the name that the table has for it. */
export const verbs: Readonly<Record<string, (given: Given) => Promise<Answer>>> = {
  resolve: async ({ repository, image }) => {
    const found = await repository.resolve('1.0');
    if (found === undefined) return 'finds nothing';
    expect(found).toMatchObject({ digest: image.digest, size: image.size, mediaType: image.mediaType });
    return 'works';
  },
  'get by tag': async ({ repository, imageBytes }) => sameManifest(await repository.manifest.get('1.0'), imageBytes),
  'get by digest': async ({ repository, image, imageBytes }) =>
    sameManifest(await repository.manifest.get(image.digest), imageBytes),
  put: async ({ repository, truth }) => {
    const bytes = newManifest();
    const descriptor = await repository.manifest.put(bytes, { mediaType: imageType, tag: 'new' });
    expect(descriptor.digest).toBe(digestOf(bytes));
    expect((await truth.resolve('new'))?.digest).toBe(descriptor.digest);
    return 'works';
  },
  attach: async (given) => {
    const { repository, truth, image } = given;
    const bytes = newManifest({ subject: image, artifactType: 'application/x.new' });
    const { digest } = await repository.manifest.put(bytes, { mediaType: imageType });
    expect((await truth.resolve(digest))?.digest).toBe(digest);
    return (await isListed(given, digest)) ? 'works' : 'not listed';
  },
  tag: async ({ repository, truth, image }) => {
    await repository.tag('moved', image);
    expect((await truth.resolve('moved'))?.digest).toBe(image.digest);
    return 'works';
  },
  tags: async ({ repository, truth }) => {
    expect(await listed(repository.tags())).toEqual(await listed(truth.tags()));
    return 'works';
  },
  catalog: async ({ client }) => {
    expect(await listed(client.repositories())).toEqual(['team/app', 'team/base']);
    return 'works';
  },
  referrers: async ({ repository, image, referrer }) => {
    const { referrers, from } = await repository.referrers(image.digest);
    if (referrers.length === 0) return from === 'hidden' ? 'hidden' : 'finds nothing';
    expect(referrers.map(({ digest }) => digest)).toEqual([referrer.digest]);
    const filtered = await repository.referrers(image.digest, { artifactType: 'none/none' });
    expect(filtered.referrers).toEqual([]);
    return 'works';
  },
  'delete tag': async ({ repository, truth, image }) => {
    const deleted = await repository.delete('old').finally(async () => {
      // Whatever becomes of the tag, the manifest and its other names stay.
      expect((await truth.resolve('1.0'))?.digest).toBe(image.digest);
    });
    expect((await truth.resolve('old')) === undefined).toBe(deleted);
    return deleted ? 'works' : 'finds nothing';
  },
  'delete manifest': async ({ repository, truth, referrer }) => {
    const deleted = await repository.delete(referrer.digest);
    expect((await truth.resolve(referrer.digest)) === undefined).toBe(deleted);
    return deleted ? 'works' : 'finds nothing';
  },
  'get blob': async ({ repository }) => {
    const blob = await repository.blob.get(stored.descriptor.digest);
    if (blob === undefined) return 'finds nothing';
    expect(digestOf(await contentOf(await blob.open()))).toBe(stored.descriptor.digest);
    return 'works';
  },
  'get range': async ({ repository }) => {
    const blob = await repository.blob.get(stored.descriptor.digest);
    if (blob === undefined) return 'finds nothing';
    const bytes = await contentOf(await blob.openUnverifiedRange(1000, 150_000));
    // No digest vouches for a part: its length is all that can be promised.
    expect(bytes.length).toBe(149_000);
    return 'works';
  },
  stat: async ({ repository }) => {
    expect(await repository.blob.stat(digestOf(new Uint8Array([9])))).toBeUndefined();
    const stat = await repository.blob.stat(stored.descriptor.digest);
    if (stat === undefined) return 'finds nothing';
    expect(stat.size).toBe(stored.bytes.length);
    return 'works';
  },
  'put small': async (given) => putBlob(given, small),
  'put large': async (given) => putBlob(given, large),
  mount: async ({ repository, truth }) => {
    const mounted = await repository.blob.mount(base.descriptor.digest, 'team/base');
    expect((await truth.blob.stat(base.descriptor.digest)) !== undefined).toBe(mounted);
    return mounted ? 'works' : 'refused by the port';
  },
  push: async ({ client, quirk }) => {
    const { repository, root } = await sourceOfPush();
    const to = { repository: client.repository('team/new') };
    const truth = quirk.registry.repository('team/new');
    await createPackService()
      .copy({ repository, reference: 'pushed' }, { ...to, reference: 'pushed' })
      .catch(async (error: unknown) => {
        // No tag points at a hole.
        if ((await truth.resolve('pushed')) !== undefined) await holdsAll(truth, root.digest);
        throw error;
      });
    await holdsAll(truth, root.digest);
    expect((await truth.resolve('pushed'))?.digest).toBe(root.digest);
    return 'works';
  },
  pull: async ({ repository, image, referrer }) => {
    const copy = memoryRegistry().repository('team/copy');
    const { referrers } = await createPackService().copy(
      { repository, reference: '1.0' },
      { repository: copy, reference: '1.0' },
    );
    expect((await copy.resolve('1.0'))?.digest).toBe(image.digest);
    await holdsAll(copy, image.digest);
    return referrers.some(({ digest }) => digest === referrer.digest) ? 'works' : 'not listed';
  },
};

async function putBlob({ repository, truth }: Given, { bytes, descriptor }: SomeBlob): Promise<Answer> {
  await repository.blob.put(descriptor, bytesSource(bytes));
  expect(await truth.blob.stat(descriptor.digest)).toMatchObject({ size: bytes.length });
  return 'works';
}

function sameManifest(
  found: { readonly bytes: Uint8Array; readonly descriptor: Descriptor } | undefined,
  bytes: Uint8Array,
): Answer {
  if (found === undefined) return 'finds nothing';
  expect(found.descriptor).toMatchObject({ digest: digestOf(bytes), size: bytes.length, mediaType: imageType });
  expect(digestOf(found.bytes)).toBe(found.descriptor.digest);
  return 'works';
}

/** True where a client that knows nothing of us finds a referrer: by the API as it answers, or under the tag. */
async function isListed({ quirk, truth, image }: Given, digest: Digest): Promise<boolean> {
  const tagged = await truth.manifest.get(image.digest.replace(':', '-'));
  if (tagged !== undefined && new TextDecoder().decode(tagged.bytes).includes(digest)) return true;
  quirk.recover();
  const response = await quirk.handle(
    new Request(`https://registry.example/v2/team/app/referrers/${image.digest}`, {
      headers: { authorization: 'signed' },
      redirect: 'manual',
    }),
  );
  return response.status === 200 && (await response.text()).includes(digest);
}

/** Fails unless everything that a manifest leads to is there. */
async function holdsAll(repository: Repository, digest: Digest): Promise<void> {
  const found = await repository.manifest.get(digest);
  expect(found, `manifest ${digest}`).toBeDefined();
  const document = JSON.parse(new TextDecoder().decode(found?.bytes)) as Record<string, Descriptor[] | Descriptor>;
  for (const descriptor of [document['config'], document['layers']].flat()) {
    if (descriptor !== undefined) expect(await repository.blob.stat(descriptor.digest)).toBeDefined();
  }
  for (const child of [document['manifests']].flat()) if (child !== undefined) await holdsAll(repository, child.digest);
}
