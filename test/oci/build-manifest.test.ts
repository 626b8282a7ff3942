import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromUtf8, utf8 } from '../../src/bytes/encoding.ts';
import { digestOf } from '../../src/digest/index.ts';
import {
  buildIndex,
  buildManifest,
  emptyBytes,
  emptyDescriptor,
  mediaTypes,
  parseManifest,
  type Descriptor,
  type IndexInput,
  type ManifestInput,
} from '../../src/oci/index.ts';
import { descriptorOf } from './documents.ts';

const artifactType = 'application/x.one';
const usage = (code: string): Error => expect.objectContaining({ name: 'UsageError', code }) as Error;

describe('buildManifest', () => {
  it('writes the members in the order of image-spec, without white space', () => {
    const layer: Descriptor = {
      annotations: { 'b.key': 'b', 'a.key': 'a', '10': 'x', '9': 'y' },
      artifactType,
      platform: { variant: 'v8', os: 'linux', architecture: 'arm64' },
      size: 3,
      digest: descriptorOf('one').digest,
      mediaType: mediaTypes.layerTar,
    };
    const { bytes } = buildManifest({
      annotations: { z: '1', a: '2' },
      subject: emptyDescriptor,
      layers: [layer],
      artifactType,
    });
    const empty = `{"mediaType":"${mediaTypes.empty}","digest":"${emptyDescriptor.digest}","size":2,"data":"e30="}`;
    const written =
      `{"mediaType":"${mediaTypes.layerTar}","digest":"${layer.digest}","size":3,` +
      `"annotations":{"10":"x","9":"y","a.key":"a","b.key":"b"},` +
      `"platform":{"architecture":"arm64","os":"linux","variant":"v8"},"artifactType":"${artifactType}"}`;
    expect(fromUtf8(bytes)).toBe(
      `{"schemaVersion":2,"mediaType":"${mediaTypes.imageManifest}","artifactType":"${artifactType}",` +
        `"config":${empty},"layers":[${written}],"subject":${empty},"annotations":{"a":"2","z":"1"}}`,
    );
  });

  it('names the bytes that it made', () => {
    const { bytes, descriptor, document } = buildManifest({ artifactType });
    expect(descriptor).toEqual({
      mediaType: mediaTypes.imageManifest,
      digest: digestOf(bytes),
      size: bytes.length,
      artifactType,
    });
    expect(parseManifest(bytes).document).toEqual(document);
  });

  it('names them by another algorithm where the caller says so', () => {
    const { bytes, descriptor } = buildManifest({ artifactType, algorithm: 'sha512' });
    expect(descriptor.digest).toBe(digestOf(bytes, 'sha512'));
  });

  it('uses the empty descriptor for the config and the layers that nobody gave', () => {
    const { document } = buildManifest({ artifactType });
    expect(document).toMatchObject({ config: emptyDescriptor, layers: [emptyDescriptor] });
  });

  it('leaves the layers empty where the caller says so', () => {
    expect(buildManifest({ artifactType, layers: [] }).document.layers).toEqual([]);
  });

  it('needs no artifact type where the config says what the artifact is (image-spec 1.0)', () => {
    const { document, descriptor } = buildManifest({ config: descriptorOf('{}', artifactType) });
    expect([document.artifactType, descriptor.artifactType]).toEqual([undefined, undefined]);
  });

  it('keeps members of a descriptor that it does not know, behind the others', () => {
    const layer = { 'org.example.z': [{ b: 1, a: null }], 'org.example.a': true, ...descriptorOf('one') };
    const { bytes } = buildManifest({ artifactType, layers: [layer] });
    expect(fromUtf8(bytes)).toContain('"size":3,"org.example.a":true,"org.example.z":[{"a":null,"b":1}]}');
  });

  it('gives the same bytes whatever the order of the members', () => {
    const one = buildManifest({ artifactType, annotations: { a: '1', b: '2' } });
    const two = buildManifest({ annotations: { b: '2', a: '1' }, artifactType });
    expect(two.bytes).toEqual(one.bytes);
  });

  it('gives what parseManifest reads, for any annotations', () => {
    const annotations = fc.dictionary(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), {
      noNullPrototype: true,
    });
    fc.assert(
      fc.property(
        annotations.filter((record) => !Object.hasOwn(record, '__proto__')),
        (record) => {
          const { bytes } = buildManifest({ artifactType, annotations: record });
          expect(parseManifest(bytes).document.annotations).toEqual(record);
        },
      ),
    );
  });

  it('refuses an empty config without an artifact type', () => {
    expect(() => buildManifest({ layers: [descriptorOf('one')] })).toThrow(usage('ERR_MISSING_ARTIFACT_TYPE'));
  });

  it.each(['', 'pack', 'a/b c'])('refuses the artifact type %j', (text) => {
    expect(() => buildManifest({ artifactType: text })).toThrow(usage('ERR_INVALID_MEDIA_TYPE'));
  });

  it.each([
    ['a digest that is not one', { layers: [{ ...descriptorOf('one'), digest: 'sha256:x' }] }],
    ['a size that is not one', { config: { ...descriptorOf('one'), size: -1 } }],
    ['an annotation that is a number', { annotations: { a: 1 } }],
    ['an annotation called __proto__', { annotations: JSON.parse('{"__proto__":"x"}') as object }],
    ['an annotation with a lone surrogate', { annotations: { a: '\ud800' } }],
    ['an option that nobody knows', { layer: [] }],
    ['a limit that nobody knows', { limits: { bytes: 1 } }],
  ])('refuses %s', (_, members) => {
    expect(() => buildManifest({ artifactType, ...members } as ManifestInput)).toThrow(usage('ERR_INVALID_ARGUMENT'));
  });
});

describe('the limit on what is built', () => {
  const limit = 4 * 1024 * 1024;
  const filled = (size: number): ManifestInput => {
    const { bytes } = buildManifest({ artifactType, annotations: { a: '' } });
    return { artifactType, annotations: { a: 'x'.repeat(size - bytes.length) } };
  };

  it('lets 4 MiB through', () => {
    expect(buildManifest(filled(limit)).bytes.length).toBe(limit);
  });

  it('refuses one byte more, and says what to do', () => {
    const hint = expect.stringContaining("grouping: 'tar'") as string;
    const error = expect.objectContaining({ name: 'FormatError', code: 'ERR_LIMIT_EXCEEDED', hint }) as Error;
    expect(() => buildManifest(filled(limit + 1))).toThrow(error);
  });
});

describe('buildIndex', () => {
  it('writes the members in the order of image-spec', () => {
    const manifest = descriptorOf('m', mediaTypes.imageManifest);
    const { bytes, descriptor } = buildIndex({ annotations: { a: 'b' }, manifests: [manifest], artifactType });
    expect(fromUtf8(bytes)).toBe(
      `{"schemaVersion":2,"mediaType":"${mediaTypes.imageIndex}","artifactType":"${artifactType}","manifests":` +
        `[{"mediaType":"${mediaTypes.imageManifest}","digest":"${manifest.digest}","size":1}],"annotations":{"a":"b"}}`,
    );
    expect(descriptor).toEqual({
      mediaType: mediaTypes.imageIndex,
      digest: digestOf(bytes),
      size: bytes.length,
      artifactType,
    });
  });

  it('needs no artifact type, and no manifests', () => {
    const { document } = buildIndex({ manifests: [] });
    expect(document).toEqual({ schemaVersion: 2, mediaType: mediaTypes.imageIndex, manifests: [] });
  });

  it('refuses an option that nobody knows', () => {
    const input = { manifests: [], layers: [] } as IndexInput;
    expect(() => buildIndex(input)).toThrow(usage('ERR_INVALID_ARGUMENT'));
  });
});

describe('the empty descriptor', () => {
  it('names the two bytes {}', () => {
    const bytes = emptyBytes();
    expect(bytes).toEqual(utf8('{}'));
    expect(emptyDescriptor).toMatchObject({ size: bytes.length, digest: digestOf(bytes), data: btoa('{}') });
  });

  it('has bytes that one caller cannot change for another', () => {
    emptyBytes().fill(0);
    expect(emptyBytes()).toEqual(utf8('{}'));
  });
});
