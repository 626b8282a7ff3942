import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { memoryBlobStore } from '../../../src/adapters/blob-store/memory.ts';
import { unlistedReferrers } from '../../../src/adapters/registry/layout/unlisted-referrers.ts';
import { openLayout, type Layout } from '../../../src/adapters/registry/layout.ts';
import { utf8 } from '../../../src/bytes/encoding.ts';
import { algorithmOf, hexOf } from '../../../src/digest/digest.ts';
import type { Descriptor } from '../../../src/oci/descriptor.ts';
import { mediaTypes } from '../../../src/oci/media-types.ts';
import type { BlobStore } from '../../../src/ports/blob-store.ts';
import type { Repository } from '../../../src/ports/registry.ts';
import { bytesSource } from '../../../src/testing/bytes.ts';
import { listed, putManifest, rootsOf, textDescriptor } from '../../../src/testing/registry-fixtures.ts';
import { temporaryFolder } from '../node/temporary-folder.ts';

const kindOf = (kind: string): { readonly annotations: { readonly kind: string } } => ({
  annotations: { kind: `dev.cosignproject.cosign/${kind}` },
});

/** A layout as `cosign save` writes it: entries with a kind and no name, and bundles that nothing leads to. */
class SavedLayout {
  readonly directory = temporaryFolder();
  readonly entries: Descriptor[] = [];

  blob(text: string, mediaType: string): Descriptor {
    const descriptor = textDescriptor(text, mediaType);
    writeFileSync(this.pathOf(descriptor), text);
    return descriptor;
  }

  pathOf({ digest }: Descriptor): string {
    const path = join(this.directory, 'blobs', algorithmOf(digest), hexOf(digest));
    mkdirSync(dirname(path), { recursive: true });
    return path;
  }

  manifest(layer: string, subject?: Descriptor): Descriptor {
    const config = this.blob('{}', mediaTypes.imageConfig);
    const layers = [this.blob(layer, 'application/vnd.example.layer')];
    const document = { schemaVersion: 2, mediaType: mediaTypes.imageManifest, config, layers, subject };
    return this.blob(JSON.stringify(document), mediaTypes.imageManifest);
  }

  list(kind: string, entry: Descriptor): Descriptor {
    this.entries.push({ ...entry, ...kindOf(kind) });
    return entry;
  }

  open(): Layout {
    writeFileSync(join(this.directory, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
    const document = { schemaVersion: 2, mediaType: mediaTypes.imageIndex, manifests: this.entries };
    writeFileSync(join(this.directory, 'index.json'), JSON.stringify(document));
    return openLayout({ directory: this.directory });
  }
}

const digestsOf = async (repository: Repository, subject: Descriptor): Promise<readonly string[]> =>
  (await repository.referrers(subject.digest)).referrers.map(({ digest }) => digest);

async function someBlob(): Promise<{ readonly descriptor: Descriptor; readonly store: BlobStore }> {
  const descriptor = textDescriptor('a blob', 'text/plain');
  const store = memoryBlobStore();
  await store.put(descriptor.digest, bytesSource(utf8('a blob')));
  return { descriptor, store };
}

describe('a layout that cosign saved with bundles', () => {
  it.each(['image', 'imageIndex'])('tells the referrers that it does not list: %s', async (kind) => {
    const saved = new SavedLayout();
    const subject = saved.list(kind, saved.manifest('an image'));
    const bundle = saved.manifest('a bundle', subject);
    saved.manifest('a bundle for something else', saved.manifest('something else'));
    const { repository } = saved.open();
    const answer = await repository.referrers(subject.digest);
    expect(answer).toMatchObject({ from: 'api', referrers: [{ digest: bundle.digest, size: bundle.size }] });
    expect(await digestsOf(repository, subject)).toEqual([bundle.digest]);
  });

  it('keeps them where it is swept, and what they name', async () => {
    const saved = new SavedLayout();
    const subject = saved.list('image', saved.manifest('an image'));
    const bundle = saved.manifest('a bundle', subject);
    const { reachable } = saved.open();
    const found = (await listed(reachable())).map(({ digest }) => digest);
    expect(found).toContain(bundle.digest);
    expect(found).toContain(textDescriptor('a bundle', '').digest);
  });

  it('fails its list where a blob that may be one of them has other bytes, and an audit goes on', async () => {
    const saved = new SavedLayout();
    const subject = saved.list('image', saved.manifest('an image'));
    const bundle = saved.manifest('a bundle', subject);
    writeFileSync(saved.pathOf(bundle), readFileSync(saved.pathOf(bundle), 'utf8').replace('vnd', 'VND'));
    const { repository, reachable } = saved.open();
    await expect(repository.referrers(subject.digest)).rejects.toMatchObject({ code: 'ERR_DIGEST_MISMATCH' });
    const found = (await listed(reachable({ skipDamaged: true }))).map(({ digest }) => digest);
    expect(found).toContain(subject.digest);
  });

  it('is searched no further where somebody else wrote it, or it holds two images', async () => {
    const other = new SavedLayout();
    const subject = other.list('something', other.manifest('an image'));
    other.manifest('a bundle', subject);
    expect(await digestsOf(other.open().repository, subject)).toEqual([]);
    other.list('image', other.manifest('one'));
    other.list('image', other.manifest('another'));
    expect(await digestsOf(other.open().repository, subject)).toEqual([]);
  });

  it('is refused where it has more small blobs than anybody would read', async () => {
    const { descriptor, store } = await someBlob();
    const blobs: BlobStore = {
      ...store,
      list: async function* () {
        for (let count = 0; count <= 10_000; count += 1) yield await Promise.resolve(descriptor);
      },
    };
    const entry = { ...textDescriptor('an image', mediaTypes.imageManifest), ...kindOf('image') };
    const index = { schemaVersion: 2 as const, mediaType: mediaTypes.imageIndex, manifests: [entry] };
    const documents = { id: 'saved', read: () => Promise.resolve(index), locked: () => Promise.reject(new Error()) };
    const looking = unlistedReferrers({ documents, blobs }, {});
    await expect(looking).rejects.toMatchObject({ code: 'ERR_LIMIT_EXCEEDED' });
  });

  it('gives an unlisted referrer away when it is deleted', async () => {
    const saved = new SavedLayout();
    const subject = saved.list('image', saved.manifest('an image'));
    const bundle = saved.manifest('a bundle', subject);
    const { repository } = saved.open();
    expect(await repository.delete(bundle.digest)).toBe(true);
    expect(await digestsOf(repository, subject)).toEqual([]);
  });
});

describe('a layout that cosign saved with older signatures', () => {
  const someLayout = (): { saved: SavedLayout; subject: Descriptor; signatures: Descriptor; tag: string } => {
    const saved = new SavedLayout();
    const subject = saved.list('image', saved.manifest('an image'));
    const signatures = saved.list('sigs', saved.manifest('signatures'));
    saved.list('atts', saved.manifest('attestations'));
    return { saved, subject, signatures, tag: `sha256-${hexOf(subject.digest)}.sig` };
  };

  it('has them under the tags that they had, and one manifest that stands on its own', async () => {
    const { saved, subject, signatures, tag } = someLayout();
    const { repository } = saved.open();
    expect(await repository.resolve(tag)).toMatchObject({ digest: signatures.digest });
    expect(await listed(repository.tags())).toEqual([tag.replace('.sig', '.att'), tag]);
    expect(await rootsOf(repository)).toMatchObject([{ digest: subject.digest }]);
  });

  it('takes others under such a tag in their place', async () => {
    const { saved, tag } = someLayout();
    const { repository } = saved.open();
    const next = await putManifest(repository, 'others', { tag });
    expect(await repository.resolve(tag)).toMatchObject({ digest: next.digest });
  });

  it('loses the tag when it is deleted', async () => {
    const { saved, tag } = someLayout();
    const { repository } = saved.open();
    expect(await repository.delete(tag)).toBe(true);
    expect(await repository.resolve(tag)).toBeUndefined();
    expect(await repository.delete(tag)).toBe(false);
  });
});
