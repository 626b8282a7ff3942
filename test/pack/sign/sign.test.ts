import { describe, expect, it } from 'vitest';
import { memoryRegistry } from '../../../src/adapters/registry/memory.ts';
import { fromUtf8 } from '../../../src/bytes/encoding.ts';
import type { Bundle } from '../../../src/attest/bundle.ts';
import { parseTrustRoot } from '../../../src/attest/parse-trust-root.ts';
import { createPackService, type PackService } from '../../../src/index.ts';
import type { Descriptor } from '../../../src/oci/index.ts';
import type { Repository } from '../../../src/ports/registry.ts';
import type { Signer } from '../../../src/ports/signer.ts';
import { putImage, putIndex } from '../verify/packs.ts';
import { anotherKey, certified, imagesIn, keyed, policyFor, sigstore } from './test-signers.ts';

const registry = memoryRegistry();
const service: PackService = createPackService({ registries: () => registry });
const key = keyed();
const policy = policyFor(key.pem);
const predicate = { made: 'here', at: [1, { b: 2, a: 1 }] };

const image = imagesIn(registry, 'team/app');

async function documentOf(repository: Repository, digest: string): Promise<Record<string, unknown>> {
  const found = await repository.manifest.get(digest);
  return JSON.parse(fromUtf8(found?.bytes ?? new Uint8Array())) as Record<string, unknown>;
}

async function referrersOf(repository: Repository, subject: Descriptor): Promise<readonly Descriptor[]> {
  return (await repository.referrers(subject.digest)).referrers;
}

describe('sign', () => {
  it('attaches a bundle in the shape that cosign 3 writes, and gives its descriptor', async () => {
    const { repository, text, image: subject } = await image();
    const result = await service.sign(text, key);
    expect(result).toMatchObject({
      reference: `${text}@${subject.digest}`,
      subject: { digest: subject.digest },
      present: false,
      referrer: { artifactType: 'application/vnd.dev.sigstore.bundle.v0.3+json' },
    });
    const document = await documentOf(repository, result.referrer.digest);
    const empty = 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a';
    const type = 'application/vnd.dev.sigstore.bundle.v0.3+json';
    expect(document).toEqual({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      artifactType: type,
      config: { mediaType: 'application/vnd.oci.empty.v1+json', digest: empty, size: 2, artifactType: type },
      layers: [{ mediaType: type, digest: expect.any(String) as string, size: expect.any(Number) as number }],
      subject: { mediaType: subject.mediaType, digest: subject.digest, size: subject.size },
      annotations: {
        'dev.sigstore.bundle.content': 'dsse-envelope',
        'dev.sigstore.bundle.predicateType': 'https://sigstore.dev/cosign/sign/v1',
      },
    });
    expect(await referrersOf(repository, subject)).toMatchObject([{ digest: result.referrer.digest }]);
  });

  it('signs the statement that cosign signs, about the digest of the manifest', async () => {
    const { text, image: subject } = await image();
    const { bundle } = await service.sign(text, key, { annotations: { b: '2', a: '1' } });
    expect(statementIn(bundle)).toBe(
      `{"_type":"https://in-toto.io/Statement/v1","predicate":{},"predicateType":"https://sigstore.dev/cosign/sign/v1",` +
        `"subject":[{"annotations":{"a":"1","b":"2"},"digest":{"sha256":"${subject.digest.slice(7)}"}}]}`,
    );
  });

  it('is accepted by verify, and no other key is', async () => {
    const { text } = await image();
    await service.sign(text, key);
    await expect(service.verify(text, policy)).resolves.toMatchObject({ report: { verdict: 'passed' } });
    const other = policyFor((await anotherKey()).pem);
    await expect(service.verify(text, other)).rejects.toMatchObject({ name: 'VerificationError' });
  });

  it('attaches what a certificate proves, and verify accepts the identity', async () => {
    const { text } = await image();
    const [identity, issuer] = ['dev@example.com', 'https://login.example'];
    const verification = {
      policy: { version: 1, signers: { anyOf: [{ identity, issuer }] } },
      trust: parseTrustRoot(sigstore.trustRoot),
    } as const;
    await service.sign(text, certified({ identity, issuer }), { verification });
    await expect(service.verify(text, verification)).resolves.toMatchObject({ report: { verdict: 'passed' } });
  });

  it('writes a time only where one is given', async () => {
    const { repository, text } = await image();
    const { referrer } = await service.sign(text, key, { created: Date.UTC(2026, 0, 2, 3, 4, 5, 678) });
    expect((await documentOf(repository, referrer.digest))['annotations']).toMatchObject({
      'org.opencontainers.image.created': '2026-01-02T03:04:05Z',
    });
  });

  it('signs a digest that has no tag', async () => {
    const { repository, image: subject } = await image();
    const result = await service.sign({ repository, reference: subject.digest }, key);
    expect(result).toMatchObject({ subject: { digest: subject.digest } });
    expect(result).not.toHaveProperty('reference');
  });
});

describe('sign of an index', () => {
  async function index(): Promise<{
    readonly repository: Repository;
    readonly text: string;
    readonly index: Descriptor;
    readonly images: readonly Descriptor[];
  }> {
    const { repository, text } = await image();
    const images = await Promise.all(
      ['amd64', 'arm64'].map(async (architecture) => ({
        ...(await putImage(repository, architecture, architecture)),
        platform: { os: 'linux', architecture },
      })),
    );
    return { repository, text, index: await putIndex(repository, images), images };
  }

  it('signs the index alone', async () => {
    const { repository, text, index: root, images } = await index();
    const { all } = await service.sign(text, key);
    expect(all.map(({ subject }) => subject.digest)).toEqual([root.digest]);
    expect(await referrersOf(repository, images[0] as Descriptor)).toEqual([]);
  });

  it('signs the manifest of a platform', async () => {
    const { text, images } = await index();
    const { subject } = await service.sign(text, key, { platform: 'linux/arm64' });
    expect(subject.digest).toBe(images[1]?.digest);
  });

  it('signs the index and everything in it, once each, where that is asked for', async () => {
    const { repository, text, index: root, images } = await index();
    const nested = await putIndex(repository, [root, ...images], 'v1');
    const { all } = await service.sign(text, key, { recursive: true });
    const digests = [nested, root, ...images].map(({ digest }) => digest);
    expect(all.map(({ subject }) => subject.digest)).toEqual(digests);
    for (const platform of ['linux/amd64', 'linux/arm64']) {
      await expect(service.verify(text, policy, { platform })).resolves.toMatchObject({ path: { length: 1 } });
    }
  });

  it('attaches nothing at all where one of them cannot be signed', async () => {
    const { repository, text, index: root, images } = await index();
    let signed = 0;
    const signer: Signer = {
      ...key,
      sign: (content) => (++signed === 3 ? Promise.reject(new Error('no more')) : key.sign(content)),
    };
    await expect(service.sign(text, signer, { recursive: true })).rejects.toThrow('no more');
    for (const one of [root, ...images]) expect(await referrersOf(repository, one)).toEqual([]);
  });
});

describe('attest', () => {
  it('attaches a statement of the type, which verify asks for by its type', async () => {
    const { repository, text } = await image();
    const { referrer, bundle } = await service.attest(text, { predicateType: 'custom', predicate }, key);
    const type = 'https://cosign.sigstore.dev/attestation/v1';
    expect(referrer.annotations).toMatchObject({ 'dev.sigstore.bundle.predicateType': type });
    expect(JSON.parse(statementIn(bundle))).toMatchObject({ predicateType: type, predicate });
    await expect(service.verify(text, { ...policy, predicates: [{ type }] })).resolves.toBeDefined();
    await expect(service.verify(text, policy)).rejects.toMatchObject({ code: 'ERR_PREDICATE_MISMATCH' });
    expect(await documentOf(repository, referrer.digest)).toHaveProperty('subject');
  });

  it('gives the same payload for the same predicate, however it is written', async () => {
    const { text } = await image();
    const one = await service.attest(text, { predicateType: 'custom', predicate }, key);
    const other = { at: [1, { a: 1, b: 2 }], made: 'here' };
    const two = await service.attest(text, { predicateType: 'custom', predicate: other }, key);
    expect(statementIn(one.bundle)).toBe(statementIn(two.bundle));
  });

  const circle: Record<string, unknown> = {};
  circle['self'] = circle;
  it.each([
    ['null', null],
    ['a list', [1]],
    ['text', '{}'],
    ['NaN', { a: Number.NaN }],
    ['a function', { a: () => 1 }],
    ['a big integer', { a: 1n }],
    ['a lone surrogate', { a: '\ud800' }],
    ['a circle', circle],
  ])('refuses a predicate that is no object of JSON: %s', async (_name, wrong) => {
    const { text } = await image();
    const attestation = { predicateType: 'custom', predicate: wrong as object };
    await expect(service.attest(text, attestation, key)).rejects.toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
      message: 'predicate is not an object that JSON can say',
    });
  });

  it('refuses a statement that no bundle can hold, before anybody signs it', async () => {
    const { text } = await image();
    const attestation = { predicateType: 'custom', predicate: { long: 'x'.repeat(12 * 1024 * 1024) } };
    const signer: Signer = { ...key, sign: () => Promise.reject(new Error('asked')) };
    await expect(service.attest(text, attestation, signer)).rejects.toMatchObject({ code: 'ERR_LIMIT_EXCEEDED' });
    const smaller = { predicateType: 'custom', predicate: { long: 'x'.repeat(11 * 1024 * 1024) } };
    await expect(service.attest(text, smaller, key)).resolves.toBeDefined();
  }, 120_000);

  it('refuses a type that is neither a name nor a URI', async () => {
    const { text } = await image();
    const attestation = { predicateType: 'no such type', predicate };
    await expect(service.attest(text, attestation, key)).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
  });
});

describe('ifAbsent', () => {
  it('signs nothing where the same signer has signed it before', async () => {
    const { repository, text, image: subject } = await image();
    const first = await service.sign(text, key, { ifAbsent: true });
    const second = await service.sign(text, key, { ifAbsent: true });
    expect(first.present).toBe(false);
    expect(second).toMatchObject({ present: true, referrer: { digest: first.referrer.digest } });
    expect(await referrersOf(repository, subject)).toHaveLength(1);
  });

  it('signs where only another signer has', async () => {
    const { repository, text, image: subject } = await image();
    await service.sign(text, await anotherKey(), { ifAbsent: true });
    expect(await service.sign(text, key, { ifAbsent: true })).toMatchObject({ present: false });
    expect(await referrersOf(repository, subject)).toHaveLength(2);
  });

  it('attests again where the predicate is another', async () => {
    const { text } = await image();
    const attestation = { predicateType: 'custom', predicate };
    await service.attest(text, attestation, key, { ifAbsent: true });
    expect(await service.attest(text, attestation, key, { ifAbsent: true })).toMatchObject({ present: true });
    const changed = { ...attestation, predicate: { ...predicate, made: 'there' } };
    expect(await service.attest(text, changed, key, { ifAbsent: true })).toMatchObject({ present: false });
  });

  it('is found out in the older format, too', async () => {
    const { text } = await image();
    const options = { format: 'legacy', ifAbsent: true } as const;
    const first = await service.sign(text, key, options);
    expect(await service.sign(text, key, options)).toMatchObject({ present: true, tag: first.tag });
    expect(await service.sign(text, key, { ifAbsent: true })).toMatchObject({ present: false });
  });

  it('is refused where nothing says who the signer is', async () => {
    const { text } = await image();
    await expect(service.sign(text, certified(), { ifAbsent: true })).rejects.toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
      argument: 'ifAbsent',
    });
  });
});

describe('what a signer gives', () => {
  const changed: readonly (readonly [string, (bundle: Bundle) => Bundle])[] = [
    [
      'of an older version',
      (bundle) => ({ ...bundle, mediaType: 'application/vnd.dev.sigstore.bundle+json;version=0.2', version: '0.2' }),
    ],
    ['with another payload', (bundle) => withEnvelope(bundle, { payload: new Uint8Array([123, 125]) })],
    ['with another payload type', (bundle) => withEnvelope(bundle, { payloadType: 'text/plain' })],
    [
      'with a signature of something else',
      (bundle) => withEnvelope(bundle, { signatures: [{ signature: new Uint8Array(70), keyId: '' }] }),
    ],
    [
      'with two signatures',
      (bundle) =>
        withEnvelope(bundle, { signatures: [1, 2].map(() => ({ signature: new Uint8Array(70), keyId: '' })) }),
    ],
    [
      'of a message',
      (bundle) => ({ ...bundle, content: { kind: 'message', signature: new Uint8Array(70), digest: undefined } }),
    ],
  ];
  const signers = [['a key', key] as const, ['a certificate', certified()] as const];

  it.each(changed.flatMap(([name, change]) => signers.map(([kind, good]) => [kind, name, good, change] as const)))(
    'by %s %s is never attached',
    async (_kind, _name, good, change) => {
      const { repository, text, image: subject } = await image();
      const signer: Signer = { ...good, sign: async (content) => change(await good.sign(content)) };
      await expect(service.sign(text, signer)).rejects.toMatchObject({ code: 'ERR_SIGNATURE_REJECTED' });
      expect(await referrersOf(repository, subject)).toEqual([]);
    },
  );

  it('is refused where it is by another key than the signer says', async () => {
    const { text } = await image();
    const other = await anotherKey();
    await expect(service.sign(text, { ...other, key: key.key })).rejects.toMatchObject({
      code: 'ERR_SIGNATURE_REJECTED',
    });
  });

  it('is refused where nothing says which key signed', async () => {
    const { text } = await image();
    const signer: Signer = { sign: (content) => key.sign(content) };
    await expect(service.sign(text, signer)).rejects.toMatchObject({ name: 'SigningError', code: 'ERR_KEY' });
    await expect(service.sign(text, signer, { verification: policy })).resolves.toBeDefined();
  });

  it('is refused where the verification that was asked for fails', async () => {
    const { text } = await image();
    const verification = policyFor((await anotherKey()).pem);
    await expect(service.sign(text, key, { verification })).rejects.toMatchObject({ code: 'ERR_SIGNATURE_REJECTED' });
  });
});

describe('a subject', () => {
  it('that moved while it was signed gets no signature, and neither does what the tag points at now', async () => {
    const { repository, text, image: subject } = await image();
    const moving: Signer = {
      ...key,
      async sign(content) {
        await putImage(repository, 'moved');
        return key.sign(content);
      },
    };
    await expect(service.sign(text, moving)).rejects.toMatchObject({ name: 'StoreError', code: 'ERR_CONFLICT' });
    const now = await repository.resolve('v1');
    for (const one of [subject, now as Descriptor]) expect(await referrersOf(repository, one)).toEqual([]);
    const named = `${text}@${subject.digest}`;
    await expect(service.sign(named, key)).resolves.toMatchObject({ subject: { digest: subject.digest } });
  });

  it('whose tag was deleted while it was signed gets none', async () => {
    const { repository, text } = await image();
    const deleting: Signer = {
      ...key,
      async sign(content) {
        await repository.delete('v1');
        return key.sign(content);
      },
    };
    await expect(service.sign(text, deleting)).rejects.toMatchObject({ code: 'ERR_CONFLICT' });
  });

  it('that is not there is an error', async () => {
    await expect(service.sign('registry.example/team/none:v1', key)).rejects.toMatchObject({
      code: 'ERR_REGISTRY_NOT_FOUND',
    });
  });
});

describe('options of sign', () => {
  it.each([
    [{ formatt: 'bundle' }],
    [{ format: 'other' }],
    [{ created: Number.NaN }],
    [{ created: 1e18 }],
    [{ platform: 'linux/amd64', recursive: true }],
    [{ annotations: { a: 1 } }],
    [{ verification: { version: 1, signers: { anyOf: [] } } }],
  ])('are refused before anything is asked: %j', async (options) => {
    await expect(service.sign('registry.example/team/none:v1', key, options as never)).rejects.toMatchObject({
      name: 'UsageError',
    });
  });

  it('need a signer', async () => {
    await expect(service.sign('registry.example/team/none:v1', {} as never)).rejects.toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
    });
  });

  it('of attest have no annotations', async () => {
    const attestation = { predicateType: 'custom', predicate };
    await expect(
      service.attest('registry.example/team/none:v1', attestation, key, { annotations: {} } as never),
    ).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
  });

  it('end with the signal, with nothing attached', async () => {
    const { repository, text, image: subject } = await image();
    const controller = new AbortController();
    const stopping: Signer = {
      ...key,
      sign(content) {
        controller.abort(new Error('enough'));
        return key.sign(content);
      },
    };
    await expect(service.sign(text, stopping, { signal: controller.signal })).rejects.toThrow('enough');
    expect(await referrersOf(repository, subject)).toEqual([]);
  });

  it('are told what happens', async () => {
    const { text } = await image();
    const verbs: string[] = [];
    await service.sign(text, key, { onEvent: ({ verb, kind }) => verbs.push(`${verb} ${kind}`) });
    expect([verbs[0], verbs.at(-1)]).toEqual(['sign start', 'sign done']);
  });
});

function statementIn({ content }: Bundle): string {
  if (content.kind !== 'dsse') throw new Error('not an envelope');
  return fromUtf8(content.envelope.payload);
}

function withEnvelope(bundle: Bundle, change: object): Bundle {
  if (bundle.content.kind !== 'dsse') throw new Error('not an envelope');
  return { ...bundle, content: { kind: 'dsse', envelope: { ...bundle.content.envelope, ...change } } };
}
