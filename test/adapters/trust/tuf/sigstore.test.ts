import { describe, expect, it } from 'vitest';
import { sigstoreSigningConfig, sigstoreTrust, type SigstoreTrustOptions } from '../../../../src/adapters/trust/tuf.ts';
import { TestRepository } from '../tuf-repository.ts';

const trustRoot = (baseUrl: string): string =>
  JSON.stringify({
    mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
    tlogs: [
      {
        baseUrl,
        hashAlgorithm: 'SHA2_256',
        publicKey: { rawBytes: 'AAAA', keyDetails: 'PKIX_ED25519', validFor: { start: '2025-01-01T00:00:00Z' } },
        logId: { keyId: 'AAAA' },
      },
    ],
  });

async function instance(): Promise<TestRepository> {
  const repository = await TestRepository.create();
  repository.addTarget('targets', 'trusted_root.json', trustRoot('https://log.example'));
  repository.addTarget('targets', 'company.example.trusted_root.json', trustRoot('https://log.company.example'));
  const config = {
    mediaType: 'application/vnd.dev.sigstore.signingconfig.v0.2+json',
    rekorTlogConfig: { selector: 'ANY' },
  };
  repository.addTarget('targets', 'signing_config.v0.2.json', JSON.stringify(config));
  repository.addTarget('targets', 'broken.example.trusted_root.json', '{}');
  await repository.publishTargets();
  return repository;
}

describe('the trust root of a Sigstore instance', () => {
  it('is a target of its repository', async () => {
    const root = await sigstoreTrust((await instance()).options());
    expect(root.logs.map(({ baseUrl }) => baseUrl)).toEqual(['https://log.example']);
  });

  it('is there for each domain that has its own', async () => {
    const options = { ...(await instance()).options(), domain: 'company.example' };
    const root = await sigstoreTrust(options);
    expect(root.logs.map(({ baseUrl }) => baseUrl)).toEqual(['https://log.company.example']);
  });

  it('is refused where it is none', async () => {
    const options = { ...(await instance()).options(), domain: 'broken.example' };
    await expect(sigstoreTrust(options)).rejects.toMatchObject({ code: 'ERR_TRUST_ROOT_INVALID' });
  });

  it('is not there where the repository does not list it', async () => {
    const options = { ...(await instance()).options(), domain: 'other.example' };
    await expect(sigstoreTrust(options)).rejects.toMatchObject({ code: 'ERR_TUF_TARGET_NOT_FOUND' });
  });

  it.each([
    ['domain', { domain: '../other' }],
    ['domain', { domain: '' }],
    ['misspelt', { misspelt: true }],
  ])('is not asked for with a wrong %s', async (argument, change) => {
    const options = { ...(await instance()).options(), ...change } as SigstoreTrustOptions;
    await expect(sigstoreTrust(options)).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT', argument });
  });

  it('is kept under the name of Sigstore', async () => {
    const options = (await instance()).options();
    await sigstoreTrust(options);
    expect(await options.store.get('sigstore/timestamp')).toBeDefined();
  });
});

describe('the signing configuration of a Sigstore instance', () => {
  it('is a target of its repository', async () => {
    expect(await sigstoreSigningConfig((await instance()).options())).toMatchObject({ timestampAuthorities: [] });
  });
});
