import { createHash } from 'node:crypto';

const oci = 'application/vnd.oci.image';
const empty = {
  mediaType: 'application/vnd.oci.empty.v1+json',
  digest: `sha256:${createHash('sha256').update('{}').digest('hex')}`,
  size: 2,
};

/** Attaches so many manifests to the image under `v1`, and writes the list that a registry without the API needs. */
export async function attachMany(base: string, count: number, withList: boolean): Promise<void> {
  const found = await fetch(`${base}/manifests/v1`, { headers: { accept: `${oci}.manifest.v1+json` } });
  const bytes = Buffer.from(await found.arrayBuffer());
  const subject = { mediaType: `${oci}.manifest.v1+json`, digest: digestOf(bytes), size: bytes.length };
  await putEmpty(base);
  const manifests = [];
  for (let index = 0; index < count; index++) {
    const artifactType = 'application/vnd.example.remark';
    const annotations = { index: String(index) };
    const mediaType = `${oci}.manifest.v1+json`;
    const manifest = {
      schemaVersion: 2,
      mediaType,
      artifactType,
      config: empty,
      layers: [empty],
      subject,
      annotations,
    };
    const body = JSON.stringify(manifest);
    await putManifest(base, digestOf(body), mediaType, body);
    manifests.push({ mediaType, digest: digestOf(body), size: body.length, artifactType, annotations });
  }
  if (!withList) return;
  const mediaType = `${oci}.index.v1+json`;
  const list = JSON.stringify({ schemaVersion: 2, mediaType, manifests });
  await putManifest(base, subject.digest.replace(':', '-'), mediaType, list);
}

async function putEmpty(base: string): Promise<void> {
  const started = await fetch(`${base}/blobs/uploads/`, { method: 'POST' });
  const url = new URL(started.headers.get('location') ?? '', base);
  url.searchParams.set('digest', empty.digest);
  await checked(fetch(url, { method: 'PUT', body: Buffer.from('{}') }));
}

async function putManifest(base: string, reference: string, type: string, body: string): Promise<void> {
  await checked(fetch(`${base}/manifests/${reference}`, { method: 'PUT', headers: { 'content-type': type }, body }));
}

async function checked(answer: Promise<Response>): Promise<void> {
  const { ok, status, url } = await answer;
  if (!ok) throw new Error(`${url} answered ${status}`);
}

const digestOf = (bytes: string | Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
