import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPackService, type PackResult } from 'packwright';
import { layoutRepository } from 'packwright/registry/layout';
import { fsSink } from 'packwright/sink/fs';
import { fileBytes, walkFolder } from 'packwright/source/file';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWithPeers, peer } from './peers.ts';
import { treeOf, writeSomeTree } from './trees.ts';

const folder = mkdtempSync(join(tmpdir(), 'packwright-interop-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string): string => join(folder, name);

const service = createPackService();
const layout = { repository: layoutRepository({ directory: at('ours') }), reference: 'v1' };

async function packSomeTree(): Promise<PackResult> {
  mkdirSync(at('in'));
  writeSomeTree(at('in'));
  return service.pack(
    {
      files: [{ path: 'notes.txt', source: await fileBytes(at('in/notes.txt')), mediaType: 'text/plain' }],
      folders: [{ path: 'tree', entries: walkFolder(at('in/tree')) }],
      artifactType: 'application/vnd.example.thing',
    },
    layout,
  );
}

describeWithPeers('a layout of ours', { timeout: 60_000 }, () => {
  let packed: PackResult;
  beforeAll(async () => {
    packed = await packSomeTree();
    await service.unpack(layout, fsSink({ directory: at('unpacked') }));
  });
  const manifestBytes = (): string => readFileSync(at(`ours/blobs/sha256/${packed.digest.slice(7)}`), 'utf8');

  it('unpacks to the tree that was packed', () => {
    expect(treeOf(at('unpacked'))).toEqual(treeOf(at('in')));
  });

  it('is pulled by oras as the same tree that we unpack', async () => {
    await peer('oras', ['pull', '--oci-layout', 'ours:v1', '-o', 'pulled'], folder);
    expect(treeOf(at('pulled'))).toEqual(treeOf(at('unpacked')));
  });

  it('is resolved and copied by oras without a change', async () => {
    expect(await peer('oras', ['resolve', '--oci-layout', 'ours:v1'], folder)).toContain(packed.digest);
    await peer('oras', ['cp', '--from-oci-layout', '--to-oci-layout', 'ours:v1', 'by-oras:v1'], folder);
    expect(await peer('oras', ['manifest', 'fetch', '--oci-layout', 'by-oras:v1'], folder)).toBe(manifestBytes());
  });

  it('is inspected by skopeo, byte for byte', async () => {
    expect(await peer('skopeo', ['inspect', '--raw', 'oci:ours:v1'], folder)).toBe(manifestBytes());
  });

  it('is copied by skopeo to a folder and to a tar', async () => {
    await peer('skopeo', ['copy', 'oci:ours:v1', 'oci:by-skopeo:v1'], folder);
    expect(await peer('skopeo', ['inspect', '--raw', 'oci:by-skopeo:v1'], folder)).toBe(manifestBytes());
    await peer('skopeo', ['copy', 'oci:ours:v1', 'oci-archive:by-skopeo.tar:v1'], folder);
    expect(await peer('skopeo', ['inspect', '--raw', 'oci-archive:by-skopeo.tar:v1'], folder)).toBe(manifestBytes());
  });

  it('is read by regctl: the manifest and the artifact', async () => {
    const raw = await peer('regctl', ['manifest', 'get', '--format', 'raw-body', 'ocidir://ours:v1'], folder);
    expect(raw).toBe(manifestBytes());
    mkdirSync(at('by-regctl'));
    await peer('regctl', ['artifact', 'get', 'ocidir://ours:v1', '--output', 'by-regctl'], folder);
    expect(readFileSync(at('by-regctl/notes.txt'), 'utf8')).toBe('some notes\n');
  });

  it('keeps its referrers where oras looks for them', async () => {
    const attached = await service.attach(layout, {
      files: [{ path: 'notes.txt', source: await fileBytes(at('in/notes.txt')) }],
      artifactType: 'application/vnd.example.remark',
    });
    const found = await peer('oras', ['discover', '--oci-layout', '--format', 'json', 'ours:v1'], folder);
    expect(found).toContain(attached.digest);
  });
});
