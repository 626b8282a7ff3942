import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { makeLargeFile } from './inputs.ts';

/** What is moved: one large blob, or many small ones. */
export type Load = { readonly mebibytes: number } | { readonly blobs: number };

interface Entry {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

const oci = 'application/vnd.oci.image';
const smallBytes = 100_000;

/** Writes a layout of one image, `v1`, whose layers nobody can make smaller. */
export async function makeLayout(folder: string, load: Load): Promise<void> {
  await mkdir(join(folder, 'blobs', 'sha256'), { recursive: true });
  const layers =
    'blobs' in load ? await makeSmallLayers(folder, load.blobs) : [await makeLargeLayer(folder, load.mebibytes)];
  const image = {
    os: 'linux',
    architecture: 'amd64',
    rootfs: { type: 'layers', diff_ids: layers.map(({ digest }) => digest) },
  };
  const config = await putBlob(folder, `${oci}.config.v1+json`, JSON.stringify(image));
  const mediaType = `${oci}.manifest.v1+json`;
  const manifest = await putBlob(folder, mediaType, JSON.stringify({ schemaVersion: 2, mediaType, config, layers }));
  const annotations = { 'org.opencontainers.image.ref.name': 'v1' };
  await writeFile(join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  await writeFile(
    join(folder, 'index.json'),
    JSON.stringify({ schemaVersion: 2, manifests: [{ ...manifest, annotations }] }),
  );
}

async function makeSmallLayers(folder: string, count: number): Promise<readonly Entry[]> {
  const layers: Entry[] = [];
  const noise = Buffer.alloc(smallBytes + count);
  // A generator of no quality: what counts is that no two layers are alike.
  for (let index = 0, state = 1; index < noise.length; index++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    noise[index] = state >>> 16;
  }
  for (let index = 0; index < count; index++) {
    layers.push(await putBlob(folder, `${oci}.layer.v1.tar+gzip`, noise.subarray(index, index + smallBytes)));
  }
  return layers;
}

async function makeLargeLayer(folder: string, mebibytes: number): Promise<Entry> {
  const path = join(folder, 'large.bin');
  await makeLargeFile(path, mebibytes);
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
  const hex = hash.digest('hex');
  await rename(path, join(folder, 'blobs', 'sha256', hex));
  return { mediaType: `${oci}.layer.v1.tar+gzip`, digest: `sha256:${hex}`, size: mebibytes * 1024 * 1024 };
}

async function putBlob(folder: string, mediaType: string, content: string | Uint8Array): Promise<Entry> {
  const hex = createHash('sha256').update(content).digest('hex');
  await writeFile(join(folder, 'blobs', 'sha256', hex), content);
  return { mediaType, digest: `sha256:${hex}`, size: Buffer.byteLength(content) };
}
