import { describe, expect, it } from 'vitest';
import { httpRegistry } from '../../../src/adapters/registry/http.ts';
import type { Descriptor } from '../../../src/oci/index.ts';
import { findBundles, type FoundBundles } from '../../../src/pack/find-bundles/find-bundles.ts';
import type { Repository } from '../../../src/ports/registry.ts';
import { quirkRegistry, type QuirkRegistry } from '../../../src/testing/quirk-registry.ts';
import { attachBundle, putImage, strangeBundle } from './packs.ts';

interface Served {
  readonly broken: QuirkRegistry;
  readonly repository: Repository;
  readonly image: Descriptor;
  readonly referrer: Descriptor;
}

/** An image with a bundle, pushed over HTTP to a registry with these quirks. */
async function served(quirks: readonly string[] = []): Promise<Served> {
  const broken = quirkRegistry({ quirks });
  const registry = httpRegistry({ host: 'registry.example', fetch: broken.fetch, retry: { attempts: 1 } });
  const repository = registry.repository('team/app');
  const image = await putImage(repository);
  return { broken, repository, image, referrer: await attachBundle(repository, image, strangeBundle()) };
}

async function find({ repository, image }: Served): Promise<FoundBundles> {
  const found = await repository.manifest.get(image.digest);
  if (found === undefined) throw new Error('the image is not there');
  const limits = { signatures: 100, bundleBytes: 2 ** 24, totalBytes: 2 ** 28 };
  return findBundles(found, { repository, limits, concurrency: 4, options: {} });
}

const isReferrersQuestion = ({ url }: Request): boolean => url.includes('/referrers/');
const isTagQuestion = ({ url }: Request): boolean => url.includes('.sig');

describe('the search for bundles over HTTP', () => {
  it.concurrent.each([
    ['api', []],
    ['api', ['referrers-without-type']],
    ['api', ['filter-lies']],
    ['both', ['referrers-empty']],
    ['tag', ['referrers-404']],
    ['tag', ['referrers-404-json']],
    ['tag', ['referrers-303']],
    ['tag', ['referrers-html']],
    ['tag', ['referrers-405']],
    ['tag', ['fallback-type-wrong']],
  ] as const)('knows from the %s what refers to the manifest, with quirks %j', async (from, quirks) => {
    const one = await served(quirks);
    const found = await find(one);
    expect(found).toMatchObject({ from, unread: [], bundles: [{ origin: one.referrer.digest }] });
  });

  it('finds nothing, and does not fail, where the tag for referrers gives the image itself', async () => {
    const one = await served();
    one.broken.set(['fallback-tag-is-image']);
    expect(await find(one)).toMatchObject({ from: 'tag', bundles: [], unread: [] });
  });

  it.each(['error-500', 'error-503', 'reset', 'rate-limited'] as const)(
    'cannot say what refers to the manifest where the registry answers with %s',
    async (kind) => {
      const one = await served();
      one.broken.fail({ kinds: [kind], where: isReferrersQuestion });
      const found = await find(one);
      expect(found).toMatchObject({ from: 'unreachable', bundles: [], failure: { name: 'RegistryError' } });
    },
  );

  it('says that a tag for older signatures could not be asked for', async () => {
    const one = await served();
    one.broken.fail({ kinds: ['error-500'], where: isTagQuestion });
    const found = await find(one);
    expect(found.bundles).toHaveLength(1);
    expect(found.unread).toMatchObject([{ error: { name: 'RegistryError' } }]);
  });

  it.each([401, 403])('says that referrers are hidden where the registry answers %i', async (status) => {
    const { broken, image } = await served();
    const registry = httpRegistry({
      host: 'registry.example',
      retry: { attempts: 1 },
      fetch: async (input, init) => {
        const request = new Request(input, init);
        return isReferrersQuestion(request) ? new Response(null, { status }) : broken.handle(request);
      },
    });
    const repository = registry.repository('team/app');
    expect(await find({ broken, repository, image, referrer: image })).toMatchObject({ from: 'hidden', bundles: [] });
  });

  it('does not go on where the registry lists referrers without end', async () => {
    const one = await served();
    one.broken.set(['endless-referrers']);
    await expect(find(one)).rejects.toMatchObject({ code: 'ERR_LIMIT_EXCEEDED' });
  });

  it('reads wrong bytes of a bundle again', async () => {
    const one = await served();
    one.broken.fail({ kinds: ['wrong-bytes'], times: 1, where: ({ url }) => url.includes('/blobs/') });
    expect((await find(one)).bundles).toHaveLength(1);
  });

  it('says that a bundle could not be read whose bytes stay wrong', async () => {
    const one = await served();
    one.broken.fail({ kinds: ['wrong-bytes'], where: ({ url }) => url.includes('/blobs/') });
    expect(await find(one)).toMatchObject({ bundles: [], unread: [{ error: { code: 'ERR_DIGEST_MISMATCH' } }] });
  });

  it('asks for each manifest once', async () => {
    const one = await served();
    const before = one.broken.requests.length;
    await find(one);
    const asked = one.broken.requests.slice(before).map(({ url }) => new URL(url).pathname);
    expect(new Set(asked).size).toBe(asked.length);
  });
});
