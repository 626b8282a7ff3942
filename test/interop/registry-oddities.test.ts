import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { bytesSource, createPackService, readAll, type Digest, type PackService } from 'packwright';
import { layoutRepository } from 'packwright/registry/layout';
import type { Repository } from 'packwright/ports';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Client } from '../peers/clients/client.ts';
import { clientFor, clientNames } from '../peers/clients/client-for.ts';
import { runRegistry, type RunningRegistry } from '../peers/guarded-registry.ts';
import { ownRegistries, type OwnRegistries } from '../peers/own-client.ts';
import { testedKinds, type RegistryKind } from '../peers/registries.ts';
import { describeWithPeers } from './peers.ts';
import { contentsOf, writeLayouts, type SomeLayout } from './registry-layouts.ts';

const folder = mkdtempSync(join(tmpdir(), 'packwright-oddities-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }), 60_000);

let layouts: readonly SomeLayout[] = [];
const layoutOf = (name: string): SomeLayout => layouts.find((layout) => layout.name === name) as SomeLayout;
const sha = (algorithm: 'sha256' | 'sha512', bytes: Uint8Array): Digest =>
  `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;

/** Every tag that has all that a tag may have. */
const tags = ['_x', 'UPPER.Case-1', `v${'0'.repeat(127)}`, '1.0.0-rc.1_build.5'] as const;

describeWithPeers.each(testedKinds)('on %s', { timeout: 60_000 }, (kind) => {
  let registry: RunningRegistry;
  let registries: OwnRegistries;
  let service: PackService;
  const home = join(folder, kind.replace(' ', '-'));
  const repositoryOf = async (name: string): Promise<Repository> =>
    (await registries.lookup(registry.host)).repository(name);
  function clientNamed(name: (typeof clientNames)[number]): Client {
    mkdirSync(join(home, name), { recursive: true });
    return clientFor(name, { address: registry, folder: join(home, name) });
  }

  beforeAll(async () => {
    if (layouts.length === 0) layouts = await writeLayouts(join(folder, 'layouts'));
    registry = await runRegistry(kind, join(home, 'registry'), { access: 'anonymous' });
    registries = ownRegistries(registry);
    service = createPackService({ registries: registries.lookup });
    const { folder: directory } = layoutOf('artifact');
    for (const tag of tags) {
      const from = { repository: layoutRepository({ directory }), reference: 'v1' };
      await service.copy(from, `${registry.host}/team/odd:${tag}`);
    }
  });
  afterAll(async () => {
    await registries.close();
    await registry.stop();
  });

  it.each(clientNames)('odd tags of ours are tags to %s, and its tags are ours', async (name) => {
    const client = clientNamed(name);
    const { digest, folder: directory } = layoutOf('artifact');
    expect([...(await client.tags(`${registry.host}/team/odd`))].sort()).toEqual([...tags].sort());
    for (const tag of tags) expect(await client.digest(`${registry.host}/team/odd:${tag}`)).toBe(digest);
    await client.push(`${directory}:v1`, `${registry.host}/${name}/odd:${tags[2]}`);
    expect((await service.resolve(`${registry.host}/${name}/odd:${tags[2]}`)).digest).toBe(digest);
  });

  it('a range of a blob is those bytes', async () => {
    const repository = await repositoryOf('team/ranges');
    const bytes = new Uint8Array(randomBytes(300_000));
    const descriptor = { mediaType: 'application/octet-stream', digest: sha('sha256', bytes), size: bytes.length };
    await repository.blob.put(descriptor, bytesSource(bytes));
    const blob = await repository.blob.get(descriptor.digest);
    for (const [start, end] of [
      [0, 1],
      [100_000, 200_001],
      [299_999, 300_000],
    ] as const) {
      const found = await readAll((await blob?.openUnverifiedRange(start, end)) as ReadableStream<Uint8Array>, {
        limit: 1 << 20,
      });
      expect(Buffer.compare(found, bytes.subarray(start, end))).toBe(0);
    }
  });

  it.each(clientNames)('%s reads a manifest list of Docker', async (name) => {
    const { digest, folder: directory } = layoutOf('docker-list');
    const reference = `${registry.host}/team/list-for-${name}:v1`;
    await service.copy({ repository: layoutRepository({ directory }), reference: 'v1' }, reference);
    expect(await clientNamed(name).digest(reference)).toBe(digest);
    // skopeo takes no list of Docker's into a layout.
    if (name !== 'skopeo') {
      await clientNamed(name).pull(reference, `${join(home, name, 'list')}:v1`);
      expect(contentsOf(join(home, name, 'list'), digest)).toEqual(contentsOf(directory, digest));
    }
    await clientNamed(name).copy(reference, `${registry.host}/${name}/list:v1`);
    expect((await service.resolve(`${registry.host}/${name}/list:v1`)).digest).toBe(digest);
  });
});

/** distribution takes blobs by sha512 and names them by sha256; crane's registry and skopeo know nothing of it. */
const longDigests: readonly RegistryKind[] = ['olareg', 'packwright serve', 'packwright layouts'];

describeWithPeers.each(longDigests)('sha512 on %s', { timeout: 60_000 }, (kind) => {
  let registry: RunningRegistry;
  let registries: OwnRegistries;
  const home = join(folder, `sha512-${kind.replace(' ', '-')}`);
  beforeAll(async () => {
    registry = await runRegistry(kind, join(home, 'registry'), { access: 'anonymous' });
    registries = ownRegistries(registry);
  });
  afterAll(async () => {
    await registries.close();
    await registry.stop();
  });

  it.each(['regctl', 'oras'] as const)('%s pulls what we push, and we pull what it copies', async (name) => {
    const repository = (await registries.lookup(registry.host)).repository('team/long');
    const { digest } = await putLong(repository);
    const client = clientFor(name, { address: registry, folder: home });
    const copied = `${registry.host}/${name}/long`;
    await client.copy(`${registry.host}/team/long@${digest}`, `${copied}@${digest}`);
    const theirs = (await registries.lookup(registry.host)).repository(`${name}/long`);
    expect((await theirs.resolve(digest))?.digest).toBe(digest);
  });
});

async function putLong(repository: Repository): Promise<{ readonly digest: Digest }> {
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const entry = async (text: string, type: string) => {
    const bytes = new TextEncoder().encode(text);
    const descriptor = { mediaType: type, digest: sha('sha512', bytes), size: bytes.length };
    await repository.blob.put(descriptor, bytesSource(bytes));
    return descriptor;
  };
  const config = await entry('{}', 'application/vnd.oci.empty.v1+json');
  const layers = [await entry('long named', 'text/plain')];
  const artifactType = 'application/vnd.example.thing';
  const bytes = new TextEncoder().encode(JSON.stringify({ schemaVersion: 2, mediaType, artifactType, config, layers }));
  return repository.manifest.put(bytes, { mediaType, digest: sha('sha512', bytes) });
}

describeWithPeers.each(['distribution 3', 'packwright'] as const)('tokens on %s', { timeout: 60_000 }, (kind) => {
  it('that end in the middle are asked for again', async () => {
    const options = { access: 'token', tokenSeconds: 1 } as const;
    const registry = await runRegistry(kind, join(folder, `tokens-${kind.replace(' ', '-')}`), options);
    const registries = ownRegistries(registry);
    try {
      const repository = (await registries.lookup(registry.host)).repository('team/slow');
      for (let round = 0; round < 3; round++) {
        const bytes = new Uint8Array(randomBytes(1000));
        const descriptor = { mediaType: 'text/plain', digest: sha('sha256', bytes), size: bytes.length };
        // The token ends while the blob is under way: it is asked for before, and needed for what comes after.
        const source = { size: 1000, open: () => sleep(1200).then(() => bytesSource(bytes).open()) };
        await repository.blob.put(descriptor, source);
        expect(await repository.blob.stat(descriptor.digest)).toEqual({ size: 1000 });
      }
      expect(registry.tokens?.requests.length).toBeGreaterThan(2);
    } finally {
      await registries.close();
      await registry.stop();
    }
  });
});
