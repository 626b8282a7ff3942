import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { layoutRegistry, layoutRepository, openLayout } from '../../../src/adapters/registry/layout.ts';
import { utf8 } from '../../../src/bytes/encoding.ts';
import { algorithmOf, digestOf, hexOf, type Digest } from '../../../src/digest/digest.ts';
import type { Descriptor } from '../../../src/oci/descriptor.ts';
import { mediaTypes } from '../../../src/oci/media-types.ts';
import { bytesSource } from '../../../src/testing/bytes.ts';
import {
  listed,
  manifestBytes,
  putIndex,
  putManifest,
  putText,
  rootsOf,
  textDescriptor,
} from '../../../src/testing/registry-fixtures.ts';
import { temporaryFolder } from '../node/temporary-folder.ts';

const refName = 'org.opencontainers.image.ref.name';
const filesOf = (directory: string): string[] => readdirSync(directory).sort();
const specFiles = ['blobs', 'index.json', 'oci-layout'];

interface IndexDocument {
  schemaVersion: number;
  manifests: (Descriptor & Record<string, unknown>)[];
  [member: string]: unknown;
}

const readIndex = (directory: string): IndexDocument =>
  JSON.parse(readFileSync(join(directory, 'index.json'), 'utf8')) as IndexDocument;

/** A layout as another tool would have written it. */
class ForeignLayout {
  readonly directory = temporaryFolder();

  blob(text: string, mediaType: string, algorithm: 'sha256' | 'sha512' = 'sha256'): Descriptor {
    const descriptor = textDescriptor(text, mediaType, algorithm);
    const path = this.pathOf(descriptor.digest);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return descriptor;
  }

  image(text: string, members: object = {}, algorithm: 'sha256' | 'sha512' = 'sha256'): Descriptor {
    const config = this.blob('{}', mediaTypes.imageConfig, algorithm);
    const layers = [this.blob(text, mediaTypes.layerTar, algorithm)];
    const document = { schemaVersion: 2, mediaType: mediaTypes.imageManifest, config, layers, ...members };
    return this.blob(JSON.stringify(document), document.mediaType, algorithm);
  }

  index(manifests: readonly object[], members: object = { mediaType: mediaTypes.imageIndex }): this {
    writeFileSync(join(this.directory, 'index.json'), JSON.stringify({ schemaVersion: 2, ...members, manifests }));
    return this.marker('{"imageLayoutVersion":"1.0.0"}');
  }

  marker(text: string): this {
    writeFileSync(join(this.directory, 'oci-layout'), text);
    return this;
  }

  unmark(): void {
    unlinkSync(join(this.directory, 'oci-layout'));
  }

  pathOf(digest: Digest): string {
    return join(this.directory, 'blobs', algorithmOf(digest), hexOf(digest));
  }
}

const tagged = (descriptor: Descriptor, name: string): Descriptor => ({
  ...descriptor,
  annotations: { [refName]: name },
});

describe('a layout folder', () => {
  it('holds only what image-spec names after a manifest was put', async () => {
    const directory = join(temporaryFolder(), 'new', 'layout');
    const repository = layoutRepository({ directory, durable: true });
    const manifest = await putManifest(repository, 'hello', { tag: 'v1', artifactType: 'text/plain' });
    expect(filesOf(directory)).toEqual(specFiles);
    expect(readFileSync(join(directory, 'oci-layout'), 'utf8')).toBe('{"imageLayoutVersion":"1.0.0"}');
    expect(readIndex(directory)).toEqual({
      schemaVersion: 2,
      mediaType: mediaTypes.imageIndex,
      manifests: [{ ...manifest, artifactType: 'text/plain', annotations: { [refName]: 'v1' } }],
    });
    expect(existsSync(join(directory, 'blobs', 'sha256', hexOf(manifest.digest)))).toBe(true);
  });

  it('reads as empty before it is there, and is not made by reading or by writers that find nothing to do', async () => {
    const directory = join(temporaryFolder(), 'missing');
    const layout = openLayout({ directory });
    const { repository } = layout;
    expect(await repository.resolve('v1')).toBeUndefined();
    expect(await repository.blob.stat(digestOf(utf8('x')))).toBeUndefined();
    expect(await listed(repository.tags())).toEqual([]);
    expect(await repository.delete('v1')).toBe(false);
    expect(await repository.delete(digestOf(utf8('x')))).toBe(false);
    expect(await layout.exclusively(() => Promise.resolve('done'))).toBe('done');
    expect(existsSync(directory)).toBe(false);
  });

  it('is not there after a first write that failed', async () => {
    const directory = join(temporaryFolder(), 'deep', 'new');
    const repository = layoutRepository({ directory });
    const put = repository.blob.put(textDescriptor('text'), bytesSource(utf8('tent')));
    await expect(put).rejects.toMatchObject({ code: 'ERR_DIGEST_MISMATCH' });
    const bytes = manifestBytes();
    const incomplete = repository.manifest.put(bytes, { mediaType: mediaTypes.imageManifest });
    await expect(incomplete).rejects.toMatchObject({ code: 'ERR_MANIFEST_INVALID' });
    expect(existsSync(dirname(directory))).toBe(false);
  });

  it('has the same index whatever order the manifests came in', async () => {
    const texts = ['one', 'two', 'three', 'four'];
    const [first, second] = [temporaryFolder(), temporaryFolder()];
    for (const [directory, order] of [
      [first, texts],
      [second, [...texts].reverse()],
    ] as const) {
      const repository = layoutRepository({ directory });
      for (const text of order) await putManifest(repository, text, { tag: text.length > 3 ? text : undefined });
    }
    expect(readFileSync(join(first, 'index.json'), 'utf8')).toBe(readFileSync(join(second, 'index.json'), 'utf8'));
  });

  it('does not list the manifests of an index, but finds them', async () => {
    const directory = temporaryFolder();
    const repository = layoutRepository({ directory });
    const child = await putManifest(repository, 'child');
    const named = await putManifest(repository, 'named', { tag: 'named' });
    const index = await putIndex(repository, [child, named], 'all');
    expect(readIndex(directory).manifests.map(({ digest }) => digest)).toEqual([index.digest, named.digest]);
    expect(await repository.resolve(child.digest)).toEqual(child);
    expect(await rootsOf(repository)).toEqual([index]);
  });

  it('keeps a manifest whose tag moves or goes as an entry without a name', async () => {
    const directory = temporaryFolder();
    const repository = layoutRepository({ directory });
    const one = await putManifest(repository, 'one', { tag: 'v1' });
    const two = await putManifest(repository, 'two', { tag: 'v1' });
    expect(readIndex(directory).manifests).toEqual([tagged(two, 'v1'), one]);
    await repository.delete('v1');
    const untagged = [one, two].sort((a, b) => (a.digest < b.digest ? -1 : 1));
    expect(readIndex(directory).manifests).toEqual(untagged);
    await repository.tag('v2', one);
    expect(readIndex(directory).manifests).toEqual([tagged(one, 'v2'), two]);
    await repository.tag('v2', one);
    expect(readIndex(directory).manifests).toEqual([tagged(one, 'v2'), two]);
  });

  it('refuses to delete a manifest that lies in an index, and deletes it after the index', async () => {
    const repository = layoutRepository({ directory: temporaryFolder() });
    const child = await putManifest(repository, 'child');
    const index = await putIndex(repository, [child]);
    await expect(repository.delete(child.digest)).rejects.toMatchObject({ code: 'ERR_CONFLICT' });
    await repository.tag('child', child);
    expect(await repository.delete(child.digest)).toBe(true);
    expect(await repository.resolve('child')).toBeUndefined();
    expect(await repository.resolve(child.digest)).toEqual(child);
    expect(await repository.delete(index.digest)).toBe(true);
    expect(await repository.delete(child.digest)).toBe(true);
    expect(await repository.resolve(child.digest)).toBeUndefined();
  });

  it('says that a blob which is no manifest is none', async () => {
    const repository = layoutRepository({ directory: temporaryFolder() });
    const text = await putText(repository, 'just text');
    const large = new Uint8Array(5 * 1024 * 1024);
    const blob = { mediaType: 'text/plain', digest: digestOf(large), size: large.length };
    await repository.blob.put(blob, bytesSource(large));
    expect(await repository.resolve(text.digest)).toBeUndefined();
    expect(await repository.resolve(blob.digest)).toBeUndefined();
  });

  it('can be read and not written when it is opened so', async () => {
    const directory = temporaryFolder();
    const manifest = await putManifest(layoutRepository({ directory }), 'one', { tag: 'v1' });
    const layout = openLayout({ directory, readOnly: true });
    const { repository } = layout;
    expect(await repository.resolve('v1')).toEqual(manifest);
    expect((await listed(layout.blobs.list())).length).toBe(3);
    expect(repository.capabilities.delete).toBe(false);
    expect('ingest' in repository.blob).toBe(false);
    const refused = { code: 'ERR_UNSUPPORTED' };
    await expect(putText(repository, 'x')).rejects.toMatchObject(refused);
    await expect(repository.tag('v2', manifest)).rejects.toMatchObject(refused);
    await expect(layout.blobs.delete(manifest.digest)).rejects.toMatchObject(refused);
    expect(await repository.blob.mount(manifest.digest, 'other')).toBe(false);
  });

  it.runIf(process.getuid?.() !== 0)('can be read without the right to write', async () => {
    const directory = temporaryFolder();
    const manifest = await putManifest(layoutRepository({ directory }), 'one', { tag: 'v1' });
    chmodSync(directory, 0o555);
    expect(await layoutRepository({ directory }).resolve('v1')).toEqual(manifest);
    chmodSync(directory, 0o755);
  });

  it.each([
    ['unknown option', { directory: 'x', durability: true }],
    ['no directory', {}],
    ['empty directory', { directory: '' }],
  ])('refuses options: %s', (_, options) => {
    const invalid = expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }) as Error;
    expect(() => layoutRepository(options as { directory: string })).toThrow(invalid);
    expect(() => layoutRegistry(options as { directory: string })).toThrow(invalid);
  });
});

describe('a layout by others', () => {
  it('is read without a media type, with null for no manifests, and with members that nobody knows', async () => {
    const layout = new ForeignLayout();
    const image = layout.image('layer');
    const repository = layoutRepository({ directory: layout.directory });
    layout.index([tagged(image, 'v1')], { 'org.example': { kept: [1, 2] }, annotations: { a: 'b' } });
    expect(await repository.resolve('v1')).toEqual(image);
    await repository.tag('v2', image);
    expect(readIndex(layout.directory)).toMatchObject({ 'org.example': { kept: [1, 2] }, annotations: { a: 'b' } });
    writeFileSync(join(layout.directory, 'index.json'), '{"schemaVersion":2,"manifests":null}');
    expect(await listed(repository.tags())).toEqual([]);
  });

  it('keeps entries, with all their members, when ours are written', async () => {
    const layout = new ForeignLayout();
    const image = layout.image('layer');
    const foreign = { ...tagged(image, 'z'), platform: { architecture: 'arm64', os: 'linux' }, 'x-unknown': [1] };
    const missing = { ...textDescriptor('not here', 'application/vnd.example'), 'x-unknown': true };
    layout.index([foreign, missing]);
    const repository = layoutRepository({ directory: layout.directory });
    const ours = await putManifest(repository, 'ours', { tag: 'a' });
    await putIndex(repository, [image], 'b');
    expect(readIndex(layout.directory).manifests).toContainEqual(foreign);
    expect(readIndex(layout.directory).manifests).toContainEqual(missing);
    expect(await repository.resolve('a')).toEqual(ours);
  });

  it('keeps what another program writes between two of our writes', async () => {
    const layout = new ForeignLayout();
    const repository = layoutRepository({ directory: layout.directory });
    await putManifest(repository, 'ours', { tag: 'ours' });
    const image = layout.image('theirs');
    layout.index([...readIndex(layout.directory).manifests, tagged(image, 'theirs')]);
    await putManifest(repository, 'more', { tag: 'more' });
    expect(await listed(repository.tags())).toEqual(['more', 'ours', 'theirs']);
  });

  it.each([
    ['skopeo', { [refName]: 'docker.io/library/x:1' }],
    ['a registry with a port', { [refName]: 'localhost:5000/x:1' }],
    ['containerd', { [refName]: '1', 'io.containerd.image.name': 'docker.io/library/x:1' }],
    ['containerd without a tag name', { 'io.containerd.image.name': 'docker.io/library/x:1' }],
    ['oras and regctl', { [refName]: '1' }],
  ])('is found by its tag as %s writes it', async (_, annotations) => {
    const layout = new ForeignLayout();
    const [image, other] = [layout.image('one'), layout.image('two')];
    layout.index([
      { ...image, annotations },
      { ...other, annotations: { [refName]: 'docker.io/library/x:2' } },
    ]);
    const repository = layoutRepository({ directory: layout.directory });
    expect(await listed(repository.tags())).toEqual(['1', '2']);
    expect(await repository.resolve('1')).toEqual(image);
    for (const name of Object.values(annotations)) expect(await repository.resolve(name)).toEqual(image);
    expect(await repository.delete('1')).toBe(true);
    expect(await repository.resolve('1')).toBeUndefined();
    expect(await repository.resolve(image.digest)).toEqual(image);
  });

  it('is not guessed at where a tag stands for two manifests', async () => {
    const layout = new ForeignLayout();
    const [one, two] = [layout.image('one'), layout.image('two')];
    layout.index([tagged(one, 'a/x:1'), tagged(two, 'b/x:1'), tagged(one, 'twice'), tagged(two, 'twice')]);
    const repository = layoutRepository({ directory: layout.directory });
    for (const name of ['1', 'twice']) {
      await expect(repository.resolve(name)).rejects.toMatchObject({ code: 'ERR_LAYOUT_INVALID' });
    }
    expect(await repository.resolve('a/x:1')).toEqual(one);
    await repository.tag('1', two);
    expect(await repository.resolve('1')).toEqual(two);
    await repository.tag('twice', two);
    expect(await repository.resolve('twice')).toEqual(two);
  });

  it('is read with nested indexes, sha512 and Docker media types', async () => {
    const layout = new ForeignLayout();
    const docker = layout.image('docker', { mediaType: mediaTypes.dockerManifest });
    const plain = layout.image('plain', { mediaType: undefined }, 'sha512');
    const child = { ...plain, mediaType: mediaTypes.imageManifest };
    const inner = layout.blob(
      JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.dockerManifestList, manifests: [docker, child] }),
      mediaTypes.dockerManifestList,
    );
    const outer = layout.blob(JSON.stringify({ schemaVersion: 2, manifests: [inner] }), mediaTypes.imageIndex);
    layout.index([outer, child]);
    const { repository, reachable } = openLayout({ directory: layout.directory });
    expect(await rootsOf(repository)).toEqual([outer]);
    for (const part of [docker, child, inner, outer]) expect(await repository.resolve(part.digest)).toEqual(part);
    const found = (await listed(reachable())).map(({ digest }) => digest);
    expect(found.length).toBe(8);
    expect(new Set(found).size).toBe(8);
  });

  it('tells manifests that stand on their own from signatures that stand aside', async () => {
    const layout = new ForeignLayout();
    const image = layout.image('image');
    const old = layout.image('cosign 2');
    const aside = `sha256-${hexOf(image.digest)}.sig`;
    const referrer = layout.image('cosign 3', { subject: image });
    layout.index([image, tagged(old, aside), referrer]);
    const { repository } = openLayout({ directory: layout.directory });
    expect(await rootsOf(repository)).toEqual([image]);
  });

  it('tells an entry that is no manifest among its roots, and fails when one is missing', async () => {
    const layout = new ForeignLayout();
    const [image, blob] = [layout.image('image'), layout.blob('text', 'text/plain')];
    const { repository } = openLayout({ directory: layout.index([image, blob, blob]).directory });
    expect(await rootsOf(repository)).toEqual([image, blob]);
    await expect(repository.resolve(blob.digest)).rejects.toMatchObject({ name: 'FormatError' });
    layout.index([image, textDescriptor('missing', mediaTypes.imageManifest)]);
    await expect(rootsOf(repository)).rejects.toMatchObject({ code: 'ERR_BLOB_NOT_FOUND' });
  });

  it('tells referrers of its index and of the referrers tag', async () => {
    const layout = new ForeignLayout();
    const image = layout.image('image');
    const [first, second] = [layout.image('1', { subject: image }), layout.image('2', { subject: image })];
    const unrelated = layout.image('3', { subject: first });
    const absent = textDescriptor('absent', mediaTypes.imageManifest);
    const list = layout.blob(
      JSON.stringify({ schemaVersion: 2, manifests: [first, unrelated, absent] }),
      mediaTypes.imageIndex,
    );
    const tag = `sha256-${hexOf(image.digest)}`;
    const { repository } = openLayout({ directory: layout.index([image, tagged(list, tag)]).directory });
    const byTag = await repository.referrers(image.digest);
    expect(byTag.from).toBe('tag');
    expect(byTag.referrers.map(({ digest }) => digest)).toEqual([first.digest, absent.digest].sort());
    layout.index([image, tagged(list, tag), second]);
    const both = await repository.referrers(image.digest);
    expect(both.from).toBe('both');
    expect(both.referrers.map(({ digest }) => digest)).toEqual([first.digest, second.digest, absent.digest].sort());
    layout.index([tagged(image, tag), second, textDescriptor('text')]);
    expect((await repository.referrers(image.digest)).from).toBe('api');
  });

  it('does not say that there is no signature when an entry is missing', async () => {
    const layout = new ForeignLayout();
    const image = layout.image('image');
    layout.index([image, textDescriptor('missing', mediaTypes.imageManifest)]);
    const { repository, reachable } = openLayout({ directory: layout.directory });
    const missing = { code: 'ERR_BLOB_NOT_FOUND' };
    await expect(repository.referrers(image.digest)).rejects.toMatchObject(missing);
    await expect(listed(reachable())).rejects.toMatchObject(missing);
    expect((await listed(reachable({ skipDamaged: true }))).length).toBe(4);
  });

  it('leads to what is inside an index, also where one of its manifests was left behind', async () => {
    const layout = new ForeignLayout();
    const image = layout.image('image');
    const absent = textDescriptor('other platform', mediaTypes.imageManifest);
    const index = layout.blob(JSON.stringify({ schemaVersion: 2, manifests: [absent, image] }), mediaTypes.imageIndex);
    const { reachable } = openLayout({ directory: layout.index([index]).directory });
    expect((await listed(reachable())).length).toBe(5);
    writeFileSync(layout.pathOf(image.digest), 'damaged');
    await expect(listed(reachable())).rejects.toMatchObject({ name: 'IntegrityError' });
    expect((await listed(reachable({ skipDamaged: true }))).length).toBe(3);
  });

  it.each([
    ['an index.json without oci-layout', (layout: ForeignLayout) => layout.index([]).unmark()],
    ['another version', (layout: ForeignLayout) => layout.index([]).marker('{"imageLayoutVersion":"2.0.0"}')],
    ['no version', (layout: ForeignLayout) => layout.index([]).marker('{}')],
    ['an oci-layout that is no object', (layout: ForeignLayout) => layout.index([]).marker('[]')],
    ['an oci-layout that is no JSON', (layout: ForeignLayout) => layout.index([]).marker('')],
    ['no manifests', (layout: ForeignLayout) => layout.index([], { manifests: 1 }).index([1 as never])],
    ['another media type', (layout: ForeignLayout) => layout.index([], { mediaType: mediaTypes.imageManifest })],
  ])('is refused with %s', async (_, damage) => {
    const layout = new ForeignLayout();
    damage(layout);
    const repository = layoutRepository({ directory: layout.directory });
    await expect(repository.resolve('v1')).rejects.toMatchObject({ code: 'ERR_LAYOUT_INVALID' });
  });

  it('is refused where it is a file, a link or beyond 20 MiB', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'file'), '');
    const file = layoutRepository({ directory: join(folder, 'file') });
    await expect(file.resolve('v1')).rejects.toMatchObject({ code: 'ERR_LAYOUT_INVALID' });
    const layout = new ForeignLayout().index([]);
    const repository = layoutRepository({ directory: layout.directory });
    writeFileSync(join(layout.directory, 'index.json'), ' '.repeat(20 * 1024 * 1024 + 1));
    await expect(repository.resolve('v1')).rejects.toMatchObject({ code: 'ERR_LIMIT_EXCEEDED' });
    const linked = new ForeignLayout();
    linked.marker('{"imageLayoutVersion":"1.0.0"}');
    symlinkSync(join(layout.directory, 'oci-layout'), join(linked.directory, 'index.json'));
    const through = layoutRepository({ directory: linked.directory });
    await expect(through.resolve('v1')).rejects.toMatchObject({ code: 'ERR_STORE_READ' });
    mkdirSync(join(folder, 'odd', 'oci-layout'), { recursive: true });
    const odd = layoutRepository({ directory: join(folder, 'odd') });
    await expect(odd.resolve('v1')).rejects.toMatchObject({ code: 'ERR_STORE_READ' });
  });

  it('is refused with more than 10,000 entries when all of them must be looked at', async () => {
    const layout = new ForeignLayout();
    const image = layout.image('image');
    layout.index(Array.from({ length: 10_001 }, (_, index) => tagged(image, `t${String(index)}`)));
    const repository = layoutRepository({ directory: layout.directory });
    expect(await repository.resolve('t7')).toEqual(image);
    await expect(repository.referrers(image.digest)).rejects.toMatchObject({ code: 'ERR_LIMIT_EXCEEDED' });
  });
});

describe('a folder of layouts', () => {
  it('refuses names that would lie among the files of a layout', () => {
    const registry = layoutRegistry({ directory: temporaryFolder() });
    for (const name of ['a/blobs', 'blobs/sha256', 'index.json', 'a/oci-layout/b', '../a', 'A']) {
      expect(() => registry.repository(name)).toThrow(
        expect.objectContaining({ code: 'ERR_INVALID_REFERENCE' }) as Error,
      );
    }
  });

  it('makes each repository a layout of its own', async () => {
    const directory = temporaryFolder();
    const registry = layoutRegistry({ directory });
    const repository = registry.repository('team/app');
    expect(repository.name).toBe('team/app');
    await putManifest(repository, 'one', { tag: 'v1' });
    await putManifest(registry.repository('team'), 'two', { tag: 'v1' });
    expect(filesOf(join(directory, 'team'))).toEqual(['app', ...specFiles].sort());
    expect(filesOf(join(directory, 'team', 'app'))).toEqual(specFiles);
    writeFileSync(join(directory, 'stray'), '');
    expect(await listed(registry.repositories())).toEqual(['team', 'team/app']);
  });

  it('says when it cannot be listed', async () => {
    const directory = join(temporaryFolder(), 'file');
    writeFileSync(directory, '');
    await expect(listed(layoutRegistry({ directory }).repositories())).rejects.toMatchObject({
      code: 'ERR_STORE_READ',
    });
  });
});
