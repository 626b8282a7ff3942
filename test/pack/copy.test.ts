import { describe, expect, it } from 'vitest';
import { memoryRegistry } from '../../src/adapters/registry/memory.ts';
import { utf8 } from '../../src/bytes/encoding.ts';
import { bytesSource } from '../../src/bytes/source.ts';
import { digestOf } from '../../src/digest/index.ts';
import { IntegrityError } from '../../src/errors.ts';
import { createPackService, type Descriptor, type PackFilesInput, type Repository } from '../../src/index.ts';
import { buildIndex, buildManifest, mediaTypes } from '../../src/oci/index.ts';
import { bench, here, memorySink, someBytes } from './fixtures.ts';

const files = (...texts: string[]): PackFilesInput => ({
  files: texts.map((text, index) => ({ path: `file-${index}`, source: bytesSource(utf8(text)) })),
});

/** A repository in which reading one blob goes as `read` says. */
function withBlobs(repository: Repository, read: Repository['blob']['get']): Repository {
  return { ...repository, blob: { ...repository.blob, get: read } };
}

async function tagsOf(repository: Repository): Promise<string[]> {
  const tags: string[] = [];
  for await (const tag of repository.tags()) tags.push(tag);
  return tags;
}

async function indexOf(repository: Repository, platforms: readonly string[]): Promise<Descriptor> {
  const manifests = await Promise.all(
    platforms.map(async (architecture) => {
      const layer = utf8(`layer for ${architecture}`);
      const descriptor = { mediaType: mediaTypes.layerTar, digest: digestOf(layer), size: layer.length };
      await repository.blob.put(descriptor, bytesSource(layer));
      const config = utf8('{}');
      const configDescriptor = { mediaType: mediaTypes.imageConfig, digest: digestOf(config), size: config.length };
      await repository.blob.put(configDescriptor, bytesSource(config));
      const built = buildManifest({ config: configDescriptor, layers: [descriptor] });
      await repository.manifest.put(built.bytes, { mediaType: mediaTypes.imageManifest });
      return { ...built.descriptor, platform: { os: 'linux', architecture } };
    }),
  );
  const index = buildIndex({ manifests });
  return repository.manifest.put(index.bytes, { mediaType: mediaTypes.imageIndex, tag: 'many' });
}

describe('copy', () => {
  it('brings a manifest with everything in it, and counts what it moved', async () => {
    const { service } = bench();
    const packed = await service.pack(files('one', 'two', 'one'), here);
    const target = memoryRegistry().repository('copy');
    const copied = await service.copy(here, { repository: target, reference: 'v1' });
    expect(copied).toMatchObject({
      descriptor: { digest: packed.digest },
      tags: ['v1'],
      manifests: 1,
      copied: { blobs: 3, bytes: 8 },
      reused: { blobs: 0, bytes: 0 },
      dryRun: false,
      present: false,
    });
    expect((await target.manifest.get('v1'))?.bytes).toEqual((await service.inspect(here)).bytes);
    expect((await service.copy(here, { repository: target, reference: 'v2' })).reused.blobs).toBe(3);
  });

  it('mounts between repositories of one registry', async () => {
    const { service } = bench();
    await service.pack(files('one', 'two'), here);
    const copied = await service.copy(here, 'registry.example/other:v1');
    expect(copied.mounted.blobs).toBe(3);
    expect(copied.copied.blobs).toBe(0);
  });

  it('takes along what refers to it, and what refers to that', async () => {
    const { service, repository } = bench();
    const packed = await service.pack(files('one'), here);
    const first = await service.attach(here, { ...files('sbom'), artifactType: 'application/vnd.example.sbom' });
    const signed = { repository, reference: first.digest };
    const second = await service.attach(signed, { ...files('sig'), artifactType: 'application/vnd.example.sig' });
    const target = memoryRegistry().repository('copy');
    const copied = await service.copy(here, { repository: target, reference: 'v1' });
    expect(copied.referrers.map(({ digest }) => digest)).toEqual([first.digest, second.digest]);
    expect((await target.referrers(packed.digest)).referrers).toMatchObject([
      { digest: first.digest, artifactType: 'application/vnd.example.sbom' },
    ]);
    expect((await target.referrers(first.digest)).referrers).toHaveLength(1);
    const bare = memoryRegistry().repository('copy');
    await service.copy(here, { repository: bare, reference: 'v1' }, { referrers: false });
    expect((await bare.referrers(packed.digest)).referrers).toEqual([]);
  });

  it('takes an index whole, or one platform of it', async () => {
    const { service, repository } = bench();
    const index = await indexOf(repository, ['amd64', 'arm64']);
    const from = { repository, reference: 'many' };
    const whole = memoryRegistry().repository('copy');
    expect(await service.copy(from, { repository: whole })).toMatchObject({ manifests: 3, tags: [] });
    expect(await whole.resolve(index.digest)).toBeDefined();
    const one = memoryRegistry().repository('copy');
    const copied = await service.copy(from, { repository: one, reference: 'arm' }, { platform: 'linux/arm64' });
    expect(copied.manifests).toBe(1);
    expect((await one.manifest.get('arm'))?.descriptor.mediaType).toBe(mediaTypes.imageManifest);
    await expect(service.copy(from, { repository: one }, { platform: 'linux/s390x' })).rejects.toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
    });
  });

  it('copies every tag where it is asked to', async () => {
    const { service, repository } = bench();
    await service.pack(files('one'), here);
    await service.pack(files('two'), 'registry.example/team/app:v2');
    const target = memoryRegistry().repository('copy');
    const copied = await service.copy('registry.example/team/app', { repository: target }, { allTags: true });
    expect(copied.tags).toEqual(['v1', 'v2']);
    expect(await tagsOf(target)).toEqual(['v1', 'v2']);
    await expect(service.copy(here, { repository: target }, { allTags: true })).rejects.toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
    });
    const empty = { repository: memoryRegistry().repository('empty') };
    await expect(service.copy(empty, { repository }, { allTags: true })).rejects.toMatchObject({
      code: 'ERR_REGISTRY_NOT_FOUND',
    });
  });

  it('writes nothing in a dry run, and says what it would', async () => {
    const { service } = bench();
    await service.pack(files('one', 'two'), here);
    const target = memoryRegistry().repository('copy');
    const dry = await service.copy(here, { repository: target, reference: 'v1' }, { dryRun: true });
    expect(dry).toMatchObject({ dryRun: true, manifests: 1, copied: { blobs: 3 } });
    expect(await tagsOf(target)).toEqual([]);
    await service.copy(here, { repository: target, reference: 'v1' });
    expect((await service.copy(here, { repository: target }, { dryRun: true })).reused.blobs).toBe(3);
  });

  it('leaves a tag that is there alone with `ifAbsent`', async () => {
    const { service } = bench();
    await service.pack(files('one'), here);
    await service.pack(files('two'), 'registry.example/team/app:v2');
    const target = memoryRegistry().repository('copy');
    const to = { repository: target, reference: 'v' };
    expect((await service.copy(here, to, { ifAbsent: true })).present).toBe(false);
    const again = await service.copy('registry.example/team/app:v2', to, { ifAbsent: true });
    expect(again).toMatchObject({ present: true, tags: [], manifests: 0 });
    expect((await target.resolve('v'))?.digest).toBe((await service.resolve(here)).digest);
  });

  it('refuses a target that names another digest', async () => {
    const { service } = bench();
    await service.pack(files('one'), here);
    const other = `registry.example/copy@${digestOf(utf8('other'))}`;
    await expect(service.copy(here, other)).rejects.toMatchObject({ code: 'ERR_DIGEST_MISMATCH' });
    const { digest } = await service.resolve(here);
    expect((await service.copy(here, `registry.example/copy@${digest}`)).descriptor.digest).toBe(digest);
  });

  it('leaves layers where they are that must not be handed on', async () => {
    const { service, repository } = bench();
    const foreign = {
      mediaType: mediaTypes.nonDistributableLayerTar,
      digest: digestOf(utf8('elsewhere')),
      size: 9,
      urls: ['https://elsewhere.example/layer'],
    };
    const { bytes } = buildManifest({ artifactType: 'application/vnd.example.thing', layers: [foreign] });
    const empty = utf8('{}');
    await repository.blob.put({ mediaType: mediaTypes.empty, digest: digestOf(empty), size: 2 }, bytesSource(empty));
    await repository.manifest.put(bytes, { mediaType: mediaTypes.imageManifest, tag: 'v1' });
    const copied = await service.copy(here, 'registry.example/copy:v1');
    expect(copied.skipped).toMatchObject([{ digest: foreign.digest }]);
  });
});

describe('a copy that goes wrong', () => {
  const big = bytesSource(someBytes(2_000_000));

  it('asks again for wrong bytes, and says so', async () => {
    const { service, repository, events } = bench();
    await service.pack({ files: [{ path: 'big', source: big }] }, here);
    let left = 4;
    const flaky = withBlobs(repository, async (digest, options) => {
      const blob = await repository.blob.get(digest, options);
      if (blob === undefined || blob.size !== 2_000_000 || left-- <= 0) return blob;
      const error = new IntegrityError('ERR_DIGEST_MISMATCH', 'wrong', { expected: digest, actual: 'other' });
      const failing = (): Promise<ReadableStream> =>
        Promise.resolve(new ReadableStream({ start: (c) => c.error(error) }));
      return { ...blob, openUnverifiedRange: failing };
    });
    const target = memoryRegistry().repository('copy');
    await service.copy({ repository: flaky, reference: 'v1' }, { repository: target, reference: 'v1' });
    expect(events.filter(({ kind }) => kind === 'retry')).toHaveLength(4);
  });

  it('says that the source failed, and leaves no tag', async () => {
    const { service, repository } = bench();
    await service.pack({ files: [{ path: 'big', source: big }] }, here);
    const target = memoryRegistry().repository('copy');
    const broken = withBlobs(repository, () => Promise.reject(new Error('socket closed')));
    const copying = service.copy({ repository: broken, reference: 'v1' }, { repository: target, reference: 'v1' });
    await expect(copying).rejects.toMatchObject({ code: 'ERR_STORE_READ', details: { side: 'source' } });
    const missing = withBlobs(repository, () => Promise.resolve(undefined));
    await expect(
      service.copy({ repository: missing, reference: 'v1' }, { repository: target, reference: 'v1' }),
    ).rejects.toMatchObject({ code: 'ERR_BLOB_NOT_FOUND', details: { side: 'source' } });
    expect(await tagsOf(target)).toEqual([]);
  });

  it('says that the target failed, and does not try again', async () => {
    const { service, events } = bench();
    await service.pack({ files: [{ path: 'big', source: big }] }, here);
    const repository = memoryRegistry().repository('copy');
    const put = (): Promise<never> => Promise.reject(new Error('disk full'));
    const full = { ...repository, blob: { ...repository.blob, put } };
    await expect(service.copy(here, { repository: full, reference: 'v1' })).rejects.toMatchObject({
      code: 'ERR_STORE_WRITE',
      details: { side: 'destination' },
    });
    const readOnly = { ...repository, manifest: { ...repository.manifest, put } };
    await expect(service.copy(here, { repository: readOnly, reference: 'v1' })).rejects.toMatchObject({
      details: { side: 'destination' },
    });
    const untaggable = { ...repository, tag: put };
    await expect(service.copy(here, { repository: untaggable, reference: 'v1' })).rejects.toMatchObject({
      details: { side: 'destination', tag: 'v1' },
    });
    expect(events.filter(({ kind }) => kind === 'retry')).toEqual([]);
  });

  it('ends with the reason of an abort', async () => {
    const { service, repository } = bench();
    await service.pack({ files: [{ path: 'big', source: big }] }, here);
    const controller = new AbortController();
    const slow = withBlobs(repository, async (digest, options) => {
      controller.abort(new Error('enough'));
      return repository.blob.get(digest, options);
    });
    const target = memoryRegistry().repository('copy');
    const to = { repository: target, reference: 'v1' };
    const copying = service.copy({ repository: slow, reference: 'v1' }, to, { signal: controller.signal });
    await expect(copying).rejects.toThrow('enough');
    expect(await tagsOf(target)).toEqual([]);
  });

  it('warns where a registry does not tell what refers to a manifest', async () => {
    const { service, repository, events } = bench();
    await service.pack(files('one'), here);
    const hidden = { ...repository, referrers: () => Promise.resolve({ referrers: [], from: 'hidden' as const }) };
    await service.copy({ repository: hidden, reference: 'v1' }, 'registry.example/copy:v1');
    expect(events.filter(({ kind }) => kind === 'warning')).toHaveLength(1);
    const failing = { ...repository, referrers: () => Promise.reject(new Error('no')) };
    await expect(
      service.copy({ repository: failing, reference: 'v1' }, 'registry.example/copy:v1'),
    ).rejects.toMatchObject({ details: { side: 'source' } });
  });
});

it('copies between services that have their registries in memory', async () => {
  const service = createPackService();
  await service.pack(files('one'), 'one.example/a:v1');
  await service.copy('one.example/a:v1', 'two.example/b');
  const sink = memorySink();
  expect((await service.unpack('two.example/b:latest', sink)).bytes).toBe(3);
});
