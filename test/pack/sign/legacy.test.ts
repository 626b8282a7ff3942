import { describe, expect, it } from 'vitest';
import { memoryRegistry } from '../../../src/adapters/registry/memory.ts';
import { fromUtf8, toBase64 } from '../../../src/bytes/encoding.ts';
import { readAll } from '../../../src/bytes/stream.ts';
import { createPackService, type PackService } from '../../../src/index.ts';
import type { Descriptor, ImageManifest } from '../../../src/oci/index.ts';
import { appendLayers } from '../../../src/pack/attach-bundle-legacy.ts';
import type { Repository } from '../../../src/ports/registry.ts';
import { parseTrustRoot } from '../../../src/attest/parse-trust-root.ts';
import { legacyTag, putIndex, putManifest } from '../verify/packs.ts';
import { anotherKey, certified, imagesIn, keyed, policyFor, sigstore } from './test-signers.ts';

const registry = memoryRegistry();
const service: PackService = createPackService({ registries: () => registry });
const key = keyed();
const policy = policyFor(key.pem);
const legacy = { format: 'legacy' } as const;
const [identity, issuer] = ['dev@example.com', 'https://login.example'];
const verification = {
  policy: { version: 1, signers: { anyOf: [{ identity, issuer }] } },
  trust: parseTrustRoot(sigstore.trustRoot),
} as const;

const image = imagesIn(registry, 'old/app');

async function tagged(repository: Repository, tag: string): Promise<ImageManifest> {
  const found = await repository.manifest.get(tag);
  return JSON.parse(fromUtf8(found?.bytes ?? new Uint8Array())) as ImageManifest;
}

async function blob(repository: Repository, { digest }: Descriptor): Promise<string> {
  const found = await repository.blob.get(digest);
  if (found === undefined) throw new Error(`no blob ${digest}`);
  return fromUtf8(await readAll(await found.open(), { limit: 2 ** 20 }));
}

describe('the older format', () => {
  it('keeps a signature as cosign 2 does: a payload, byte for byte, and the signature beside it', async () => {
    const { repository, text, image: subject } = await image();
    const { bundle, tag, referrer } = await service.sign(text, key, legacy);
    expect(tag).toBe(legacyTag(subject.digest, 'sig'));
    const manifest = await tagged(repository, tag ?? '');
    expect(await repository.resolve(tag ?? '')).toMatchObject({ digest: referrer.digest });
    const [layer] = manifest.layers;
    expect(layer).toMatchObject({
      mediaType: 'application/vnd.dev.cosign.simplesigning.v1+json',
      annotations: {
        'dev.cosignproject.cosign/signature':
          bundle.content.kind === 'message' ? toBase64(bundle.content.signature) : '',
      },
    });
    expect(await blob(repository, layer as Descriptor)).toBe(
      `{"critical":{"identity":{"docker-reference":"registry.example/${repository.name}"},` +
        `"image":{"docker-manifest-digest":"${subject.digest}"},"type":"cosign container image signature"},"optional":null}`,
    );
    expect(JSON.parse(await blob(repository, manifest.config))).toMatchObject({
      rootfs: { type: 'layers', diff_ids: [layer?.digest] },
    });
    await expect(service.verify(text, policy)).resolves.toMatchObject({ report: { verdict: 'passed' } });
  });

  it('signs annotations as Go writes them: sorted, and with what HTML gives a meaning escaped', async () => {
    const { repository, text } = await image();
    const { tag } = await service.sign(text, key, { ...legacy, annotations: { b: '<&>\u2028', a: 'é"$&' } });
    const [layer] = (await tagged(repository, tag ?? '')).layers;
    expect(await blob(repository, layer as Descriptor)).toMatch(
      /"optional":\{"a":"é\\"\$\\u0026","b":"\\u003c\\u0026\\u003e\\u2028"\}\}$/,
    );
    await expect(service.verify(text, policy)).resolves.toBeDefined();
  });

  it('keeps what a certificate, a log and a timestamp authority prove', async () => {
    const { text } = await image();
    await service.sign(text, certified({ identity, issuer, timestamps: 1 }), { ...legacy, verification });
    await expect(service.verify(text, verification)).resolves.toMatchObject({ report: { verdict: 'passed' } });
  });

  it('keeps an attestation as an envelope', async () => {
    const { repository, text, image: subject } = await image();
    const attestation = { predicateType: 'custom', predicate: { a: 1 } };
    const { tag } = await service.attest(text, attestation, key, legacy);
    expect(tag).toBe(legacyTag(subject.digest, 'att'));
    const [layer] = (await tagged(repository, tag ?? '')).layers;
    const type = 'https://cosign.sigstore.dev/attestation/v1';
    expect(layer).toMatchObject({ annotations: { predicateType: type, 'dev.cosignproject.cosign/signature': '' } });
    await expect(service.verify(text, { ...policy, predicates: [{ type }] })).resolves.toBeDefined();
  });

  it.each([
    ['an entry of a log that gives no promise', { logs: ['v2'] }],
    ['several entries', { logs: ['v1', 'v1'] }],
  ] as const)('cannot say %s, and then nothing is attached', async (_name, options) => {
    const { repository, text, image: subject } = await image();
    const signer = certified({ ...options });
    await expect(service.sign(text, signer, legacy)).rejects.toMatchObject({ code: 'ERR_UNSUPPORTED' });
    expect(await repository.resolve(legacyTag(subject.digest, 'sig'))).toBeUndefined();
  });

  it('names a repository that has no host by its name', async () => {
    const { repository, image: subject } = await image();
    const { tag } = await service.sign({ repository, reference: subject.digest }, key, legacy);
    const [layer] = (await tagged(repository, tag ?? '')).layers;
    expect(await blob(repository, layer as Descriptor)).toContain(`"docker-reference":"${repository.name}"`);
  });
});

describe('appending a signature', () => {
  it('keeps what is there', async () => {
    const { repository, text, image: subject } = await image();
    const signers = [key, await anotherKey(), await anotherKey()];
    for (const signer of signers) await service.sign(text, signer, legacy);
    expect((await tagged(repository, legacyTag(subject.digest, 'sig'))).layers).toHaveLength(3);
    for (const { pem } of signers) await expect(service.verify(text, policyFor(pem))).resolves.toBeDefined();
  });

  it('loses none of ten that come at once', async () => {
    const { repository, text, image: subject } = await image();
    const signers = await Promise.all(Array.from({ length: 10 }, anotherKey));
    await Promise.all(signers.map((signer) => service.sign(text, signer, legacy)));
    expect((await tagged(repository, legacyTag(subject.digest, 'sig'))).layers).toHaveLength(10);
  });

  it('gives up where others never stop', async () => {
    const { repository } = await image();
    const never: Repository = {
      ...repository,
      tag: () => Promise.reject(Object.assign(new Error('moved'), { code: 'ERR_CONFLICT' })),
    };
    await expect(appendLayers([], 'none', never, {})).rejects.toThrow('moved');
    const busy = busyRepository(repository);
    await expect(service.sign({ repository: busy, reference: 'v1' }, key, legacy)).rejects.toMatchObject({
      name: 'StoreError',
      code: 'ERR_CONFLICT',
      retryable: true,
    });
  });

  it('does not touch an index that somebody put there', async () => {
    const { repository, text, image: subject } = await image();
    const tag = legacyTag(subject.digest, 'sig');
    const index = await putIndex(repository, [subject], tag);
    await expect(service.sign(text, key, legacy)).rejects.toMatchObject({ code: 'ERR_BUNDLE_INVALID' });
    expect(await repository.resolve(tag)).toMatchObject({ digest: index.digest });
  });
});

/** A repository in which somebody else is always first. */
function busyRepository(repository: Repository): Repository {
  let others = 0;
  return {
    ...repository,
    resolve: (...args) => repository.resolve(...args),
    manifest: repository.manifest,
    blob: repository.blob,
    async tag(name, descriptor, options) {
      await putManifest(repository, { layers: [{ bytes: new TextEncoder().encode(`other ${others++}`) }], tag: name });
      return repository.tag(name, descriptor, options);
    },
  };
}
