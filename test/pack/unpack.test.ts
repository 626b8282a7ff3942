import { describe, expect, it } from 'vitest';
import { buildLayer, type TarEntry } from '../../src/archive/index.ts';
import { memoryRegistry } from '../../src/adapters/registry/memory.ts';
import { utf8 } from '../../src/bytes/encoding.ts';
import { bytesSource } from '../../src/bytes/source.ts';
import { readAll } from '../../src/bytes/stream.ts';
import { digestOf } from '../../src/digest/index.ts';
import { IntegrityError } from '../../src/errors.ts';
import { canonicalJson, type Descriptor, type Lock, type PackFilesInput, type Repository } from '../../src/index.ts';
import { buildIndex, buildManifest, emptyDescriptor, mediaTypes } from '../../src/oci/index.ts';
import { bench, here, lockfileOf, memorySink, someBytes, somePackages, sourceOf, tree } from './fixtures.ts';

const title = 'org.opencontainers.image.title';
const unpackFlag = { 'io.deis.oras.content.unpack': 'true' };
const file = (path: string, text = path): TarEntry => ({ path, type: 'file', source: bytesSource(utf8(text)) });

const input: PackFilesInput = {
  files: [
    { path: 'readme.md', source: bytesSource(utf8('read me')) },
    { path: 'bin/run', source: bytesSource(utf8('run')), executable: true },
  ],
  folders: [
    {
      path: 'site',
      entries: [
        file('index.html'),
        { ...file('bin/tool'), executable: true },
        { path: 'empty', type: 'directory' },
        { path: 'link', type: 'symlink', target: 'bin/tool' },
        { path: 'same', type: 'hardlink', target: 'index.html' },
      ],
    },
  ],
};

/** Puts layers under a manifest, as a stranger would. */
async function publish(
  repository: Repository,
  layers: readonly { bytes: Uint8Array; mediaType?: string; annotations?: Record<string, string>; size?: number }[],
  config: { mediaType: string; bytes: Uint8Array } = { mediaType: mediaTypes.empty, bytes: utf8('{}') },
): Promise<Descriptor> {
  const put = async (bytes: Uint8Array, mediaType: string): Promise<Descriptor> => {
    const descriptor = { mediaType, digest: digestOf(bytes), size: bytes.length };
    await repository.blob.put(descriptor, bytesSource(bytes));
    return descriptor;
  };
  const described = await Promise.all(
    layers.map(async ({ bytes, mediaType = mediaTypes.layerTar, annotations }) => ({
      ...(await put(bytes, mediaType)),
      ...(annotations === undefined ? {} : { annotations }),
    })),
  );
  const built = buildManifest({
    artifactType: 'application/vnd.example.thing',
    config: await put(config.bytes, config.mediaType),
    layers: described,
  });
  return repository.manifest.put(built.bytes, { mediaType: mediaTypes.imageManifest, tag: 'v1' });
}

async function gzipped(entries: readonly TarEntry[]): Promise<{ bytes: Uint8Array; diffId: string }> {
  const { stream, result } = buildLayer(entries, { compression: 'gzip' });
  const bytes = await readAll(stream, { limit: 1e7 });
  return { bytes, diffId: (await result).diffId };
}

describe('unpack', () => {
  it('gives the tree that was packed, executable bits, links and empty folders included', async () => {
    const { service } = bench();
    const packed = await service.pack(input, here);
    const sink = memorySink();
    const unpacked = await service.unpack(here, sink);
    expect(tree(sink)).toEqual({
      'bin/': '',
      'bin/run': 'run x',
      'readme.md': 'read me',
      'site/': '',
      'site/bin/': '',
      'site/bin/tool': 'bin/tool x',
      'site/empty/': '',
      'site/index.html': 'index.html',
      'site/link': '-> bin/tool',
      'site/same': 'index.html',
    });
    expect(unpacked).toMatchObject({ files: 4, bytes: 28, skipped: [], descriptor: { digest: packed.digest } });
  });

  it.each([
    [['readme.md'], ['readme.md']],
    [['**/*.html'], ['site/', 'site/index.html']],
    [['site/bin'], ['site/', 'site/bin/', 'site/bin/tool']],
    [
      ['*/run', 'site/empty/'],
      ['bin/', 'bin/run', 'site/', 'site/empty/'],
    ],
    [
      ['site/i*x.h?ml', 'site/same'],
      ['site/', 'site/index.html', 'site/same'],
    ],
  ])('writes only what %j names', async (include, expected) => {
    const { service } = bench();
    await service.pack(input, here);
    const sink = memorySink();
    await service.unpack(here, sink, { include });
    expect(Object.keys(tree(sink))).toEqual(expected);
  });

  it('fetches no layer that no pattern can want', async () => {
    const { service, repository } = bench();
    await service.pack(input, here);
    const asked: string[] = [];
    const get: Repository['blob']['get'] = (digest, options) => {
      asked.push(digest);
      return repository.blob.get(digest, options);
    };
    const spied = { ...repository, blob: { ...repository.blob, get } };
    await service.unpack({ repository: spied, reference: 'v1' }, memorySink(), { include: ['readme.md'] });
    expect(asked).toEqual([digestOf(utf8('read me'))]);
  });

  it.each([
    [['nothing'], 'ERR_INVALID_ARGUMENT'],
    [['../x'], 'ERR_INVALID_ARGUMENT'],
    [[''], 'ERR_INVALID_ARGUMENT'],
    [['/etc'], 'ERR_INVALID_ARGUMENT'],
    [['site/same'], 'ERR_INVALID_ARGUMENT'],
  ])('refuses the patterns %j, and writes nothing', async (include, code) => {
    const { service } = bench();
    await service.pack(input, here);
    const sink = memorySink();
    await expect(service.unpack(here, sink, { include })).rejects.toMatchObject({ code });
    expect(sink.files().size).toBe(0);
  });

  it('picks a platform out of an index, or the only manifest in it', async () => {
    const { service, repository } = bench();
    const { descriptor } = await service.pack(input, here);
    const { mediaType, digest, size } = descriptor;
    const index = async (platforms: readonly string[], tag: string): Promise<void> => {
      const manifests = platforms.map((architecture) => ({
        ...{ mediaType, digest, size },
        platform: { os: 'linux', architecture },
      }));
      await repository.manifest.put(buildIndex({ manifests }).bytes, { mediaType: mediaTypes.imageIndex, tag });
    };
    await index(['amd64'], 'one');
    await index(['amd64', 'arm64'], 'two');
    expect((await service.unpack({ repository, reference: 'one' }, memorySink())).files).toBe(4);
    const two = { repository, reference: 'two' };
    expect((await service.unpack(two, memorySink(), { platform: 'linux/arm64' })).files).toBe(4);
    await expect(service.unpack(two, memorySink())).rejects.toMatchObject({ argument: 'platform' });
    expect(await service.inspect(two)).toMatchObject({ entries: [], manifest: { manifests: [{}, {}] } });
    expect((await service.inspect(two, { platform: 'linux/arm64' })).entries).toHaveLength(3);
  });

  it('leaves layers without a file name out, and says so', async () => {
    const { service, repository, events } = bench();
    await publish(repository, [{ bytes: utf8('a'), annotations: { [title]: 'a' } }, { bytes: utf8('b') }]);
    const unpacked = await service.unpack(here, memorySink());
    expect(unpacked).toMatchObject({ files: 1, skipped: [{ digest: digestOf(utf8('b')) }] });
    expect(events.filter(({ kind }) => kind === 'warning')).toHaveLength(1);
  });

  it('reads a folder without a digest of its tar, compressed or not', async () => {
    const { service, repository } = bench();
    const tar = await readAll(buildLayer([file('d/x')], { compression: 'none' }).stream, { limit: 1e6 });
    const { bytes } = await gzipped([file('e/y')]);
    await publish(repository, [
      { bytes: tar, annotations: { [title]: 'd', ...unpackFlag } },
      { bytes, annotations: { [title]: 'e', ...unpackFlag } },
    ]);
    const sink = memorySink();
    await service.unpack(here, sink);
    expect(tree(sink)).toEqual({ 'd/': '', 'd/x': 'd/x', 'e/': '', 'e/y': 'e/y' });
  });

  it('asks again for a small layer that came wrong', async () => {
    const { service, repository, events } = bench();
    await service.pack(input, here);
    let left = 4;
    const get: Repository['blob']['get'] = async (digest, options) => {
      const blob = await repository.blob.get(digest, options);
      if (blob?.size !== 7 || left-- <= 0) return blob;
      throw new IntegrityError('ERR_DIGEST_MISMATCH', 'wrong', { expected: 'a', actual: 'b' });
    };
    const flaky = { ...repository, blob: { ...repository.blob, get } };
    expect((await service.unpack({ repository: flaky, reference: 'v1' }, memorySink())).files).toBe(4);
    expect(events.filter(({ kind }) => kind === 'retry')).toHaveLength(4);
    left = 5;
    await expect(service.unpack({ repository: flaky, reference: 'v1' }, memorySink())).rejects.toMatchObject({
      code: 'ERR_DIGEST_MISMATCH',
      details: { side: 'source', path: 'readme.md' },
    });
  });
});

describe('unpack refuses', () => {
  const cases: [string, string, Parameters<typeof publish>[1], Parameters<typeof publish>[2]?][] = [
    ['a title that escapes', 'ERR_UNSAFE_PATH', [{ bytes: utf8('a'), annotations: { [title]: '../a' } }]],
    ['an absolute title', 'ERR_UNSAFE_PATH', [{ bytes: utf8('a'), annotations: { [title]: '/a' } }]],
    [
      'titles that are one file on some systems',
      'ERR_UNSAFE_PATH',
      ['a/É', 'a/e\u0301'].map((path) => ({ bytes: utf8(path), annotations: { [title]: path } })),
    ],
    [
      'a title below a file',
      'ERR_UNSAFE_PATH',
      ['a', 'a/b'].map((path) => ({ bytes: utf8(path), annotations: { [title]: path } })),
    ],
    [
      'a content digest that is not one',
      'ERR_MANIFEST_INVALID',
      [{ bytes: utf8('a'), annotations: { [title]: 'a', ...unpackFlag, 'io.deis.oras.content.digest': 'x' } }],
    ],
    [
      'a folder that is no archive',
      'ERR_ARCHIVE_INVALID',
      [{ bytes: utf8('no tar'), annotations: { [title]: 'a', ...unpackFlag } }],
    ],
    ['what has no file names', 'ERR_UNSUPPORTED', [{ bytes: utf8('a') }]],
    [
      'a container image',
      'ERR_UNSUPPORTED',
      [{ bytes: utf8('a') }],
      { mediaType: mediaTypes.imageConfig, bytes: utf8('{}') },
    ],
    [
      'a lock that is not one',
      'ERR_LOCK_INVALID',
      [{ bytes: utf8('a'), annotations: { [title]: 'a' } }],
      { mediaType: mediaTypes.lock, bytes: utf8('{}') },
    ],
  ];

  it.each(cases)('%s', async (_, code, layers, config) => {
    const { service, repository } = bench();
    await publish(repository, layers, config);
    const sink = memorySink();
    await expect(service.unpack(here, sink)).rejects.toMatchObject({ code });
    expect(sink.files().size).toBe(0);
  });

  it.each([
    ['lies outside of its folder', [file('other/x')], 'ERR_UNSAFE_PATH'],
    ['is a file where its folder must be', [file('d')], 'ERR_UNSAFE_PATH'],
    ['takes the place of a file of another layer', [file('d/x'), file('d/y')], 'ERR_UNSAFE_PATH'],
  ])('an archive whose entry %s', async (what, entries, code) => {
    const { service, repository } = bench();
    const { bytes } = await gzipped(entries);
    const other = what.startsWith('takes') ? [{ bytes: utf8('x'), annotations: { [title]: 'd/x' } }] : [];
    await publish(repository, [...other, { bytes, annotations: { [title]: 'd', ...unpackFlag } }]);
    await expect(service.unpack(here, memorySink())).rejects.toMatchObject({ code });
  });

  it('an archive whose tar has another digest than the layer says', async () => {
    const { service, repository } = bench();
    const { bytes } = await gzipped([file('d/x')]);
    const annotations = { [title]: 'd', ...unpackFlag, 'io.deis.oras.content.digest': digestOf(utf8('other')) };
    await publish(repository, [{ bytes, annotations }]);
    await expect(service.unpack(here, memorySink())).rejects.toMatchObject({ code: 'ERR_DIGEST_MISMATCH' });
  });

  it('links of two folders that only together lead outside', async () => {
    const { service, repository } = bench();
    const first = await gzipped([{ path: 'a/x', type: 'symlink', target: '../b/c/../..' }]);
    const second = await gzipped([{ path: 'b/c', type: 'symlink', target: '../z' }]);
    await publish(repository, [
      { bytes: first.bytes, annotations: { [title]: 'a', ...unpackFlag } },
      { bytes: second.bytes, annotations: { [title]: 'b', ...unpackFlag } },
    ]);
    await expect(service.unpack(here, memorySink())).rejects.toMatchObject({ code: 'ERR_UNSAFE_PATH' });
  });

  it('more bytes than the limit', async () => {
    const { service } = bench({ limits: { totalBytes: 20 } });
    await service.pack(input, here);
    const sink = memorySink();
    await expect(service.unpack(here, sink)).rejects.toMatchObject({ code: 'ERR_LIMIT_EXCEEDED' });
    expect(sink.files().size).toBe(0);
  });

  it('a layer that is missing, or has another size', async () => {
    const { service, repository } = bench();
    await service.pack({ files: [{ path: 'large', source: bytesSource(someBytes(2_000_000)) }] }, here);
    const digest = digestOf(someBytes(2_000_000));
    const wrong: Repository['blob']['get'] = async (asked, options) => {
      const blob = await repository.blob.get(asked, options);
      return blob === undefined ? undefined : { ...blob, size: blob.size + 1 };
    };
    const other = { ...repository, blob: { ...repository.blob, get: wrong } };
    await expect(service.unpack({ repository: other, reference: 'v1' }, memorySink())).rejects.toMatchObject({
      code: 'ERR_SIZE_MISMATCH',
    });
    const get: Repository['blob']['get'] = (asked, options) =>
      asked === digest ? Promise.resolve(undefined) : repository.blob.get(asked, options);
    const missing = { ...repository, blob: { ...repository.blob, get } };
    await expect(service.unpack({ repository: missing, reference: 'v1' }, memorySink())).rejects.toMatchObject({
      code: 'ERR_BLOB_NOT_FOUND',
      details: { digest, side: 'source', path: 'large' },
    });
  });
});

describe('the config of a pack of files', () => {
  it('is checked like everything else, though nothing of it is written', async () => {
    const { service, repository } = bench();
    await service.pack({ files: [{ path: 'a', source: bytesSource(someBytes(3)) }] }, here);
    const get: Repository['blob']['get'] = (asked, options) =>
      asked === emptyDescriptor.digest ? Promise.resolve(undefined) : repository.blob.get(asked, options);
    const missing = { ...repository, blob: { ...repository.blob, get } };
    const sink = memorySink();
    await expect(service.unpack({ repository: missing, reference: 'v1' }, sink)).rejects.toMatchObject({
      code: 'ERR_BLOB_NOT_FOUND',
      details: { digest: emptyDescriptor.digest, side: 'source' },
    });
    expect(sink.files().size).toBe(0);
  });
});

describe('a pack of a lock whose layers are not those of the lock', () => {
  const packages = somePackages(2);
  const lockfile = lockfileOf(packages);
  const titled = (path: string, bytes: Uint8Array): { bytes: Uint8Array; annotations: Record<string, string> } => ({
    bytes,
    annotations: { [title]: path },
  });

  async function someLock(): Promise<Lock> {
    const { service } = bench({ sources: [sourceOf(packages)] });
    const { lock } = await service.pack({ lockfile: { name: 'package-lock.json', bytes: lockfile } }, here);
    return lock as Lock;
  }

  const first = titled('package-lock.json', lockfile);
  const [p0, p1] = packages.map(({ name, bytes }) => titled(`npm/${name}/1.0.0.tgz`, bytes)) as [
    typeof first,
    typeof first,
  ];
  it.each([
    ['one is missing', [first, p0]],
    ['one is more', [first, p0, p1, titled('npm/evil/1.0.0.tgz', utf8('evil'))]],
    ['two are swapped', [first, titled('npm/p0/1.0.0.tgz', p1.bytes), titled('npm/p1/1.0.0.tgz', p0.bytes)]],
    ['the lockfile is another one', [titled('package-lock.json', utf8('{}')), p0, p1]],
    ['one comes twice', [first, p0, p0, p1]],
    ['a tar stands beside them', [first, p0, titled('artifacts.tar', utf8('x'))]],
  ])('is refused before anything is written: %s', async (_, layers) => {
    const { service, repository } = bench();
    const gzip = layers.map((layer, index) => ({
      ...layer,
      mediaType:
        index === 0
          ? 'application/json'
          : layer.annotations[title] === 'artifacts.tar'
            ? mediaTypes.layerTar
            : 'application/gzip',
    }));
    await publish(repository, gzip, { mediaType: mediaTypes.lock, bytes: canonicalJson(await someLock()) });
    const begun: string[] = [];
    const sink = {
      begin: () => {
        begun.push('begin');
        return Promise.reject(new Error('never'));
      },
    };
    await expect(service.unpack(here, sink)).rejects.toMatchObject({ code: 'ERR_MANIFEST_INVALID' });
    expect(begun).toEqual([]);
  });

  it.each([
    ['one is missing', [file('npm/p0/1.0.0.tgz')]],
    ['one is more', [file('npm/evil'), file('npm/p0/1.0.0.tgz')]],
    ['one is a link', [{ path: 'npm/p0/1.0.0.tgz', type: 'symlink' as const, target: 'x' }]],
  ])('is refused in one tar too: %s', async (_, entries) => {
    const { service, repository } = bench();
    const bytes = await readAll(buildLayer(entries, { compression: 'none' }).stream, { limit: 1e6 });
    const config = { mediaType: mediaTypes.lock, bytes: canonicalJson(await someLock()) };
    await publish(repository, [first, { bytes }], config);
    await expect(service.unpack(here, memorySink())).rejects.toMatchObject({ code: 'ERR_MANIFEST_INVALID' });
  });

  it('is refused where an artifact of the tar has other bytes of the same size', async () => {
    const { service, repository } = bench();
    const entries = packages.map(({ name, bytes }) => ({
      path: `npm/${name}/1.0.0.tgz`,
      type: 'file' as const,
      source: bytesSource(bytes.map((byte) => byte ^ 1)),
    }));
    const bytes = await readAll(buildLayer(entries, { compression: 'none' }).stream, { limit: 1e6 });
    const config = { mediaType: mediaTypes.lock, bytes: canonicalJson(await someLock()) };
    await publish(repository, [first, { bytes }], config);
    await expect(service.unpack(here, memorySink())).rejects.toMatchObject({ code: 'ERR_DIGEST_MISMATCH' });
  });

  it('is refused where the lock gives an artifact another integrity than its bytes have', async () => {
    const { service, repository } = bench();
    const lock = JSON.parse(new TextDecoder().decode(canonicalJson(await someLock()))) as {
      entries: { integrity: string }[];
    };
    const [a, b] = lock.entries as [{ integrity: string }, { integrity: string }];
    [a.integrity, b.integrity] = [b.integrity, a.integrity];
    const layers = [first, { ...p0, mediaType: 'application/gzip' }, { ...p1, mediaType: 'application/gzip' }];
    await publish(repository, layers, { mediaType: mediaTypes.lock, bytes: canonicalJson(lock) });
    await expect(service.unpack(here, memorySink())).rejects.toMatchObject({ code: 'ERR_DIGEST_MISMATCH' });
  });
});

it('a registry in memory is where a service starts', () => {
  expect(memoryRegistry().id).toBe('memory');
});
