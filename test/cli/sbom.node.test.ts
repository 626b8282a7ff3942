import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openLayout } from '../../src/adapters/registry/layout.ts';
import { bench, lockfileOf, somePackages, sourceOf } from '../pack/fixtures.ts';
import { emptyFolder, run } from './run-command.ts';
import { serveRegistry } from './serve-registry.ts';

/** A folder with a layout `packs` that has a pack of three packages as 1.0. */
async function someLayout(): Promise<string> {
  const folder = await emptyFolder();
  const packages = somePackages(3);
  const { repository } = openLayout({ directory: join(folder, 'packs') });
  const lockfile = { name: 'package-lock.json', bytes: lockfileOf(packages) };
  await bench({ sources: [sourceOf(packages)] }).service.pack({ lockfile }, { repository, reference: '1.0' });
  return folder;
}

async function ok(folder: string, ...argv: string[]): Promise<string> {
  const { code, stdout, stderr } = await run(folder, argv);
  expect({ code, stderr: code === 0 ? '' : stderr, argv }).toEqual({ code: 0, stderr: '', argv });
  return stdout;
}

describe('packwright sbom', () => {
  it('prints the document and nothing else', async () => {
    const folder = await someLayout();
    const cycloneDx = await ok(folder, 'sbom', 'oci:packs:1.0', '--format', 'cyclonedx');
    expect(JSON.parse(cycloneDx)).toMatchObject({ bomFormat: 'CycloneDX', specVersion: '1.6' });
    expect((JSON.parse(cycloneDx) as { components: unknown[] }).components).toHaveLength(3);
    expect(JSON.parse(await ok(folder, 'sbom', 'oci:packs', '--format', 'spdx'))).toMatchObject({
      spdxVersion: 'SPDX-2.3',
    });
    expect(await ok(folder, 'referrers', 'oci:packs:1.0')).toBe('');
  });

  it.each([
    ['cyclonedx', 'application/vnd.cyclonedx+json', 'bom.cdx.json'],
    ['spdx', 'application/spdx+json', 'bom.spdx.json'],
  ])('attaches %s as what it is, once, and prints the digest', async (format, type, name) => {
    const folder = await someLayout();
    const document = await ok(folder, 'sbom', 'oci:packs:1.0', '--format', format);
    const digest = await ok(folder, 'sbom', 'oci:packs:1.0', '--format', format, '--attach');
    expect(await ok(folder, 'sbom', 'oci:packs:1.0', '--format', format, '--attach')).toBe(digest);
    expect((await ok(folder, 'referrers', 'oci:packs:1.0')).split(/\s+/)).toEqual([digest.trim(), type, '']);
    const raw = await ok(folder, 'inspect', '--raw', `oci:packs@${digest.trim()}`);
    expect(JSON.parse(raw)).toMatchObject({
      artifactType: type,
      layers: [{ mediaType: type, annotations: { 'org.opencontainers.image.title': name } }],
      subject: { digest: (await ok(folder, 'resolve', 'oci:packs:1.0')).trim() },
    });
    await ok(folder, 'unpack', `oci:packs@${digest.trim()}`, '-o', 'out');
    expect(await readFile(join(folder, 'out', name), 'utf8')).toBe(document);
  });

  it('attaches to a pack in a registry', async () => {
    const [folder, { host }] = [await someLayout(), await serveRegistry()];
    const app = `${host}/team/app:1.0`;
    await ok(folder, 'push', 'oci:packs:1.0', app);
    const digest = (await ok(folder, 'sbom', app, '--format', 'spdx', '--attach')).trim();
    expect(await ok(folder, 'referrers', app)).toContain(digest);
    expect(await ok(folder, 'sbom', app, '--format', 'spdx')).toBe(
      await ok(folder, 'sbom', 'oci:packs:1.0', '--format', 'spdx'),
    );
    expect(await ok(folder, 'tags', `${host}/team/app`)).toBe('1.0\n');
  });

  it('prints one document with --json', async () => {
    const folder = await someLayout();
    const digest = (await ok(folder, 'resolve', 'oci:packs:1.0')).trim();
    const found: unknown = JSON.parse(await ok(folder, 'sbom', 'oci:packs:1.0', '--format', 'spdx', '--json'));
    expect(found).toMatchObject({
      format: 'spdx',
      predicateType: 'https://spdx.dev/Document',
      mediaType: 'application/spdx+json',
      subject: { digest },
      document: { spdxVersion: 'SPDX-2.3' },
    });
    const attached = await ok(folder, 'sbom', 'oci:packs:1.0', '--format', 'spdx', '--attach', '--json');
    expect(JSON.parse(attached)).toMatchObject({ referrer: { mediaType: expect.any(String) as string } });
  });

  it.each([
    ['another format', ['--format', 'xml'], 2],
    ['no format', [], 2],
  ])('refuses %s', async (_what, flags, code) => {
    const folder = await someLayout();
    expect(await run(folder, ['sbom', 'oci:packs:1.0', ...flags])).toMatchObject({ code, stdout: '' });
  });

  it('refuses to attach in an archive, and what is no pack of a lockfile', async () => {
    const folder = await someLayout();
    await ok(folder, 'export', 'oci:packs:1.0', '-o', 'packs.tar');
    expect(await run(folder, ['sbom', 'oci-archive:packs.tar', '--format', 'spdx', '--attach'])).toMatchObject({
      code: 2,
    });
    const digest = (await ok(folder, 'sbom', 'oci:packs:1.0', '--format', 'spdx', '--attach')).trim();
    const { code, stderr } = await run(folder, ['sbom', `oci:packs@${digest}`, '--format', 'spdx']);
    expect(code).toBe(2);
    expect(stderr).toContain('no pack of a lockfile');
  });
});
