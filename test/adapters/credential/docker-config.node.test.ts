import { chmodSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dockerConfigCredentials, type DockerConfigOptions } from '../../../src/adapters/credential/docker-config.ts';
import type { Credential } from '../../../src/ports/index.ts';
import { keepingHelper, makeHome, type Home } from './helper-script.ts';

const host = 'registry.example';
const of = (username: string): object => ({ auths: { [host]: { username, password: 'p' } } });

async function asked(
  { home, env }: Home,
  options: Partial<DockerConfigOptions> = {},
  request = { host },
): Promise<Credential | undefined> {
  return dockerConfigCredentials({ home, ...options, env: { ...env, ...options.env } })(request);
}

describe('the files of docker and podman', () => {
  it('are asked in their order, until one has a credential for the host', async () => {
    const own = makeHome();
    const path = (name: string): string => join(own.home, name);
    const env = { REGISTRY_AUTH_FILE: path('named'), XDG_RUNTIME_DIR: path('run') };
    expect(await asked(own, { env })).toBeUndefined();
    const places = ['.config/containers/auth.json', 'run/containers/auth.json', '.docker/config.json', 'named'];
    for (const place of places) {
      own.write(place, of(place));
      expect(await asked(own, { env })).toMatchObject({ username: place });
    }
    const variable = { ...env, DOCKER_AUTH_CONFIG: JSON.stringify(of('variable')) };
    expect(await asked(own, { env: variable })).toMatchObject({ username: 'variable' });
    own.write('named', { auths: { 'other.example': { username: 'x', password: 'x' } } });
    expect(await asked(own, { env })).toMatchObject({ username: '.docker/config.json' });
  });

  it('are found where DOCKER_CONFIG and XDG_CONFIG_HOME say', async () => {
    const own = makeHome();
    own.write('.docker/config.json', of('wrong'));
    own.write('elsewhere/config.json', of('docker'));
    expect(await asked(own, { env: { DOCKER_CONFIG: join(own.home, 'elsewhere') } })).toMatchObject({
      username: 'docker',
    });
    own.write('config/containers/auth.json', of('podman'));
    const env = { DOCKER_CONFIG: join(own.home, 'none'), XDG_CONFIG_HOME: join(own.home, 'config') };
    expect(await asked(own, { env })).toMatchObject({ username: 'podman' });
  });

  it('are not asked where a file is named', async () => {
    const own = makeHome();
    own.write('.docker/config.json', of('docker'));
    const file = own.write('mine.json', of('mine'));
    expect(await asked(own, { file })).toMatchObject({ username: 'mine' });
    expect(await asked(own, { file: join(own.home, 'missing.json') })).toBeUndefined();
    expect(await asked(own, { file: join(file, 'below') })).toBeUndefined();
    expect(await asked(own, { file, env: { DOCKER_AUTH_CONFIG: JSON.stringify(of('env')) } })).toMatchObject({
      username: 'env',
    });
  });

  it('bind credentials to paths, as podman does', async () => {
    const own = makeHome();
    const entry = { username: 'team', password: 'p' };
    own.write('.config/containers/auth.json', { auths: { [`${host}/team`]: entry } });
    const provider = dockerConfigCredentials({ env: own.env, home: own.home });
    expect(await provider({ host })).toBeUndefined();
    expect(await provider({ host, repository: 'team/app' })).toMatchObject({ username: 'team' });
    expect(await provider({ host: `${host}:5000`, repository: 'team/app' })).toBeUndefined();
  });

  it('are read anew each time', async () => {
    const own = makeHome();
    const provider = dockerConfigCredentials({ env: own.env, home: own.home });
    expect(await provider({ host })).toBeUndefined();
    own.write('.docker/config.json', of('new'));
    expect(await provider({ host })).toMatchObject({ username: 'new' });
  });

  it('that are malformed or too large are named, and nothing of them is told', async () => {
    const own = makeHome();
    const file = own.write('.docker/config.json', '{"auths": {"hush');
    const error = await asked(own).catch((thrown: unknown) => thrown as Error);
    expect(error).toMatchObject({ code: 'ERR_JSON_INVALID' });
    expect((error as Error).message).toContain(file);
    expect(JSON.stringify(error) + (error as Error).message).not.toContain('hush');
    own.write('.docker/config.json', ' '.repeat(5 << 20));
    await expect(asked(own)).rejects.toMatchObject({ code: 'ERR_LIMIT_EXCEEDED' });
    own.write('.docker/config.json', ' \n');
    expect(await asked(own)).toBeUndefined();
  });

  it('that cannot be read are an error', async () => {
    const own = makeHome();
    mkdirSync(join(own.home, '.docker/config.json'), { recursive: true });
    await expect(asked(own)).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
  });

  it.each([
    ['an unknown option', { env: {}, home: 'h', bogus: 1 }],
    ['no environment', { home: 'h' }],
    ['no home', { env: {} }],
  ])('cannot be asked with %s', (_what, options) => {
    const call = (): unknown => dockerConfigCredentials(options as unknown as DockerConfigOptions);
    expect(call).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }));
  });
});

describe('a credential helper', () => {
  const answer = (username: string, secret = 'from-helper'): string =>
    `cat > "$PLACE/server"; echo '{"ServerURL":"x","Username":"${username}","Secret":"${secret}"}'`;

  it('is asked with the server on stdin, in the environment that was given', async () => {
    const own = makeHome();
    own.write('.docker/config.json', { credHelpers: { [host]: 'some.one' } });
    own.helper('some.one', answer('alice'));
    expect(await asked(own)).toEqual({ kind: 'password', username: 'alice', password: 'from-helper' });
    expect(own.read('server')).toBe(host);
    expect(await asked(own, {}, { host: 'other.example' })).toBeUndefined();
    expect(await asked(own, {}, { host: `${host}:5000` })).toBeUndefined();
  });

  it('knows Docker Hub by its old name', async () => {
    const own = makeHome();
    own.write('.docker/config.json', { credsStore: 'one' });
    own.helper('one', answer('alice'));
    expect(await asked(own, {}, { host: 'docker.io' })).toMatchObject({ username: 'alice' });
    expect(own.read('server')).toBe('https://index.docker.io/v1/');
  });

  it('gives a refresh token where the name says so, and nothing where the secret is empty', async () => {
    const own = makeHome();
    own.write('.docker/config.json', { credsStore: 'one' });
    own.helper('one', answer('<token>', 'refresh'));
    expect(await asked(own)).toEqual({ kind: 'refresh-token', token: 'refresh' });
    own.helper('one', answer('alice', ''));
    expect(await asked(own)).toBeUndefined();
  });

  it('of a host goes before the one for all, and decides alone', async () => {
    const own = makeHome();
    own.helper('one', answer('one'));
    own.helper('two', answer('two'));
    own.helper('empty', keepingHelper);
    const auths = { [host]: { username: 'file', password: 'p' } };
    const write = (credHelpers: object): string =>
      own.write('.docker/config.json', { auths, credsStore: 'one', credHelpers });
    write({ [host]: 'two' });
    expect(await asked(own)).toMatchObject({ username: 'two' });
    write({});
    expect(await asked(own)).toMatchObject({ username: 'one' });
    write({ [host]: '' });
    expect(await asked(own)).toMatchObject({ username: 'file' });
    write({ [host]: 'empty' });
    expect(await asked(own)).toBeUndefined();
  });

  it('that has nothing leaves it to the file where it is the one for all', async () => {
    const own = makeHome();
    own.helper('empty', keepingHelper);
    own.write('.docker/config.json', { ...of('file'), credsStore: 'empty' });
    expect(await asked(own)).toMatchObject({ username: 'file' });
  });

  it.each([
    ['fails', 'echo "secret-of-helper"; exit 3', 'exit code 3'],
    ['is ended by a signal', 'kill -9 $$', 'exit code'],
    ['answers with no JSON', 'echo "secret-of-helper"', 'JSON object'],
    ['answers with a list', 'echo "[1]"', 'JSON object'],
    ['answers without a secret', `echo '{"Username":"secret-of-helper"}'`, 'a name and a secret'],
    ['never stops talking', 'yes secret-of-helper', 'as a helper does'],
  ])('that %s is an error which tells nothing of what it said', async (_what, script, says) => {
    const own = makeHome();
    own.write('.docker/config.json', { credsStore: 'bad' });
    own.helper('bad', script);
    const error = (await asked(own).catch((thrown: unknown) => thrown)) as Error;
    expect(error).toMatchObject({ name: 'StoreError', code: 'ERR_STORE_READ' });
    expect(error.message).toContain('docker-credential-bad');
    expect(error.message).toContain(says);
    expect(JSON.stringify(error)).not.toContain('secret-of-helper');
  });

  it('that is not installed, or no program, is an error', async () => {
    const own = makeHome();
    own.write('.docker/config.json', { credsStore: 'missing' });
    await expect(asked(own)).rejects.toMatchObject({
      code: 'ERR_STORE_READ',
      message: expect.stringContaining('not installed') as string,
    });
    own.helper('missing', '');
    chmodSync(join(own.home, 'bin/docker-credential-missing'), 0o644);
    await expect(asked(own)).rejects.toMatchObject({ code: 'ERR_STORE_READ' });
  });

  it.each(['../evil', 'a/b', 'a b', 'a;touch evil', '$(touch evil)', 'a\0b'])(
    'is never run with the name %j',
    async (name) => {
      const own = makeHome();
      own.write('.docker/config.json', { credsStore: name });
      await expect(asked(own)).rejects.toMatchObject({ code: 'ERR_JSON_INVALID' });
      expect(existsSync(join(own.home, 'evil'))).toBe(false);
    },
  );

  it('whose name is no text is an error', async () => {
    const own = makeHome();
    own.write('.docker/config.json', { credHelpers: { [host]: 1 } });
    await expect(asked(own)).rejects.toMatchObject({ code: 'ERR_JSON_INVALID' });
  });

  it('ends with the signal', async () => {
    const own = makeHome();
    own.write('.docker/config.json', { credsStore: 'slow' });
    own.helper('slow', 'sleep 30');
    const controller = new AbortController();
    const provider = dockerConfigCredentials({ env: own.env, home: own.home });
    const running = provider({ host, signal: controller.signal });
    setTimeout(() => controller.abort(new Error('enough')), 50);
    await expect(running).rejects.toThrow('enough');
    await expect(provider({ host, signal: controller.signal })).rejects.toThrow('enough');
  });

  it('need not read its input', async () => {
    const own = makeHome();
    own.write('.docker/config.json', { credsStore: 'deaf' });
    own.helper('deaf', `exec <&-; echo '{"Username":"alice","Secret":"s"}'`);
    expect(await asked(own)).toMatchObject({ username: 'alice' });
  });
});
