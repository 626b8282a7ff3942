import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/bytes/encoding.ts';
import { digestOf } from '../../../src/digest/index.ts';
import { checkPayload } from '../../../src/pack/find-bundles/simple-signing.ts';
import { payloadFor } from './packs.ts';

const manifest = utf8('manifest');
const digests = [digestOf(manifest), digestOf(manifest, 'sha512')] as const;
const good = new TextDecoder().decode(payloadFor(digests[0]));
const check = (text: string): void => checkPayload(utf8(text), digests);

describe('the payload of an older signature', () => {
  it.each([
    ['names the manifest', good],
    ['names it by another of its digests', good.replace(digests[0], digests[1])],
    ['is spelled as old versions spell it', good.replace('docker-manifest', 'Docker-manifest')],
    ['has more to say', good.replace('null', '{"creator":"someone"}')],
    ['is of another repository', good.replace('"docker-reference":""', '"docker-reference":"elsewhere.example/x"')],
  ])('is taken where it %s', (_name, text) => {
    expect(() => check(text)).not.toThrow();
  });

  it.each([
    ['another manifest', good.replace(digests[0], digestOf(utf8('other')))],
    ['its digest in upper case', good.replace(digests[0], digests[0].toUpperCase())],
  ])('is of something else where it names %s', (_name, text) => {
    expect(() => check(text)).toThrow(expect.objectContaining({ code: 'ERR_SUBJECT_MISMATCH' }));
  });

  it.each([
    ['is no JSON', '{'],
    ['is a list', '[]'],
    ['is of another kind', good.replace('cosign container', 'atomic container')],
    ['has no critical part', '{}'],
    ['has no image', good.replace('"image"', '"picture"')],
    ['has a critical part that nobody knows', good.replace('"critical":{', '"critical":{"expires":"never",')],
    ['has an image that says more', good.replace('"image":{', '"image":{"docker-manifest-dige\u017ft":"x",')],
    ['has a digest that is no text', good.replace(`"${digests[0]}"`, '1')],
    ['has a member twice, differing by case', good.replace('"critical":', '"Critical":{},"critical":')],
  ])('is refused where it %s', (_name, text) => {
    expect(() => check(text)).toThrow(expect.objectContaining({ code: 'ERR_BUNDLE_INVALID' }));
  });
});
