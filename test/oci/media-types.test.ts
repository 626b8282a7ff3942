import { describe, expect, it } from 'vitest';
import {
  isImageManifestMediaType,
  isIndexMediaType,
  isManifestMediaType,
  isMediaType,
  isNonDistributableMediaType,
  mediaTypes,
} from '../../src/oci/index.ts';

describe('mediaTypes', () => {
  it('cannot be changed', () => {
    expect(Object.isFrozen(mediaTypes)).toBe(true);
  });

  it('are media types, each another', () => {
    const all = Object.values(mediaTypes);
    expect(all.every(isMediaType)).toBe(true);
    expect(new Set(all).size).toBe(all.length);
  });
});

describe('isMediaType', () => {
  it.each([
    ['a name with every character that is allowed', 'a/aA0!#$&-^_.+'],
    ['names of 127 characters', `${'a'.repeat(127)}/${'b'.repeat(127)}`],
    ['a parameter', 'application/vnd.dev.sigstore.trustedroot+json;version=0.1'],
    ['a parameter behind a space', 'text/plain; charset=utf-8'],
    ['a quoted parameter', 'text/plain; charset="utf-8"'],
  ])('accepts %s', (_, text) => {
    expect(isMediaType(text)).toBe(true);
  });

  it.each([
    ['nothing', ''],
    ['no subtype', 'application'],
    ['an empty type', '/json'],
    ['an empty subtype', 'application/'],
    ['a type of 128 characters', `${'a'.repeat(128)}/b`],
    ['a subtype of 128 characters', `a/${'b'.repeat(128)}`],
    ['two slashes', 'a/b/c'],
    ['a first character that is a sign', 'a/.b'],
    ['a space', 'a /b'],
    ['a line end', 'a/b\n'],
    ['another script', 'a/ü'],
    ['a parameter without a value', 'a/b;c'],
    ['an empty parameter', 'a/b;'],
    ['more than 1,024 characters', `a/b;c=${'d'.repeat(1019)}`],
    ['no string', 7],
  ])('refuses %s', (_, text) => {
    expect(isMediaType(text)).toBe(false);
  });
});

describe('the kinds of media types', () => {
  it('tell manifests and indexes from each other, of OCI and of Docker', () => {
    const { imageManifest, imageIndex, dockerManifest, dockerManifestList, imageConfig } = mediaTypes;
    const all = [imageManifest, dockerManifest, imageIndex, dockerManifestList, imageConfig];
    expect(all.map(isImageManifestMediaType)).toEqual([true, true, false, false, false]);
    expect(all.map(isIndexMediaType)).toEqual([false, false, true, true, false]);
    expect(all.map(isManifestMediaType)).toEqual([true, true, true, true, false]);
  });

  it('know the layers that must not be handed on', () => {
    const types = Object.entries(mediaTypes).filter(([, type]) => isNonDistributableMediaType(type));
    expect(types.map(([name]) => name)).toEqual([
      'nonDistributableLayerTar',
      'nonDistributableLayerTarGzip',
      'nonDistributableLayerTarZstd',
      'dockerForeignLayerTarGzip',
    ]);
  });
});
