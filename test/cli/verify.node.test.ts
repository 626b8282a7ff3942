import { chmod, mkdir, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { httpRegistry } from '../../src/adapters/registry/http.ts';
import { openLayout } from '../../src/adapters/registry/layout.ts';
import { utf8 } from '../../src/bytes/encoding.ts';
import { digestOf } from '../../src/digest/index.ts';
import type { Repository } from '../../src/ports/registry.ts';
import { pemOf } from '../../src/testing/sigstore/pem-of.ts';
import { attachBundle, putImage, putIndex, putManifest, strangeBundle } from '../pack/verify/packs.ts';
import {
  bundleFor,
  dev,
  issuer,
  legacyLayer,
  provenanceType,
  putLegacy,
  sign,
  sigstore,
} from '../pack/verify/signed-packs.ts';
import { vectors } from '../vectors.ts';
import { emptyFolder, run, type Finished } from './run-command.ts';
import { serveRegistry } from './serve-registry.ts';

const identity = ['--certificate-identity', dev, '--certificate-oidc-issuer', issuer];
const trusting = ['--trusted-root', 'root.json'];
const content = utf8('the file that was signed\n');
const fileBundle = await sigstore.sign({ artifact: content, identity: dev, issuer });

interface Files {
  readonly folder: string;
  readonly repository: Repository;
  readonly verify: (...argv: readonly string[]) => Promise<Finished>;
}

/** A folder with a trusted root, a layout, a file and its bundle. */
async function files(): Promise<Files> {
  const folder = await emptyFolder();
  const { repository } = openLayout({ directory: join(folder, 'packs') });
  await writeFile(join(folder, 'root.json'), sigstore.trustRoot);
  await writeFile(join(folder, 'file'), content);
  await writeFile(join(folder, 'file.sigstore.json'), fileBundle);
  return { folder, repository, verify: (...argv) => run(folder, ['verify', ...argv]) };
}

describe('packwright verify REF', () => {
  it('prints a row for each check, then the verdict', async () => {
    const { repository, verify } = await files();
    const image = await putImage(repository);
    const { digest } = await sign(repository, image);
    const { code, stdout, stderr } = await verify('oci:packs:v1', ...identity, ...trusting);
    expect([code, stderr]).toEqual([0, '']);
    const lines = stdout.split('\n');
    expect(lines[0]).toBe(`bundle ${digest}: passed`);
    for (const name of [
      'bundle',
      'artifact',
      'time',
      'certificate',
      'sct',
      'log',
      'signature',
      'signer',
      'predicate',
    ]) {
      expect(stdout).toMatch(new RegExp(`^  passed +${name} `, 'm'));
    }
    expect(lines.at(-2)).toBe(`verified: oci:packs:v1@${image.digest}: signed by ${dev} (${issuer})`);
  });

  it('prints the report as JSON, with what it is about', async () => {
    const { repository, verify } = await files();
    const image = await putImage(repository);
    await sign(repository, image);
    const { code, stdout } = await verify('oci:packs:v1', ...identity, ...trusting, '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      version: 1,
      verdict: 'passed',
      reference: `oci:packs:v1@${image.digest}`,
      descriptor: { digest: image.digest },
      referrers: 'api',
      bundles: [{ verdict: 'passed' }],
    });
  });

  it('ends with 10 where there is no signature', async () => {
    const { repository, verify } = await files();
    await putImage(repository);
    const { code, stdout, stderr } = await verify('oci:packs:v1', ...identity, ...trusting);
    expect(code).toBe(10);
    expect(stdout).toBe('refused: oci:packs:v1: artifact has no signature (ERR_NO_SIGNATURES)\n');
    expect(stderr).toContain('packwright: artifact has no signature');
  });

  it('ends with 13 where somebody else signed, and says who', async () => {
    const { repository, verify } = await files();
    await sign(repository, await putImage(repository), { identity: 'somebody@example.com' });
    const { code, stdout } = await verify('oci:packs:v1', ...identity, ...trusting);
    expect(code).toBe(13);
    expect(stdout).toMatch(/^ {2}failed +signer +.*somebody@example\.com.*ERR_IDENTITY_MISMATCH/m);
  });

  it('ends with 12 where a signature is of another manifest', async () => {
    const { repository, verify } = await files();
    const image = await putImage(repository);
    await attachBundle(repository, image, await bundleFor(await putImage(repository, 'another', 'v2')));
    expect((await verify('oci:packs:v1', ...identity, ...trusting)).code).toBe(12);
  });

  it('ends with 12 where a bundle is none', async () => {
    const { repository, verify } = await files();
    await attachBundle(repository, await putImage(repository), utf8('no bundle'));
    const { code, stderr } = await verify('oci:packs:v1', ...identity, ...trusting, '--json');
    expect(code).toBe(12);
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'ERR_BUNDLE_INVALID' } });
  });

  it('ends with 11 where there is no such pack', async () => {
    const { repository, verify } = await files();
    await putImage(repository);
    expect((await verify('oci:packs:v9', ...identity, ...trusting)).code).toBe(11);
  });

  it('ends with 30 at more signatures than the limit', async () => {
    const { repository, verify } = await files();
    const image = await putImage(repository);
    await sign(repository, image);
    await sign(repository, image);
    const argv = ['oci:packs:v1', ...identity, ...trusting];
    expect((await verify(...argv, '--max-signatures', '1')).code).toBe(30);
    expect((await verify(...argv, '--max-signatures', '2')).code).toBe(0);
  });

  it('ends with 30 where a bundle is larger than 16 MiB, or its bytes are wrong', async () => {
    const { folder, repository, verify } = await files();
    const image = await putImage(repository);
    await attachBundle(repository, image, new Uint8Array(2 ** 24 + 1));
    const argv = ['oci:packs:v1', ...identity, ...trusting];
    expect((await verify(...argv)).code).toBe(30);
    const small = await putImage(repository, 'small', 'v2');
    const bytes = await bundleFor(small);
    await attachBundle(repository, small, bytes);
    const path = join(folder, 'packs/blobs', ...digestOf(bytes).split(':'));
    await chmod(path, 0o600);
    await writeFile(path, new Uint8Array(bytes.length));
    expect((await verify('oci:packs:v2', ...identity, ...trusting)).code).toBe(30);
  });

  it('counts only signatures, and with --type only statements of that type', async () => {
    const { repository, verify } = await files();
    const image = await putImage(repository);
    await attachBundle(repository, image, await bundleFor(image, {}, provenanceType));
    expect((await verify('oci:packs:v1', ...identity, ...trusting)).code).toBe(13);
    expect((await verify('oci:packs:v1', ...identity, ...trusting, '--type', 'slsaprovenance1')).code).toBe(0);
    expect((await verify('oci:packs:v1', ...identity, ...trusting, '--type', provenanceType)).code).toBe(0);
    expect((await verify('oci:packs:v1', ...identity, ...trusting, '--type', 'spdx')).code).toBe(13);
    expect((await verify('oci:packs:v1', ...identity, ...trusting, '--type', 'nothing')).code).toBe(2);
  });

  it('takes the signatures of cosign 2', async () => {
    const { repository, verify } = await files();
    const image = await putImage(repository);
    await putLegacy(repository, image, 'sig', await legacyLayer(image.digest));
    const { code, stdout } = await verify('oci:packs:v1', ...identity, ...trusting);
    expect(code).toBe(0);
    expect(stdout).toContain(`payload names ${image.digest}`);
  });

  it('says that the index was signed, for the manifest of a platform', async () => {
    const { repository, verify } = await files();
    const image = await putImage(repository, 'image', 'arm64');
    const index = await putIndex(repository, [{ ...image, platform: { os: 'linux', architecture: 'arm64' } }], 'all');
    await sign(repository, index);
    const { code, stdout } = await verify('oci:packs:all', '--platform', 'linux/arm64', ...identity, ...trusting);
    expect(code).toBe(0);
    expect(stdout).toContain(`signatures are on the index ${index.digest}, which names the manifest ${image.digest}\n`);
  });

  it('verifies a layout in a tar', async () => {
    const { folder, repository, verify } = await files();
    const image = await putImage(repository);
    await sign(repository, image);
    expect((await run(folder, ['copy', 'oci:packs:v1', 'oci-archive:packs.tar:v1'])).code).toBe(0);
    const { code, stdout } = await verify('oci-archive:packs.tar:v1', ...identity, ...trusting);
    expect([code, stdout.includes(`oci-archive:packs.tar:v1@${image.digest}`)]).toEqual([0, true]);
  });

  it('verifies in a registry, and ends with 21 where that hides or breaks', async () => {
    const { verify } = await files();
    let answer: number | undefined;
    const { host } = await serveRegistry({
      before: ({ url }) =>
        answer !== undefined && url.includes('/referrers/') ? new Response(null, { status: answer }) : undefined,
    });
    const repository = httpRegistry({ host }).repository('team/app');
    const image = await putImage(repository);
    await sign(repository, image);
    const ask = (): Promise<Finished> => verify(`${host}/team/app:v1`, ...identity, ...trusting, '--json');
    expect(await ask()).toMatchObject({ code: 0 });
    answer = 403;
    const hidden = await ask();
    expect([hidden.code, JSON.parse(hidden.stdout)]).toMatchObject([21, { code: 'ERR_SIGNATURES_HIDDEN' }]);
    answer = 404;
    expect(await ask()).toMatchObject({ code: 10 });
    answer = 418;
    const broken = await ask();
    expect([broken.code, JSON.parse(broken.stdout)]).toMatchObject([21, { code: 'ERR_SIGNATURES_UNREACHABLE' }]);
  });

  it('believes a trusted root that travels with the pack where it is pinned', async () => {
    const { repository, verify } = await files();
    const image = await putImage(repository);
    await sign(repository, image);
    const mediaType = 'application/vnd.dev.sigstore.trustedroot+json;version=0.1';
    const bytes = utf8(sigstore.trustRoot);
    await putManifest(repository, { layers: [{ bytes, mediaType }], subject: image, artifactType: mediaType });
    const pinned = ['--trusted-root-digest', digestOf(bytes)];
    expect((await verify('oci:packs:v1', ...identity, ...pinned)).code).toBe(0);
    expect((await verify('oci:packs:v1', ...identity)).code).toBe(13);
    expect((await verify('oci:packs:v1', ...identity, '--trusted-root-digest', digestOf(content))).code).toBe(11);
  });

  it('believes the public-good instance without a trusted root, and says so with its date', async () => {
    const { repository, verify } = await files();
    await sign(repository, await putImage(repository));
    const { code, stderr } = await verify('oci:packs:v1', ...identity);
    expect(code).toBe(13);
    expect(stderr).toMatch(/trusting the public-good instance of Sigstore as of \d{4}-\d\d-\d\d/);
  });
});

describe('packwright inspect', () => {
  it('shows what bundles claim, and says that it is not verified', async () => {
    const { folder, repository } = await files();
    const image = await putImage(repository);
    const { digest } = await attachBundle(repository, image, await bundleFor(image, {}, provenanceType));
    await attachBundle(repository, image, utf8('no bundle'));
    await attachBundle(repository, image, strangeBundle());
    const { code, stdout } = await run(folder, ['inspect', 'oci:packs:v1']);
    expect(code).toBe(0);
    expect(stdout).toContain('bundles: 3, not verified; what they claim:\n');
    expect(stdout).toMatch(new RegExp(`^bundle ${digest} .*${provenanceType}  ${dev} \\(${issuer}\\)$`, 'm'));
    expect(stdout).toMatch(/ signature +a key with the hint key-1$/m);
    expect(stdout).toMatch(/ cannot be read +ERR_BUNDLE_INVALID /);
    expect(JSON.parse((await run(folder, ['inspect', 'oci:packs:v1', '--json'])).stdout)).toMatchObject({
      bundles: { verified: false },
    });
  });
});

describe('packwright verify FILE', () => {
  const bundle = ['--bundle', 'file.sigstore.json'];

  it('verifies a file by its bundle', async () => {
    const { verify } = await files();
    const { code, stdout, stderr } = await verify('file', ...bundle, ...identity, ...trusting);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain(`verified: file: signed by ${dev} (${issuer})\n`);
  });

  it('verifies the digest of a file', async () => {
    const { verify } = await files();
    expect((await verify(digestOf(content), ...bundle, ...identity, ...trusting)).code).toBe(0);
    expect((await verify(digestOf(utf8('other')), ...bundle, ...identity, ...trusting)).code).toBe(12);
    expect((await verify('sha256:abc', ...bundle, ...identity, ...trusting)).code).toBe(2);
  });

  it('takes the name of a file for a reference where no bundle is given, and says so', async () => {
    const { folder, verify } = await files();
    const { host } = await serveRegistry({});
    await mkdir(join(folder, host));
    await writeFile(join(folder, host, 'app'), content);
    const { code, stderr } = await verify(`${host}/app`, ...identity, ...trusting);
    expect([code, stderr]).toEqual([11, expect.stringContaining('to verify a file, name its bundle')]);
  });

  it('refuses a file that was changed', async () => {
    const { folder, verify } = await files();
    await writeFile(join(folder, 'file'), 'another content');
    const { code, stdout } = await verify('file', ...bundle, ...identity, ...trusting, '--json');
    expect([code, JSON.parse(stdout)]).toMatchObject([12, { verdict: 'failed' }]);
  });

  it('takes several bundles, and a file of many', async () => {
    const { folder, verify } = await files();
    const one = await sigstore.sign({ artifact: content, identity: 'somebody@example.com', issuer });
    await writeFile(join(folder, 'one.json'), one);
    await writeFile(
      join(folder, 'many.jsonl'),
      `${JSON.stringify(JSON.parse(one))}\n${JSON.stringify(JSON.parse(fileBundle))}\n`,
    );
    expect((await verify('file', '--bundle', 'one.json', ...identity, ...trusting)).code).toBe(13);
    expect((await verify('file', '--bundle', 'one.json', ...bundle, ...identity, ...trusting)).code).toBe(0);
    expect((await verify('file', '--bundle', 'many.jsonl', ...identity, ...trusting)).code).toBe(0);
    expect(
      (await verify('file', '--bundle', 'many.jsonl', '--max-signatures', '1', ...identity, ...trusting)).code,
    ).toBe(30);
  });

  it('verifies by a key, which demands no log and trusts nobody', async () => {
    const { folder, verify } = await files();
    const signed = await sigstore.sign({ artifact: content, signer: 'key', logs: [], timestamps: 0 });
    await writeFile(join(folder, 'key.json'), signed);
    await writeFile(join(folder, 'key.pub'), pemOf('PUBLIC KEY', sigstore.keys.signer.publicKey));
    const { code, stdout, stderr } = await verify('file', '--bundle', 'key.json', '--key', 'key.pub');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^ {2}not checked +certificate /m);
    await writeFile(join(folder, 'other.pub'), pemOf('PUBLIC KEY', sigstore.keys.ctLog.publicKey));
    expect((await verify('file', '--bundle', 'key.json', '--key', 'other.pub')).code).toBe(12);
  });

  it('reads a policy from a file', async () => {
    const { folder, verify } = await files();
    const policy = { version: 1, signers: { anyOf: [{ identity: { pattern: '.*@example\\.com' }, issuer }] } };
    await writeFile(join(folder, 'policy.json'), JSON.stringify(policy));
    expect((await verify('file', ...bundle, '--policy', 'policy.json', ...trusting)).code).toBe(0);
    await writeFile(join(folder, 'policy.json'), JSON.stringify({ ...policy, signer: {} }));
    expect((await verify('file', ...bundle, '--policy', 'policy.json', ...trusting)).code).toBe(2);
  });

  it('takes patterns that match all of the identity, and no part of it', async () => {
    const { verify } = await files();
    const ask = (pattern: string): Promise<Finished> =>
      verify(
        'file',
        ...bundle,
        ...trusting,
        '--certificate-identity-regexp',
        pattern,
        '--certificate-oidc-issuer-regexp',
        'https://.*',
      );
    expect((await ask('dev@.*')).code).toBe(0);
    expect((await ask('dev')).code).toBe(13);
    expect((await ask('(')).code).toBe(2);
  });

  it('relaxes what is demanded only where it is told to, aloud', async () => {
    const { folder, verify } = await files();
    await writeFile(
      join(folder, 'bare.json'),
      await sigstore.sign({ artifact: content, identity: dev, issuer, logs: [], timestamps: 1, scts: 0 }),
    );
    const ask = (...more: string[]): Promise<Finished> =>
      verify('file', '--bundle', 'bare.json', ...identity, ...trusting, ...more);
    expect((await ask()).code).toBe(13);
    expect((await ask('--insecure-ignore-sct')).code).toBe(13);
    expect((await ask('--insecure-ignore-tlog')).code).toBe(13);
    expect((await ask('--insecure-ignore-sct', '--insecure-ignore-tlog')).code).toBe(0);
  });

  it('holds a trusted root to its digest', async () => {
    const { verify } = await files();
    const ask = (digest: string): Promise<Finished> =>
      verify('file', ...bundle, ...identity, ...trusting, '--trusted-root-digest', digest);
    expect((await ask(digestOf(utf8(sigstore.trustRoot)))).code).toBe(0);
    expect((await ask(digestOf(content))).code).toBe(30);
  });

  it('reads a large file as a stream', async () => {
    const { folder, verify } = await files();
    const large = await open(join(folder, 'large'), 'w');
    await large.truncate(160 * 1024 * 1024);
    await large.close();
    const before = process.memoryUsage.rss();
    expect((await verify('large', ...bundle, ...identity, ...trusting)).code).toBe(12);
    expect(process.memoryUsage.rss() - before).toBeLessThan(100 * 1024 * 1024);
  }, 30_000);
});

describe('a command line that nobody can verify by', () => {
  it.each([
    ['no policy at all', [], /nothing says who may have signed/],
    ['an identity without issuer', ['--certificate-identity', dev], /without --certificate-oidc-issuer/],
    ['an issuer without identity', ['--certificate-oidc-issuer', issuer], /without --certificate-identity/],
    ['a key and an identity', ['--key', 'key.pub', ...identity], /a key and an identity/],
    ['an identity twice', [...identity, '--certificate-identity-regexp', '.*'], /both given/],
    [
      'a policy and a flag',
      ['--policy', 'policy.json', '--insecure-ignore-sct'],
      /--insecure-ignore-sct does not go with/,
    ],
    ['a policy that is not there', ['--policy', 'policy.json'], /does not exist/],
    ['a key that is not there', ['--key', 'key.pub'], /does not exist/],
    ['a key that is none', ['--key', 'root.json'], /holds no public key/],
    ['a platform for a file', [...identity, ...trusting, '--platform', 'linux/arm64'], /does not go with --bundle/],
    ['a pin for nothing', [...identity, '--trusted-root-digest', digestOf(content)], /does not go with --bundle/],
    ['a pin that is none', [...identity, ...trusting, '--trusted-root-digest', 'sha256:1'], /digest/],
  ])('is a usage error: %s', async (_name, argv, message) => {
    const { verify } = await files();
    const { code, stdout, stderr } = await verify('file', '--bundle', 'file.sigstore.json', ...argv);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^hint: /m);
  });

  it('names the flag that is missing where a file is to be verified', async () => {
    const { verify } = await files();
    const { code, stderr } = await verify('./file', ...identity, ...trusting);
    expect(code).toBe(2);
    expect(stderr).toContain('--bundle');
  });

  it.each([
    ['a file that is not there', 'gone', 'file.sigstore.json', 2],
    ['a bundle that is not there', 'file', 'gone', 2],
    ['a bundle that is none', 'file', 'root.json', 12],
  ])('fails at %s', async (_name, subject, bundle, expected) => {
    const { verify } = await files();
    expect((await verify(subject, '--bundle', bundle, ...identity, ...trusting)).code).toBe(expected);
  });
});

describe('bundles of the public-good instance', () => {
  const { path: cases, skipped } = vectors('sigstore-conformance/bundle-verify', 'bundles of the public-good instance');
  const beacon =
    'https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main';
  const signer = [
    '--certificate-identity',
    beacon,
    '--certificate-oidc-issuer',
    'https://token.actions.githubusercontent.com',
  ];

  it.skipIf(skipped).each([
    ['happy-path-v0.1', 0],
    ['happy-path-v0.2', 0],
    ['happy-path-v0.3', 0],
    ['signature-mismatch_fail', 12],
    ['set-invalid-signature_fail', 12],
    ['invalid-inclusion-proof_fail', 12],
  ])('are verified by what is embedded: %s', async (name, expected) => {
    const bundle = join(cases, name, 'bundle.sigstore.json');
    expect((await run(cases, ['verify', 'a.txt', '--bundle', bundle, ...signer])).code).toBe(expected);
  });
});
