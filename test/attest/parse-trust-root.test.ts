import { describe, expect, it } from 'vitest';
import { parseTrustRoot } from '../../src/attest/parse-trust-root.ts';
import { fromBase64, utf8 } from '../../src/bytes/encoding.ts';
import { changed, refusal, thrownBy, type Document } from './change-document.ts';
import { someTrustRoot } from './some-documents.ts';

const read = (document: Document): ReturnType<typeof parseTrustRoot> => parseTrustRoot(JSON.stringify(document));
const log = (someTrustRoot['tlogs'] as Document[])[0] as Document;

describe('parseTrustRoot', () => {
  it('reads logs and authorities, their keys as they are', () => {
    const root = read(someTrustRoot);
    expect(root.logs).toEqual([
      {
        baseUrl: 'https://rekor.example',
        hashAlgorithm: 'SHA2_256',
        publicKey: {
          bytes: fromBase64('MFkw'),
          details: 'PKIX_ECDSA_P256_SHA_256',
          validFor: { start: Date.parse('2021-01-12T11:53:27Z'), end: Date.parse('2030-01-01T00:00:00.500Z') },
        },
        logId: fromBase64('wNI9'),
        checkpointKeyId: undefined,
        operator: 'rekor.example',
      },
    ]);
    expect(root.certificateAuthorities).toEqual([
      {
        uri: 'https://fulcio.example',
        certificates: [fromBase64('MIIB'), fromBase64('MIIC')],
        validFor: { start: Date.parse('2022-04-13T20:06:15Z'), end: undefined },
        operator: 'fulcio.example',
      },
    ]);
    expect(root.ctLogs[0]?.baseUrl).toBe('https://ct.example/2022');
    expect(root.timestampAuthorities[0]?.operator).toBe('tsa.example');
  });

  it.each([
    'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
    'application/vnd.dev.sigstore.trustedroot.v0.1+json',
    'application/vnd.dev.sigstore.trustedroot.v0.2+json',
  ])('knows the media type %s', (mediaType) => {
    expect(read({ ...someTrustRoot, mediaType }).logs).toHaveLength(1);
  });

  it.each([
    undefined,
    '',
    'application/json',
    'application/vnd.dev.sigstore.trustedroot.v0.3+json',
    'application/vnd.dev.sigstore.bundle.v0.3+json',
  ])('refuses the media type %j', (mediaType) => {
    expect(thrownBy(() => read({ ...someTrustRoot, mediaType }))).toMatchObject(
      refusal('ERR_TRUST_ROOT_INVALID', 'mediaType'),
    );
  });

  it('reads a root that trusts nobody as one that trusts nobody', () => {
    const { mediaType } = someTrustRoot;
    const none = { logs: [], ctLogs: [], certificateAuthorities: [], timestampAuthorities: [] };
    expect(read({ mediaType })).toEqual(none);
    expect(read({ mediaType, tlogs: null, ctlogs: [] })).toEqual(none);
  });

  it('reads key ids of checkpoints, and takes one for a log id that is not there', () => {
    const path = 'tlogs.0.checkpointKeyId';
    expect(read(changed(someTrustRoot, path, { keyId: 'AAAA' })).logs[0]).toMatchObject({
      logId: fromBase64('wNI9'),
      checkpointKeyId: fromBase64('AAAA'),
    });
    const without = changed(someTrustRoot, 'tlogs.0.logId', undefined);
    expect(read(changed(without, path, { keyId: 'AAAA' })).logs[0]?.logId).toEqual(fromBase64('AAAA'));
    expect(thrownBy(() => read(without))).toMatchObject(refusal('ERR_TRUST_ROOT_INVALID', 'tlogs.0.logId.keyId'));
  });

  it('keeps a key of a kind that it does not know, for the others to be used', () => {
    const strange = changed(someTrustRoot, 'ctlogs.0.publicKey.keyDetails', 'PKCS1_RSA_PKCS1V5');
    expect(read(strange).ctLogs[0]?.publicKey.details).toBe('PKCS1_RSA_PKCS1V5');
    const numbered = changed(someTrustRoot, 'ctlogs.0.publicKey.keyDetails', 99);
    expect(read(numbered).ctLogs[0]?.publicKey.details).toBe('99');
  });

  it('keeps a key without a start as one that has none, never as one from the beginning of time', () => {
    for (const validFor of [undefined, null, {}, { start: null }, { end: '2030-01-01T00:00:00Z' }]) {
      const root = read(changed(someTrustRoot, 'tlogs.0.publicKey.validFor', validFor));
      expect(root.logs[0]?.publicKey.validFor.start).toBeUndefined();
    }
  });

  it('takes instances that overlap, and such as begin in the future', () => {
    const later = changed(log, 'publicKey.validFor', { start: '2999-01-01T00:00:00Z' });
    const root = read({ ...someTrustRoot, tlogs: [log, log, { ...later, baseUrl: 'https://later.example' }] });
    expect(root.logs).toHaveLength(3);
  });
});

describe('parseTrustRoot, of what is wrong', () => {
  const key = 'tlogs.0.publicKey';
  const authority = 'certificateAuthorities.0';

  it.each<[string, string, unknown]>([
    ['a log without a key', key, undefined],
    ['a key without bytes', `${key}.rawBytes`, ''],
    ['a key that is no base64', `${key}.rawBytes`, 'MFk'],
    ['a time that is none', `${key}.validFor.start`, '2021-02-30T00:00:00Z'],
    ['a time as a number', `${key}.validFor.end`, 1],
    ['an authority without a chain', `${authority}.certChain`, undefined],
    ['an empty chain', `${authority}.certChain.certificates`, []],
    ['an empty certificate', `${authority}.certChain.certificates.0.rawBytes`, ''],
    ['a field that is not known', `${authority}.trusted`, true],
    ['a field of the root that is not known', 'logs', []],
    ['null in a list', 'timestampAuthorities.0', null],
    ['an object as a list', 'ctlogs', {}],
  ])('refuses %s', (_what, path, value) => {
    expect(thrownBy(() => read(changed(someTrustRoot, path, value)))).toMatchObject(
      refusal('ERR_TRUST_ROOT_INVALID', path),
    );
  });

  it.each(['tlogs', 'ctlogs', 'certificateAuthorities', 'timestampAuthorities'])(
    'takes 256 of %s and refuses one more',
    (path) => {
      const [item] = someTrustRoot[path] as unknown[];
      const many = (count: number): Document => ({
        ...someTrustRoot,
        [path]: Array.from({ length: count }, () => item),
      });
      expect(() => read(many(256))).not.toThrow();
      expect(thrownBy(() => read(many(257)))).toMatchObject(refusal('ERR_LIMIT_EXCEEDED', path));
    },
  );

  it('refuses more than 4 MiB', () => {
    const large = utf8(JSON.stringify(someTrustRoot) + ' '.repeat(4 * 1024 * 1024));
    expect(thrownBy(() => parseTrustRoot(large))).toMatchObject({ code: 'ERR_LIMIT_EXCEEDED' });
  });

  it.each(['', 'null', '[]', '{}', '{"mediaType":null}'])('refuses %j with a code', (text) => {
    expect(thrownBy(() => parseTrustRoot(text))).toMatchObject({ code: 'ERR_TRUST_ROOT_INVALID' });
  });
});

describe('the operator of a log', () => {
  const operatorsOf = (...logs: Document[]): string[] =>
    read({ ...someTrustRoot, tlogs: logs.map((change, index) => withKey({ ...log, ...change }, index)) }).logs.map(
      ({ operator }) => operator,
    );
  const withKey = (document: Document, index: number): Document =>
    'publicKey' in document && document['publicKey'] !== log['publicKey']
      ? document
      : changed(document, 'publicKey.rawBytes', `AAA${'ABCD'[index] ?? ''}`);

  it('is the one that the root says', () => {
    expect(
      operatorsOf({ operator: 'sigstore.dev' }, { baseUrl: 'https://b.example', operator: 'sigstore.dev' }),
    ).toEqual(['sigstore.dev', 'sigstore.dev']);
  });

  it.each([
    ['https://Log.Example/2022', 'log.example'],
    ['https://log.example:8443', 'log.example'],
    ['log.example/shard', 'log.example'],
    ['log.example', 'log.example'],
    ['https://', 'https://'],
    ['not a host', 'not a host'],
    ['', ''],
  ])('is the host of %j where the root says none', (baseUrl, operator) => {
    expect(operatorsOf({ baseUrl })).toEqual([operator]);
  });

  it('is the same for instances on one host, and another on another', () => {
    const [first, second, third] = operatorsOf(
      { baseUrl: 'https://log.example/2022' },
      { baseUrl: 'https://log.example/2023' },
      { baseUrl: 'https://other.example' },
    );
    expect(first).toBe(second);
    expect(first).not.toBe(third);
  });

  it('is one where one key is listed twice, so that one log never meets a threshold of two', () => {
    const publicKey = { ...(log['publicKey'] as Document), rawBytes: 'BBBB' };
    const operators = operatorsOf(
      { baseUrl: 'https://a.example', publicKey },
      { baseUrl: 'https://b.example', publicKey },
      { baseUrl: 'https://c.example', operator: 'c', publicKey },
    );
    expect(new Set(operators).size).toBe(1);
  });
});
