import { describe, expect, it } from 'vitest';
import { memoryRegistry } from '../../../src/adapters/registry/memory.ts';
import { toBase64, utf8 } from '../../../src/bytes/encoding.ts';
import { createPackService, type Descriptor, type PackService } from '../../../src/index.ts';
import type { Repository } from '../../../src/ports/registry.ts';
import { attachBundle, bundleType, putImage, strangeBundle } from './packs.ts';
import { bundleFor, dev, issuer, legacyLayer, provenanceType, putLegacy } from './signed-packs.ts';

async function bench(): Promise<{ service: PackService; repository: Repository; image: Descriptor }> {
  const registry = memoryRegistry();
  const repository = registry.repository('team/app');
  const image = await putImage(repository);
  return { service: createPackService({ registries: () => registry }), repository, image };
}

const reference = 'registry.example/team/app:v1';

describe('an inspection', () => {
  it('says what bundles claim, and that nobody has verified it', async () => {
    const { service, repository, image } = await bench();
    const { digest } = await attachBundle(repository, image, await bundleFor(image, {}, provenanceType));
    await putLegacy(repository, image, 'sig', await legacyLayer(image.digest));
    const { bundles } = await service.inspect(reference);
    const claimed = { identity: dev, issuer };
    expect(bundles).toMatchObject({
      verified: false,
      unread: [],
      claims: [
        { origin: digest, mediaType: bundleType, content: 'statement', predicateType: provenanceType, ...claimed },
        { content: 'message', ...claimed },
      ],
    });
  });

  it('repeats a lie as a claim', async () => {
    const { service, repository, image } = await bench();
    const other = await putImage(repository, 'another', 'v2');
    await attachBundle(repository, image, await bundleFor(other));
    expect((await service.inspect(reference)).bundles).toMatchObject({ verified: false, claims: [{ identity: dev }] });
  });

  it('tells of a key by its hint, and of what cannot be read by why', async () => {
    const { service, repository, image } = await bench();
    await attachBundle(repository, image, strangeBundle(7));
    await attachBundle(repository, image, utf8('no bundle'));
    expect((await service.inspect(reference)).bundles).toMatchObject({
      claims: [{ keyHint: 'key-7', content: 'message' }],
      unread: [{ code: 'ERR_BUNDLE_INVALID' }],
    });
  });

  it('claims nothing for a certificate and a statement that cannot be read', async () => {
    const { service, repository, image } = await bench();
    const envelope = { payloadType: 'application/vnd.in-toto+json', payload: 'e30=', signatures: [{ sig: 'AA==' }] };
    const material = { certificate: { rawBytes: toBase64(utf8('none')) } };
    const bundle = { mediaType: bundleType, verificationMaterial: material, dsseEnvelope: envelope };
    const { digest } = await attachBundle(repository, image, utf8(JSON.stringify(bundle)));
    const { claims } = (await service.inspect(reference)).bundles ?? {};
    expect(claims).toEqual([{ origin: digest, mediaType: bundleType, content: 'statement' }]);
  });

  it('does not fail at more bundles than are looked at', async () => {
    const { service, repository, image } = await bench();
    for (let seed = 0; seed < 101; seed++) await attachBundle(repository, image, strangeBundle(seed));
    const { bundles, referrers } = await service.inspect(reference);
    expect(referrers?.referrers).toHaveLength(101);
    expect(bundles).toMatchObject({ claims: [], unread: [{ code: 'ERR_LIMIT_EXCEEDED' }] });
  });

  it('does not look for bundles where it does not ask for referrers', async () => {
    const { service } = await bench();
    expect(await service.inspect(reference, { referrers: false })).not.toHaveProperty('bundles');
  });
});
