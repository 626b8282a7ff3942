import { bytesSource } from 'packwright';
import { fromBase64, fromUtf8, toBase64, utf8 } from '../../../src/bytes/encoding.ts';
import { readAll } from '../../../src/bytes/stream.ts';
import { digestOf, hexOf } from '../../../src/digest/index.ts';
import { buildManifest } from '../../../src/oci/build-manifest.ts';
import type { Descriptor } from '../../../src/oci/descriptor.ts';
import type { ImageManifest } from '../../../src/oci/image-manifest.ts';
import { parseManifest } from '../../../src/oci/parse-manifest.ts';
import type { Repository } from '../../../src/ports/registry.ts';
import type { Cell } from './cells.ts';
import type { Spot } from './spot.ts';

/** What was attached in one place, attached by hand in another: as it was, or with one bit of the signature changed. */
export async function plant(from: Spot, to: Spot, cell: Cell, how: 'as it is' | 'changed'): Promise<void> {
  const { format, content } = cell;
  const tagOf = ({ digest }: Descriptor): string =>
    `sha256-${hexOf(digest)}.${content === 'signature' ? 'sig' : 'att'}`;
  const reference = format === 'bundle' ? await onlyReferrer(from) : tagOf(from.subject);
  const manifest = await manifestIn(from.repository, reference);
  const [layer] = manifest.layers;
  if (layer === undefined) throw new Error(`${reference} has no layer`);
  const bytes = await blobIn(from.repository, layer);
  const changed = how === 'changed' ? withChange(layer, bytes) : { layer, bytes };
  const { config, artifactType, annotations } = manifest;
  await putBlob(to.repository, config, await blobIn(from.repository, config));
  await putBlob(to.repository, changed.layer, changed.bytes);
  const built = buildManifest({
    config,
    artifactType,
    annotations,
    layers: [changed.layer],
    subject: format === 'bundle' ? plain(to.subject) : undefined,
  });
  const put = { mediaType: built.descriptor.mediaType, digest: built.descriptor.digest };
  await to.repository.manifest.put(built.bytes, format === 'bundle' ? put : { ...put, tag: tagOf(to.subject) });
}

const plain = ({ mediaType, digest, size }: Descriptor): Descriptor => ({ mediaType, digest, size });

async function onlyReferrer({ repository, subject }: Spot): Promise<string> {
  const { referrers } = await repository.referrers(subject.digest);
  if (referrers.length === 1) return referrers[0]?.digest ?? '';
  throw new Error(`${subject.digest} has ${referrers.length} referrers in ${repository.id}`);
}

/** The manifest that a reference names. */
export async function manifestIn(repository: Repository, reference: string): Promise<ImageManifest> {
  const found = await repository.manifest.get(reference);
  if (found === undefined) throw new Error(`${reference} is not in ${repository.id}`);
  const parsed = parseManifest(found.bytes, { mediaType: found.descriptor.mediaType });
  if (parsed.kind === 'index') throw new Error(`${reference} is an index`);
  return parsed.document;
}

/** The bytes of a blob. */
export async function blobIn(repository: Repository, { digest }: Descriptor): Promise<Uint8Array<ArrayBuffer>> {
  const blob = await repository.blob.get(digest);
  if (blob === undefined) throw new Error(`${digest} is not in ${repository.id}`);
  return readAll(await blob.open(), { limit: 1 << 20 });
}

function putBlob(repository: Repository, descriptor: Descriptor, bytes: Uint8Array<ArrayBuffer>): Promise<unknown> {
  return repository.blob.put(descriptor, bytesSource(bytes));
}

/** Where cosign 2 keeps the signature of a payload. */
const signatureKey = 'dev.cosignproject.cosign/signature';

interface ChangedLayer {
  readonly layer: Descriptor;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

function withChange(layer: Descriptor, bytes: Uint8Array<ArrayBuffer>): ChangedLayer {
  const { annotations = {} } = layer;
  const signature = annotations[signatureKey] ?? '';
  if (signature !== '') {
    return { layer: { ...layer, annotations: { ...annotations, [signatureKey]: changedBase64(signature) } }, bytes };
  }
  const changed = withChangedSignature(bytes);
  return { layer: { ...layer, digest: digestOf(changed), size: changed.length }, bytes: changed };
}

interface SignedDocument {
  readonly messageSignature?: { signature: string };
  readonly dsseEnvelope?: { readonly signatures: readonly { sig: string }[] };
  readonly signatures?: readonly { sig: string }[];
}

/** A bundle or an envelope with one bit of its signature changed. */
export function withChangedSignature(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const document = JSON.parse(fromUtf8(bytes)) as SignedDocument;
  const { messageSignature, dsseEnvelope, signatures = dsseEnvelope?.signatures ?? [] } = document;
  if (messageSignature !== undefined) messageSignature.signature = changedBase64(messageSignature.signature);
  for (const one of signatures) one.sig = changedBase64(one.sig);
  return utf8(JSON.stringify(document));
}

/** In the middle of what ECDSA gives: one of its two numbers is another, and nothing else. */
function changedBase64(text: string): string {
  const bytes = fromBase64(text) ?? new Uint8Array();
  const middle = Math.floor(bytes.length / 4);
  bytes[middle] = (bytes[middle] ?? 0) ^ 1;
  return toBase64(bytes);
}
