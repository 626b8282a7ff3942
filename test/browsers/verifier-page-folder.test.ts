import { describe, expect, it } from 'vitest';
import type { FolderFile } from '../../examples/verifier-page/folder-file.ts';
import { layoutTar } from '../../examples/verifier-page/layout-tar.ts';
import { openLayoutArchive } from '../../src/adapters/registry/layout.ts';
import { blobSource } from '../../src/bytes/source.ts';
import { readAll } from '../../src/bytes/stream.ts';
import { digestOf, type Digest } from '../../src/digest/index.ts';

const blob = new TextEncoder().encode('a blob');
const layout = {
  'oci-layout': '{"imageLayoutVersion":"1.0.0"}',
  'index.json': '{"schemaVersion":2,"manifests":[]}',
};

function folderFile(path: string, content: string | Uint8Array<ArrayBuffer>): FolderFile {
  return { path, file: new File([content], path.split('/').at(-1) ?? '') };
}

function folder(prefix: string, more: Readonly<Record<string, string | Uint8Array<ArrayBuffer>>> = {}): FolderFile[] {
  return Object.entries({ ...layout, ...more }).map(([path, content]) => folderFile(`${prefix}${path}`, content));
}

async function contentOf(tar: Blob | undefined, digest: Digest): Promise<string | undefined> {
  const repository = await openLayoutArchive(blobSource(tar ?? new Blob()));
  const found = await repository.blob.get(digest);
  return found && new TextDecoder().decode(await readAll(await found.open(), { limit: 100 }));
}

describe('a folder that is read as a tar', () => {
  it.each(['sha256', 'sha512'] as const)('holds the blobs that are named by %s', async (algorithm) => {
    const digest = digestOf(blob, algorithm);
    const tar = layoutTar(folder('app/', { [`blobs/${digest.replace(':', '/')}`]: blob }));
    expect(await contentOf(tar, digest)).toBe('a blob');
  });

  it('is the layout that lies highest, and nothing else that is there', async () => {
    const digest = digestOf(blob);
    const path = `blobs/${digest.replace(':', '/')}`;
    const tar = layoutTar([
      ...folder('work/deep/er/'),
      ...folder('work/app/', { [path]: blob, 'notes/.DS_Store': 'x', 'blobs/readme': 'x' }),
      folderFile('work/oci-layout.txt', 'x'),
    ]);
    expect(await contentOf(tar, digest)).toBe('a blob');
  });

  it('may be the folder of the layout itself', async () => {
    expect(await contentOf(layoutTar(folder('')), digestOf(blob))).toBeUndefined();
  });

  it('is none without the file oci-layout', () => {
    expect(layoutTar([folderFile('app/index.json', '{}')])).toBeUndefined();
  });
});
