import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPackService, type PackService } from 'packwright';
import { layoutRepository } from 'packwright/registry/layout';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Client } from '../peers/clients/client.ts';
import { clientFor, clientNames } from '../peers/clients/client-for.ts';
import { runRegistry, type Access, type RunningRegistry } from '../peers/guarded-registry.ts';
import { ownRegistries, type OwnRegistries } from '../peers/own-client.ts';
import { registryPrograms, testedKinds, type RegistryKind } from '../peers/registries.ts';
import { describeWithPeers } from './peers.ts';
import { contentsOf, writeLayouts, type SomeLayout } from './registry-layouts.ts';

/** Everything over TLS with a password; and with tokens, where the registry reads them itself. */
const cells: readonly (readonly [RegistryKind, Access])[] = [
  ...testedKinds.map((kind) => [kind, 'tls'] as const),
  ['distribution 3', 'token'],
  ['packwright', 'token'],
];
const folder = mkdtempSync(join(tmpdir(), 'packwright-verbs-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }), 60_000);
const remark = 'application/vnd.example.remark';

let layouts: readonly SomeLayout[] = [];
const layoutOf = (name: string): SomeLayout => layouts.find((layout) => layout.name === name) as SomeLayout;

describeWithPeers.each(cells)('verbs on %s, %s', { timeout: 60_000 }, (kind, access) => {
  let registry: RunningRegistry;
  let registries: OwnRegistries;
  let service: PackService;
  /** crane's registry forgets a digest, and neither the tags that point at it nor that it was a referrer. */
  const forgets = kind !== 'crane';
  const home = join(folder, `${kind}-${access}`.replaceAll(' ', '-'));
  const reference = (repository: string, tag = 'v1'): string => `${registry.host}/${repository}:${tag}`;

  beforeAll(async () => {
    if (layouts.length === 0) layouts = await writeLayouts(join(folder, 'layouts'));
    registry = await runRegistry(kind, join(home, 'registry'), { access });
    registries = ownRegistries(registry);
    service = createPackService({ registries: registries.lookup });
  });
  afterAll(async () => {
    await registries.close();
    await registry.stop();
  });

  function clientNamed(name: (typeof clientNames)[number]): Client {
    mkdirSync(join(home, name), { recursive: true });
    writeFileSync(join(home, name, 'notes.txt'), 'theirs\n');
    return clientFor(name, { address: registry, folder: join(home, name) });
  }
  async function ownTags(repository: string): Promise<readonly string[]> {
    const names: string[] = [];
    for await (const tag of (await registries.lookup(registry.host)).repository(repository).tags()) names.push(tag);
    return names;
  }

  it.each(clientNames)('%s lists, copies and deletes what it pushed, and pulls it again', async (name) => {
    const client = clientNamed(name);
    const [first, second] = [layoutOf('image'), layoutOf('no-layers')];
    await client.push(`${first.folder}:v1`, reference(`${name}/app`));
    await client.push(`${second.folder}:v1`, reference(`${name}/app`, 'v2'));
    expect([...(await client.tags(`${registry.host}/${name}/app`))].sort()).toEqual(['v1', 'v2']);
    expect(await ownTags(`${name}/app`)).toEqual(['v1', 'v2']);
    if (registryPrograms[kind].catalog) expect((await client.catalog?.()) ?? [`${name}/app`]).toContain(`${name}/app`);
    await client.copy(reference(`${name}/app`), reference(`${name}/copied`, 'v3'));
    expect(await client.digest(reference(`${name}/copied`, 'v3'))).toBe(first.digest);
    await client.delete(`${registry.host}/${name}/app@${first.digest}`);
    await expect(client.digest(`${registry.host}/${name}/app@${first.digest}`)).rejects.toThrow();
    await expect(service.resolve(`${registry.host}/${name}/app@${first.digest}`)).rejects.toMatchObject({
      code: 'ERR_REGISTRY_NOT_FOUND',
    });
    const target = join(home, name, 'again');
    await client.pull(reference(`${name}/app`, 'v2'), `${target}:v1`);
    expect(contentsOf(target, second.digest)).toEqual(contentsOf(second.folder, second.digest));
  });

  it.each(clientNames)('what we push %s lists, and what we delete it does not find', async (name) => {
    const { folder: directory, digest } = layoutOf('image');
    const repository = `ours/${name}`;
    await service.copy({ repository: layoutRepository({ directory }), reference: 'v1' }, reference(repository));
    const client = clientNamed(name);
    expect(await client.tags(`${registry.host}/${repository}`)).toEqual(['v1']);
    if (registryPrograms[kind].catalog) expect((await client.catalog?.()) ?? [repository]).toContain(repository);
    expect(await (await registries.lookup(registry.host)).repository(repository).delete(digest)).toBe(true);
    await expect(client.digest(`${registry.host}/${repository}@${digest}`)).rejects.toThrow();
    expect(await ownTags(repository).catch(() => [])).toEqual(forgets ? [] : ['v1']);
  });

  it.each(['oras', 'regctl'] as const)('%s attaches, discovers, deletes, and discovers again', async (name) => {
    const client = clientNamed(name);
    const { folder: directory } = layoutOf('image');
    const subject = reference(`${name}/signed`);
    await client.push(`${directory}:v1`, subject);
    const attached = (await client.attach?.(subject, 'notes.txt', remark)) ?? '';
    expect(await client.referrers?.(subject)).toEqual([attached]);
    await client.delete(`${registry.host}/${name}/signed@${attached}`);
    // Without the API the list is a manifest of its own, which neither of them changes.
    if (registryPrograms[kind].referrers && forgets) expect(await client.referrers?.(subject)).toEqual([]);
  });

  it('are ours as well: the catalog, tags of everything, and deletes', async () => {
    const { folder: directory, digest } = layoutOf('index');
    const from = { repository: layoutRepository({ directory }), reference: 'v1' };
    for (const tag of ['a', 'b']) await service.copy(from, reference('own/verbs', tag));
    expect(await ownTags('own/verbs')).toEqual(['a', 'b']);
    const names: string[] = [];
    if (registryPrograms[kind].catalog) {
      for await (const name of (await registries.lookup(registry.host)).repositories()) names.push(name);
      expect(names).toContain('own/verbs');
    }
    expect(await (await registries.lookup(registry.host)).repository('own/verbs').delete(digest)).toBe(true);
    expect(await ownTags('own/verbs').catch(() => [])).toEqual(forgets ? [] : ['a', 'b']);
  });
});
