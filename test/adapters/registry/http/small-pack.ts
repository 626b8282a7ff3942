import { utf8 } from '../../../../src/bytes/encoding.ts';
import { digestOf, type Digest } from '../../../../src/digest/index.ts';

/** A blob, and a manifest that names it. */
export const packBlob: Uint8Array<ArrayBuffer> = utf8('a blob of more than one part');
export const packDigest: Digest = digestOf(packBlob);
export const manifestType = 'application/vnd.oci.image.manifest.v1+json';
const empty = { mediaType: 'application/vnd.oci.empty.v1+json', digest: digestOf(utf8('{}')), size: 2 };
const layer = { mediaType: 'application/octet-stream', digest: packDigest, size: packBlob.length };
export const manifest: Uint8Array<ArrayBuffer> = utf8(
  JSON.stringify({ schemaVersion: 2, mediaType: manifestType, config: empty, layers: [layer], subject: layer }),
);
export const manifestDigest: Digest = digestOf(manifest);
