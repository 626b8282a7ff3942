import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { toBase64 } from '../../src/bytes/encoding.ts';
import { openLayout } from '../../src/adapters/registry/layout.ts';
import type { Descriptor } from '../../src/oci/index.ts';
import type { Repository } from '../../src/ports/registry.ts';
import { pemOf } from '../../src/testing/sigstore/pem-of.ts';
import { createTestSigstore } from '../../src/testing/sigstore/test-sigstore.ts';
import { legacyTag, putImage, putIndex } from '../pack/verify/packs.ts';
import { emptyFolder, run, type Finished } from './run-command.ts';

const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
const pkcs8 = new Uint8Array(await crypto.subtle.exportKey('pkcs8', pair.privateKey));
const privatePem = `-----BEGIN PRIVATE KEY-----\n${toBase64(pkcs8)}\n-----END PRIVATE KEY-----\n`;
const publicPem = pemOf('PUBLIC KEY', new Uint8Array(await crypto.subtle.exportKey('spki', pair.publicKey)));
const { trustRoot } = await createTestSigstore();

interface Files {
  readonly folder: string;
  readonly repository: Repository;
  readonly image: Descriptor;
  readonly packwright: (...argv: readonly string[]) => Promise<Finished>;
}

/** A folder with a key, a predicate, and a layout with an image. */
async function files(): Promise<Files> {
  const folder = await emptyFolder();
  const { repository } = openLayout({ directory: join(folder, 'packs') });
  await writeFile(join(folder, 'my.key'), privatePem);
  await writeFile(join(folder, 'my.pub'), publicPem);
  await writeFile(join(folder, 'root.json'), trustRoot);
  await writeFile(join(folder, 'predicate.json'), '{"result":"passed"}');
  const image = await putImage(repository);
  return { folder, repository, image, packwright: (...argv) => run(folder, argv) };
}

const byKey = ['--key', 'my.key', '--no-log'];

describe('packwright sign', () => {
  it('prints the digest of the referrer, which verify finds', async () => {
    const { repository, image, packwright } = await files();
    const { code, stdout, stderr } = await packwright('sign', 'oci:packs:v1', ...byKey, '-a', 'team=one');
    const { referrers } = await repository.referrers(image.digest);
    expect([code, stdout, stderr]).toEqual([0, `${referrers[0]?.digest ?? ''}\n`, '']);
    expect((await packwright('verify', 'oci:packs:v1', '--key', 'my.pub')).code).toBe(0);
  });

  it('prints one document with the bundle as it is stored', async () => {
    const { image, packwright } = await files();
    const { stdout } = await packwright('sign', 'oci:packs:v1', ...byKey, '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      subject: { digest: image.digest },
      present: false,
      bundle: { mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json', dsseEnvelope: {} },
      all: [{ subject: { digest: image.digest } }],
    });
  });

  it('signs nothing again where that is asked for', async () => {
    const { repository, image, packwright } = await files();
    const first = await packwright('sign', 'oci:packs:v1', ...byKey, '--if-absent');
    const second = await packwright('sign', 'oci:packs:v1', ...byKey, '--if-absent');
    expect(second.stdout).toBe(first.stdout);
    expect((await repository.referrers(image.digest)).referrers).toHaveLength(1);
  });

  it('signs in the older format', async () => {
    const { repository, image, packwright } = await files();
    expect((await packwright('sign', 'oci:packs:v1', ...byKey, '--format', 'legacy')).code).toBe(0);
    expect(await repository.resolve(legacyTag(image.digest, 'sig'))).toBeDefined();
    expect((await packwright('verify', 'oci:packs:v1', '--key', 'my.pub')).code).toBe(0);
  });

  it('signs an index with everything in it, or the manifest of a platform', async () => {
    const { repository, image, packwright } = await files();
    await putIndex(repository, [{ ...image, platform: { os: 'linux', architecture: 'amd64' } }], 'index');
    const all = await packwright('sign', 'oci:packs:index', ...byKey, '--recursive');
    expect(all.stdout.trim().split('\n')).toHaveLength(2);
    const { stdout } = await packwright('sign', 'oci:packs:index', ...byKey, '--platform', 'linux/amd64', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ subject: { digest: image.digest } });
  });
});

describe('packwright attest', () => {
  it('states what is in a file', async () => {
    const { packwright } = await files();
    const stating = ['--predicate', 'predicate.json', '--type', 'https://test.example/result'];
    expect(await packwright('attest', 'oci:packs:v1', ...stating, ...byKey)).toMatchObject({ code: 0, stderr: '' });
    const verify = ['verify', 'oci:packs:v1', '--key', 'my.pub'];
    expect((await packwright(...verify, '--type', 'https://test.example/result')).code).toBe(0);
    expect((await packwright(...verify)).code).toBe(13);
  });

  it.each([
    ['is no JSON', '{', 30],
    ['says a key twice', '{"a":1,"a":2}', 30],
    ['is a list', '[]', 30],
  ])('refuses a predicate that %s, and attaches nothing', async (_name, text, exit) => {
    const { folder, repository, image, packwright } = await files();
    await writeFile(join(folder, 'predicate.json'), text);
    const { code } = await packwright(
      ...['attest', 'oci:packs:v1', '--predicate', 'predicate.json', '--type', 'custom'],
      ...byKey,
    );
    expect(code).toBe(exit);
    expect((await repository.referrers(image.digest)).referrers).toEqual([]);
  });

  it('refuses a type that is neither a name nor a URI', async () => {
    const { packwright } = await files();
    const stating = ['--predicate', 'predicate.json', '--type', 'what'];
    expect((await packwright('attest', 'oci:packs:v1', ...stating, ...byKey)).code).toBe(2);
  });
});

describe('flags of packwright sign', () => {
  it.each([
    ['--no-log'],
    ['--key', 'my.key'],
    ['--if-absent', '--signing-config', 'config.json'],
    ['--key', 'my.key', '--identity-token', 'token', '--signing-config', 'config.json'],
    ['--key', 'my.key', '--no-log', '--trusted-root', 'root.json'],
    ['--identity-token', 'token'],
    [],
  ])('that do not go together are refused: %j %j %j', async (...argv) => {
    const { packwright } = await files();
    const { code, stderr } = await packwright('sign', 'oci:packs:v1', ...argv);
    expect(code).toBe(2);
    expect(stderr).toMatch(/add|give|leave/);
  });

  it.each([
    ['no such file', ['--key', 'none.key', '--no-log'], 2],
    ['a public key', ['--key', 'my.pub', '--no-log'], 1],
    ['a signing config that is none', ['--key', 'my.key', '--signing-config', 'predicate.json'], 30],
  ])('name files that can be read: not %s', async (_name, argv, exit) => {
    const { packwright } = await files();
    expect((await packwright('sign', 'oci:packs:v1', ...argv)).code).toBe(exit);
  });

  it('never show what is in a key or a token', async () => {
    const { folder, packwright } = await files();
    const secret = 'c2VjcmV0LXRva2Vu';
    await writeFile(join(folder, 'token'), secret);
    await writeFile(join(folder, 'config.json'), await signingConfig('https://nobody.invalid'));
    const services = ['--signing-config', 'config.json', '--trusted-root', 'root.json'];
    const { code, stdout, stderr } = await packwright(
      ...['sign', 'oci:packs:v1', '--identity-token', 'token', ...services],
    );
    expect(code).toBe(20);
    expect(stdout + stderr).not.toContain(secret);
    const typed = await packwright('sign', 'oci:packs:v1', '--identity-token', `eyJhbGci.${secret}.`, ...services);
    expect(typed.code).toBe(2);
    expect(typed.stderr).not.toContain(secret);
    await writeFile(join(folder, 'token'), Uint8Array.of(0xff, 0xfe));
    expect((await packwright('sign', 'oci:packs:v1', '--identity-token', 'token', ...services)).code).toBe(2);
    const broken = (await readFile(join(folder, 'my.key'), 'utf8')).replace('MIGH', 'MIGI');
    await writeFile(join(folder, 'my.key'), broken);
    const wrong = await packwright('sign', 'oci:packs:v1', ...byKey);
    expect(wrong.code).not.toBe(0);
    expect(wrong.stderr).not.toContain(broken.split('\n')[1]);
  });

  it('take the token of the environment, and the public-good instance where nobody else is named', async () => {
    const { folder, repository, image } = await files();
    await writeFile(join(folder, 'config.json'), await signingConfig('https://nobody.invalid'));
    const { code, stderr } = await run(folder, ['sign', 'oci:packs:v1', '--signing-config', 'config.json']);
    expect(code).toBe(20);
    expect(stderr).toMatch(/trusting the public-good instance of Sigstore as of .*SIGSTORE_ID_TOKEN/s);
    expect((await repository.referrers(image.digest)).referrers).toEqual([]);
  });

  it('have nobody asked before the key is read: one without a witness that answers attaches nothing', async () => {
    const { folder, repository, image, packwright } = await files();
    await writeFile(join(folder, 'config.json'), await signingConfig('http://127.0.0.1:9'));
    const services = ['--signing-config', 'config.json', '--trusted-root', 'root.json'];
    const { code } = await packwright('sign', 'oci:packs:v1', '--key', 'my.key', ...services);
    expect(code).not.toBe(0);
    expect((await repository.referrers(image.digest)).referrers).toEqual([]);
  });
});

function signingConfig(url: string): Promise<string> {
  const service = { url, majorApiVersion: 1, validFor: { start: '2020-01-01T00:00:00Z' }, operator: 'nobody' };
  return Promise.resolve(
    JSON.stringify({
      mediaType: 'application/vnd.dev.sigstore.signingconfig.v0.2+json',
      caUrls: [service],
      oidcUrls: [],
      rekorTlogUrls: [service],
      rekorTlogConfig: { selector: 'ANY' },
      tsaUrls: [],
    }),
  );
}
