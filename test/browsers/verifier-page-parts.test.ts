import { describe, expect, it } from 'vitest';
import { kindOf } from '../../examples/verifier-page/file-kind.ts';
import { byteWords, sentence, spaced, timeWords, visible } from '../../examples/verifier-page/words.ts';

const file = (content: string): File => new File([content], 'some.file');
const header = (name: string): string => `${name.padEnd(257, '\0')}ustar\u000000`;

describe('a file that is dropped', () => {
  it.each([
    ['bundle', '{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","verificationMaterial":{}}'],
    ['bundle', '{"verificationMaterial":{}}\n{"verificationMaterial":{}}\n'],
    ['bundle', '\n {\n  "verificationMaterial": {} }'],
    ['trust-root', '{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1"}'],
    ['trust-root', '{"tlogs":[],"certificateAuthorities":[]}'],
    ['policy', '{"version":1,"signers":{"anyOf":[]}}'],
    ['key-file', '-----BEGIN PUBLIC KEY-----\nMFkw\n-----END PUBLIC KEY-----\n'],
    ['archive', header('oci-layout')],
    ['archive', header('./index.json')],
    ['archive', header('blobs/sha256/00')],
    ['artifact', header('oci-layouts/other')],
    ['artifact', '{"name":"app","version":"1.0.0"}'],
    ['artifact', '{"mediaType":'],
    ['artifact', '[]'],
    ['artifact', ''],
  ])('is taken as %s by its content: %j', async (kind, content) => {
    expect(await kindOf(file(content))).toBe(kind);
  });
});

describe('words', () => {
  it.each([
    [0, '0 bytes'],
    [999, '999 bytes'],
    [1_500, '1.5 kB'],
    [25_000_000, '25 MB'],
    [1024 ** 3, '1.1 GB'],
  ])('say how many bytes there are: %d', (bytes, words) => {
    expect(byteWords(bytes)).toBe(words);
  });

  it('say a time in one zone, whatever that of the reader is', () => {
    expect(timeWords('2026-11-21T23:00:23.5Z')).toBe('21 November 2026, 23:00:23 UTC');
    expect(timeWords('soon')).toBe('soon');
  });

  it('are made of names', () => {
    expect(spaced('sourceRepositoryURI')).toBe('source repository URI');
    expect(spaced('1.3.6.1.4.1.57264.1.99')).toBe('1.3.6.1.4.1.57264.1.99');
  });

  it('are sentences', () => {
    expect(sentence('artifact has no signature')).toBe('Artifact has no signature.');
    expect(sentence('What is it?')).toBe('What is it?');
  });

  it('show what cannot be seen, so that no identity looks like another one', () => {
    expect(visible('dev\u202e@example.org\u200b')).toBe('dev\\u{202e}@example.org\\u{200b}');
    expect(visible('a\nb\0c\ud800')).toBe('a\\u{a}b\\u{0}c\\u{d800}');
    expect(visible('jürgen@example.org…')).toBe('jürgen@example.org…');
  });
});
