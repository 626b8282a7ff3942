import { execFile } from 'node:child_process';
import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { openLayout } from '../../src/adapters/registry/layout.ts';
import { keylessSigner } from '../../src/adapters/signer/keyless.ts';
import { parseSigningConfig } from '../../src/attest/signing-config.ts';
import { parseTrustRoot } from '../../src/attest/parse-trust-root.ts';
import { createPackService } from '../../src/index.ts';
import { createTestIssuer } from '../../src/testing/sigstore/test-issuer.ts';
import { testSigstoreServices } from '../../src/testing/sigstore/services.ts';
import { pemOf } from '../../src/testing/sigstore/pem-of.ts';
import { createTestSigstore, type TestSigstore } from '../../src/testing/sigstore/test-sigstore.ts';
import { root } from '../meta/source-tree.ts';

const folder = mkdtempSync(join(tmpdir(), 'packwright-first-page-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const readme = readFileSync(join(root, 'README.md'), 'utf8');

/** A block of commands under a heading, as it stands there; the first by default. */
function blockUnder(heading: string, index = 0): string {
  const blocks = [...readme.slice(readme.indexOf(`\n## ${heading}\n`)).matchAll(/```sh\n(.*?)```/gs)];
  return blocks[index]?.[1] ?? '';
}

/** Runs a block in a shell where `packwright` is what was built, and stops what it has started. */
async function pasted(block: string): Promise<string> {
  const bin = join(folder, 'packwright');
  writeFileSync(bin, `#!/bin/sh\nexec "${process.execPath}" "${join(root, 'dist/cli/bin.js')}" "$@"\n`);
  chmodSync(bin, 0o755);
  const script = `set -e\ntrap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n${block}`;
  const env = { ...process.env, PATH: `${folder}${delimiter}${process.env['PATH'] ?? ''}`, DOCKER_CONFIG: folder };
  const { stdout } = await promisify(execFile)('bash', ['-c', script], { cwd: folder, env });
  return stdout;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** What somebody got with a file: a bundle by a key, the key, a policy that names it, a trust root. */
async function giveSignedFile(sigstore: TestSigstore): Promise<void> {
  const artifact = new TextEncoder().encode('an app\n');
  const key = pemOf('PUBLIC KEY', sigstore.keys.signer.publicKey);
  const give = (name: string, content: string | Uint8Array): void => writeFileSync(join(folder, name), content);
  give('app.tgz', artifact);
  give('app.tgz.sigstore.json', await sigstore.sign({ artifact, signer: 'key' }));
  give('cosign.pub', key);
  give('policy.json', JSON.stringify({ version: 1, signers: { anyOf: [{ key }] } }));
  give('trusted_root.json', sigstore.trustRoot);
}

/** Signs the pack of the first block for an identity, which takes a Sigstore, and leaves its trust root there. */
async function signForIdentity(): Promise<void> {
  const sigstore = await createTestSigstore();
  const login = await createTestIssuer({ url: 'https://login.example' });
  const services = testSigstoreServices(sigstore, login);
  const signer = keylessSigner({
    signingConfig: parseSigningConfig(services.signingConfig()),
    trust: parseTrustRoot(sigstore.trustRoot),
    identityToken: await login.token({ sub: '1', email: 'dev@example.com', email_verified: true }),
    fetch: services.fetch,
    clock: { now: () => Date.UTC(2025, 0, 1) },
  });
  const { repository } = openLayout({ directory: join(folder, 'packs') });
  await createPackService().sign({ repository, reference: '1.0' }, signer);
  writeFileSync(join(folder, 'trusted_root.json'), sigstore.trustRoot);
}

describe('the commands of the first page', { timeout: 120_000 }, () => {
  it('work one after the other when pasted', async () => {
    copyFileSync(join(root, 'package-lock.json'), join(folder, 'package-lock.json'));
    const printed = await pasted(blockUnder('The command'));
    expect(printed).toMatch(/^oci:packs:1\.0@sha256:[0-9a-f]{64}$/m);
  });

  it('sign and attest what was packed, and verify the copy', async () => {
    const printed = await pasted(blockUnder('Sign and attest'));
    expect(printed).toMatch(/^release\.key\nrelease\.pub\nsha256:/m);
    expect(printed.match(/^verified: oci-archive:signed\.tar:1\.0@sha256:/gm)).toHaveLength(2);
  });

  it('verify a copy by the trust root that came along', async () => {
    await signForIdentity();
    const printed = await pasted(blockUnder('Sign and attest', 2));
    expect(printed).toMatch(/^verified: .* signed by dev@example\.com \(https:\/\/login\.example\)$/m);
  });

  it('push to a registry that they start, copy in it and pull from it', async () => {
    const port = await freePort();
    writeFileSync(join(folder, 'token'), 'secret\n');
    const local = `localhost:${port}`;
    // Nobody can log in to a host that is only an example.
    const block = blockUnder('Registries').replaceAll('localhost:5000', local).replaceAll('registry.example', local);
    const printed = await pasted(block.replace('--port 5000', `--port ${port}`));
    const digests = [...printed.matchAll(/@(sha256:[0-9a-f]{64})/g)].map(([, digest]) => digest);
    expect(digests).toHaveLength(3);
    expect(new Set(digests).size).toBe(1);
  });

  it('verify a file by its bundle, and refuse a pack that cannot be asked for', async () => {
    await giveSignedFile(await createTestSigstore());
    const [byKey = '', byPolicy = '', byIdentity = ''] = blockUnder('Who signed it').trim().split('\n');
    expect(await pasted(`${byKey}\n${byPolicy}`)).toMatch(/^verified: .*^verified: /ms);
    const nobody = byIdentity.replace('registry.example', `localhost:${await freePort()}`);
    await expect(pasted(nobody)).rejects.toMatchObject({ code: 21 });
  });
});
