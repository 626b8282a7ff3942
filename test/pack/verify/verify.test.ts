import { describe, expect, it } from 'vitest';
import { memoryRegistry } from '../../../src/adapters/registry/memory.ts';
import { utf8 } from '../../../src/bytes/encoding.ts';
import { digestOf } from '../../../src/digest/index.ts';
import { RegistryError } from '../../../src/errors.ts';
import { createPackService, type PackService } from '../../../src/index.ts';
import type { Descriptor } from '../../../src/oci/index.ts';
import type { Registry, Repository } from '../../../src/ports/registry.ts';
import { pemOf } from '../../../src/testing/sigstore/pem-of.ts';
import type { Policy } from '../../../src/verify/policy.ts';
import { attachBundle, bundleType, putImage, putIndex, putManifest, strangeBundle } from './packs.ts';
import {
  bundleFor,
  demand,
  dev,
  issuer,
  legacyAttestation,
  legacyLayer,
  policy,
  provenanceType,
  putLegacy,
  sign,
  sigstore,
  statementAbout,
  trust,
} from './signed-packs.ts';

interface Bench {
  readonly service: PackService;
  readonly repository: Repository;
  readonly image: Descriptor;
}

const reference = 'registry.example/team/app:v1';

async function bench(changed: (repository: Repository) => Repository = (same) => same): Promise<Bench> {
  const registry = memoryRegistry();
  const repository = registry.repository('team/app');
  const image = await putImage(repository);
  const open: Registry = { ...registry, repository: () => changed(repository) };
  return { service: createPackService({ registries: () => open }), repository, image };
}

describe('a pack that was signed', () => {
  it('is verified, and the verdict names what was verified, by whom and when', async () => {
    const { service, repository, image } = await bench();
    const referrer = await sign(repository, image);
    const verdict = await service.verify(reference, demand);
    expect(verdict).toMatchObject({
      reference: `${reference}@${image.digest}`,
      descriptor: { digest: image.digest },
      signed: { digest: image.digest },
      path: [image.digest],
      referrers: 'api',
      report: {
        verdict: 'passed',
        artifact: [image.digest],
        signers: { found: [{ identity: dev, issuer }], threshold: 1 },
        bundles: [{ verdict: 'passed', origin: referrer.digest }],
      },
    });
    expect(JSON.parse(JSON.stringify(verdict))).toEqual(verdict);
  });

  it('is verified by one signature that holds beside others that do not', async () => {
    const { service, repository, image } = await bench();
    await attachBundle(repository, image, utf8('no bundle'));
    await attachBundle(repository, image, strangeBundle());
    await sign(repository, image, { identity: 'somebody@example.com' });
    await sign(repository, image);
    const { report } = await service.verify(reference, demand);
    expect(report.bundles.map(({ verdict }) => verdict).sort()).toEqual(['failed', 'failed', 'failed', 'passed']);
  });

  it.each(['sha384', 'sha512'] as const)('is verified by a statement that names it by its %s', async (algorithm) => {
    const { service, repository, image } = await bench();
    const found = await repository.manifest.get(image.digest);
    const [, hex] = digestOf(found?.bytes ?? new Uint8Array(), algorithm).split(':');
    const statement = { ...statementAbout(image), subject: [{ digest: { [algorithm]: hex ?? '' } }] };
    await sign(repository, image, { statement });
    expect((await service.verify(reference, demand)).report.verdict).toBe('passed');
  });

  it('is verified by a signature over the manifest itself', async () => {
    const { service, repository, image } = await bench();
    const found = await repository.manifest.get(image.digest);
    await sign(repository, image, { statement: undefined, artifact: found?.bytes });
    const { report } = await service.verify(reference, demand);
    expect(report.bundles).toMatchObject([{ content: { kind: 'message' } }]);
  });

  it('is verified at its own place in the repository, by tag, by digest and by location', async () => {
    const { service, repository, image } = await bench();
    await sign(repository, image);
    const places = [`registry.example/team/app@${image.digest}`, { repository, reference: 'v1' }];
    for (const place of places) {
      expect((await service.verify(place, demand)).descriptor.digest).toBe(image.digest);
    }
  });

  it('needs as many different signers as the policy demands, whatever they signed', async () => {
    const { service, repository, image } = await bench();
    const other = 'other@example.com';
    const two = {
      version: 1,
      signers: {
        threshold: 2,
        anyOf: [
          { identity: dev, issuer },
          { identity: other, issuer },
        ],
      },
    } as const;
    await sign(repository, image);
    await putLegacy(repository, image, 'sig', await legacyLayer(image.digest));
    await expect(service.verify(reference, { policy: two, trust })).rejects.toMatchObject({
      code: 'ERR_THRESHOLD_NOT_MET',
    });
    await putLegacy(repository, image, 'sig', await legacyLayer(image.digest, { identity: other }));
    expect((await service.verify(reference, { policy: two, trust })).report.signers.found).toHaveLength(2);
  });

  it('says what the verdict is where it is asked to evaluate', async () => {
    const { service, repository, image } = await bench();
    expect((await service.evaluate(reference, demand)).report).toMatchObject({
      verdict: 'failed',
      code: 'ERR_NO_SIGNATURES',
    });
    await sign(repository, image);
    expect((await service.evaluate(reference, demand)).report.verdict).toBe('passed');
  });
});

describe('a pack that is refused', () => {
  it('has no signature', async () => {
    const { service, image } = await bench();
    await expect(service.verify(reference, demand)).rejects.toMatchObject({
      name: 'VerificationError',
      code: 'ERR_NO_SIGNATURES',
      report: { verdict: 'failed', artifact: [image.digest], bundles: [] },
    });
  });

  it('has the signature of another manifest', async () => {
    const { service, repository, image } = await bench();
    const other = await putImage(repository, 'another image', 'v2');
    await attachBundle(repository, image, await bundleFor(other));
    await expect(service.verify(reference, demand)).rejects.toMatchObject({ code: 'ERR_SUBJECT_MISMATCH' });
  });

  it('has a signature that its list of referrers alone says to be its own', async () => {
    const registry = memoryRegistry();
    const repository = registry.repository('team/app');
    await putImage(repository);
    const other = await putImage(repository, 'another image', 'v2');
    const referrer = await sign(repository, other);
    const lying: Repository = { ...repository, referrers: async () => ({ referrers: [referrer], from: 'tag' }) };
    const service = createPackService({ registries: () => ({ ...registry, repository: () => lying }) });
    await expect(service.verify(reference, demand)).rejects.toMatchObject({ code: 'ERR_SUBJECT_MISMATCH' });
  });

  it('has bundles in a manifest of several layers', async () => {
    const { service, repository, image } = await bench();
    const bytes = await bundleFor(image);
    const layers = [
      { bytes, mediaType: bundleType },
      { bytes: strangeBundle(), mediaType: bundleType },
    ];
    await putManifest(repository, { layers, subject: image, artifactType: bundleType });
    await expect(service.verify(reference, demand)).rejects.toMatchObject({ code: 'ERR_BUNDLE_INVALID' });
  });

  it('has a bundle that calls itself something else', async () => {
    const { service, repository, image } = await bench();
    const layers = [{ bytes: await bundleFor(image), mediaType: 'application/vnd.in-toto+json' }];
    await putManifest(repository, { layers, subject: image, artifactType: bundleType });
    await expect(service.verify(reference, demand)).rejects.toMatchObject({ code: 'ERR_NO_SIGNATURES' });
  });

  it('has something else that calls itself a bundle', async () => {
    const { service, repository, image } = await bench();
    await attachBundle(repository, image, utf8(JSON.stringify(statementAbout(image))));
    await expect(service.verify(reference, demand)).rejects.toMatchObject({ code: 'ERR_BUNDLE_INVALID' });
  });

  it('has an attestation where a signature is asked for', async () => {
    const { service, repository, image } = await bench();
    await attachBundle(repository, image, await bundleFor(image, {}, provenanceType));
    await expect(service.verify(reference, demand)).rejects.toMatchObject({ code: 'ERR_PREDICATE_MISMATCH' });
  });

  it('was signed by somebody else', async () => {
    const { service, repository, image } = await bench();
    await sign(repository, image, { identity: 'somebody@example.com' });
    await expect(service.verify(reference, demand)).rejects.toMatchObject({
      code: 'ERR_IDENTITY_MISMATCH',
      report: { bundles: [{ verdict: 'failed' }] },
    });
  });

  it('was signed below an authority that nobody trusts', async () => {
    const { service, repository, image } = await bench();
    await sign(repository, image);
    await expect(service.verify(reference, policy)).rejects.toMatchObject({ name: 'VerificationError' });
  });

  it('has another digest than the policy names', async () => {
    const { service, repository, image } = await bench();
    await sign(repository, image);
    await putLegacy(repository, image, 'sig', await legacyLayer(image.digest));
    const digests = [digestOf(utf8('another'))];
    await expect(service.verify(reference, { policy: { ...policy, digests }, trust })).rejects.toMatchObject({
      code: 'ERR_SUBJECT_MISMATCH',
      report: { bundles: [{ verdict: 'failed' }, { verdict: 'failed' }], signers: { found: [] } },
    });
    const own = { ...policy, digests: [image.digest] };
    expect((await service.verify(reference, { policy: own, trust })).report.bundles).toMatchObject([
      { verdict: 'passed' },
      { verdict: 'passed' },
    ]);
  });

  it('is none: nothing is there under its name', async () => {
    const { service } = await bench();
    await expect(service.verify('registry.example/team/app:v9', demand)).rejects.toMatchObject({
      code: 'ERR_REGISTRY_NOT_FOUND',
    });
  });
});

describe('a verdict', () => {
  it('is about the digest that was resolved, whatever the tag names a moment later', async () => {
    const { service, repository, image } = await bench();
    await sign(repository, image);
    const { descriptor, reference: verified } = await service.verify(reference, demand);
    const evil = await putImage(repository, 'evil');
    expect(descriptor.digest).toBe(image.digest);
    expect(verified).toBe(`${reference}@${image.digest}`);
    await expect(service.resolve(verified ?? '')).resolves.toMatchObject({ digest: image.digest });
    expect((await service.resolve(reference)).digest).toBe(evil.digest);
  });

  it('resolves its tag once', async () => {
    const asked: string[] = [];
    const { service, repository, image } = await bench((open) => ({
      ...open,
      resolve: async (name, options) => {
        asked.push(name);
        return open.resolve(name, options);
      },
      manifest: {
        ...open.manifest,
        get: async (name, options) => {
          asked.push(name);
          return open.manifest.get(name, options);
        },
      },
    }));
    await sign(repository, image);
    await service.verify(reference, demand);
    expect(asked.filter((name) => name === 'v1')).toEqual(['v1']);
  });

  it('is no where the registry hides what refers to the manifest', async () => {
    const { service } = await bench((open) => ({
      ...open,
      referrers: async () => ({ referrers: [], from: 'hidden' }),
    }));
    await expect(service.verify(reference, demand)).rejects.toMatchObject({ code: 'ERR_SIGNATURES_HIDDEN' });
    expect(await service.evaluate(reference, demand)).toMatchObject({
      referrers: 'hidden',
      report: { verdict: 'failed', code: 'ERR_SIGNATURES_HIDDEN' },
    });
  });

  it('is no where the registry cannot be asked, and says why', async () => {
    const cause = new RegistryError('ERR_REGISTRY_UNAVAILABLE', 'registry answered 503', {
      status: 503,
      retryable: true,
    });
    const { service } = await bench((open) => ({ ...open, referrers: () => Promise.reject(cause) }));
    await expect(service.verify(reference, demand)).rejects.toMatchObject({
      code: 'ERR_SIGNATURES_UNREACHABLE',
      retryable: true,
      cause: { code: 'ERR_REGISTRY_UNAVAILABLE' },
    });
    expect((await service.evaluate(reference, demand)).referrers).toBe('unreachable');
  });

  it('is no where a signature is listed and not there', async () => {
    const { service, repository, image } = await bench((open) => ({
      ...open,
      blob: { ...open.blob, get: async () => undefined },
    }));
    await sign(repository, image);
    await expect(service.verify(reference, demand)).rejects.toMatchObject({ code: 'ERR_SIGNATURES_UNREACHABLE' });
  });

  it('is yes where one signature was seen that holds, though another could not be', async () => {
    const { service, repository, image } = await bench((open) => ({
      ...open,
      referrers: () => Promise.reject(new RegistryError('ERR_REGISTRY_UNAVAILABLE', 'registry answered 503')),
    }));
    await putLegacy(repository, image, 'sig', await legacyLayer(image.digest));
    expect(await service.verify(reference, demand)).toMatchObject({
      referrers: 'unreachable',
      report: { verdict: 'passed' },
    });
  });

  it('is never "no signature" because of a limit', async () => {
    const { service, repository, image } = await bench();
    await sign(repository, image, { identity: 'somebody@example.com' });
    await sign(repository, image);
    await expect(service.verify(reference, demand, { limits: { signatures: 1 } })).rejects.toMatchObject({
      name: 'FormatError',
      code: 'ERR_LIMIT_EXCEEDED',
    });
    await expect(service.verify(reference, demand, { limits: { bundleBytes: 100 } })).rejects.toMatchObject({
      code: 'ERR_LIMIT_EXCEEDED',
      report: { verdict: 'failed' },
    });
    expect((await service.verify(reference, demand, { limits: { signatures: 2 } })).report.verdict).toBe('passed');
  });

  it('looks at 100 signatures, and fails at the next', async () => {
    const { service, repository, image } = await bench();
    for (let seed = 0; seed < 99; seed++) await attachBundle(repository, image, strangeBundle(seed));
    await sign(repository, image);
    expect((await service.verify(reference, demand)).report.verdict).toBe('passed');
    await attachBundle(repository, image, strangeBundle(100));
    await expect(service.verify(reference, demand)).rejects.toMatchObject({ code: 'ERR_LIMIT_EXCEEDED' });
  });
});

describe('what cosign 2 signed', () => {
  it('is verified in two steps: the payload is signed, and names the manifest', async () => {
    const { service, repository, image } = await bench();
    await putLegacy(repository, image, 'sig', await legacyLayer(image.digest));
    const { report } = await service.verify(reference, demand);
    expect(report).toMatchObject({
      verdict: 'passed',
      artifact: [image.digest],
      signers: { found: [{ identity: dev }] },
    });
    const [bundle] = report.bundles;
    expect(bundle?.origin).toMatch(/^sha256-[0-9a-f]{64}\.sig#0$/);
    expect(bundle?.checks.at(-1)).toMatchObject({
      name: 'artifact',
      outcome: 'passed',
      data: { digest: image.digest },
    });
  });

  it('is verified by a key, for which nothing else is demanded', async () => {
    const { service, repository, image } = await bench();
    await putLegacy(repository, image, 'sig', await legacyLayer(image.digest, { signer: 'key' }));
    const byKey = (name: 'signer' | 'ctLog'): Policy => {
      const key = pemOf('PUBLIC KEY', sigstore.keys[name].publicKey);
      return { version: 1, signers: { anyOf: [{ key }] } };
    };
    expect((await service.verify(reference, byKey('signer'))).report.signers.found).toMatchObject([{ kind: 'key' }]);
    await expect(service.verify(reference, byKey('ctLog'))).rejects.toMatchObject({ code: 'ERR_SIGNATURE_INVALID' });
  });

  it('is refused where the payload names another manifest', async () => {
    const { service, repository, image } = await bench();
    const other = await putImage(repository, 'another image', 'v2');
    await putLegacy(repository, image, 'sig', await legacyLayer(other.digest));
    await expect(service.verify(reference, demand)).rejects.toMatchObject({ code: 'ERR_SUBJECT_MISMATCH' });
  });

  it('is refused where another payload was signed than the one that is there', async () => {
    const { service, repository, image } = await bench();
    const other = await putImage(repository, 'another image', 'v2');
    const { annotations = {} } = await legacyLayer(other.digest);
    const layer = await legacyLayer(image.digest);
    await putLegacy(repository, image, 'sig', { ...layer, annotations });
    await expect(service.verify(reference, demand)).rejects.toMatchObject({ name: 'VerificationError' });
  });

  it('is refused without its log entry', async () => {
    const { service, repository, image } = await bench();
    const { annotations = {}, ...layer } = await legacyLayer(image.digest);
    const without = { ...annotations, 'dev.sigstore.cosign/bundle': '' };
    await putLegacy(repository, image, 'sig', { ...layer, annotations: without });
    await expect(service.verify(reference, demand)).rejects.toMatchObject({ code: 'ERR_TIMESTAMP_MISSING' });
  });

  it('is verified where it attested', async () => {
    const { service, repository, image } = await bench();
    await putLegacy(repository, image, 'att', await legacyAttestation(image, provenanceType));
    const provenance = { ...policy, predicates: [{ type: provenanceType }] };
    expect((await service.verify(reference, { policy: provenance, trust })).report.verdict).toBe('passed');
    await expect(service.verify(reference, demand)).rejects.toMatchObject({ code: 'ERR_PREDICATE_MISMATCH' });
  });

  it('is refused where it attested something of another manifest', async () => {
    const { service, repository, image } = await bench();
    const other = await putImage(repository, 'another image', 'v2');
    await putLegacy(repository, image, 'att', await legacyAttestation(other, provenanceType));
    const provenance = { ...policy, predicates: [{ type: provenanceType }] };
    await expect(service.verify(reference, { policy: provenance, trust })).rejects.toMatchObject({
      code: 'ERR_SUBJECT_MISMATCH',
    });
  });
});

describe('a pack of several platforms', () => {
  const platforms = ['amd64', 'arm64'] as const;

  async function indexed(): Promise<Bench & { readonly images: readonly Descriptor[]; readonly index: Descriptor }> {
    const one = await bench();
    const images: Descriptor[] = [];
    for (const architecture of platforms) {
      images.push({
        ...(await putImage(one.repository, architecture, architecture)),
        platform: { os: 'linux', architecture },
      });
    }
    return { ...one, images, index: await putIndex(one.repository, images) };
  }

  const platform = 'linux/arm64';

  it('is verified as the index that it is', async () => {
    const { service, repository, index } = await indexed();
    await sign(repository, index);
    expect(await service.verify(reference, demand)).toMatchObject({
      descriptor: { digest: index.digest },
      signed: { digest: index.digest },
    });
  });

  it('is not verified as an index where one of its manifests was signed', async () => {
    const { service, repository, images } = await indexed();
    for (const image of images) await sign(repository, image);
    await expect(service.verify(reference, demand)).rejects.toMatchObject({ code: 'ERR_NO_SIGNATURES' });
  });

  it('is verified for a platform by the signature of its manifest', async () => {
    const { service, repository, images } = await indexed();
    const [, arm] = images as [Descriptor, Descriptor];
    await sign(repository, arm);
    expect(await service.verify(reference, demand, { platform })).toMatchObject({
      descriptor: { digest: arm.digest },
      signed: { digest: arm.digest },
      path: [arm.digest],
      report: { artifact: [arm.digest] },
    });
  });

  it('is verified for a platform by the signature of the index, and says so', async () => {
    const { service, repository, images, index } = await indexed();
    const [, arm] = images as [Descriptor, Descriptor];
    await sign(repository, index);
    expect(await service.verify(reference, demand, { platform })).toMatchObject({
      reference: `${reference}@${arm.digest}`,
      descriptor: { digest: arm.digest },
      signed: { digest: index.digest },
      path: [index.digest, arm.digest],
      report: { artifact: [index.digest] },
    });
  });

  it('is not verified for one platform by the signature of another', async () => {
    const { service, repository, images } = await indexed();
    const [amd] = images as [Descriptor, Descriptor];
    await sign(repository, amd);
    await expect(service.verify(reference, demand, { platform })).rejects.toMatchObject({ code: 'ERR_NO_SIGNATURES' });
  });

  it('is not verified as one manifest by the signature of an index that nobody named', async () => {
    const { service, repository, images, index } = await indexed();
    const [, arm] = images as [Descriptor, Descriptor];
    await sign(repository, index);
    await expect(service.verify(`registry.example/team/app@${arm.digest}`, demand)).rejects.toMatchObject({
      code: 'ERR_NO_SIGNATURES',
      hint: expect.stringContaining('name the index') as unknown,
    });
  });

  it('tells of the signature that was looked at, where none holds', async () => {
    const { service, repository, index } = await indexed();
    await sign(repository, index, { identity: 'somebody@example.com' });
    await expect(service.verify(reference, demand, { platform })).rejects.toMatchObject({
      code: 'ERR_IDENTITY_MISMATCH',
    });
  });

  it('is refused for a platform that it is not for', async () => {
    const { service } = await indexed();
    await expect(service.verify(reference, demand, { platform: 'linux/s390x' })).rejects.toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
    });
  });
});

describe('a trusted root that travels with a pack', () => {
  const rootType = 'application/vnd.dev.sigstore.trustedroot+json;version=0.1';
  const bytes = utf8(sigstore.trustRoot);
  const trustedRootDigest = digestOf(bytes);

  async function travelling(): Promise<Bench> {
    const one = await bench();
    await sign(one.repository, one.image);
    await putManifest(one.repository, {
      layers: [{ bytes, mediaType: rootType }],
      subject: one.image,
      artifactType: rootType,
    });
    return one;
  }

  it('counts where it is pinned', async () => {
    const { service } = await travelling();
    expect((await service.verify(reference, { policy, trustedRootDigest })).report.verdict).toBe('passed');
  });

  it('counts beside the trust of the caller', async () => {
    const { service } = await travelling();
    const nobody = { logs: [], ctLogs: [], certificateAuthorities: [], timestampAuthorities: [] };
    expect((await service.verify(reference, { policy, trust: nobody, trustedRootDigest })).report.verdict).toBe(
      'passed',
    );
  });

  it('counts for nothing where it is not pinned', async () => {
    const { service } = await travelling();
    await expect(service.verify(reference, { policy })).rejects.toMatchObject({ name: 'VerificationError' });
  });

  it('is missed where another is pinned', async () => {
    const { service } = await travelling();
    const other = digestOf(utf8('another'));
    await expect(service.verify(reference, { policy, trustedRootDigest: other })).rejects.toMatchObject({
      code: 'ERR_BLOB_NOT_FOUND',
    });
  });

  it('is not missed where the registry hides what travels with the pack', async () => {
    const { service } = await bench((open) => ({
      ...open,
      referrers: async () => ({ referrers: [], from: 'hidden' }),
    }));
    await expect(service.verify(reference, { policy, trustedRootDigest })).rejects.toMatchObject({
      code: 'ERR_SIGNATURES_HIDDEN',
    });
  });
});

describe('the arguments of a verification', () => {
  it.each([
    ['no policy', undefined],
    ['a policy that is none', {}],
    ['a policy without signers', { version: 1 }],
    ['an unknown member', { policy, trust, roots: [] }],
    ['a pin that is no digest', { policy, trustedRootDigest: 'sha256:1' }],
  ])('are refused with %s', async (_name, input) => {
    const { service } = await bench();
    await expect(service.verify(reference, input as never)).rejects.toMatchObject({ name: 'UsageError' });
  });

  it.each([
    { platforms: [] },
    { concurrency: 0 },
    { limits: { signatures: 0 } },
    { limits: { bytes: 1 } },
    { limits: { bundleBytes: 0.5 } },
  ])('are refused with the option %j', async (options) => {
    const { service } = await bench();
    await expect(service.verify(reference, demand, options as never)).rejects.toMatchObject({ name: 'UsageError' });
  });

  it('are checked before anything is asked', async () => {
    const { service } = await bench((open) => ({
      ...open,
      manifest: { ...open.manifest, get: () => Promise.reject(new Error('asked')) },
    }));
    const wrong = { policy: { version: 1, signers: { anyOf: [{ key: 'no key' }] } } } as const;
    await expect(service.verify(reference, wrong)).rejects.toMatchObject({ name: 'UsageError' });
  });

  it('end the verification by their signal', async () => {
    const { service } = await bench();
    const reason = new Error('enough');
    await expect(service.verify(reference, demand, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});
