import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { keylessSigner } from '../../src/adapters/signer/keyless.ts';
import { formatBundle, parseSigningConfig, parseTrustRoot } from '../../src/attest/index.ts';
import { utf8 } from '../../src/bytes/encoding.ts';
import { startPrivateSigstore, type PrivateSigstore } from '../peers/private-sigstore.ts';
import { programPath, run } from '../peers/programs.ts';
import { statusOf } from '../peers/status-of.ts';
import { describeWithPeers } from './peers.ts';

describeWithPeers('a private Sigstore', { timeout: 60_000 }, () => {
  let sigstore: PrivateSigstore;
  let otherRoot: string;
  let gone: { readonly folder: string; readonly answers: readonly unknown[] };

  beforeAll(async () => {
    const other = await startPrivateSigstore();
    const root = readFileSync(other.trustedRoot);
    const { certificateAuthorities, logs } = parseSigningConfig(readFileSync(other.signingConfigs.log));
    await other.stop();
    const urls = [...certificateAuthorities, ...logs].map(({ url }) => `${url}/healthz`);
    gone = { folder: other.folder, answers: await Promise.all(urls.map((url) => statusOf(url))) };
    sigstore = await startPrivateSigstore();
    otherRoot = join(sigstore.folder, 'other_root.json');
    writeFileSync(otherRoot, root);
    writeFileSync(join(sigstore.folder, 'file.txt'), 'a file\n');
  });
  afterAll(() => sigstore.stop());

  const bundleFile = (): string => join(sigstore.folder, 'bundle.json');
  const verify = (root: string, identity: string, more: readonly string[] = []): Promise<string> =>
    run(programPath('cosign'), [
      ...['verify-blob', `--trusted-root=${root}`, `--bundle=${bundleFile()}`, ...more],
      ...[`--certificate-identity=${identity}`, `--certificate-oidc-issuer=${sigstore.issuers.email}`],
      join(sigstore.folder, 'file.txt'),
    ]);

  it.each([
    ['log', []],
    ['timestampOnly', ['--insecure-ignore-tlog=true', '--use-signed-timestamps']],
  ] as const)('has cosign sign and verify with the signing config %s', async (config, more) => {
    const args = [
      ...['sign-blob', `--trusted-root=${sigstore.trustedRoot}`, `--bundle=${bundleFile()}`],
      ...[`--signing-config=${sigstore.signingConfigs[config]}`, join(sigstore.folder, 'file.txt')],
    ];
    const token = await sigstore.token({ email: 'dev@example.com' });
    await run(programPath('cosign'), args, { env: { SIGSTORE_ID_TOKEN: token } });
    await verify(sigstore.trustedRoot, 'dev@example.com', more);
    await expect(verify(sigstore.trustedRoot, 'mallory@example.com', more)).rejects.toThrow('identity');
    await expect(verify(otherRoot, 'dev@example.com', more)).rejects.toThrow();
  });

  it('signs for a signer that asks every service through its proxy, and cosign verifies it', async () => {
    const signer = keylessSigner({
      signingConfig: parseSigningConfig(readFileSync(sigstore.corsSigningConfig)),
      trust: parseTrustRoot(readFileSync(sigstore.trustedRoot)),
      identityToken: await sigstore.token({ email: 'dev@example.com' }),
    });
    const bundle = await signer.sign({ kind: 'message', message: utf8('a file\n') });
    writeFileSync(bundleFile(), formatBundle(bundle));
    await verify(sigstore.trustedRoot, 'dev@example.com');
  });

  it('lets pages ask the services of the signing config for them', async () => {
    const config = parseSigningConfig(readFileSync(sigstore.corsSigningConfig));
    const services = [...config.certificateAuthorities, ...config.logs, ...config.timestampAuthorities];
    expect(services).toHaveLength(3);
    for (const { url } of services) {
      const answer = await fetch(url, { method: 'OPTIONS' });
      expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([204, '*']);
    }
  });

  it('is gone when it was stopped', () => {
    expect(gone.answers).toEqual([undefined, undefined]);
    expect(existsSync(gone.folder)).toBe(false);
  });
});
