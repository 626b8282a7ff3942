import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPackService, type PackService, type RepositoryLocation } from 'packwright';
import { layoutRepository } from 'packwright/registry/layout';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ClientName } from '../peers/clients/client.ts';
import { clientFor, clientNames } from '../peers/clients/client-for.ts';
import { runRegistry, type Access, type RunningRegistry } from '../peers/guarded-registry.ts';
import { ownRegistries } from '../peers/own-client.ts';
import { testedKinds } from '../peers/registries.ts';
import { describeWithPeers } from './peers.ts';
import { contentsOf, writeLayouts, type SomeLayout } from './registry-layouts.ts';

const accesses: readonly Access[] = ['anonymous', 'htpasswd', 'token', 'tls'];
/** Layouts are what the same server keeps elsewhere: one way to reach them is enough. */
const cells = testedKinds.flatMap((kind) =>
  (kind === 'packwright layouts' ? (['tls'] as const) : accesses).map((access) => [kind, access] as const),
);
const names = ['artifact', 'no-layers', 'one-blob-twice', 'image', 'index', 'docker'] as const;

const everyClient = clientNames.flatMap((client) => names.map((name) => [client, name] as const));
/** skopeo takes nothing of Docker's from a layout. */
const pushed = everyClient.filter(([client, name]) => client !== 'skopeo' || name !== 'docker');

const folder = mkdtempSync(join(tmpdir(), 'packwright-registries-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }), 60_000);

let layouts: readonly SomeLayout[] = [];
const layoutOf = (name: string): SomeLayout => layouts.find((layout) => layout.name === name) as SomeLayout;
const locationOf = (directory: string): RepositoryLocation => ({
  repository: layoutRepository({ directory }),
  reference: 'v1',
});

describeWithPeers.each(cells)('%s, %s', { timeout: 60_000 }, (kind, access) => {
  let registry: RunningRegistry;
  let own: { readonly service: PackService; readonly close: () => Promise<void> };
  const home = join(folder, `${kind}-${access}`.replace(' ', '-'));
  const at = (...parts: readonly string[]): string => join(home, ...parts);
  const reference = (repository: string): string => `${registry.host}/${repository}:v1`;

  beforeAll(async () => {
    if (layouts.length === 0) layouts = await writeLayouts(join(folder, 'layouts'));
    registry = await runRegistry(kind, at('registry'), { access });
    const registries = ownRegistries(registry);
    own = {
      service: createPackService({ registries: registries.lookup }),
      close: () => registries.close(),
    };
  });
  afterAll(async () => {
    await own.close();
    await registry.stop();
  });

  function clientNamed(name: ClientName): ReturnType<typeof clientFor> {
    const work = at(name);
    mkdirSync(work, { recursive: true });
    return clientFor(name, { address: registry, folder: work });
  }

  describe('what we push', () => {
    beforeAll(async () => {
      for (const { name, folder: directory } of layouts) {
        await own.service.copy(locationOf(directory), reference(`ours/${name}`));
      }
    });

    it.each(names)('is pulled by us, byte for byte: %s', async (name) => {
      const { folder: source, digest } = layoutOf(name);
      const target = at('pulled', name);
      const { descriptor } = await own.service.copy(reference(`ours/${name}`), locationOf(target));
      expect(descriptor.digest).toBe(digest);
      expect(contentsOf(target, digest)).toEqual(contentsOf(source, digest));
    });

    it.each(everyClient)('is pulled by %s, byte for byte: %s', async (client, name) => {
      const { folder: source, digest } = layoutOf(name);
      const target = at(client, `pulled-${name}`);
      expect(await clientNamed(client).digest(reference(`ours/${name}`))).toBe(digest);
      await clientNamed(client).pull(reference(`ours/${name}`), `${target}:v1`);
      expect(contentsOf(target, digest)).toEqual(contentsOf(source, digest));
    });
  });

  it.each(pushed)('what %s pushes we pull, byte for byte: %s', async (client, name) => {
    const { folder: source, digest } = layoutOf(name);
    await clientNamed(client).push(`${source}:v1`, reference(`${client}/${name}`));
    const target = at(`from-${client}`, name);
    const { descriptor } = await own.service.copy(reference(`${client}/${name}`), locationOf(target));
    expect(descriptor.digest).toBe(digest);
    expect(contentsOf(target, digest)).toEqual(contentsOf(source, digest));
  });
});
