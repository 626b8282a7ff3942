import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createPackService, type RepositoryLocation } from 'packwright';
import { layoutRepository } from 'packwright/registry/layout';
import { memoryRegistry } from 'packwright/registry/memory';
import { fsSink } from 'packwright/sink/fs';
import { fileBytes } from 'packwright/source/file';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWithPeers, peer, peerPath } from './peers.ts';
import { treeOf, writeSomeTree } from './trees.ts';

const folder = mkdtempSync(join(tmpdir(), 'packwright-interop-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string): string => join(folder, name);

const service = createPackService();
const layout = (name: string, reference?: string): RepositoryLocation => ({
  repository: layoutRepository({ directory: at(name), readOnly: true }),
  reference,
});
const digestOfPeer = async (program: 'oras', reference: string): Promise<string> =>
  (await peer(program, ['resolve', '--oci-layout', reference], folder)).trim();

/** Copies into a registry in memory: everything that belongs to the manifest is read and checked. */
async function copied(from: RepositoryLocation): Promise<string> {
  const to = { repository: memoryRegistry().repository('team/copy'), reference: 'copy' };
  await service.copy(from, to);
  return (await service.resolve(to)).digest;
}

describeWithPeers('a layout that oras wrote', { timeout: 60_000 }, () => {
  beforeAll(async () => {
    mkdirSync(at('in'));
    writeSomeTree(at('in'));
    const type = ['--artifact-type', 'application/vnd.example.thing'];
    await peer('oras', ['push', '--oci-layout', '../oras:v1', ...type, 'notes.txt:text/plain', 'tree'], at('in'));
    await peer('oras', ['tag', '--oci-layout', 'oras:v1', 'v2', 'latest'], folder);
    await peer('oras', ['push', '--oci-layout', '../untagged', 'notes.txt'], at('in'));
    await peer('oras', ['manifest', 'index', 'create', '--oci-layout', 'oras:index', 'v1'], folder);
    await peer('oras', ['manifest', 'index', 'create', '--oci-layout', 'oras:nested', 'index', 'v1'], folder);
    await peer('oras', ['attach', '--oci-layout', 'oras:v1', ...type, 'in/notes.txt'], folder);
  });

  it('unpacks to the tree that oras packed', async () => {
    await service.unpack(layout('oras', 'v1'), fsSink({ directory: at('from-oras') }));
    expect(treeOf(at('from-oras'))).toEqual(treeOf(at('in')));
  });

  it('shows its tags', async () => {
    const tags: string[] = [];
    for await (const tag of layout('oras').repository.tags()) tags.push(tag);
    expect(tags).toEqual(['index', 'latest', 'nested', 'v1', 'v2']);
  });

  it.each(['v1', 'v2', 'index', 'nested'])('is copied whole by its tag %s', async (tag) => {
    expect(await copied(layout('oras', tag))).toBe(await digestOfPeer('oras', `oras:${tag}`));
  });

  it('needs no tag where it holds one manifest', async () => {
    expect(await copied(layout('untagged'))).toMatch(/^sha256:/);
  });

  it('is refused without a tag where it holds several', async () => {
    await peer('oras', ['push', '--oci-layout', '../several:v1', 'notes.txt'], at('in'));
    await peer('oras', ['push', '--oci-layout', '../several:v2', 'tree'], at('in'));
    await expect(service.resolve(layout('several'))).rejects.toMatchObject({ code: 'ERR_INVALID_REFERENCE' });
  });

  it('has the referrer that oras attached', async () => {
    const { repository } = layout('oras');
    const { digest } = await service.resolve(layout('oras', 'v1'));
    const { referrers } = await repository.referrers(digest);
    expect(referrers.map(({ artifactType }) => artifactType)).toEqual(['application/vnd.example.thing']);
  });
});

describeWithPeers('a layout that skopeo wrote', { timeout: 60_000 }, () => {
  beforeAll(async () => {
    mkdirSync(at('in2'));
    writeSomeTree(at('in2'));
    await peer('oras', ['push', '--oci-layout', '../for-skopeo:v1', 'notes.txt', 'tree'], at('in2'));
    await peer('skopeo', ['copy', 'oci:for-skopeo:v1', 'oci:skopeo:v1'], folder);
  });

  it('is copied whole', async () => {
    expect(await copied(layout('skopeo', 'v1'))).toBe(await digestOfPeer('oras', 'for-skopeo:v1'));
  });

  it('unpacks to the same tree', async () => {
    await service.unpack(layout('skopeo', 'v1'), fsSink({ directory: at('from-skopeo') }));
    expect(treeOf(at('from-skopeo'))).toEqual(treeOf(at('in2')));
  });
});

/** A container image of one layer, made by crane, as a tar of docker's kind. */
async function imageTar(name: string): Promise<void> {
  mkdirSync(at(`${name}-in`));
  writeSomeTree(at(`${name}-in`));
  await peer('oras', ['push', '--oci-layout', `../${name}-parts:v1`, 'tree'], at(`${name}-in`));
  const manifest = JSON.parse(
    await peer('oras', ['manifest', 'fetch', '--oci-layout', `${name}-parts:v1`], folder),
  ) as { layers: [{ digest: string }] };
  const layer = at(`${name}-parts/blobs/sha256/${manifest.layers[0].digest.slice(7)}`);
  await peer(
    'crane',
    ['append', '--oci-empty-base', '-f', layer, '-t', 'registry.example/a/b', '-o', `${name}.tar`],
    folder,
  );
}

describeWithPeers('a layout that regctl wrote', { timeout: 60_000 }, () => {
  beforeAll(async () => {
    await imageTar('image');
    await peer('regctl', ['image', 'import', 'ocidir://regctl:v1', 'image.tar'], folder);
    const sha512 = ['--digest-algo', 'sha512', '--create', 'ocidir://regctl:v512'];
    await peer('regctl', ['image', 'mod', 'ocidir://regctl:v1', ...sha512], folder);
    const refs = ['--ref', 'ocidir://regctl:v1', '--ref', 'ocidir://regctl:v512'];
    await peer('regctl', ['index', 'create', 'ocidir://regctl:both', ...refs], folder);
    const type = ['--artifact-type', 'application/vnd.example.thing'];
    const file = ['--file', 'image-in/notes.txt', '--file-title', '--strip-dirs'];
    await peer('regctl', ['artifact', 'put', ...type, ...file, 'ocidir://regctl:artifact'], folder);
  });

  it.each([
    ['a Docker manifest', 'v1', /^sha256:/],
    ['a manifest and blobs named by sha512', 'v512', /^sha512:/],
    ['an index of both', 'both', /^sha256:/],
    ['an artifact', 'artifact', /^sha256:/],
  ])('is copied whole: %s', async (_what, tag, digest) => {
    const found = await copied(layout('regctl', tag));
    expect(found).toMatch(digest);
    const theirs = await peer('regctl', ['image', 'digest', `ocidir://regctl:${tag}`], folder);
    expect(found).toBe(theirs.trim());
  });

  it('unpacks the file of an artifact', async () => {
    await service.unpack(layout('regctl', 'artifact'), fsSink({ directory: at('from-regctl') }));
    expect(readFileSync(at('from-regctl/notes.txt'), 'utf8')).toBe('some notes\n');
  });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Runs crane's registry on the loopback while `work` uses it. */
async function withCraneRegistry(work: (host: string) => Promise<void>): Promise<void> {
  const host = `127.0.0.1:${await freePort()}`;
  const server = spawn(peerPath('crane'), ['registry', 'serve', '--address', host], { stdio: 'ignore' });
  try {
    for (let tries = 0; tries < 100 && !(await answers(host)); tries += 1) await sleep(50);
    await work(host);
  } finally {
    server.kill();
  }
}

const answers = (host: string): Promise<boolean> =>
  fetch(`http://${host}/v2/`).then(
    ({ ok }) => ok,
    () => false,
  );

describeWithPeers('a layout that crane wrote', { timeout: 60_000 }, () => {
  let digest = '';
  beforeAll(async () => {
    await imageTar('crane-image');
    await withCraneRegistry(async (host) => {
      await peer('crane', ['push', 'crane-image.tar', `${host}/a/image:v1`], folder);
      await peer('crane', ['index', 'append', '-m', `${host}/a/image:v1`, '-t', `${host}/a/image:index`], folder);
      await peer('crane', ['pull', '--format', 'oci', `${host}/a/image:v1`, 'crane'], folder);
      await peer('crane', ['pull', '--format', 'oci', `${host}/a/image:index`, 'crane-index'], folder);
      digest = (await peer('crane', ['digest', `${host}/a/image:v1`], folder)).trim();
    });
  });

  it('is copied whole, without a tag', async () => {
    expect(await copied(layout('crane'))).toBe(digest);
  });

  it('is copied whole where it is an index', async () => {
    const root = await service.resolve(layout('crane-index'));
    expect(await copied(layout('crane-index'))).toBe(root.digest);
    expect(root.mediaType).toBe('application/vnd.oci.image.index.v1+json');
  });
});

describeWithPeers('a registry between crane and us', { timeout: 60_000 }, () => {
  it('takes a layout of ours from crane and gives it back unchanged', async () => {
    mkdirSync(at('in3'));
    writeSomeTree(at('in3'));
    const ours = { repository: layoutRepository({ directory: at('ours') }), reference: 'v1' };
    const source = { path: 'notes.txt', source: await fileBytes(at('in3/notes.txt')) };
    const { digest } = await service.pack({ files: [source], artifactType: 'application/vnd.example.thing' }, ours);
    await withCraneRegistry(async (host) => {
      await peer('crane', ['push', 'ours', `${host}/a/ours:v1`], folder);
      expect((await peer('crane', ['digest', `${host}/a/ours:v1`], folder)).trim()).toBe(digest);
      await peer('crane', ['pull', '--format', 'oci', `${host}/a/ours:v1`, 'back'], folder);
    });
    expect(await copied(layout('back'))).toBe(digest);
  });
});
