import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { bytesSource } from '../../../src/bytes/source.ts';
import { utf8 } from '../../../src/bytes/encoding.ts';
import { digestOf } from '../../../src/digest/digest.ts';
import type { Repository } from '../../../src/ports/registry.ts';
import type { Descriptor } from '../../../src/oci/descriptor.ts';
import { mediaTypes } from '../../../src/oci/media-types.ts';
import { layoutRepository } from '../../../src/adapters/registry/layout.ts';

const folders: string[] = [];
async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'packwright-layout-'));
  folders.push(folder);
  return folder;
}
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

async function putBlob(repository: Repository, text: string, mediaType = 'text/plain'): Promise<Descriptor> {
  const bytes = utf8(text);
  const descriptor = { mediaType, digest: digestOf(bytes), size: bytes.length };
  await repository.blob.put(descriptor, bytesSource(bytes));
  return descriptor;
}

async function putManifest(
  repository: Repository,
  text: string,
  tag?: string,
  subject?: Descriptor,
): Promise<Descriptor> {
  const config = await putBlob(repository, '{}', mediaTypes.empty);
  const layers = [await putBlob(repository, text)];
  const manifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.imageManifest,
    artifactType: 'text/plain',
    config,
    layers,
    subject,
  };
  return repository.manifest.put(utf8(JSON.stringify(manifest)), { mediaType: mediaTypes.imageManifest, tag });
}

describe('a layout folder', () => {
  it('holds only what image-spec names after a manifest was put', async () => {
    const directory = join(await newFolder(), 'new');
    const repository = layoutRepository({ directory });
    const manifest = await putManifest(repository, 'hello', 'v1');
    expect((await readdir(directory)).sort()).toEqual(['blobs', 'index.json', 'oci-layout']);
    expect(await repository.resolve('v1')).toEqual(manifest);
    expect(JSON.parse(await readFile(join(directory, 'index.json'), 'utf8'))).toEqual({
      schemaVersion: 2,
      mediaType: mediaTypes.imageIndex,
      manifests: [{ ...manifest, annotations: { 'org.opencontainers.image.ref.name': 'v1' } }],
    });
  });
});
