import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { CommandInput } from '../../src/cli/index.ts';
import { emptyFolder, run } from './run-command.ts';
import { onlyUser, serveRegistry } from './serve-registry.ts';

const auth = onlyUser('alice', 'hush');
const piped = (text: string): { input: CommandInput } => ({
  input: {
    terminal: false,
    readAll: async () => new TextEncoder().encode(text),
    ask: () => Promise.reject(new Error('nobody is there')),
  },
});
const login = (host: string): string[] => ['login', host, '-u', 'alice', '--password-stdin'];

describe('packwright login', () => {
  it('keeps a credential that the registry takes, and logout forgets it', async () => {
    const [folder, { host }] = [await emptyFolder(), await serveRegistry({ auth })];
    const { code, stdout, stderr } = await run(folder, login(host), piped('hush\n'));
    expect({ code, stdout }).toEqual({ code: 0, stdout: `logged in to ${host} as alice\n` });
    expect(stderr).toContain('.docker/config.json');
    expect(await run(folder, ['resolve', `${host}/app:1`])).toMatchObject({ code: 11 });
    expect(await run(folder, ['logout', host])).toEqual({ code: 0, stdout: `logged out of ${host}\n`, stderr: '' });
    expect(await run(folder, ['resolve', `${host}/app:1`])).toMatchObject({ code: 20 });
    const again = await run(folder, ['logout', host, '--json']);
    expect(JSON.parse(again.stdout)).toEqual({ host, removed: false });
  });

  it('keeps nothing that the registry does not take', async () => {
    const [folder, { host }] = [await emptyFolder(), await serveRegistry({ auth })];
    const { code, stdout, stderr } = await run(folder, login(host), piped('wrong-one'));
    expect({ code, stdout }).toEqual({ code: 20, stdout: '' });
    expect(stderr).not.toContain('wrong-one');
    expect(existsSync(join(folder, '.docker'))).toBe(false);
  });

  it('shows the credential to a registry that lets everybody read', async () => {
    const strict = onlyUser('alice', 'hush');
    const own = (request: Parameters<typeof strict>[0]): ReturnType<typeof strict> =>
      request.authorization === undefined ? { outcome: 'allowed' } : strict(request);
    const [folder, { host }] = [await emptyFolder(), await serveRegistry({ auth: own })];
    expect(await run(folder, login(host), piped('wrong'))).toMatchObject({ code: 20 });
    expect(await run(folder, login(host), piped('hush'))).toMatchObject({ code: 0 });
  });

  it('tells no secret, with --json and where it is kept elsewhere', async () => {
    const [folder, { host }] = [await emptyFolder(), await serveRegistry({ auth })];
    const finished = await run(folder, [...login(host), '--json', '--registry-config', 'mine.json'], piped('hush'));
    const file = join(folder, 'mine.json');
    expect(JSON.parse(finished.stdout)).toEqual({ host, username: 'alice', file });
    expect(finished.stdout + finished.stderr).not.toContain('hush');
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({ auths: { [host]: { auth: btoa('alice:hush') } } });
    const out = await run(folder, ['logout', host, '--registry-config', 'mine.json', '--json']);
    expect(JSON.parse(out.stdout)).toEqual({ host, removed: true });
  });

  it('asks a person for what is missing', async () => {
    const [folder, { host }] = [await emptyFolder(), await serveRegistry({ auth })];
    const asked: [string, boolean][] = [];
    const input: CommandInput = {
      terminal: true,
      readAll: () => Promise.reject(new Error('nothing is piped')),
      ask: async (question, { hidden }) => {
        asked.push([question, hidden]);
        return hidden ? 'hush' : 'alice';
      },
    };
    expect(await run(folder, ['login', host], { input })).toMatchObject({ code: 0 });
    expect(asked).toEqual([
      ['Username: ', false],
      ['Password: ', true],
    ]);
  });

  it('asks nobody where nobody is there', async () => {
    const [folder, { host, requests }] = [await emptyFolder(), await serveRegistry({ auth })];
    expect((await run(folder, ['login', host], piped(''))).stderr).toContain('hint: add -u NAME');
    expect((await run(folder, ['login', host, '-u', 'alice'])).stderr).toContain('--password-stdin');
    expect(await run(folder, login(host))).toMatchObject({ code: 2 });
    const bytes = { ...piped('').input, readAll: async () => Uint8Array.of(0xff) };
    expect(await run(folder, login(host), { input: bytes })).toMatchObject({ code: 2 });
    expect(requests).toHaveLength(0);
  });

  it('warns where another credential is used first', async () => {
    const [folder, { host }] = [await emptyFolder(), await serveRegistry({ auth })];
    await writeFile(join(folder, 'podman.json'), JSON.stringify({ auths: { [host]: { auth: btoa('bob:old') } } }));
    const env = { REGISTRY_AUTH_FILE: join(folder, 'podman.json') };
    const { code, stderr } = await run(folder, login(host), { ...piped('hush'), env });
    expect(code).toBe(0);
    expect(stderr).toContain('warning: DOCKER_AUTH_CONFIG or REGISTRY_AUTH_FILE');
  });

  it('leaves a file alone that it cannot read', async () => {
    const [folder, { host }] = [await emptyFolder(), await serveRegistry({ auth })];
    await mkdir(join(folder, '.docker'));
    await writeFile(join(folder, '.docker/config.json'), '{"auths":');
    expect(await run(folder, login(host), piped('hush'))).toMatchObject({ code: 30, stdout: '' });
    expect(await readFile(join(folder, '.docker/config.json'), 'utf8')).toBe('{"auths":');
  });

  it('keeps nothing for what is no registry', async () => {
    const page = new Map([
      ['a web page', () => new Response('<html>', { headers: { 'content-type': 'text/html' } })],
      ['nothing', () => new Response('', { status: 404 })],
    ]);
    for (const before of page.values()) {
      const [folder, { host }] = [await emptyFolder(), await serveRegistry({ before })];
      const { code, stderr } = await run(folder, [...login(host), '--json'], piped('hush'));
      expect(code).toBe(21);
      expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'ERR_REGISTRY_PROTOCOL' } });
      expect(existsSync(join(folder, '.docker'))).toBe(false);
    }
  });

  it.each(['https://alice:hush@registry.example', 'registry.example/team', 'alice:hush@registry.example', ''])(
    'refuses the host %j without repeating it',
    async (host) => {
      for (const argv of [login(host), ['logout', host]]) {
        const { code, stderr } = await run(await emptyFolder(), argv, piped('x'));
        expect(code).toBe(2);
        expect(stderr).not.toContain('hush');
      }
    },
  );
});
