import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { keylessSigner } from '../../src/adapters/signer/keyless.ts';
import { openLayout } from '../../src/adapters/registry/layout.ts';
import { parseSigningConfig } from '../../src/attest/signing-config.ts';
import { parseTrustRoot } from '../../src/attest/parse-trust-root.ts';
import { utf8 } from '../../src/bytes/encoding.ts';
import { digestOf, hexOf } from '../../src/digest/index.ts';
import { createPackService } from '../../src/index.ts';
import type { Signer } from '../../src/ports/signer.ts';
import { createTestIssuer } from '../../src/testing/sigstore/test-issuer.ts';
import { createTestSigstore, type TestSigstore } from '../../src/testing/sigstore/test-sigstore.ts';
import { testSigstoreServices } from '../../src/testing/sigstore/services.ts';
import { emptyFolder, run, type Finished } from './run-command.ts';

const dev = 'dev@example.com';
const login = await createTestIssuer({ url: 'https://login.example' });
const identity = ['--certificate-identity', dev, '--certificate-oidc-issuer', login.url];
const provenance = 'slsaprovenance1';
const rootType = 'application/vnd.dev.sigstore.trustedroot+json;version=0.1';

const honest = await createTestSigstore();
/** Certifies whomever its owner likes: it is nobody's Sigstore. */
const forged = await createTestSigstore();
const pinOf = ({ trustRoot }: TestSigstore): string => digestOf(utf8(trustRoot));

async function signerOf(sigstore: TestSigstore): Promise<Signer> {
  const services = testSigstoreServices(sigstore, login);
  return keylessSigner({
    signingConfig: parseSigningConfig(services.signingConfig()),
    trust: parseTrustRoot(sigstore.trustRoot),
    identityToken: await login.token({ sub: '1', email: dev, email_verified: true }),
    fetch: services.fetch,
    clock: { now: () => Date.UTC(2025, 0, 1) },
  });
}

const signers = new Map([
  [honest, await signerOf(honest)],
  [forged, await signerOf(forged)],
]);

interface Sent {
  readonly folder: string;
  readonly command: (...argv: readonly string[]) => Promise<Finished>;
}

/** A pack in a layout, in a folder of its own. */
async function packed(): Promise<Sent> {
  const folder = await emptyFolder();
  const command: Sent['command'] = (...argv) => run(folder, argv);
  await writeFile(join(folder, 'app.txt'), 'hello\n');
  expect((await command('pack', 'app.txt', '--as', 'files', '-o', 'oci:here:1.0')).stderr).not.toContain('hint');
  return { folder, command };
}

/** Signs and attests the pack with a Sigstore, and attaches its trust root. */
async function vouch({ folder, command }: Sent, sigstore: TestSigstore): Promise<void> {
  const { repository } = openLayout({ directory: join(folder, 'here') });
  const pack = { repository, reference: '1.0' };
  const signer = signers.get(sigstore) as Signer;
  const service = createPackService();
  await service.sign(pack, signer);
  await service.attest(pack, { predicateType: provenance, predicate: { buildDefinition: {} } }, signer);
  await attachRoot({ folder, command }, sigstore);
}

async function attachRoot({ folder, command }: Sent, { trustRoot }: TestSigstore): Promise<void> {
  await writeFile(join(folder, 'trusted_root.json'), trustRoot);
  const attach = ['attach', 'oci:here:1.0', `trusted_root.json:${rootType}`, '--artifact-type', rootType];
  expect((await command(...attach)).code).toBe(0);
}

const connections = vi.spyOn(Socket.prototype, 'connect').mockImplementation(() => {
  throw new Error('there is no network');
});
const fetches = vi.spyOn(globalThis, 'fetch').mockRejectedValue(new Error('there is no network'));

afterAll(() => {
  expect([connections.mock.calls, fetches.mock.calls]).toEqual([[], []]);
  vi.restoreAllMocks();
});

describe('a signed and attested pack that was carried to where no network is', () => {
  it.each(['oci:there:1.0', 'oci-archive:there.tar:1.0'])(
    'is verified in %s by the trust root that came along, where its digest is pinned',
    async (there) => {
      const sent = await packed();
      const { command } = sent;
      await vouch(sent, honest);
      expect((await command('copy', 'oci:here:1.0', there)).code).toBe(0);
      await rm(join(sent.folder, 'here'), { recursive: true });

      const pin = ['--trusted-root-digest', pinOf(honest)];
      const signature = await command('verify', there, ...identity, ...pin);
      expect(signature).toMatchObject({ code: 0, stdout: expect.stringContaining('verified: ') as string });
      expect((await command('verify', there, ...identity, ...pin, '--type', provenance)).code).toBe(0);
      expect((await command('verify', there, ...identity, ...pin, '--type', 'spdx')).code).toBe(13);
      expect((await command('unpack', there, '-o', 'out')).code).toBe(0);
      expect(await readFile(join(sent.folder, 'out/app.txt'), 'utf8')).toBe('hello\n');
    },
  );

  it('is not verified by a trust root that nobody pinned', async () => {
    const sent = await packed();
    await vouch(sent, honest);
    const { code, stdout } = await sent.command('verify', 'oci:here:1.0', ...identity);
    expect([code, stdout]).toEqual([13, expect.stringContaining('ERR_TIMESTAMP_MISSING')]);
  });

  it('is not verified by another trust root under the same name, whose owner signed it', async () => {
    const sent = await packed();
    await vouch(sent, forged);
    const verify = ['verify', 'oci:here:1.0', ...identity, '--trusted-root-digest'];
    const missing = await sent.command(...verify, pinOf(honest));
    expect([missing.code, missing.stderr]).toEqual([11, expect.stringContaining('does not travel with the pack')]);
    // Beside the one that is pinned it counts for nothing either.
    await attachRoot(sent, honest);
    expect((await sent.command(...verify, pinOf(honest))).code).toBe(13);
    await vouch(sent, honest);
    expect((await sent.command(...verify, pinOf(honest))).code).toBe(0);
  });

  it('is not verified where the trust root that is pinned was changed on the way', async () => {
    const sent = await packed();
    await vouch(sent, honest);
    const blobs = join(sent.folder, 'here/blobs/sha256');
    const name = hexOf(pinOf(honest) as `sha256:${string}`);
    expect(await readdir(blobs)).toContain(name);
    await writeFile(join(blobs, name), honest.trustRoot.replace('one.example', 'two.example'));
    const { code, stderr } = await sent.command(
      ...['verify', 'oci:here:1.0', ...identity, '--trusted-root-digest', pinOf(honest)],
    );
    expect([code, stderr]).toEqual([30, expect.stringContaining(`expected ${pinOf(honest)}`)]);
  });

  it('is verified by a key alone', async () => {
    const sent = await packed();
    const env = { COSIGN_PASSWORD: 'secret' };
    const keyed = (...argv: readonly string[]): Promise<Finished> => run(sent.folder, argv, { env });
    expect((await keyed('keys', 'generate')).code).toBe(0);
    expect((await keyed('sign', 'oci:here:1.0', '--key', 'cosign.key', '--no-log')).code).toBe(0);
    expect((await sent.command('copy', 'oci:here:1.0', 'oci-archive:there.tar:1.0')).code).toBe(0);
    expect((await sent.command('verify', 'oci-archive:there.tar:1.0', '--key', 'cosign.pub')).code).toBe(0);
  });
});
