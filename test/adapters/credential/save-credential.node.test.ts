import { existsSync, lstatSync, readdirSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  dockerConfigCredentials,
  eraseDockerCredential,
  saveDockerCredential,
} from '../../../src/adapters/credential/docker-config.ts';
import type { Credential } from '../../../src/ports/index.ts';
import { keepingHelper, makeHome } from './helper-script.ts';

const host = 'registry.example';
const alice: Credential = { kind: 'password', username: 'alice', password: 'se:cret' };
const entry = `"auth": "${btoa('alice:se:cret')}"`;

describe('a credential that is saved', () => {
  it('stands where docker reads it, for its user alone', async () => {
    const { home, env, read } = makeHome();
    const file = join(home, '.docker/config.json');
    expect(await saveDockerCredential(alice, { home, env, host: 'Registry.Example' })).toEqual({ file });
    expect(read('.docker/config.json')).toBe(`{\n\t"auths": {\n\t\t"${host}": {\n\t\t\t${entry}\n\t\t}\n\t}\n}\n`);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(join(home, '.docker')).mode & 0o777).toBe(0o700);
    expect(readdirSync(join(home, '.docker'))).toEqual(['config.json']);
    expect(await dockerConfigCredentials({ home, env })({ host })).toEqual(alice);
  });

  it.each<[string, Credential]>([
    ['refresh token', { kind: 'refresh-token', token: 'r' }],
    ['token for the registry', { kind: 'bearer-token', token: 'b' }],
  ])('may be a %s', async (_what, credential) => {
    const { home, env } = makeHome();
    await saveDockerCredential(credential, { home, env, host });
    expect(await dockerConfigCredentials({ home, env })({ host })).toEqual(credential);
  });

  it('of Docker Hub stands under its old name, and replaces the others', async () => {
    const { home, env, write, read } = makeHome();
    write('.docker/config.json', { auths: { 'docker.io': { auth: 'x' }, 'index.docker.io': {} } });
    await saveDockerCredential(alice, { home, env, host: 'docker.io' });
    expect(Object.keys((JSON.parse(read('.docker/config.json')) as { auths: object }).auths)).toEqual([
      'https://index.docker.io/v1/',
    ]);
  });

  it('leaves everything else as it is, to the byte', async () => {
    const { home, env, write, read } = makeHome();
    const before = [
      '{ "credHelpers":{"other.example":"x"},\n',
      '    "10": 1.0, "2": 12345678901234567890, "HttpHeaders": {"a": "\\u0041}{\\""},\n',
      '    "auths": {\n        "other.example": { "auth": "b3RoZXI6eA==", "email": "" }',
    ].join('');
    const after = '\n    },\n    "list": [ 1, {"x": []} ], "t": true\n}';
    write('.docker/config.json', before + after);
    await saveDockerCredential(alice, { home, env, host });
    expect(read('.docker/config.json')).toBe(
      `${before},\n        "${host}": {\n        \t${entry}\n        }${after}\n`,
    );
    expect(await eraseDockerCredential({ home, env, host })).toBe(true);
    expect(read('.docker/config.json')).toBe(`${before}${after}\n`);
  });

  it.each(['', ' \n', '{}', '{ }', '{"auths":{}}', '{"auths":null,"x":1}', '{\n\t"auths": {}\n}\n', '{"x":[1]}'])(
    'goes into a file that holds %j',
    async (text) => {
      const { home, env, write, read } = makeHome();
      write('.docker/config.json', text);
      await saveDockerCredential(alice, { home, env, host });
      expect(await dockerConfigCredentials({ home, env })({ host })).toEqual(alice);
      const rest = JSON.parse(text.trim() || '{}') as object;
      expect(JSON.parse(read('.docker/config.json'))).toEqual({ ...rest, auths: expect.anything() as unknown });
    },
  );

  it('replaces one that was there, under whatever name of the host, but not that of a path', async () => {
    const { home, env, write, read } = makeHome();
    const auths = {
      [host]: { auth: 'old' },
      [`https://${host}/v2/`]: {},
      [`${host}/team`]: { x: 1 },
      [`${host}:5000`]: {},
    };
    write('.docker/config.json', { auths });
    await saveDockerCredential(alice, { home, env, host });
    const left = (JSON.parse(read('.docker/config.json')) as { auths: object }).auths;
    expect(Object.keys(left).sort()).toEqual([host, `${host}/team`, `${host}:5000`].sort());
    expect(await dockerConfigCredentials({ home, env })({ host })).toEqual(alice);
  });

  it('goes into the file that is named, and through a link', async () => {
    const { home, env, write } = makeHome();
    const real = write('dotfiles/config.json', {});
    const file = join(home, 'link.json');
    symlinkSync(real, file);
    expect(await saveDockerCredential(alice, { home, env, host, file })).toEqual({ file: real });
    expect(lstatSync(file).isSymbolicLink()).toBe(true);
    expect(await dockerConfigCredentials({ home, env, file })({ host })).toEqual(alice);
    expect(existsSync(join(home, '.docker'))).toBe(false);
  });

  it('goes into the helper of the host, and out of the file', async () => {
    const { home, env, write, read, helper } = makeHome();
    helper('keep', keepingHelper);
    write('.docker/config.json', { auths: { [host]: { auth: 'old' } }, credHelpers: { [host]: 'keep' } });
    const file = join(home, '.docker/config.json');
    expect(await saveDockerCredential(alice, { home, env, host })).toEqual({ file, helper: 'docker-credential-keep' });
    expect(JSON.parse(read('kept'))).toEqual({ ServerURL: host, Username: 'alice', Secret: 'se:cret' });
    expect(JSON.parse(read('.docker/config.json'))).toEqual({ auths: {}, credHelpers: { [host]: 'keep' } });
    expect(await dockerConfigCredentials({ home, env })({ host })).toEqual(alice);
    expect(await eraseDockerCredential({ home, env, host })).toBe(true);
    expect(await eraseDockerCredential({ home, env, host })).toBe(false);
    expect(await dockerConfigCredentials({ home, env })({ host })).toBeUndefined();
  });

  it('goes into the helper for all as a token too', async () => {
    const { home, env, write, read, helper } = makeHome();
    helper('keep', keepingHelper);
    write('.docker/config.json', { credsStore: 'keep' });
    await saveDockerCredential({ kind: 'refresh-token', token: 'r' }, { home, env, host: 'docker.io' });
    expect(JSON.parse(read('kept'))).toMatchObject({ ServerURL: 'https://index.docker.io/v1/', Username: '<token>' });
  });

  it('is not saved, and nothing is changed, where that cannot be', async () => {
    const { home, env, write, read, helper } = makeHome();
    helper('bad', 'echo hush; exit 1');
    const save = (): Promise<unknown> => saveDockerCredential(alice, { home, env, host });
    for (const text of ['{"auths": {', '{"credsStore":"bad"}', '{"credsStore":"../bad"}']) {
      write('.docker/config.json', text);
      await expect(save()).rejects.toMatchObject({
        code: expect.stringMatching(/^ERR_(JSON_INVALID|STORE_WRITE)$/) as string,
      });
      expect(read('.docker/config.json')).toBe(text);
      expect(readdirSync(join(home, '.docker'))).toEqual(['config.json']);
    }
    await expect(eraseDockerCredential({ home, env, host: 'https://registry.example' })).rejects.toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
    });
    write('.docker/config.json', '{"credsStore":"bad"}');
    await expect(eraseDockerCredential({ home, env, host })).rejects.toMatchObject({ code: 'ERR_STORE_WRITE' });
    write('file', '');
    const below = { home, env, host, file: join(home, 'file', 'config.json') };
    await expect(saveDockerCredential(alice, below)).rejects.toMatchObject({ code: 'ERR_STORE_WRITE' });
  });

  it('is one of many that are saved at the same time, and none is lost', async () => {
    const { home, env } = makeHome();
    const hosts = Array.from({ length: 8 }, (_, index) => `registry-${index}.example`);
    await Promise.all(hosts.map((name) => saveDockerCredential(alice, { home, env, host: name })));
    const provider = dockerConfigCredentials({ home, env });
    for (const name of hosts) expect(await provider({ host: name })).toEqual(alice);
  });
});

describe('a credential that is forgotten', () => {
  it('leaves no file behind where there was none', async () => {
    const { home, env } = makeHome();
    expect(await eraseDockerCredential({ home, env, host })).toBe(false);
    expect(existsSync(join(home, '.docker'))).toBe(false);
  });

  it('is gone, and what else stands in the file means what it meant', async () => {
    const { home, env, write, read } = makeHome();
    const key = fc.oneof(fc.string({ maxLength: 6 }), fc.constant('auths'), fc.constant(host));
    const config = fc.record(
      { auths: fc.dictionary(fc.oneof(key, fc.constant(host)), fc.record({ email: fc.string() }), { maxKeys: 4 }) },
      { requiredKeys: [] },
    );
    const others = fc.dictionary(
      key.filter((name) => name !== 'auths' && name !== '__proto__'),
      fc.jsonValue(),
      { maxKeys: 4 },
    );
    await fc.assert(
      fc.asyncProperty(config, others, fc.constantFrom(undefined, 1, '\t'), async (own, rest, space) => {
        const clean = { ...rest, ...own, credsStore: '', credHelpers: {} };
        const text = JSON.stringify(clean, undefined, space);
        if (text.includes('"__proto__"')) return;
        write('.docker/config.json', text);
        await saveDockerCredential(alice, { home, env, host });
        expect(await dockerConfigCredentials({ home, env })({ host })).toEqual(alice);
        await eraseDockerCredential({ home, env, host });
        const auths = Object.fromEntries(Object.entries(own.auths ?? {}).filter(([name]) => name !== host));
        expect(JSON.parse(read('.docker/config.json'))).toEqual(JSON.parse(JSON.stringify({ ...clean, auths })));
      }),
      { numRuns: 60 },
    );
  });
});
