import { describe, expect, it } from 'vitest';
import { parseClientTrustConfig } from '../../src/attest/client-trust-config.ts';
import { parseSigningConfig } from '../../src/attest/signing-config.ts';
import { changed, refusal, thrownBy, type Document } from './change-document.ts';
import { someSigningConfig, someTrustRoot } from './some-documents.ts';

const read = (document: Document): ReturnType<typeof parseSigningConfig> =>
  parseSigningConfig(JSON.stringify(document));
const code = 'ERR_TRUST_ROOT_INVALID';
const mediaType01 = 'application/vnd.dev.sigstore.signingconfig.v0.1+json';
const old = {
  mediaType: mediaType01,
  caUrl: 'https://fulcio.example',
  oidcUrl: 'https://oidc.example/auth',
  tlogUrls: ['https://rekor.example'],
  tsaUrls: ['https://tsa.example/api'],
};

describe('parseSigningConfig', () => {
  it('reads services and how many of them to ask', () => {
    const config = read(someSigningConfig);
    expect(config.certificateAuthorities).toEqual([
      {
        url: 'https://fulcio.example',
        majorApiVersion: 1,
        validFor: { start: Date.parse('2023-04-14T21:38:40Z'), end: undefined },
        operator: 'example',
      },
    ]);
    expect(config.identityProviders[0]?.url).toBe('https://oidc.example/auth');
    expect(config.logs[0]?.majorApiVersion).toBe(2);
    expect(config.logSelector).toEqual({ kind: 'any' });
    expect(config.timestampSelector).toEqual({ kind: 'exact', count: 1 });
  });

  it('reads the selector that asks all', () => {
    expect(read({ ...someSigningConfig, rekorTlogConfig: { selector: 1 } }).logSelector).toEqual({ kind: 'all' });
  });

  it('reads a config without services, whose selectors say nothing', () => {
    const { mediaType } = someSigningConfig;
    expect(read({ mediaType, rekorTlogConfig: {}, tsaConfig: null })).toEqual({
      certificateAuthorities: [],
      identityProviders: [],
      logs: [],
      logSelector: undefined,
      timestampAuthorities: [],
      timestampSelector: undefined,
    });
  });

  it('reads the bare URLs of version 0.1', () => {
    const service = (url: string, operator: string): object => ({
      url,
      majorApiVersion: 1,
      validFor: { start: undefined, end: undefined },
      operator,
    });
    expect(read(old)).toEqual({
      certificateAuthorities: [service('https://fulcio.example', 'fulcio.example')],
      identityProviders: [service('https://oidc.example/auth', 'oidc.example')],
      logs: [service('https://rekor.example', 'rekor.example')],
      logSelector: { kind: 'any' },
      timestampAuthorities: [service('https://tsa.example/api', 'tsa.example')],
      timestampSelector: { kind: 'any' },
    });
  });

  it('reads services under the media type of version 0.1 too, as some wrote them', () => {
    expect(read({ ...someSigningConfig, mediaType: mediaType01 })).toEqual(read(someSigningConfig));
  });
});

describe('parseSigningConfig, of what is wrong', () => {
  it.each<[string, string, unknown, string?]>([
    ['no media type', 'mediaType', undefined],
    ['a media type that is not known', 'mediaType', 'application/vnd.dev.sigstore.signingconfig.v0.3+json'],
    ['no URL', 'caUrls.0.url', undefined],
    ['a URL without a scheme', 'caUrls.0.url', 'fulcio.example'],
    ['a URL of a file', 'caUrls.0.url', 'file:///etc/passwd'],
    ['a URL that is none', 'caUrls.0.url', 'https://'],
    ['no operator', 'caUrls.0.operator', undefined],
    ['a field that is not known', 'caUrls.0.token', 'x'],
    ['a field of version 0.1', 'caUrl', 'https://fulcio.example'],
    ['bare URLs in version 0.2', 'tsaUrls', ['https://tsa.example'], 'tsaUrls.0'],
    ['no selector', 'rekorTlogConfig', undefined, 'rekorTlogConfig.selector'],
    ['a selector that is undefined', 'rekorTlogConfig', {}, 'rekorTlogConfig.selector'],
    ['a selector that is not known', 'rekorTlogConfig.selector', 'MOST'],
    ['an exact selector without a count', 'tsaConfig.count', undefined],
    ['more services than there are', 'tsaConfig.count', 2],
    ['more services than the limit', 'caUrls', Array.from({ length: 257 }, () => ({}))],
  ])('refuses %s', (_what, path, value, at = path) => {
    expect(thrownBy(() => read(changed(someSigningConfig, path, value)))).toMatchObject(
      refusal(path === 'caUrls' ? 'ERR_LIMIT_EXCEEDED' : code, at),
    );
  });

  it.each(['caUrl', 'oidcUrl', 'tlogUrls.0'])('refuses a bare URL that is none at %s', (path) => {
    expect(thrownBy(() => read(changed(old, path, 'javascript:alert(1)')))).toMatchObject(refusal(code, path));
  });
});

describe('parseClientTrustConfig', () => {
  const config: Document = {
    mediaType: 'application/vnd.dev.sigstore.clienttrustconfig.v0.1+json',
    trustedRoot: someTrustRoot,
    signingConfig: someSigningConfig,
  };

  it('reads both of its parts', () => {
    const { trustRoot, signingConfig } = parseClientTrustConfig(JSON.stringify(config));
    expect(trustRoot.logs).toHaveLength(1);
    expect(signingConfig).toEqual(read(someSigningConfig));
  });

  it.each<[string, unknown]>([
    ['mediaType', 'application/vnd.dev.sigstore.clienttrustconfig.v0.2+json'],
    ['trustedRoot', undefined],
    ['signingConfig', null],
    ['trustedRoot.mediaType', 'application/json'],
    ['trustedRoot.tlogs.0.publicKey.rawBytes', ''],
    ['signingConfig.mediaType', mediaType01.replace('0.1', '0.9')],
    ['extra', 1],
  ])('refuses %s of %j', (path, value) => {
    expect(thrownBy(() => parseClientTrustConfig(JSON.stringify(changed(config, path, value))))).toMatchObject(
      refusal(code, path),
    );
  });
});
