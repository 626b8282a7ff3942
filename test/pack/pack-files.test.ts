import { describe, expect, it } from 'vitest';
import { memoryRegistry } from '../../src/adapters/registry/memory.ts';
import { utf8 } from '../../src/bytes/encoding.ts';
import { bytesSource, streamSource } from '../../src/bytes/source.ts';
import { digestOf } from '../../src/digest/index.ts';
import {
  createPackService,
  type InputFolder,
  type PackFilesInput,
  type Repository,
  type TarEntry,
} from '../../src/index.ts';
import { bench, here, isEmpty, memorySink, someBytes, streamOf, tree } from './fixtures.ts';

const file = (path: string, text = path): TarEntry => ({ path, type: 'file', source: bytesSource(utf8(text)) });
const folder: InputFolder = {
  path: 'docs',
  entries: [file('b.md'), file('a/b.md'), { ...file('run'), executable: true }],
};

/** A repository that must know a digest before it takes bytes. */
function withoutIngest(repository: Repository): Repository {
  return { ...repository, blob: { ...repository.blob, ingest: undefined } as unknown as Repository['blob'] };
}

describe('a pack of files and folders', () => {
  it('is what oras push makes', async () => {
    const { service } = bench();
    await service.pack({ files: [{ path: 'a.txt', source: bytesSource(utf8('a')) }], folders: [folder] }, here);
    const { manifest } = await service.inspect(here);
    expect(manifest).toEqual({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      artifactType: 'application/vnd.unknown.artifact.v1',
      config: {
        mediaType: 'application/vnd.oci.empty.v1+json',
        digest: 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a',
        size: 2,
        data: 'e30=',
      },
      layers: [
        {
          mediaType: 'application/vnd.oci.image.layer.v1.tar',
          digest: digestOf(utf8('a')),
          size: 1,
          annotations: { 'org.opencontainers.image.title': 'a.txt' },
        },
        {
          mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
          digest: expect.stringMatching(/^sha256:/) as string,
          size: expect.any(Number) as number,
          annotations: {
            'io.deis.oras.content.digest': expect.stringMatching(/^sha256:/) as string,
            'io.deis.oras.content.unpack': 'true',
            'org.opencontainers.image.title': 'docs',
          },
        },
      ],
    });
  });

  it('has the digest that it always had, whatever the order of the entries', async () => {
    const entries = [...(folder.entries as TarEntry[])];
    const digests = await Promise.all(
      [entries, [...entries].reverse(), [{ path: 'a', type: 'directory' as const }, ...entries]].map(async (order) => {
        const { service } = bench();
        return (await service.pack({ folders: [{ path: 'docs', entries: order }] }, here)).digest;
      }),
    );
    expect(new Set(digests).size).toBe(1);
    expect(digests[0]).toMatchInlineSnapshot(
      `"sha256:6e42068224e76f851cf0b2d56b38405bfef32cff7e0f2bdd030cda3d2253c45c"`,
    );
  });

  it('carries media types, annotations and an artifact type', async () => {
    const { service } = bench();
    const input: PackFilesInput = {
      artifactType: 'application/vnd.example.thing',
      annotations: { 'org.opencontainers.image.version': '1' },
      files: [
        {
          path: 'a',
          source: bytesSource(utf8('a')),
          mediaType: 'text/plain',
          annotations: { x: 'y' },
          executable: true,
        },
      ],
    };
    const packed = await service.pack(input, here);
    expect(packed.descriptor.artifactType).toBe('application/vnd.example.thing');
    expect(packed.layers[0]).toMatchObject({ mediaType: 'text/plain', annotations: { x: 'y' } });
    expect((await service.inspect(here)).manifest.annotations).toEqual({ 'org.opencontainers.image.version': '1' });
  });

  it('reads every file once where the target takes bytes as they come', async () => {
    const { service } = bench();
    let opened = 0;
    const source = streamSource(() => {
      opened++;
      return streamOf(someBytes(3_000_000));
    });
    const packed = await service.pack({ files: [{ path: 'large', source }] }, here);
    expect(opened).toBe(1);
    expect(packed.layers[0]?.digest).toBe(digestOf(someBytes(3_000_000)));
  });

  it('is the same where the target must know the digest first', async () => {
    const input: PackFilesInput = {
      files: [
        { path: 'large', source: streamSource(() => streamOf(someBytes(3_000_000))) },
        { path: 'sized', source: streamSource(() => streamOf(someBytes(2_000_000)), { size: 2_000_000 }) },
      ],
      folders: [folder],
    };
    const { service } = bench();
    const packed = await service.pack(input, here);
    const other = { repository: withoutIngest(memoryRegistry().repository('plain')), reference: 'v1' };
    expect((await service.pack(input, other)).digest).toBe(packed.digest);
  });

  it('takes entries from an async iterable', async () => {
    async function* entries(): AsyncGenerator<TarEntry> {
      await Promise.resolve();
      yield file('x');
    }
    const { service } = bench();
    await service.pack({ folders: [{ path: 'f', entries: entries() }] }, here);
    const sink = memorySink();
    await service.unpack(here, sink);
    expect(tree(sink)).toEqual({ 'f/': '', 'f/x': 'x' });
  });

  it('is refused under a digest that it does not have, and is written under the one that it has', async () => {
    const { service } = bench();
    const input = { files: [{ path: 'a', source: bytesSource(utf8('a')) }] };
    const { digest } = await service.pack(input, here);
    expect((await service.pack(input, `registry.example/other@${digest}`)).digest).toBe(digest);
    const wrong = `registry.example/other@${digestOf(utf8('x'))}`;
    await expect(service.pack(input, wrong)).rejects.toMatchObject({ code: 'ERR_DIGEST_MISMATCH' });
  });
});

describe('files and folders that cannot be packed', () => {
  const a = { path: 'a', source: bytesSource(utf8('a')) };
  const cases: [string, string, PackFilesInput][] = [
    ['nothing at all', 'ERR_INVALID_ARGUMENT', {}],
    ['two files of one name', 'ERR_UNSAFE_PATH', { files: [a, a] }],
    ['names equal but for case', 'ERR_UNSAFE_PATH', { files: [a, { ...a, path: 'A' }] }],
    ['a file and a folder of one name', 'ERR_UNSAFE_PATH', { files: [a], folders: [{ path: 'a', entries: [] }] }],
    ['a path that escapes', 'ERR_UNSAFE_PATH', { files: [{ ...a, path: '../a' }] }],
    ['a media type that is none', 'ERR_INVALID_MEDIA_TYPE', { files: [{ ...a, mediaType: 'text' }] }],
    ['an artifact type that is none', 'ERR_INVALID_MEDIA_TYPE', { files: [a], artifactType: 'thing' }],
    ['an unknown option', 'ERR_INVALID_ARGUMENT', { files: [a], artefactType: 'x' } as PackFilesInput],
    ['an unknown option of a file', 'ERR_INVALID_ARGUMENT', { files: [{ ...a, mode: 1 } as typeof a] }],
    [
      'an entry that comes twice',
      'ERR_INVALID_ARGUMENT',
      { folders: [{ path: 'f', entries: [file('x'), file('x')] }] },
    ],
    ['an entry below a file', 'ERR_INVALID_ARGUMENT', { folders: [{ path: 'f', entries: [file('x'), file('x/y')] }] }],
    ['an entry that escapes', 'ERR_UNSAFE_PATH', { folders: [{ path: 'f', entries: [file('../x')] }] }],
  ];
  it.each(cases)('are refused: %s', async (_, code, input) => {
    const { service, repository } = bench();
    await expect((async () => service.pack(input, here))()).rejects.toMatchObject({ code });
    expect(await isEmpty(repository)).toBe(true);
  });

  it('are refused where one cannot be read, and nothing is written', async () => {
    const { service, repository } = bench();
    const broken = streamSource(() => Promise.reject(new Error('no permission')));
    const late = streamSource(
      () =>
        new ReadableStream({ start: (c) => c.enqueue(someBytes(2_000_000)), pull: (c) => c.error(new Error('disk')) }),
    );
    for (const source of [broken, late]) {
      const packing = service.pack({ files: [a, { path: 'b', source }] }, here);
      await expect(packing).rejects.toThrow(/permission|disk/);
    }
    expect(await isEmpty(repository)).toBe(true);
    expect(await repository.blob.stat(digestOf(utf8('a')))).toBeUndefined();
  });
});

describe('locations and options', () => {
  const input = { files: [{ path: 'a', source: bytesSource(utf8('a')) }] };

  it('a reference without a tag means latest', async () => {
    const service = createPackService();
    const packed = await service.pack(input, 'registry.example/a');
    expect(packed.reference).toBe('registry.example/a:latest');
    expect((await service.resolve('registry.example/a:latest')).digest).toBe(packed.digest);
  });

  it('a repository without a reference means its only root manifest', async () => {
    const { service, repository } = bench();
    await expect(service.resolve({ repository })).rejects.toMatchObject({ code: 'ERR_REGISTRY_NOT_FOUND' });
    const packed = await service.pack(input, { repository });
    expect((await service.resolve({ repository })).digest).toBe(packed.digest);
    await service.attach({ repository }, input);
    expect((await service.resolve({ repository })).digest).toBe(packed.digest);
    await service.pack({ files: [{ path: 'b', source: bytesSource(utf8('b')) }] }, { repository });
    await expect(service.resolve({ repository })).rejects.toMatchObject({
      code: 'ERR_INVALID_REFERENCE',
      details: { digests: expect.arrayContaining([packed.digest]) as string[] },
    });
  });

  it.each([
    ['no-slash:bad:tag', 'ERR_INVALID_REFERENCE'],
    ['registry.example/none:v1', 'ERR_REGISTRY_NOT_FOUND'],
    [{ repository: memoryRegistry().repository('x'), reference: 'not a tag' }, 'ERR_INVALID_REFERENCE'],
    [{ repository: memoryRegistry().repository('x'), reference: 'v1' }, 'ERR_REGISTRY_NOT_FOUND'],
    [{ repository: memoryRegistry().repository('x'), tag: 'v1' } as never, 'ERR_INVALID_ARGUMENT'],
    [{} as never, 'ERR_INVALID_ARGUMENT'],
  ])('%j is refused by code', async (location, code) => {
    await expect(createPackService().resolve(location)).rejects.toMatchObject({ code });
  });

  it('unknown options and values that cannot be used are errors', async () => {
    expect(() => createPackService({ registry: 1 } as never)).toThrow(/unknown option "registry"/);
    expect(() => createPackService(null as never)).toThrow();
    expect(() => createPackService({ concurrency: 0 })).toThrow(/concurrency/);
    expect(() => createPackService({ limits: { artifactBytes: -1 } })).toThrow(/artifactBytes/);
    expect(() => createPackService({ limits: { bytes: 1 } as never })).toThrow(/bytes/);
    const service = createPackService();
    const unknown = { what: true } as never;
    const code = 'ERR_INVALID_ARGUMENT';
    await expect(service.pack(input, here, unknown)).rejects.toMatchObject({ code });
    await expect(service.pack(5 as never, here)).rejects.toMatchObject({ code });
    await expect(service.copy(here, here, unknown)).rejects.toMatchObject({ code });
    await expect(service.inspect(here, unknown)).rejects.toMatchObject({ code });
    await expect(service.unpack(here, memorySink(), unknown)).rejects.toMatchObject({ code });
    await expect(service.diff(here, here, unknown)).rejects.toMatchObject({ code });
    await expect(service.resolve(here, unknown)).rejects.toMatchObject({ code });
    await expect(service.attach(here, input, unknown)).rejects.toMatchObject({ code });
  });
});

describe('diff', () => {
  it('names what was added, removed and changed', async () => {
    const { service } = bench();
    const files = (...pairs: [string, string][]): PackFilesInput => ({
      files: pairs.map(([path, text]) => ({ path, source: bytesSource(utf8(text)) })),
    });
    await service.pack(files(['same', '1'], ['gone', '2'], ['other', '3']), here);
    await service.pack(files(['same', '1'], ['new', '2'], ['other', '4']), 'registry.example/b:v1');
    const diff = await service.diff(here, 'registry.example/b:v1');
    expect(diff.same).toBe(false);
    expect(diff.changes.map(({ kind, path }) => `${kind} ${path}`)).toEqual([
      'removed gone',
      'added new',
      'changed other',
    ]);
    expect(await service.diff(here, here)).toMatchObject({ same: true, changes: [] });
  });
});
