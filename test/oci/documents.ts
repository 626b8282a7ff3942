import { utf8 } from '../../src/bytes/encoding.ts';
import { digestOf } from '../../src/digest/index.ts';
import { mediaTypes, type Descriptor } from '../../src/oci/index.ts';

/** The descriptor of some text. */
export function descriptorOf(text: string, mediaType: string = mediaTypes.layerTar): Descriptor {
  return { mediaType, digest: digestOf(utf8(text)), size: utf8(text).length };
}

/** A manifest as other tools write it, for a test to change one member of. */
export function someManifest(members: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    schemaVersion: 2,
    mediaType: mediaTypes.imageManifest,
    config: descriptorOf('config', mediaTypes.imageConfig),
    layers: [descriptorOf('one'), descriptorOf('two')],
    ...members,
  };
}

/** An index as other tools write it, for a test to change one member of. */
export function someIndex(members: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    schemaVersion: 2,
    mediaType: mediaTypes.imageIndex,
    manifests: [descriptorOf('manifest', mediaTypes.imageManifest)],
    ...members,
  };
}

/** The document as bytes; members that are undefined are left out. */
export function bytesOf(document: unknown): Uint8Array {
  return utf8(JSON.stringify(document));
}
