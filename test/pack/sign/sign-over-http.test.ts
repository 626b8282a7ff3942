import { describe, expect, it } from 'vitest';
import { httpRegistry } from '../../../src/adapters/registry/http.ts';
import { createPackService, type PackService } from '../../../src/index.ts';
import type { Descriptor } from '../../../src/oci/index.ts';
import type { Repository } from '../../../src/ports/registry.ts';
import { quirkRegistry, type QuirkRegistry } from '../../../src/testing/quirk-registry.ts';
import { legacyTag, putImage } from '../verify/packs.ts';
import { anotherKey, keyed, policyFor } from './test-signers.ts';

const key = keyed();
const policy = policyFor(key.pem);

interface Served {
  readonly broken: QuirkRegistry;
  readonly service: PackService;
  readonly repository: Repository;
  readonly text: string;
  readonly image: Descriptor;
  /** Another client of the same registry. */
  readonly another: () => PackService;
}

async function served(quirks: readonly string[] = []): Promise<Served> {
  const broken = quirkRegistry({ quirks });
  const open = (): ReturnType<typeof httpRegistry> =>
    httpRegistry({ host: 'registry.example', fetch: broken.fetch, retry: { attempts: 1 } });
  const registry = open();
  const repository = registry.repository('team/app');
  const image = await putImage(repository);
  const serviceOf = (one: ReturnType<typeof httpRegistry>): PackService => createPackService({ registries: () => one });
  return {
    broken,
    service: serviceOf(registry),
    repository,
    text: 'registry.example/team/app:v1',
    image,
    another: () => serviceOf(open()),
  };
}

describe('sign over HTTP', () => {
  it.concurrent.each([
    ['api', []] as const,
    ['both', ['referrers-empty']] as const,
    ['tag', ['referrers-404']] as const,
  ])('is found by the %s, with quirks %j', async (from, quirks) => {
    const { service, text } = await served(quirks);
    const { referrer } = await service.sign(text, key);
    await expect(service.verify(text, policy)).resolves.toMatchObject({
      referrers: from,
      report: { bundles: [{ origin: referrer.digest }] },
    });
  });

  it.concurrent(
    'loses none of ten signers at once where the registry has no API of referrers',
    async () => {
      const { text, image, repository, another, service } = await served(['referrers-404', 'no-etag']);
      const signers = await Promise.all(Array.from({ length: 10 }, anotherKey));
      await Promise.all(signers.map((signer) => another().sign(text, signer)));
      expect((await repository.referrers(image.digest)).referrers).toHaveLength(10);
      const all = { ...policyFor(...signers.map(({ pem }) => pem)) };
      const policyOfTen = { ...all, signers: { ...all.signers, threshold: 10 } };
      await expect(service.verify(text, policyOfTen)).resolves.toBeDefined();
    },
    60_000,
  );

  it.concurrent(
    'loses none of five at once in the older format',
    async () => {
      const { text, image, repository, another, service } = await served(['no-etag']);
      const signers = await Promise.all(Array.from({ length: 5 }, anotherKey));
      await Promise.all(signers.map((signer) => another().sign(text, signer, { format: 'legacy' })));
      const found = await repository.manifest.get(legacyTag(image.digest, 'sig'));
      expect(found?.bytes.length).toBeGreaterThan(0);
      for (const { pem } of signers) await expect(service.verify(text, policyFor(pem))).resolves.toBeDefined();
    },
    60_000,
  );
});

describe('a registry that fails', () => {
  it.concurrent.each([
    ['refuses manifests', (url: URL, method: string) => method === 'PUT' && url.pathname.includes('/manifests/')],
    ['refuses blobs', (url: URL, method: string) => method === 'POST' && url.pathname.includes('/uploads/')],
  ])('and %s gets no signature, and the error says so', async (_name, refuses) => {
    const broken = quirkRegistry();
    let refusing = false;
    const registry = httpRegistry({
      host: 'registry.example',
      retry: { attempts: 1 },
      fetch: async (input, init) => {
        const request = new Request(input, init);
        if (refusing && refuses(new URL(request.url), request.method)) return new Response('no', { status: 403 });
        return broken.fetch(request);
      },
    });
    const repository = registry.repository('team/app');
    const image = await putImage(repository);
    refusing = true;
    const service = createPackService({ registries: () => registry });
    await expect(service.sign('registry.example/team/app:v1', key)).rejects.toMatchObject({
      name: 'RegistryError',
      code: 'ERR_REGISTRY_DENIED',
      details: { side: 'destination' },
    });
    expect((await repository.referrers(image.digest)).referrers).toEqual([]);
  });
});
