import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { bytesSource, createPackService, type PackService } from 'packwright';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Client } from '../peers/clients/client.ts';
import { clientFor } from '../peers/clients/client-for.ts';
import { runRegistry, type RunningRegistry } from '../peers/guarded-registry.ts';
import { ownRegistries, type OwnRegistries } from '../peers/own-client.ts';
import { testedKinds } from '../peers/registries.ts';
import { describeWithPeers } from './peers.ts';

const folder = mkdtempSync(join(tmpdir(), 'packwright-referrers-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const remark = 'application/vnd.example.remark';
const file = (content: string): { readonly path: string; readonly source: ReturnType<typeof bytesSource> } => ({
  path: 'notes.txt',
  source: bytesSource(new TextEncoder().encode(content)),
});

describeWithPeers.each(testedKinds)('referrers on %s', { timeout: 60_000 }, (kind) => {
  let registry: RunningRegistry;
  let registries: OwnRegistries;
  let service: PackService;
  const home = join(folder, kind.replace(' ', '-'));
  const client = (name: 'oras' | 'regctl'): Client => clientFor(name, { address: registry, folder: home });

  beforeAll(async () => {
    registry = await runRegistry(kind, home, { access: 'anonymous' });
    registries = ownRegistries(registry);
    service = createPackService({ registries: registries.lookup });
    writeFileSync(join(home, 'notes.txt'), 'theirs\n');
  });
  afterAll(async () => {
    await registries.close();
    await registry.stop();
  });

  /** A subject of its own for each test. */
  async function somePack(name: string): Promise<string> {
    const reference = `${registry.host}/team/${name}:v1`;
    await service.pack({ files: [file(name)], artifactType: 'application/vnd.example.thing' }, reference);
    return reference;
  }
  async function ownFound(reference: string): Promise<readonly string[]> {
    const [host = '', repository = ''] = /^([^/]+)\/(.+):v1$/.exec(reference)?.slice(1) ?? [];
    const { digest } = await service.resolve(reference);
    const { referrers } = await (await registries.lookup(host)).repository(repository).referrers(digest);
    return referrers.map((referrer) => referrer.digest).sort();
  }

  it('that we attach, oras and regctl find', async () => {
    const subject = await somePack('ours');
    const { digest } = await service.attach(subject, { files: [file('a remark')], artifactType: remark });
    expect(await client('oras').referrers?.(subject)).toEqual([digest]);
    expect(await client('regctl').referrers?.(subject)).toEqual([digest]);
    expect(await ownFound(subject)).toEqual([digest]);
  });

  it('that oras, regctl and we attach in turn, all three find', async () => {
    const subject = await somePack('all');
    const attached = [
      await client('oras').attach?.(subject, 'notes.txt', remark),
      (await service.attach(subject, { files: [file('ours')], artifactType: remark })).digest,
      await client('regctl').attach?.(subject, 'notes.txt', remark),
    ].sort();
    expect(await ownFound(subject)).toEqual(attached);
    expect([...((await client('oras').referrers?.(subject)) ?? [])].sort()).toEqual(attached);
    expect([...((await client('regctl').referrers?.(subject)) ?? [])].sort()).toEqual(attached);
  });

  it('go along with a copy into another repository', async () => {
    const subject = await somePack('moved');
    const theirs = await client('oras').attach?.(subject, 'notes.txt', remark);
    const target = `${registry.host}/elsewhere/moved:v1`;
    await service.copy(subject, target);
    expect(await ownFound(target)).toEqual([theirs]);
    expect(await client('oras').referrers?.(target)).toEqual([theirs]);
  });

  it('that we delete, nobody finds', async () => {
    const subject = await somePack('deleted');
    const kept = (await service.attach(subject, { files: [file('kept')], artifactType: remark })).digest;
    const gone = (await service.attach(subject, { files: [file('gone')], artifactType: remark })).digest;
    const repository = (await registries.lookup(registry.host)).repository('team/deleted');
    expect(await repository.delete(gone)).toBe(true);
    expect(await ownFound(subject)).toEqual([kept]);
    expect(await client('oras').referrers?.(subject)).toEqual([kept]);
  });
});

const execute = promisify(execFile);
const attachCommand = fileURLToPath(new URL('../peers/attach-command.ts', import.meta.url));

describeWithPeers.each(testedKinds.filter((kind) => kind !== 'olareg'))(
  'writers on %s',
  { timeout: 120_000 },
  (kind) => {
    let registry: RunningRegistry;
    const home = join(folder, `writers-${kind.replace(' ', '-')}`);
    beforeAll(async () => {
      mkdirSync(home, { recursive: true });
      registry = await runRegistry(kind, home, { access: 'anonymous' });
    });
    afterAll(() => registry.stop());

    it.each([2, 10])('lose no entry: %i processes attach at once', async (writers) => {
      const registries = ownRegistries(registry);
      const service = createPackService({ registries: registries.lookup });
      const reference = `${registry.host}/team/${writers}-writers:v1`;
      const { digest } = await service.pack({ files: [file('subject')], artifactType: remark }, reference);
      const all = await Promise.all(
        Array.from({ length: writers }, async (_, index) => {
          const { stdout } = await execute(process.execPath, [attachCommand, reference, `${index}`, '3']);
          return stdout.trim().split('\n');
        }),
      );
      const repository = (await registries.lookup(registry.host)).repository(`team/${writers}-writers`);
      const { referrers } = await repository.referrers(digest);
      expect(referrers.map((referrer) => referrer.digest).sort()).toEqual(all.flat().sort());
      await registries.close();
    });
  },
);
