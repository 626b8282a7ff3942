import { describe, expect, it } from 'vitest';
import { parseTrustRoot } from '../../../src/attest/parse-trust-root.ts';
import { httpRegistry } from '../../../src/adapters/registry/http.ts';
import { memoryRegistry } from '../../../src/adapters/registry/memory.ts';
import { fromUtf8, utf8 } from '../../../src/bytes/encoding.ts';
import { createPackService, type PackService } from '../../../src/index.ts';
import { buildIndex, mediaTypes, type Descriptor } from '../../../src/oci/index.ts';
import type { Repository } from '../../../src/ports/registry.ts';
import type { Signer } from '../../../src/ports/signer.ts';
import { everyFault } from '../../../src/testing/sigstore/faults.ts';
import { quirkRegistry } from '../../../src/testing/quirk-registry.ts';
import { expectedRefusal } from '../../verify/must-refuse/expected.ts';
import { attachBundle, legacyTag, putImage, putIndex, putManifest, strangeBundle } from '../verify/packs.ts';
import { certified, imagesIn, keyed, policyFor, sigstore } from './test-signers.ts';

const registry = memoryRegistry();
const service: PackService = createPackService({ registries: () => registry });
const key = keyed();
const [identity, issuer] = ['dev@example.com', 'https://login.example'];

const image = imagesIn(registry, 'faulty/app');

/**
 * Why a bundle with a fault is not attached: what a verifier would say; but that something else was signed than was asked
 * for is noticed first.
 */
function reasonFor(name: string): string {
  const [, code = ''] = String(expectedRefusal(name, 'statement')).split(' ');
  return /STATEMENT|SUBJECT|PREDICATE/.test(code) || name.startsWith('envelope-') ? 'content' : code;
}

describe('a signature in which something is wrong is not attached:', () => {
  // Left out is what is wrong by a policy about workflows or provenance alone, and documents that no signer could give.
  const faults = everyFault.filter(({ on, section, name }) => {
    const refusal = String(expectedRefusal(name, 'statement'));
    return on.includes('statement') && section !== 'identity' && !/^(document|provenance) /.test(refusal);
  });

  it.each(faults)('$name', async ({ name }) => {
    const bad = await sigstore.withFaults(name);
    const { repository, text, image: subject } = await image();
    const verification = {
      policy: { version: 1, signers: { anyOf: [{ identity, issuer }] } },
      trust: parseTrustRoot(bad.trustRoot),
    } as const;
    const signing = service.sign(text, certified({ identity, issuer }, bad), { verification });
    await expect(signing).rejects.toMatchObject({
      code: 'ERR_SIGNATURE_REJECTED',
      details: { reason: reasonFor(name) },
    });
    expect((await repository.referrers(subject.digest)).referrers).toEqual([]);
  });

  it('a certificate that is none', async () => {
    const { text } = await image();
    const signer: Signer = {
      async sign(content) {
        const bundle = await certified().sign(content);
        return { ...bundle, material: { kind: 'certificate', certificates: [new Uint8Array([48, 0])] } };
      },
    };
    await expect(service.sign(text, signer)).rejects.toMatchObject({
      code: 'ERR_SIGNATURE_REJECTED',
      details: { reason: 'ERR_CERTIFICATE_INVALID' },
    });
  });
});

describe('what lies there already', () => {
  it('is passed over where it cannot be compared', async () => {
    const { repository, text, image: subject } = await image();
    await attachBundle(repository, subject, strangeBundle());
    const envelope = { payload: btoa('no JSON'), payloadType: 'text/plain', signatures: [{ sig: btoa('none') }] };
    const other = {
      mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
      verificationMaterial: { publicKey: { hint: 'x' } },
      dsseEnvelope: envelope,
    };
    await attachBundle(repository, subject, utf8(JSON.stringify(other)));
    expect(await service.sign(text, key, { ifAbsent: true })).toMatchObject({ present: false });
    expect(await service.sign(text, key, { ifAbsent: true })).toMatchObject({ present: true });
  });
});

describe('an index', () => {
  it('that nests too deeply is not signed', async () => {
    const { repository, text, image: first } = await image();
    const platform = { os: 'linux', architecture: 'amd64' };
    let last = first;
    for (let depth = 0; depth < 10; depth++) last = await putIndex(repository, [{ ...last, platform }]);
    const error = { name: 'UsageError', code: 'ERR_UNSUPPORTED' };
    await expect(service.sign(text, key, { recursive: true })).rejects.toMatchObject(error);
    await expect(service.sign(text, key, { platform })).rejects.toMatchObject(error);
    await expect(service.sign(text, key)).resolves.toBeDefined();
  });

  it('of too many manifests is not signed with all of them', async () => {
    const { repository, text } = await image();
    const manifests: Descriptor[] = [];
    for (let number = 0; number < 1001; number++) {
      const bytes = buildIndex({ manifests: [], annotations: { number: String(number) } }).bytes;
      manifests.push(await repository.manifest.put(bytes, { mediaType: mediaTypes.imageIndex }));
    }
    await putIndex(repository, manifests);
    await expect(service.sign(text, key, { recursive: true })).rejects.toMatchObject({ code: 'ERR_LIMIT_EXCEEDED' });
  });
});

describe('a subject', () => {
  it('may be a manifest of any size that a registry takes', async () => {
    const { repository } = await image();
    const layers = Array.from({ length: 400 }, () => ({ bytes: utf8('same'), annotations: { long: 'x'.repeat(600) } }));
    const large = await putManifest(repository, { layers, tag: 'large' });
    expect(large.size).toBeGreaterThan(256 * 1024);
    const location = { repository, reference: 'large' };
    expect((await service.sign(location, key)).subject).toMatchObject({ digest: large.digest, size: large.size });
    await expect(service.verify(location, policyFor(key.pem))).resolves.toMatchObject({
      signed: { digest: large.digest },
    });
  });

  it('is a manifest, and nothing else that has a digest', async () => {
    const { repository, image: subject } = await image();
    const found = await repository.manifest.get(subject.digest);
    const { layers } = JSON.parse(fromUtf8(found?.bytes ?? utf8('{}'))) as { layers: readonly Descriptor[] };
    const blob = layers[0]?.digest ?? subject.digest;
    await expect(service.sign({ repository, reference: blob }, key)).rejects.toMatchObject({
      code: 'ERR_REGISTRY_NOT_FOUND',
    });
    expect((await repository.referrers(blob)).referrers).toEqual([]);
  });
});

describe('a registry', () => {
  async function refusing(
    refuses: (path: string, method: string) => boolean,
    status: number,
  ): Promise<{ readonly repository: Repository; readonly image: Descriptor; readonly on: PackService }> {
    const broken = quirkRegistry({ quirks: ['referrers-404'] });
    let refused = false;
    const client = httpRegistry({
      host: 'registry.example',
      retry: { attempts: 1 },
      fetch: async (input, init) => {
        const request = new Request(input, init);
        const no = refused && refuses(new URL(request.url).pathname, request.method);
        return no ? new Response('no', { status }) : broken.fetch(request);
      },
    });
    const repository = client.repository('team/app');
    const pushed = await putImage(repository);
    refused = true;
    return { repository, image: pushed, on: createPackService({ registries: () => client }) };
  }

  it.each([
    [400, 'ERR_REGISTRY_REJECTED'],
    [405, 'ERR_REGISTRY_REJECTED'],
    [403, 'ERR_REGISTRY_DENIED'],
    [503, 'ERR_REGISTRY_UNAVAILABLE'],
  ])('that answers %d to referrers is an error', async (status, code) => {
    const {
      on,
      repository,
      image: pushed,
    } = await refusing((path, method) => method === 'PUT' && path.includes('/manifests/'), status);
    await expect(on.sign('registry.example/team/app:v1', key)).rejects.toMatchObject({
      code,
      details: { side: 'destination' },
    });
    expect((await repository.referrers(pushed.digest)).referrers).toEqual([]);
  });

  it('that does not let the list of referrers be written is an error, and nobody finds the signature', async () => {
    const { on } = await refusing((path, method) => method === 'PUT' && path.includes('/manifests/sha256-'), 403);
    await expect(on.sign('registry.example/team/app:v1', key)).rejects.toMatchObject({ code: 'ERR_REGISTRY_DENIED' });
    await expect(on.verify('registry.example/team/app:v1', policyFor(key.pem))).rejects.toMatchObject({
      code: 'ERR_NO_SIGNATURES',
    });
  });

  it.each([
    ['blobs', (path: string, method: string) => method === 'POST' && path.includes('/uploads/')],
    ['the tag', (path: string, method: string) => method === 'PUT' && path.endsWith('.sig')],
  ] as const)('that refuses %s of the older format is an error', async (_name, refuses) => {
    const { on, repository, image: pushed } = await refusing(refuses, 403);
    await expect(on.sign('registry.example/team/app:v1', key, { format: 'legacy' })).rejects.toMatchObject({
      code: 'ERR_REGISTRY_DENIED',
      details: { side: 'destination' },
    });
    expect(await repository.resolve(legacyTag(pushed.digest, 'sig'))).toBeUndefined();
  });

  it('that fails when it is asked where the tag points now is an error', async () => {
    const {
      on,
      repository,
      image: pushed,
    } = await refusing((path, method) => method === 'HEAD' && path.endsWith('/v1'), 500);
    await expect(on.sign('registry.example/team/app:v1', key)).rejects.toMatchObject({
      code: 'ERR_REGISTRY_UNAVAILABLE',
    });
    expect((await repository.referrers(pushed.digest)).referrers).toEqual([]);
  });

  it('that does not say whether there are older signatures is an error of the copy', async () => {
    const { on } = await refusing((path) => path.endsWith('.sig'), 500);
    const target = { repository: registry.repository('copied'), reference: 'v1' };
    await expect(on.copy('registry.example/team/app:v1', target)).rejects.toMatchObject({
      code: 'ERR_REGISTRY_UNAVAILABLE',
      details: { side: 'source' },
    });
    const { repository: from } = await image();
    await putManifest(from, { layers: [], tag: 'v2' });
    await service.sign({ repository: from, reference: 'v2' }, key, { format: 'legacy' });
    await expect(on.copy({ repository: from, reference: 'v2' }, 'registry.example/team/app:v2')).rejects.toMatchObject({
      details: { side: 'destination' },
    });
  });
});
