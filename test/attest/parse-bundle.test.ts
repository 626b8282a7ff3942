import { describe, expect, it } from 'vitest';
import { parseBundle } from '../../src/attest/parse-bundle.ts';
import { fromBase64, utf8 } from '../../src/bytes/encoding.ts';
import { changed, refusal, thrownBy, type Document } from './change-document.ts';
import { someBundle, someDsseBundle, someKeyBundle, someOldBundle } from './some-documents.ts';

const read = (document: Document): ReturnType<typeof parseBundle> => parseBundle(JSON.stringify(document));
const material = 'verificationMaterial';
const entry = `${material}.tlogEntries.0`;
const proof = `${entry}.inclusionProof`;

function refuses(document: Document, path: string, code = 'ERR_BUNDLE_INVALID'): void {
  expect(thrownBy(() => read(document))).toMatchObject(refusal(code, path));
}

describe('parseBundle', () => {
  it('reads a bundle of version 0.3', () => {
    expect(read(someBundle)).toEqual({
      mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
      version: '0.3',
      material: { kind: 'certificate', certificates: [fromBase64('MIIB')] },
      logEntries: [
        {
          logIndex: 9007199254740993n,
          logId: fromBase64('wNI9atQGlz+VWfO6LRygH4QUfY/8W4RFwiT5i5WRgB0='),
          kind: 'hashedrekord',
          version: '0.0.1',
          integratedTime: 1689177396n,
          promise: fromBase64('MEUC'),
          proof: {
            logIndex: 25n,
            rootHash: fromBase64('AAAA'),
            treeSize: 26n,
            hashes: [fromBase64('BBBB'), fromBase64('CCCC')],
            checkpoint: 'rekor.example\n26\nAAAA\n',
          },
          body: utf8('{}'),
        },
      ],
      timestamps: [fromBase64('MIIC')],
      content: {
        kind: 'message',
        signature: fromBase64('MEQC'),
        digest: 'sha256:a0cf918c3a9117211d8442905003d80a4356f8a3050c3cece619d828be49b579',
      },
    });
  });

  it('reads a chain, and a promise without a proof, in version 0.1', () => {
    const bundle = read(changed(someOldBundle, proof, undefined));
    expect(bundle.material).toEqual({ kind: 'certificate', certificates: [fromBase64('MIIB'), fromBase64('MIIC')] });
    expect(bundle.logEntries[0]?.proof).toBeUndefined();
  });

  it('reads the hint of a key and an envelope', () => {
    const bundle = read(changed(someKeyBundle, 'dsseEnvelope.signatures.0.keyid', 'a hint'));
    expect(bundle.material).toEqual({ kind: 'key', hint: 'a hint' });
    expect(bundle.content).toMatchObject({ kind: 'dsse', envelope: { signatures: [{ keyId: 'a hint' }] } });
  });

  it('reads bytes as it reads text', () => {
    expect(parseBundle(utf8(JSON.stringify(someBundle)))).toEqual(read(someBundle));
  });

  it.each([
    ['application/vnd.dev.sigstore.bundle+json;version=0.1', '0.1', someOldBundle],
    ['application/vnd.dev.sigstore.bundle+json;version=0.2', '0.2', someOldBundle],
    ['application/vnd.dev.sigstore.bundle+json;version=0.3', '0.3', someBundle],
    ['application/vnd.dev.sigstore.bundle.v0.3+json', '0.3', someBundle],
  ])('knows the media type %s', (mediaType, version, document) => {
    expect(read({ ...document, mediaType })).toMatchObject({ mediaType, version });
  });

  it.each([
    'application/vnd.dev.sigstore.bundle+json;version=0.4',
    'application/vnd.dev.sigstore.bundle.v0.4+json',
    'application/vnd.dev.sigstore.bundle+json',
    'application/vnd.dev.sigstore.bundle.V0.3+json',
    'constructor',
    '',
  ])('refuses the media type %j instead of taking it for one it knows', (mediaType) => {
    refuses({ ...someBundle, mediaType }, 'mediaType');
  });
});

describe('parseBundle, of what must be there', () => {
  it.each([
    ['no media type', someBundle, 'mediaType', 'mediaType'],
    ['no verification material', someBundle, material, material],
    ['no key material', someBundle, `${material}.certificate`, material],
    ['no content', someBundle, 'messageSignature', ''],
    ['no signature', someBundle, 'messageSignature.signature', 'messageSignature.signature'],
    ['no log id', someBundle, `${entry}.logId`, `${entry}.logId`],
    ['no key id of the log', someBundle, `${entry}.logId.keyId`, `${entry}.logId.keyId`],
    ['no kind', someBundle, `${entry}.kindVersion.kind`, `${entry}.kindVersion.kind`],
    ['no body', someBundle, `${entry}.canonicalizedBody`, `${entry}.canonicalizedBody`],
    ['no proof in version 0.3', someBundle, proof, proof],
    ['no checkpoint in version 0.3', someBundle, `${proof}.checkpoint`, `${proof}.checkpoint`],
    ['no text in the checkpoint', someBundle, `${proof}.checkpoint.envelope`, `${proof}.checkpoint`],
    ['no root hash', someBundle, `${proof}.rootHash`, `${proof}.rootHash`],
    ['no promise in version 0.1', someOldBundle, `${entry}.inclusionPromise`, `${entry}.inclusionPromise`],
    ['no payload', someDsseBundle, 'dsseEnvelope.payload', 'dsseEnvelope.payload'],
    ['no payload type', someDsseBundle, 'dsseEnvelope.payloadType', 'dsseEnvelope.payloadType'],
    ['no signatures', someDsseBundle, 'dsseEnvelope.signatures', 'dsseEnvelope.signatures'],
    ['no signature', someDsseBundle, 'dsseEnvelope.signatures.0.sig', 'dsseEnvelope.signatures.0.sig'],
  ])('refuses a bundle with %s', (_what, document, path, at) => {
    refuses(changed(document, path, undefined), at);
  });

  it.each([
    ['an empty chain', someOldBundle, `${material}.x509CertificateChain.certificates`, []],
    ['an empty certificate', someBundle, `${material}.certificate.rawBytes`, ''],
    ['an empty signature', someBundle, 'messageSignature.signature', ''],
    ['an empty timestamp', someBundle, `${material}.timestampVerificationData.rfc3161Timestamps.0.signedTimestamp`, ''],
    ['an empty promise', someBundle, `${entry}.inclusionPromise.signedEntryTimestamp`, ''],
    ['an empty hash in a proof', someBundle, `${proof}.hashes.1`, ''],
    ['an envelope without signatures', someDsseBundle, 'dsseEnvelope.signatures', []],
  ])('refuses %s', (_what, document, path, value) => {
    refuses(changed(document, path, value), path);
  });

  it('takes a bundle without log entries, timestamps and digest: whether that is enough is for a policy to say', () => {
    const document = changed(
      changed(someBundle, `${material}.tlogEntries`, undefined),
      'messageSignature.messageDigest',
      {},
    );
    const bundle = read(changed(document, `${material}.timestampVerificationData`, undefined));
    expect(bundle).toMatchObject({ logEntries: [], timestamps: [], content: { digest: undefined } });
    expect(read(changed(someBundle, 'messageSignature.messageDigest', undefined)).content).toMatchObject({
      digest: undefined,
    });
  });
});

describe('parseBundle, of what must not be there', () => {
  it('refuses two kinds of content', () => {
    refuses({ ...someDsseBundle, messageSignature: someBundle['messageSignature'] }, '');
  });

  it('refuses two kinds of key material', () => {
    refuses(changed(someBundle, `${material}.publicKey`, { hint: 'a' }), material);
  });

  it('refuses two signatures in an envelope', () => {
    const signatures = [{ sig: 'MEUC' }, { sig: 'MEUC' }];
    refuses(changed(someDsseBundle, 'dsseEnvelope.signatures', signatures), 'dsseEnvelope.signatures');
  });

  it('refuses a chain in version 0.3 and a single certificate before it', () => {
    const { mediaType } = someOldBundle;
    refuses({ ...someOldBundle, mediaType: someBundle['mediaType'] }, `${material}.x509CertificateChain`);
    refuses({ ...someBundle, mediaType }, `${material}.certificate`);
  });

  it('refuses a key id that is not the hint, and takes a hint without a key id', () => {
    const path = 'dsseEnvelope.signatures.0.keyid';
    refuses(changed(someKeyBundle, path, 'another'), path);
    expect(read(someKeyBundle).material).toEqual({ kind: 'key', hint: 'a hint' });
  });

  it.each([
    ['the bundle', 'extra'],
    ['an entry', `${entry}.extra`],
    ['a proof', `${proof}.checkpoint.extra`],
    ['the digest', 'messageSignature.messageDigest.extra'],
    ['a name in snake case', `${entry}.log_index`],
  ])('refuses a field that is not known in %s', (_what, path) => {
    refuses(changed(someBundle, path, 1), path);
  });

  it('refuses a key that stands twice, and the key __proto__', () => {
    const text = JSON.stringify(someBundle);
    for (const more of ['"mediaType":"x",', '"__proto__":{},', '"messageSignature":null,']) {
      expect(thrownBy(() => parseBundle(text.replace('{', `{${more}`)))).toMatchObject(
        refusal('ERR_BUNDLE_INVALID', ''),
      );
    }
  });

  it.each([
    ['a digest of another length', { algorithm: 'SHA2_256', digest: 'AAAA' }],
    ['an algorithm that is not known', { algorithm: 'SHA2_224', digest: 'AAAA' }],
    ['a digest without an algorithm', { digest: 'AAAA' }],
    ['an algorithm without a digest', { algorithm: 'SHA2_512' }],
    ['an algorithm of SHA-3', { algorithm: 4, digest: 'oM+RjDqRFyEdhEKQUAPYCkNW+KMFDDzs5hnYKL5JtXk=' }],
  ])('refuses as the hint %s', (_what, messageDigest) => {
    refuses(changed(someBundle, 'messageSignature.messageDigest', messageDigest), 'messageSignature.messageDigest');
  });
});

describe('parseBundle, of limits', () => {
  const many = (count: number, item: unknown): unknown[] => Array.from({ length: count }, () => item);
  const entries = (someBundle[material] as { tlogEntries: unknown[] }).tlogEntries;

  it.each([
    ['log entries', someBundle, `${material}.tlogEntries`, 32, entries[0]],
    [
      'timestamps',
      someBundle,
      `${material}.timestampVerificationData.rfc3161Timestamps`,
      32,
      { signedTimestamp: 'MIIC' },
    ],
    ['certificates', someOldBundle, `${material}.x509CertificateChain.certificates`, 10, { rawBytes: 'MIIB' }],
    ['hashes of a proof', someBundle, `${proof}.hashes`, 63, 'AAAA'],
  ])('takes as many %s as the limit and refuses one more', (_what, document, path, limit, item) => {
    expect(() => read(changed(document, path, many(limit, item)))).not.toThrow();
    refuses(changed(document, path, many(limit + 1, item)), path, 'ERR_LIMIT_EXCEEDED');
  });

  it('refuses more signatures than it would count', () => {
    const path = 'dsseEnvelope.signatures';
    refuses(changed(someDsseBundle, path, many(33, { sig: 'MEUC' })), path, 'ERR_LIMIT_EXCEEDED');
  });

  it('takes 16 MiB and refuses one byte more', () => {
    const text = JSON.stringify(someBundle);
    const padding = ' '.repeat(16 * 1024 * 1024 - text.length);
    expect(() => parseBundle(utf8(text + padding))).not.toThrow();
    expect(thrownBy(() => parseBundle(utf8(`${text}${padding} `)))).toMatchObject({ code: 'ERR_LIMIT_EXCEEDED' });
  });

  it('refuses what nests too deep', () => {
    const deep = `{"mediaType":${'['.repeat(70)}${']'.repeat(70)}}`;
    expect(thrownBy(() => parseBundle(deep))).toMatchObject({ code: 'ERR_LIMIT_EXCEEDED' });
  });
});

describe('parseBundle, of what is no bundle', () => {
  it.each(['', 'null', '[]', '1', '"text"', '{', 'undefined', '{}', '{"mediaType":1}', '\ufeff{}'])(
    'refuses %j with a code',
    (text) => {
      expect(thrownBy(() => parseBundle(text))).toMatchObject({ name: 'FormatError', code: 'ERR_BUNDLE_INVALID' });
    },
  );

  it.each([
    ['a lone surrogate', '"MEQC"', '"\\ud800"'],
    ['a lone surrogate in a key', '"mediaType"', '"\\udc00"'],
    ['a number beyond a double', '"25"', '1e999'],
    ['a number that no parser agrees on', '"25"', '9007199254740993'],
    ['NaN', '"25"', 'NaN'],
    ['text behind the bundle', /$/, '{}'],
    ['a comment', /^/, '/* */'],
    ['single quotes', '"25"', "'25'"],
  ])('refuses %s, which parsers do not agree on', (_what, from, to) => {
    const text = JSON.stringify(someBundle);
    expect(text.replace(from, to)).not.toBe(text);
    expect(thrownBy(() => parseBundle(text.replace(from, to)))).toMatchObject({ code: 'ERR_BUNDLE_INVALID' });
  });

  it('refuses bytes that are not UTF-8', () => {
    expect(thrownBy(() => parseBundle(Uint8Array.of(0x7b, 0xff, 0x7d)))).toMatchObject({ code: 'ERR_BUNDLE_INVALID' });
  });
});
