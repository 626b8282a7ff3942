import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { clientFor, clientNames } from '../peers/clients/client-for.ts';
import { runRegistry, type Access, type RunningRegistry } from '../peers/guarded-registry.ts';
import { builtCommand, programPath, run } from '../peers/programs.ts';
import { describeWithPeers } from './peers.ts';
import { contentsOf, writeLayouts, type SomeLayout } from './registry-layouts.ts';

const folder = mkdtempSync(join(tmpdir(), 'packwright-command-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const accesses: readonly Access[] = ['htpasswd', 'token', 'tls'];

describeWithPeers.each(accesses)('the command and a registry of distribution, %s', { timeout: 60_000 }, (access) => {
  let registry: RunningRegistry;
  let image: SomeLayout;
  const home = join(folder, access);
  const config = join(home, 'docker');

  beforeAll(async () => {
    mkdirSync(config, { recursive: true });
    image = (await writeLayouts(join(home, 'layouts'))).find(({ name }) => name === 'image') as SomeLayout;
    registry = await runRegistry('distribution 3', join(home, 'registry'), { access });
  });
  afterAll(() => registry.stop());

  const trust = (): readonly string[] =>
    registry.authority === undefined ? [] : ['--ca-file', registry.authority.caFile];
  const own = (args: readonly string[], input?: string): Promise<string> =>
    run(builtCommand[0], [builtCommand[1], ...args, ...trust()], {
      cwd: home,
      env: { HOME: home, DOCKER_CONFIG: config, REGISTRY_AUTH_FILE: '' },
      input,
    });
  const login = (): Promise<string> =>
    own(
      ['login', registry.host, '--username', registry.account?.username ?? '', '--password-stdin'],
      registry.account?.password,
    );

  it('push and pull after a login', async () => {
    await login();
    const reference = `${registry.host}/team/command:v1`;
    await own(['push', `oci:${image.folder}:v1`, reference]);
    expect((await own(['resolve', reference])).trim()).toContain(image.digest);
    await own(['pull', reference, 'oci:pulled:v1']);
    expect(contentsOf(join(home, 'pulled'), image.digest)).toEqual(contentsOf(image.folder, image.digest));
    expect((await own(['tags', `${registry.host}/team/command`])).trim()).toBe('v1');
  });

  it.each(clientNames)('write with login what %s reads', async (name) => {
    await login();
    const work = join(home, name);
    const client = clientFor(name, { address: registry, folder: work, loggedIn: false, credentials: config });
    await client.push(`${image.folder}:v1`, `${registry.host}/team/${name}:v1`);
    expect(await client.digest(`${registry.host}/team/${name}:v1`)).toBe(image.digest);
  });

  it.each(['oras', 'skopeo'] as const)('use what %s wrote at its login', async (name) => {
    const file = join(home, `${name}-login`, 'config.json');
    mkdirSync(join(home, `${name}-login`), { recursive: true });
    writeFileSync(file, '{}');
    const { account, authority, host } = registry;
    const ways = {
      oras: [
        '--registry-config',
        file,
        ...(authority === undefined ? ['--plain-http'] : ['--ca-file', authority.caFile]),
      ],
      skopeo: [
        '--authfile',
        file,
        ...(authority === undefined ? ['--tls-verify=false'] : ['--cert-dir', authority.caFolder]),
      ],
    };
    const who = ['login', '--username', account?.username ?? '', '--password-stdin'];
    await run(programPath(name), [...who, ...ways[name], host], { input: account?.password });
    await own(['push', `oci:${image.folder}:v1`, `${host}/team/by-${name}:v1`, '--registry-config', file]);
    expect(await own(['resolve', `${host}/team/by-${name}:v1`, '--registry-config', file])).toContain(image.digest);
  });

  it('are refused without a login, with a code of their own', async () => {
    const nobody = ['resolve', `${registry.host}/team/command:v1`, '--registry-config', join(home, 'nothing.json')];
    await expect(own(nobody)).rejects.toMatchObject({ code: 20 });
  });
});
