import { describe, expect, it } from 'vitest';
import { keylessSigner, sigstoreWitness, type KeylessSignerOptions } from '../../../../src/adapters/signer/keyless.ts';
import { message, now, person, someSigstore } from './some-sigstore.ts';

describe('options of a keyless signer', () => {
  it.each<[string, object, string]>([
    ['an option that nobody knows', { identitytoken: 'a.b.c' }, 'identitytoken'],
    ['a signing config that was not read', { signingConfig: '{}' }, 'signingConfig'],
    ['a trust root that was not read', { trust: { tlogs: [] } }, 'trust'],
  ])('are refused with %s', async (_, change, argument) => {
    const some = await someSigstore();
    const options = await some.options({}, change);
    expect(() => keylessSigner(options)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT', argument }));
  });

  it.each<[string, (options: KeylessSignerOptions) => Partial<KeylessSignerOptions>]>([
    [
      'nobody who certifies',
      ({ signingConfig }) => ({ signingConfig: { ...signingConfig, certificateAuthorities: [] } }),
    ],
    [
      'nobody who tells the time',
      ({ signingConfig }) => ({ signingConfig: { ...signingConfig, timestampAuthorities: [] } }),
    ],
    ['a log that nobody believes', ({ trust }) => ({ trust: { ...trust, logs: [] } })],
    ['a timestamp authority that nobody believes', ({ trust }) => ({ trust: { ...trust, timestampAuthorities: [] } })],
    ['services that have ended', () => ({ clock: { now: () => 0 } })],
  ])('that name %s are refused before anything is asked', async (_, change) => {
    const some = await someSigstore();
    const options = await some.options();
    const signing = keylessSigner({ ...options, ...change(options) }).sign(message);
    await expect(signing).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
    expect(some.seen).toEqual([]);
  });

  it('send no token over http to another machine, unless an option says so', async () => {
    const some = await someSigstore();
    const options = await some.options();
    const [authority] = options.signingConfig.certificateAuthorities;
    if (authority === undefined) throw new Error('expected a certificate authority');
    const overHttp = (host: string): KeylessSignerOptions => {
      const certificateAuthorities = [{ ...authority, url: `http://${host}/` }];
      const fetch: typeof globalThis.fetch = (input, init) => {
        const { url } = new Request(input);
        return (
          options.fetch?.(url.replace(`http://${host}`, new URL(authority.url).origin), init) ??
          Promise.reject(new Error('no fetch'))
        );
      };
      return { ...options, fetch, signingConfig: { ...options.signingConfig, certificateAuthorities } };
    };
    const signing = keylessSigner(overHttp('ca.example')).sign(message);
    await expect(signing).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT', argument: 'signingConfig' });
    expect(some.seen).toEqual([]);
    for (const allowed of [overHttp('127.0.0.1'), { ...overHttp('ca.example'), unsafePlainHttp: true }]) {
      await expect(keylessSigner(allowed).sign(message)).resolves.toMatchObject({ version: '0.3' });
    }
  });

  it.each([
    ['no content', {}],
    ['an envelope of another type', { kind: 'dsse', payloadType: 'text/plain', payload: new Uint8Array(1) }],
  ])('are of no use for %s', async (_, content) => {
    const some = await someSigstore();
    const signing = keylessSigner(await some.options()).sign(content as typeof message);
    await expect(signing).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
    expect(some.seen).toEqual([]);
  });

  it('waive the log of certificates by an option that says so', async () => {
    const some = await someSigstore({ faults: ['sct-missing'] });
    const strict = keylessSigner(await some.options()).sign(message);
    await expect(strict).rejects.toMatchObject({ code: 'ERR_CERTIFICATE_REQUEST', cause: { code: 'ERR_SCT_MISSING' } });
    const waived = keylessSigner(await some.options({}, { unsafeNoSct: true })).sign(message);
    await expect(waived).resolves.toMatchObject({ version: '0.3' });
  });

  it('take a certificate whose authority is a little ahead of our clock', async () => {
    const some = await someSigstore();
    const at = (ms: number): Promise<KeylessSignerOptions> => some.options({}, { clock: { now: () => now + ms } });
    await expect(keylessSigner(await at(-30_000)).sign(message)).resolves.toMatchObject({ version: '0.3' });
    for (const far of [-90_000, 601_000]) {
      const identityToken = await some.token({ ...person, nbf: null, exp: now });
      const signing = keylessSigner({ ...(await at(far)), identityToken }).sign(message);
      await expect(signing).rejects.toMatchObject({
        code: 'ERR_CERTIFICATE_REQUEST',
        cause: { code: 'ERR_CERTIFICATE_EXPIRED' },
      });
    }
  });
});

describe('the identity that is expected', () => {
  const issuer = 'https://issuer.example';
  it('is that of the option where there is one', async () => {
    const some = await someSigstore();
    const identity = { identity: person.email, issuer };
    await expect(keylessSigner(await some.options({}, { identity })).sign(message)).resolves.toBeDefined();
    for (const other of [
      { ...identity, identity: 'evil@example.com' },
      { ...identity, issuer: `${issuer}/` },
    ]) {
      const signing = keylessSigner(await some.options({}, { identity: other })).sign(message);
      await expect(signing).rejects.toMatchObject({
        code: 'ERR_CERTIFICATE_REQUEST',
        cause: { code: 'ERR_IDENTITY_MISMATCH' },
      });
    }
    expect(some.hosts().filter((host) => host === 'log2025.one.example')).toHaveLength(1);
  });

  const named = (identity: string, claims: object, said: string = issuer): Promise<unknown> =>
    someSigstore({
      edits: { options: (options) => ({ ...options, identity, issuer: said }) },
    }).then(async (some) => {
      const identityToken = await some.token({ sub: 'x', ...claims });
      return keylessSigner(await some.options({}, { identityToken })).sign(message);
    });

  it.each<[string, string, object, string?]>([
    [
      'a pipeline of GitLab',
      'https://gitlab.example/a/b//c.yml@refs/heads/m',
      { ci_config_ref_uri: 'gitlab.example/a/b//c.yml@refs/heads/m' },
    ],
    [
      'an account of Kubernetes',
      'https://kubernetes.io/namespaces/n/serviceaccounts/a',
      { sub: 'system:serviceaccount:n:a' },
    ],
    [
      'a workflow on a server of its own',
      'https://git.example/o/r/w.yml@refs/heads/m',
      { job_workflow_ref: 'o/r/w.yml@refs/heads/m' },
    ],
    [
      'a login that somebody else vouched for',
      'dev@example.com',
      { ...person, federated_claims: { connector_id: 'https://login.example' } },
      'https://login.example',
    ],
    ['a token whose subject is written beside it', 'https://build.example/job', { sub: 'org:o:pipeline:p' }],
  ])('is found for %s', async (_, identity, claims, said) => {
    await expect(named(identity, claims, said)).resolves.toBeDefined();
  });

  it.each<[string, string, object, string?]>([
    ['another pipeline', 'https://gitlab.example/a/c', { ci_config_ref_uri: 'gitlab.example/a/b' }],
    ['another workflow', 'https://git.example/o/r/x.yml@refs/heads/m', { job_workflow_ref: 'o/r/w.yml@refs/heads/m' }],
    ['a workflow of an address', 'dev@example.com', { job_workflow_ref: 'o/r/w.yml@refs/heads/m' }],
    ['another account', 'https://kubernetes.io/namespaces/n/serviceaccounts/b', { sub: 'system:serviceaccount:n:a' }],
    ['another address', 'evil@example.com', person],
    ['another issuer', 'dev@example.com', person, 'https://login.example'],
  ])('is not that of %s', async (_, identity, claims, said) => {
    await expect(named(identity, claims, said)).rejects.toMatchObject({ code: 'ERR_CERTIFICATE_REQUEST' });
  });

  it('is not that of a token that stands for nobody who is known', async () => {
    const edits = {
      options: <T extends object>(options: T): T => ({ ...options, identity: 'https://a.example/', extensions: {} }),
    };
    const some = await someSigstore({ edits });
    const identityToken = await some.token({ sub: 'org:o:pipeline:p' });
    const signing = keylessSigner(await some.options({}, { identityToken })).sign(message);
    await expect(signing).rejects.toMatchObject({ cause: { code: 'ERR_IDENTITY_MISMATCH' } });
  });
});

describe('a witness', () => {
  it('refuses options that it does not know', async () => {
    const some = await someSigstore();
    const { signingConfig, trust } = await some.options();
    const options = { signingConfig, trust, identityToken: 'a.b.c' };
    expect(() => sigstoreWitness(options)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }));
  });
});
