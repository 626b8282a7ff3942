import { describe, expect, it } from 'vitest';
import { memoryRegistry } from '../../../src/adapters/registry/memory.ts';
import { toBase64, utf8 } from '../../../src/bytes/encoding.ts';
import { digestOf } from '../../../src/digest/index.ts';
import { StoreError } from '../../../src/errors.ts';
import { mediaTypes, type Descriptor } from '../../../src/oci/index.ts';
import { findBundles, type FoundBundles } from '../../../src/pack/find-bundles/find-bundles.ts';
import type { FindLimits } from '../../../src/pack/find-bundles/candidate.ts';
import type { Repository } from '../../../src/ports/registry.ts';
import {
  attachBundle,
  bundleType,
  envelopeType,
  legacyTag,
  payloadFor,
  payloadType,
  putImage,
  putManifest,
  strangeBundle,
} from './packs.ts';
import { legacyLayer, putLegacy, trust } from './signed-packs.ts';

const emptyRepository = (): Repository => memoryRegistry().repository('team/app');

async function find(
  repository: Repository,
  image: Descriptor,
  limits: Partial<FindLimits> = {},
  signal?: AbortSignal,
): Promise<FoundBundles> {
  const found = await repository.manifest.get(image.digest);
  if (found === undefined) throw new Error('the image is not there');
  return findBundles(found, {
    repository,
    limits: { signatures: 100, bundleBytes: 2 ** 24, totalBytes: 2 ** 28, ...limits },
    concurrency: 4,
    options: { signal },
  });
}

const codes = ({ unread }: FoundBundles): string[] => unread.map(({ error }) => error.code);

describe('the search for bundles', () => {
  it('finds nothing where nothing is, and says from where it knows', async () => {
    const repository = emptyRepository();
    const found = await find(repository, await putImage(repository));
    expect(found).toEqual({ bundles: [], unread: [], from: 'api', trustRoots: [] });
  });

  it('finds a bundle among the referrers, by the digest of its referrer', async () => {
    const repository = emptyRepository();
    const image = await putImage(repository);
    const referrer = await attachBundle(repository, image, strangeBundle());
    const { bundles } = await find(repository, image);
    expect(bundles).toMatchObject([
      { origin: referrer.digest, bundle: { version: '0.3', material: { kind: 'key', hint: 'key-1' } } },
    ]);
  });

  it.each([
    ['none', undefined],
    ['the empty one', mediaTypes.empty],
    ['that of an SBOM', 'application/spdx+json'],
  ])('finds a bundle whose referrer has another artifact type: %s', async (_name, artifactType) => {
    const repository = emptyRepository();
    const image = await putImage(repository);
    const layers = [{ bytes: strangeBundle(), mediaType: bundleType }];
    await putManifest(repository, { layers, subject: image, ...(artifactType && { artifactType }) });
    expect((await find(repository, image)).bundles).toHaveLength(1);
  });

  it.each([
    'application/vnd.dev.sigstore.bundle+json;version=0.1',
    'application/vnd.dev.sigstore.bundle+json;version=0.3',
    'application/vnd.dev.sigstore.bundle.v0.4+json',
  ])('looks into a layer of %s', async (mediaType) => {
    const repository = emptyRepository();
    const image = await putImage(repository);
    await attachBundle(repository, image, strangeBundle(), { layers: [{ bytes: strangeBundle(), mediaType }] });
    expect((await find(repository, image)).bundles).toHaveLength(1);
  });

  it('passes by what is no signature', async () => {
    const repository = emptyRepository();
    const image = await putImage(repository);
    await putManifest(repository, {
      layers: [{ bytes: utf8('{}'), mediaType: 'application/spdx+json' }],
      subject: image,
    });
    expect(await find(repository, image)).toMatchObject({ bundles: [], unread: [] });
  });

  it('reads no bundle out of a manifest of several layers, and says so', async () => {
    const repository = emptyRepository();
    const image = await putImage(repository);
    const layers = [1, 2].map((seed) => ({ bytes: strangeBundle(seed), mediaType: bundleType }));
    const { digest } = await attachBundle(repository, image, strangeBundle(), { layers });
    const found = await find(repository, image);
    expect(found).toMatchObject({ bundles: [], unread: [{ origin: digest, error: { code: 'ERR_BUNDLE_INVALID' } }] });
  });

  it('reads no bundle that lies beside another layer', async () => {
    const repository = emptyRepository();
    const image = await putImage(repository);
    const layers = [{ bytes: strangeBundle(), mediaType: bundleType }, { bytes: utf8('beside') }];
    await attachBundle(repository, image, strangeBundle(), { layers });
    expect(codes(await find(repository, image))).toEqual(['ERR_BUNDLE_INVALID']);
  });

  it.each([
    ['is no JSON', utf8('{')],
    ['is of a version that nobody knows', utf8(new TextDecoder().decode(strangeBundle()).replace('v0.3', 'v9.9'))],
    ['has a field that no bundle has', utf8(new TextDecoder().decode(strangeBundle()).replace('{', '{"x":1,'))],
  ])('says of a bundle that it %s', async (_name, bytes) => {
    const repository = emptyRepository();
    const image = await putImage(repository);
    await attachBundle(repository, image, bytes);
    const found = await find(repository, image);
    expect(found.bundles).toEqual([]);
    expect(codes(found)).toEqual(['ERR_BUNDLE_INVALID']);
  });

  it('reads no bundle of a referrer that has another subject', async () => {
    const repository = emptyRepository();
    const image = await putImage(repository);
    const other = await putImage(repository, 'another image', 'v2');
    const referrer = await attachBundle(repository, other, strangeBundle());
    const lying: Repository = {
      ...repository,
      referrers: async () => ({ referrers: [referrer], from: 'tag' }),
    };
    expect(await find(lying, image)).toMatchObject({
      bundles: [],
      unread: [{ origin: referrer.digest, error: { code: 'ERR_SUBJECT_MISMATCH' } }],
    });
  });

  it('says of a referrer that is listed that it is not there', async () => {
    const repository = emptyRepository();
    const image = await putImage(repository);
    const gone = { mediaType: mediaTypes.imageManifest, digest: digestOf(utf8('gone')), size: 4 };
    const lying: Repository = { ...repository, referrers: async () => ({ referrers: [gone], from: 'tag' }) };
    expect(codes(await find(lying, image))).toEqual(['ERR_BLOB_NOT_FOUND']);
  });

  it('looks into the list under the tag where the registry says that there is nothing', async () => {
    const repository = emptyRepository();
    const image = await putImage(repository);
    const { mediaType, digest, size } = await attachBundle(repository, image, strangeBundle());
    const entry = { mediaType, digest, size };
    const list = { schemaVersion: 2, mediaType: mediaTypes.imageIndex, manifests: [entry, entry] };
    const tag = image.digest.replace(':', '-');
    await repository.manifest.put(utf8(JSON.stringify(list)), { mediaType: mediaTypes.imageIndex, tag });
    const silent: Repository = { ...repository, referrers: async () => ({ referrers: [], from: 'api' }) };
    expect(await find(silent, image)).toMatchObject({ from: 'both', bundles: [{ origin: digest }] });
    await repository.tag(tag, image);
    expect(await find(silent, image)).toMatchObject({ from: 'api', bundles: [], unread: [] });
    await repository.tag(tag, await putImage(repository, 'another', 'v2'));
    expect(await find(silent, image)).toMatchObject({ from: 'api', bundles: [], unread: [] });
  });

  it('passes by an index that refers to the manifest, and finds no bundle in it', async () => {
    const repository = emptyRepository();
    const image = await putImage(repository);
    const { mediaType, digest, size } = image;
    const index = {
      schemaVersion: 2,
      mediaType: mediaTypes.imageIndex,
      manifests: [],
      subject: { mediaType, digest, size },
    };
    await repository.manifest.put(utf8(JSON.stringify(index)), { mediaType: mediaTypes.imageIndex });
    expect(await find(repository, image)).toMatchObject({ bundles: [], unread: [] });
  });
});

describe('the limits of a search', () => {
  async function withBundles(count: number): Promise<[Repository, Descriptor]> {
    const repository = emptyRepository();
    const image = await putImage(repository);
    for (let seed = 0; seed < count; seed++) await attachBundle(repository, image, strangeBundle(seed));
    return [repository, image];
  }

  it('looks at as many referrers as the limit', async () => {
    const [repository, image] = await withBundles(3);
    expect((await find(repository, image, { signatures: 3 })).bundles).toHaveLength(3);
  });

  it('fails with one referrer more', async () => {
    const [repository, image] = await withBundles(3);
    await expect(find(repository, image, { signatures: 2 })).rejects.toMatchObject({ code: 'ERR_LIMIT_EXCEEDED' });
  });

  it('counts older signatures by their layers, together with the referrers', async () => {
    const [repository, image] = await withBundles(1);
    const layers = [1, 2].map((seed) => ({
      bytes: payloadFor(image.digest),
      mediaType: payloadType,
      annotations: { 'dev.cosignproject.cosign/signature': toBase64(utf8(`signature ${seed}`)) },
    }));
    await putManifest(repository, { layers, tag: legacyTag(image.digest, 'sig') });
    expect((await find(repository, image, { signatures: 3 })).bundles).toHaveLength(3);
    await expect(find(repository, image, { signatures: 2 })).rejects.toMatchObject({ code: 'ERR_LIMIT_EXCEEDED' });
  });

  it('counts the layers of a referrer', async () => {
    const repository = emptyRepository();
    const image = await putImage(repository);
    const layers = [1, 2, 3].map((seed) => ({
      bytes: payloadFor(image.digest),
      mediaType: payloadType,
      annotations: { 'dev.cosignproject.cosign/signature': toBase64(utf8(`signature ${seed}`)) },
    }));
    await putManifest(repository, { layers, subject: image });
    expect((await find(repository, image, { signatures: 3 })).bundles).toHaveLength(3);
    await expect(find(repository, image, { signatures: 2 })).rejects.toMatchObject({ code: 'ERR_LIMIT_EXCEEDED' });
  });

  it('reads a bundle of as many bytes as the limit, and says that a larger one is beyond it', async () => {
    const [repository, image] = await withBundles(1);
    const { length } = strangeBundle(0);
    expect((await find(repository, image, { bundleBytes: length })).bundles).toHaveLength(1);
    expect(codes(await find(repository, image, { bundleBytes: length - 1 }))).toEqual(['ERR_LIMIT_EXCEEDED']);
  });
});

describe('the limit of all bundles together', () => {
  it('is met, or fails the search', async () => {
    const repository = emptyRepository();
    const image = await putImage(repository);
    for (const seed of [1, 2]) await attachBundle(repository, image, strangeBundle(seed));
    const totalBytes = 2 * strangeBundle().length;
    expect((await find(repository, image, { totalBytes })).bundles).toHaveLength(2);
    await expect(find(repository, image, { totalBytes: totalBytes - 1 })).rejects.toMatchObject({
      code: 'ERR_LIMIT_EXCEEDED',
    });
  });
});

describe('what cosign 2 keeps under tags', () => {
  const signature = { 'dev.cosignproject.cosign/signature': toBase64(utf8('signature')) };
  const sign = (repository: Repository, image: Descriptor, layer: object = {}, tagged = image): Promise<Descriptor> =>
    putManifest(repository, {
      layers: [{ bytes: payloadFor(image.digest), mediaType: payloadType, annotations: signature, ...layer }],
      tag: legacyTag(tagged.digest, 'sig'),
    });

  it('is found as a bundle of version 0.1, with the payload that was signed', async () => {
    const repository = emptyRepository();
    const image = await putImage(repository);
    await sign(repository, image);
    const { bundles } = await find(repository, image);
    expect(bundles).toMatchObject([
      {
        origin: `${legacyTag(image.digest, 'sig')}#0`,
        payload: payloadFor(image.digest),
        bundle: { version: '0.1', content: { kind: 'message', signature: utf8('signature') }, logEntries: [] },
      },
    ]);
  });

  it('has a log entry with a promise, and a timestamp', async () => {
    const repository = emptyRepository();
    const image = await putImage(repository);
    const body = toBase64(utf8('{"apiVersion":"0.0.1","kind":"hashedrekord","spec":{}}'));
    const payload = { body, integratedTime: 1700000000, logIndex: 12, logID: '0a0b' };
    const annotations = {
      ...signature,
      'dev.sigstore.cosign/bundle': JSON.stringify({ SignedEntryTimestamp: toBase64(utf8('set')), Payload: payload }),
      'dev.sigstore.cosign/rfc3161timestamp': JSON.stringify({ SignedRFC3161Timestamp: toBase64(utf8('token')) }),
    };
    await sign(repository, image, { annotations });
    const [found] = (await find(repository, image)).bundles;
    expect(found?.bundle.timestamps).toEqual([utf8('token')]);
    expect(found?.bundle.logEntries).toMatchObject([
      { kind: 'hashedrekord', version: '0.0.1', logIndex: 12n, integratedTime: 1700000000n, promise: utf8('set') },
    ]);
    expect(found?.bundle.logEntries[0]?.logId).toEqual(Uint8Array.of(10, 11));
  });

  it('has certificates, the leaf first and without the root, which cosign keeps, too', async () => {
    const repository = emptyRepository();
    const image = await putImage(repository);
    const chain = trust.certificateAuthorities[0]?.certificates ?? [];
    await putLegacy(repository, image, 'sig', await legacyLayer(image.digest, {}, chain));
    const [found] = (await find(repository, image)).bundles;
    expect(chain).toHaveLength(2);
    const { material } = found?.bundle ?? {};
    expect(material?.kind === 'certificate' && material.certificates.slice(1)).toEqual(chain.slice(0, 1));
  });

  it.each([
    ['signature', ''],
    ['signature', 'no base64'],
    ['certificate', 'no PEM'],
    ['chain', '-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\nand more'],
    ['bundle', '{"SignedEntryTimestamp":"AA=="}'],
    [
      'bundle',
      '{"SignedEntryTimestamp":"AA==","Payload":{"body":"e30=","integratedTime":1,"logIndex":1,"logID":"0a"}}',
    ],
    [
      'bundle',
      '{"SignedEntryTimestamp":"AA==","Payload":{"body":"eyJraW5kIjoiYSIsImFwaVZlcnNpb24iOiJiIn0=","integratedTime":1,"logIndex":1,"logID":"zz"}}',
    ],
    ['rfc3161timestamp', '{"SignedRFC3161Timestamp":1}'],
  ])('is told where its annotation %s is %j', async (name, value) => {
    const repository = emptyRepository();
    const image = await putImage(repository);
    const prefix = name === 'signature' ? 'dev.cosignproject.cosign/' : 'dev.sigstore.cosign/';
    const leaf = {
      'dev.sigstore.cosign/certificate': '-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n',
    };
    await sign(repository, image, { annotations: { ...signature, ...leaf, [`${prefix}${name}`]: value } });
    const found = await find(repository, image);
    expect(found.bundles).toEqual([]);
    expect(codes(found)).toEqual(['ERR_BUNDLE_INVALID']);
  });

  it('is nothing where a payload names another manifest', async () => {
    const repository = emptyRepository();
    const image = await putImage(repository);
    const other = await putImage(repository, 'another image', 'v2');
    await sign(repository, other, {}, image);
    expect(codes(await find(repository, image))).toEqual(['ERR_SUBJECT_MISMATCH']);
  });

  it('finds an attestation as an envelope', async () => {
    const repository = emptyRepository();
    const image = await putImage(repository);
    const envelope = { payloadType: 'application/vnd.in-toto+json', payload: 'e30=', signatures: [{ sig: 'AA==' }] };
    const layers = [{ bytes: utf8(JSON.stringify(envelope)), mediaType: envelopeType }];
    await putManifest(repository, { layers, tag: legacyTag(image.digest, 'att') });
    const { bundles } = await find(repository, image);
    expect(bundles).toMatchObject([{ bundle: { content: { kind: 'dsse' } } }]);
  });

  it('reads no attestation that has two signatures', async () => {
    const repository = emptyRepository();
    const image = await putImage(repository);
    const signatures = [{ sig: 'AA==' }, { sig: 'AAA=' }];
    const envelope = { payloadType: 'application/vnd.in-toto+json', payload: 'e30=', signatures };
    const layers = [{ bytes: utf8(JSON.stringify(envelope)), mediaType: envelopeType }];
    await putManifest(repository, { layers, tag: legacyTag(image.digest, 'att') });
    expect(codes(await find(repository, image))).toEqual(['ERR_ENVELOPE_INVALID']);
  });

  it('takes a signature under the tag for attestations for neither', async () => {
    const repository = emptyRepository();
    const image = await putImage(repository);
    const layers = [{ bytes: payloadFor(image.digest), mediaType: payloadType, annotations: signature }];
    await putManifest(repository, { layers, tag: legacyTag(image.digest, 'att') });
    expect(codes(await find(repository, image))).toEqual(['ERR_BUNDLE_INVALID']);
  });

  it('is told where the tag is of an index', async () => {
    const repository = emptyRepository();
    const image = await putImage(repository);
    const index = { schemaVersion: 2, mediaType: mediaTypes.imageIndex, manifests: [] };
    const options = { mediaType: mediaTypes.imageIndex, tag: legacyTag(image.digest, 'sig') };
    await repository.manifest.put(utf8(JSON.stringify(index)), options);
    expect(codes(await find(repository, image))).toEqual(['ERR_BUNDLE_INVALID']);
  });
});

describe('a search that cannot ask', () => {
  const broken = (error: unknown): never => {
    throw error;
  };

  it('keeps why the referrers could not be asked for, and looks at the tags', async () => {
    const repository = emptyRepository();
    const image = await putImage(repository);
    const failure = new StoreError('ERR_STORE_READ', 'store is gone');
    const found = await find({ ...repository, referrers: async () => broken(failure) }, image);
    expect(found).toMatchObject({ from: 'unreachable', failure: { code: 'ERR_STORE_READ' }, bundles: [] });
  });

  it('says that a tag could not be asked for', async () => {
    const repository = emptyRepository();
    const image = await putImage(repository);
    const manifest: Repository['manifest'] = {
      ...repository.manifest,
      get: async (reference, options) =>
        reference.endsWith('.sig') ? broken(new Error('no')) : repository.manifest.get(reference, options),
    };
    expect(codes(await find({ ...repository, manifest }, image))).toEqual(['ERR_STORE_READ']);
  });

  it('ends with an abort that comes from elsewhere', async () => {
    const repository = emptyRepository();
    const image = await putImage(repository);
    const abort = new DOMException('ended elsewhere', 'AbortError');
    await expect(find({ ...repository, referrers: async () => broken(abort) }, image)).rejects.toBe(abort);
  });

  it('ends with the reason of its signal', async () => {
    const repository = emptyRepository();
    const image = await putImage(repository);
    await attachBundle(repository, image, strangeBundle());
    const controller = new AbortController();
    const reason = new Error('enough');
    const blob: Repository['blob'] = {
      ...repository.blob,
      get: (digest, options) => {
        controller.abort(reason);
        return repository.blob.get(digest, options);
      },
    };
    await expect(find({ ...repository, blob }, image, {}, controller.signal)).rejects.toBe(reason);
  });
});
