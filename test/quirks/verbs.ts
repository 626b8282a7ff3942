import { expect } from 'vitest';
import { memoryRegistry } from '../../src/adapters/registry/memory.ts';
import { bytesSource } from '../../src/bytes/source.ts';
import { digestOf, type Digest } from '../../src/digest/index.ts';
import { isPackError } from '../../src/errors.ts';
import type { Descriptor } from '../../src/oci/index.ts';
import { createPackService } from '../../src/index.ts';
import type { StoredBlob } from '../../src/ports/blob-store.ts';
import type { ReferrersOptions, Registry, Repository } from '../../src/ports/registry.ts';
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
import { holdsAll, isListed } from './what-is-there.ts';

/** A client, the registry that it talks to, and what that really holds. */
export interface Given extends Filled {
  readonly client: Registry;
  readonly repository: Repository;
  readonly quirk: QuirkRegistry;
  /** What is really there. */
  readonly truth: Repository;
}

/**
 * What came of a verb that did not fail: it works, or the registry would not and the port has an answer for that.
 * `unchecked` is an answer of the registry that no digest vouches for, and that is wrong; whoever reads what it names is
 * told. Any other data that is wrong fails an expectation, whatever the quirk.
 */
export type Answer = 'works' | 'false' | 'finds nothing' | 'not listed' | 'not by type' | 'unchecked';

/** Every verb of a client, by the name that the table has for it. */
export type Verb =
  | 'resolve'
  | 'get by tag'
  | 'get by digest'
  | 'put'
  | 'attach'
  | 'tag'
  | 'tags'
  | 'catalog'
  | 'referrers'
  | 'delete tag'
  | 'delete manifest'
  | 'get blob'
  | 'get range'
  | 'stat'
  | 'put small'
  | 'put large'
  | 'mount'
  | 'push'
  | 'pull';

/** What each verb is tried with, and what has to be true of whatever comes of it. */
export const verbs: Readonly<Record<Verb, (given: Given) => Promise<Answer>>> = {
  resolve: async ({ repository, image }) => {
    const found = await repository.resolve('1.0');
    if (found === undefined) return 'finds nothing';
    const { mediaType, digest, size } = image;
    if (found.digest === digest && found.size === size && found.mediaType === mediaType) return 'works';
    await neverOther(repository.manifest.get(found.digest), ({ bytes, descriptor }) => {
      expect([digestOf(bytes), bytes.length]).toEqual([found.digest, descriptor.size]);
    });
    return 'unchecked';
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
    const digests = async (options?: ReferrersOptions): Promise<readonly Digest[]> =>
      (await repository.referrers(image.digest, options)).referrers.map(({ digest }) => digest);
    const all = await digests();
    if (all.length === 0) return 'finds nothing';
    expect(all).toEqual([referrer.digest]);
    expect(await digests({ artifactType: 'none/none' })).toEqual([]);
    return (await digests({ artifactType: 'application/x.about' })).length === 1 ? 'works' : 'not by type';
  },
  'delete tag': async ({ repository, truth, image }) => {
    const deleted = await repository.delete('old').finally(async () => {
      // Whatever becomes of the tag, the manifest and its other names stay.
      expect((await truth.resolve('1.0'))?.digest).toBe(image.digest);
    });
    if (deleted) expect(await truth.resolve('old')).toBeUndefined();
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
    const end = Math.min(150_000, blob.size);
    const start = Math.min(1000, end);
    const bytes = await contentOf(await blob.openUnverifiedRange(start, end));
    // No digest vouches for a part: its length is all that can be promised.
    expect(bytes.length).toBe(end - start);
    return digestOf(bytes) === digestOf(stored.bytes.subarray(1000, 150_000)) ? 'works' : 'unchecked';
  },
  stat: async ({ repository }) => {
    expect(await repository.blob.stat(digestOf(new Uint8Array([9])))).toBeUndefined();
    const stat = await repository.blob.stat(stored.descriptor.digest);
    if (stat === undefined) return 'finds nothing';
    if (stat.size === stored.bytes.length) return 'works';
    const read = repository.blob.get(stored.descriptor.digest).then(async (blob) => contentOf(await open(blob)));
    await neverOther(read, (bytes) => expect(digestOf(bytes)).toBe(stored.descriptor.digest));
    return 'unchecked';
  },
  'put small': async (given) => putBlob(given, small),
  'put large': async (given) => putBlob(given, large),
  mount: async ({ repository, truth }) => {
    const mounted = await repository.blob.mount(base.descriptor.digest, 'team/base');
    expect((await truth.blob.stat(base.descriptor.digest)) !== undefined).toBe(mounted);
    return mounted ? 'works' : 'false';
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

/** Fails where something is read that is not what was asked for. */
async function neverOther<T>(read: Promise<T | undefined>, check: (found: T) => void): Promise<void> {
  const found = await read.catch((error: unknown) => {
    if (!isPackError(error)) throw error;
  });
  if (found !== undefined) check(found);
}

function open(blob: StoredBlob | undefined): Promise<ReadableStream<Uint8Array>> {
  expect(blob).toBeDefined();
  return (blob as StoredBlob).open();
}

/** The names of all verbs, in the order of the table. */
export const verbNames: readonly Verb[] = Object.keys(verbs) as Verb[];

async function putBlob({ repository, truth, quirk }: Given, { bytes, descriptor }: SomeBlob): Promise<Answer> {
  await repository.blob.put(descriptor, bytesSource(bytes));
  // Who was told to send it elsewhere, and that it has come, can know no better.
  if (quirk.requests.some(({ method, url }) => method === 'PUT' && url.startsWith('https://evil.example/'))) {
    return 'unchecked';
  }
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
