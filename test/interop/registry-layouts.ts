import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bytesSource } from 'packwright';
import { layoutRepository } from 'packwright/registry/layout';
import type { Repository } from 'packwright/ports';

/** A layout of one tag, `v1`, whose name says what is in it. */
export interface SomeLayout {
  readonly name: string;
  readonly folder: string;
  readonly digest: string;
}

interface Entry {
  readonly mediaType: string;
  readonly digest: `${string}:${string}`;
  readonly size: number;
}

const oci = 'application/vnd.oci.image';
const docker = 'application/vnd.docker';
const encoder = new TextEncoder();

/** Every kind of thing that a registry is given: artifacts, images of both makes, indexes, and what is empty. */
export async function writeLayouts(folder: string): Promise<readonly SomeLayout[]> {
  const layouts: SomeLayout[] = [];
  for (const [name, write] of Object.entries(writers)) {
    const directory = join(folder, name);
    const { digest } = await write(layoutRepository({ directory }));
    layouts.push({ name, folder: directory, digest });
  }
  return layouts;
}

const writers: Readonly<Record<string, (repository: Repository) => Promise<Entry>>> = {
  artifact: async (repository) => {
    const config = await putBlob(repository, 'application/vnd.oci.empty.v1+json', '{}');
    const layers = [await putBlob(repository, 'text/plain', 'some notes\n')];
    const artifactType = 'application/vnd.example.thing';
    return putManifest(repository, `${oci}.manifest.v1+json`, { artifactType, config, layers }, 'v1');
  },
  'no-layers': async (repository) => {
    const config = await putBlob(repository, `${oci}.config.v1+json`, imageConfig('amd64', []));
    return putManifest(repository, `${oci}.manifest.v1+json`, { config, layers: [] }, 'v1');
  },
  'one-blob-twice': async (repository) => {
    const layer = await putBlob(repository, 'application/vnd.example.part', 'the same');
    const config = await putBlob(repository, 'application/vnd.oci.empty.v1+json', '{}');
    const artifactType = 'application/vnd.example.thing';
    return putManifest(repository, `${oci}.manifest.v1+json`, { artifactType, config, layers: [layer, layer] }, 'v1');
  },
  image: (repository) => putImage(repository, 'amd64', 'v1'),
  index: async (repository) => {
    const manifests = [];
    for (const architecture of ['amd64', 'arm64']) {
      const entry = await putImage(repository, architecture);
      manifests.push({ ...entry, platform: { os: 'linux', architecture } });
    }
    return putManifest(repository, `${oci}.index.v1+json`, { manifests }, 'v1');
  },
  docker: (repository) => putDocker(repository, 'amd64', 'v1'),
  'docker-list': async (repository) => {
    const manifests = [];
    for (const architecture of ['amd64', 'arm64']) {
      manifests.push({ ...(await putDocker(repository, architecture)), platform: { os: 'linux', architecture } });
    }
    return putManifest(repository, `${docker}.distribution.manifest.list.v2+json`, { manifests }, 'v1');
  },
};

async function putDocker(repository: Repository, architecture: string, tag?: string): Promise<Entry> {
  const layers = [await putBlob(repository, `${docker}.image.rootfs.diff.tar.gzip`, 'not really a layer')];
  const config = await putBlob(repository, `${docker}.container.image.v1+json`, imageConfig(architecture, ['docker']));
  return putManifest(repository, `${docker}.distribution.manifest.v2+json`, { config, layers }, tag);
}

async function putImage(repository: Repository, architecture: string, tag?: string): Promise<Entry> {
  const layers = [];
  for (const part of ['base', architecture]) {
    layers.push(await putBlob(repository, `${oci}.layer.v1.tar+gzip`, part.repeat(50_000)));
  }
  const config = await putBlob(repository, `${oci}.config.v1+json`, imageConfig(architecture, layers));
  return putManifest(repository, `${oci}.manifest.v1+json`, { config, layers }, tag);
}

const imageConfig = (architecture: string, layers: readonly unknown[]): string =>
  JSON.stringify({ os: 'linux', architecture, rootfs: { type: 'layers', diff_ids: layers.map(() => digestOf('')) } });

async function putBlob(repository: Repository, mediaType: string, content: string): Promise<Entry> {
  const bytes = encoder.encode(content);
  const entry = { mediaType, digest: digestOf(bytes), size: bytes.length };
  await repository.blob.put(entry, bytesSource(bytes));
  return entry;
}

function putManifest(repository: Repository, mediaType: string, rest: object, tag?: string): Promise<Entry> {
  const bytes = encoder.encode(JSON.stringify({ schemaVersion: 2, mediaType, ...rest }));
  return repository.manifest.put(bytes, { mediaType, tag });
}

/** Every digest that hangs on one, with what the bytes under its name really hash to. */
export function contentsOf(folder: string, digest: string): Readonly<Record<string, string>> {
  const bytes = readFileSync(join(folder, 'blobs', digest.replace(':', '/')));
  const own = { [digest]: digestOf(bytes) };
  if (bytes[0] !== 0x7b) return own;
  const document = JSON.parse(bytes.toString()) as { manifests?: Entry[]; layers?: Entry[]; config?: Entry };
  const below = [...(document.manifests ?? []), ...(document.layers ?? [])];
  if (typeof document.config?.digest === 'string') below.push(document.config);
  return Object.assign(own, ...below.map((entry) => contentsOf(folder, entry.digest))) as Record<string, string>;
}

const digestOf = (bytes: string | Uint8Array): `sha256:${string}` =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
