import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../src/bytes/stream.ts';
import { utf8 } from '../../src/bytes/encoding.ts';
import { isPackError } from '../../src/errors.ts';
import { artifactTypeOf, mediaTypes, parseManifest } from '../../src/oci/index.ts';
import { bytesOf, descriptorOf, someIndex, someManifest } from './documents.ts';

const manifestInvalid = expect.objectContaining({ name: 'FormatError', code: 'ERR_MANIFEST_INVALID' }) as Error;
const indexInvalid = expect.objectContaining({ name: 'FormatError', code: 'ERR_INDEX_INVALID' }) as Error;

describe('parseManifest', () => {
  it('reads an image manifest', () => {
    const parsed = parseManifest(bytesOf(someManifest()));
    expect(parsed).toMatchObject({ kind: 'manifest', mediaType: mediaTypes.imageManifest, document: someManifest() });
  });

  it('reads an image index', () => {
    const parsed = parseManifest(bytesOf(someIndex()), { mediaType: mediaTypes.imageIndex });
    expect(parsed).toMatchObject({ kind: 'index', mediaType: mediaTypes.imageIndex, document: someIndex() });
  });

  it.each([
    ['a schema 2 manifest', someManifest({ mediaType: mediaTypes.dockerManifest }), 'manifest'],
    ['a manifest list', someIndex({ mediaType: mediaTypes.dockerManifestList }), 'index'],
  ])('reads %s of Docker', (_, document, kind) => {
    expect(parseManifest(bytesOf(document))).toMatchObject({ kind, mediaType: document['mediaType'] });
  });

  it('takes the kind of a document without a media type from its shape', () => {
    const manifest = parseManifest(bytesOf(someManifest({ mediaType: undefined })));
    const index = parseManifest(bytesOf(someIndex({ mediaType: undefined })));
    expect([manifest.mediaType, index.mediaType]).toEqual([mediaTypes.imageManifest, mediaTypes.imageIndex]);
  });

  it('takes the media type that was expected where the document has none', () => {
    const bytes = bytesOf(someManifest({ mediaType: undefined }));
    expect(parseManifest(bytes, { mediaType: mediaTypes.dockerManifest }).mediaType).toBe(mediaTypes.dockerManifest);
  });

  it('keeps members that it does not know', () => {
    const layer = { ...descriptorOf('layer'), 'com.example.extra': [1] };
    const parsed = parseManifest(bytesOf(someManifest({ layers: [layer], 'com.example.other': { a: null } })));
    expect(parsed.document).toMatchObject({ layers: [layer], 'com.example.other': { a: null } });
  });

  it.each([
    ['an artifact type', { artifactType: 'application/x.one' }, 'application/x.one'],
    ['an artifact type that is empty', { artifactType: '' }, mediaTypes.imageConfig],
    ['no artifact type (image-spec 1.0)', {}, mediaTypes.imageConfig],
  ])('tells what a manifest with %s is', (_, members, expected) => {
    expect(artifactTypeOf(parseManifest(bytesOf(someManifest(members))).document)).toBe(expected);
  });

  it('tells what an index is only by its artifact type', () => {
    expect(artifactTypeOf(parseManifest(bytesOf(someIndex())).document)).toBeUndefined();
    const named = someIndex({ artifactType: 'application/x.one' });
    expect(artifactTypeOf(parseManifest(bytesOf(named)).document)).toBe('application/x.one');
  });

  it.each([
    ['embedded data', { data: 'b25l', ...descriptorOf('one') }],
    ['a sha512 digest', { ...descriptorOf('one'), digest: `sha512:${'a'.repeat(128)}` }],
    ['the largest size', { ...descriptorOf('one'), size: Number.MAX_SAFE_INTEGER }],
    ['no bytes', { ...descriptorOf('one'), size: 0 }],
    ['urls and annotations', { ...descriptorOf('one'), urls: ['https://registry.example/x'], annotations: { a: '' } }],
    ['a platform', { ...descriptorOf('one'), platform: { os: 'linux', architecture: 'arm', variant: 'v7' } }],
  ])('reads a descriptor with %s', (_, layer) => {
    expect(parseManifest(bytesOf(someManifest({ layers: [layer] }))).document).toMatchObject({ layers: [layer] });
  });
});

describe('parseManifest refuses a manifest', () => {
  it.each([
    ['without a schema version', { schemaVersion: undefined }],
    ['of schema version "2"', { schemaVersion: '2' }],
    ['of schema version 3', { schemaVersion: 3 }],
    ['without a config', { config: undefined }],
    ['whose config is null', { config: null }],
    ['without layers', { layers: undefined }],
    ['whose layers are null', { layers: null }],
    ['whose layers are an object', { layers: {} }],
    ['with a layer that is a string', { layers: ['sha256:x'] }],
    ['whose subject is a string', { subject: 'sha256:x' }],
    ['with an annotation that is a number', { annotations: { a: 1 } }],
    ['whose annotations are an array', { annotations: ['a'] }],
    ['whose artifact type is no media type', { artifactType: 'pack' }],
    ['whose media type is a number', { mediaType: 2 }],
    ['whose media type is unknown', { mediaType: 'application/vnd.oci.artifact.manifest.v1+json' }],
    ['with the layers of Docker schema 1', { fsLayers: [] }],
    ['with a member that Go takes for layers', { Layers: [] }],
    ['of Docker schema 1', { schemaVersion: 1 }],
    ['that says it is Docker schema 1', { mediaType: 'application/vnd.docker.distribution.manifest.v1+prettyjws' }],
  ])('%s', (_, members) => {
    expect(() => parseManifest(bytesOf(someManifest(members)))).toThrow(manifestInvalid);
  });

  it.each([
    ['without a media type', { mediaType: undefined }],
    ['with an empty media type', { mediaType: '' }],
    ['without a digest', { digest: undefined }],
    ['with a digest in upper case', { digest: `sha256:${'A'.repeat(64)}` }],
    ['with a digest of 63 digits', { digest: `sha256:${'a'.repeat(63)}` }],
    ['with a digest that is a path', { digest: 'sha256:../../etc/passwd' }],
    ['with a digest by md5', { digest: `md5:${'a'.repeat(32)}` }],
    ['without a size', { size: undefined }],
    ['with a size that is negative', { size: -1 }],
    ['with a size beyond 2^53', { size: 2 ** 53 }],
    ['with a size that is a fraction', { size: 1.5 }],
    ['with a size that is a string', { size: '3' }],
    ['with data that has another digest', { data: 'dHdv' }],
    ['with data that has another size', { data: 'b25lIQ==' }],
    ['with data that is no base64', { data: 'b25l!' }],
    ['with data in url-safe base64 without padding', { data: 'b25lIQ' }],
    ['with a url that is a number', { urls: [1] }],
    ['with a platform without an architecture', { platform: { os: 'linux' } }],
    ['with a platform that is a string', { platform: 'linux/amd64' }],
  ])('with a layer %s', (_, members) => {
    const layers = [descriptorOf('zero'), { ...descriptorOf('one'), ...members }];
    const read = (): unknown => parseManifest(bytesOf(someManifest({ layers })));
    expect(read).toThrow(manifestInvalid);
    const path = expect.stringMatching(/^layers\.1\.(mediaType|digest|size|data|urls|platform)/) as string;
    expect(read).toThrow(expect.objectContaining({ issues: [expect.objectContaining({ path })] }) as Error);
  });

  it.each(['[]', 'null', '"text"', '1'])('that is %s', (text) => {
    expect(() => parseManifest(utf8(text))).toThrow(manifestInvalid);
  });

  it.each([
    ['a key that stands twice', '{"schemaVersion":2,"schemaVersion":2}'],
    ['the key __proto__', '{"annotations":{"__proto__":"x"}}'],
    ['a byte order mark', '\ufeff{}'],
    ['something behind it', '{}{}'],
    ['a cut end', '{"schemaVersion":2'],
  ])('with %s', (_, text) => {
    expect(() => parseManifest(utf8(text))).toThrow(expect.objectContaining({ code: 'ERR_JSON_INVALID' }) as Error);
  });

  it('that is an index as well (CVE-2021-41190)', () => {
    const { manifests } = someIndex();
    expect(() => parseManifest(bytesOf(someManifest({ manifests })))).toThrow(manifestInvalid);
    expect(() => parseManifest(bytesOf(someManifest({ manifests, mediaType: undefined })))).toThrow(indexInvalid);
    const noMediaType = bytesOf(someManifest({ manifests: [], mediaType: undefined, layers: undefined }));
    expect(() => parseManifest(noMediaType, { mediaType: mediaTypes.imageManifest })).toThrow(manifestInvalid);
  });

  it('that is not what was expected', () => {
    const read = (): unknown => parseManifest(bytesOf(someManifest()), { mediaType: mediaTypes.dockerManifest });
    expect(read).toThrow(manifestInvalid);
  });

  it('that was expected to be a blob', () => {
    const bytes = bytesOf(someManifest({ mediaType: undefined }));
    expect(() => parseManifest(bytes, { mediaType: 'application/json' })).toThrow(manifestInvalid);
  });

  it('that was expected to be an index', () => {
    const bytes = bytesOf(someManifest({ mediaType: undefined }));
    expect(() => parseManifest(bytes, { mediaType: mediaTypes.imageIndex })).toThrow(indexInvalid);
  });

  it('with a hint where it is Docker schema 1', () => {
    expect(() => parseManifest(bytesOf({ schemaVersion: 1, fsLayers: [] }))).toThrow(
      expect.objectContaining({ code: 'ERR_MANIFEST_INVALID', hint: expect.any(String) as string }) as Error,
    );
  });

  it('and lists at most 20 of its faults', () => {
    const layers = Array.from({ length: 1000 }, () => 'x');
    expect(() => parseManifest(bytesOf(someManifest({ layers })))).toThrow(
      expect.objectContaining({ issues: expect.objectContaining({ length: 20 }) as unknown[] }) as Error,
    );
  });
});

describe('parseManifest refuses an index', () => {
  it.each([
    ['without manifests', { manifests: undefined }],
    ['whose manifests are null', { manifests: null }],
    ['with a config', { config: descriptorOf('config') }],
    ['with layers, even none', { layers: [] }],
    ['with a manifest without a size', { manifests: [{ ...descriptorOf('a'), size: undefined }] }],
    ['of another schema version', { schemaVersion: 3 }],
  ])('%s', (_, members) => {
    const read = (): unknown => parseManifest(bytesOf(someIndex(members)), { mediaType: mediaTypes.imageIndex });
    expect(read).toThrow(indexInvalid);
  });
});

describe('the limit on the bytes of a manifest', () => {
  const limit = 4 * 1024 * 1024;
  const padded = (size: number): Uint8Array => {
    const bytes = bytesOf(someManifest());
    return concatBytes([bytes, new Uint8Array(size - bytes.length).fill(0x20)]);
  };

  it('lets 4 MiB through and refuses one byte more', () => {
    expect(parseManifest(padded(limit)).kind).toBe('manifest');
    expect(() => parseManifest(padded(limit + 1))).toThrow(
      expect.objectContaining({ code: 'ERR_LIMIT_EXCEEDED' }) as Error,
    );
  });

  it('is the one that the caller gives', () => {
    const bytes = bytesOf(someManifest());
    expect(parseManifest(bytes, { limits: { manifestBytes: bytes.length } }).kind).toBe('manifest');
    expect(() => parseManifest(bytes, { limits: { manifestBytes: bytes.length - 1 } })).toThrow(
      expect.objectContaining({ code: 'ERR_LIMIT_EXCEEDED' }) as Error,
    );
  });
});

describe('parseManifest on anything', () => {
  const read = (bytes: Uint8Array): boolean => {
    try {
      parseManifest(bytes);
    } catch (error) {
      return isPackError(error);
    }
    return true;
  };

  it('reads or throws an error of ours, whatever the bytes', () => {
    fc.assert(fc.property(fc.uint8Array(), read));
  });

  it('reads or throws an error of ours, whatever the JSON', () => {
    fc.assert(fc.property(fc.json(), (text) => read(utf8(text))));
  });

  it('reads or throws an error of ours when one member of a manifest is anything', () => {
    const names = fc.constantFrom(
      'schemaVersion',
      'mediaType',
      'artifactType',
      'config',
      'layers',
      'subject',
      'annotations',
    );
    fc.assert(fc.property(names, fc.jsonValue(), (name, value) => read(bytesOf(someManifest({ [name]: value })))));
  });

  it('reads or throws an error of ours when one member of a descriptor is anything', () => {
    const names = fc.constantFrom(
      'mediaType',
      'digest',
      'size',
      'urls',
      'annotations',
      'data',
      'platform',
      'artifactType',
    );
    fc.assert(
      fc.property(names, fc.jsonValue(), (name, value) =>
        read(bytesOf(someManifest({ layers: [{ ...descriptorOf('one'), [name]: value }] }))),
      ),
    );
  });
});
