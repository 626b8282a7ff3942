import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readNpmConfig, type NpmConfig, type NpmConfigOptions } from '../../src/cli/npm-config.ts';

const fallback = 'https://default.example/';
let base = '';
let asked: string[] = [];

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'npm-config-'));
  for (const folder of ['home', 'project/inner', 'prefix/etc', 'prefix/bin'])
    mkdirSync(join(base, folder), { recursive: true });
  writeFileSync(join(base, 'project/package.json'), '{}');
  asked = [];
});
afterEach(() => {
  rmSync(base, { recursive: true, force: true });
});

interface Files {
  readonly project?: string;
  readonly user?: string;
  readonly global?: string;
}

function config(files: Files = {}, env: Record<string, string> = {}, more: Partial<NpmConfigOptions> = {}): NpmConfig {
  if (files.project !== undefined) writeFileSync(join(base, 'project/.npmrc'), files.project);
  if (files.user !== undefined) writeFileSync(join(base, 'home/.npmrc'), files.user);
  if (files.global !== undefined) writeFileSync(join(base, 'prefix/etc/npmrc'), files.global);
  return readNpmConfig({
    env,
    cwd: join(base, 'project/inner'),
    home: join(base, 'home'),
    execPath: join(base, 'prefix/bin/node'),
    run: (args) => {
      asked.push(args.join(' '));
      return `${fallback}\n`;
    },
    ...more,
  });
}

describe('the registry', () => {
  it.each<[string, Files, Record<string, string>, string]>([
    ['npm', {}, {}, 'https://default.example'],
    ['the global file', { global: 'registry=https://global.example/' }, {}, 'https://global.example'],
    [
      'the user file',
      { global: 'registry=https://g.example/', user: 'registry=https://user.example' },
      {},
      'https://user.example',
    ],
    [
      'the project file',
      { user: 'registry=https://u.example/', project: 'registry=https://project.example/npm/' },
      {},
      'https://project.example/npm',
    ],
    [
      'the environment',
      { project: 'registry=https://p.example/' },
      { npm_config_registry: 'https://env.example/' },
      'https://env.example',
    ],
    ['the environment in capitals', {}, { NPM_CONFIG_REGISTRY: 'http://env.example:4873/' }, 'http://env.example:4873'],
    [
      'the environment unless it is empty',
      { user: 'registry=https://u.example/' },
      { npm_config_registry: '' },
      'https://u.example',
    ],
  ])('is that of %s', (_, files, env, registry) => {
    expect(config(files, env).registryFor('a')).toBe(registry);
  });

  it('is asked of npm only when nothing says it, and once', () => {
    const npm = config();
    expect(asked).toEqual([]);
    npm.registryFor('a');
    npm.registryFor('b');
    expect(asked).toEqual(['config get registry']);
  });

  it('is that of the scope where it has one', () => {
    const npm = config({ user: '@corp:registry=https://corp.example/npm/\nregistry=https://all.example' });
    expect(npm.registryFor('@corp/a')).toBe('https://corp.example/npm');
    expect(npm.registryFor('@other/a')).toBe('https://all.example');
  });

  it('is the one that the caller names', () => {
    const npm = config({ user: 'registry=https://u.example' }, {}, { registry: 'https://flag.example/x/' });
    expect(npm.registryFor('a')).toBe('https://flag.example/x');
  });

  it('may be unknown', () => {
    const npm = config({}, {}, { run: () => undefined });
    expect(npm.registryFor('a')).toBeUndefined();
    expect(npm.originOf({ name: 'a', version: '1.0.0' })).toBeUndefined();
    expect(config({}, {}, { run: () => 'undefined\n' }).registryFor('a')).toBeUndefined();
  });

  it.each(['nonsense', 'ftp://x.example', 'https://${TOKEN}@'])(
    'is refused when it is no address of the web: %s',
    (text) => {
      const npm = config({ user: `registry=${text}` }, { TOKEN: 'secret' });
      const call = (): unknown => npm.registryFor('a');
      expect(call).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT', argument: 'registry' }));
      expect(call).not.toThrow(/secret|nonsense/);
    },
  );

  it('finds the files that the environment names', () => {
    writeFileSync(join(base, 'mine'), 'registry=https://mine.example');
    expect(config({}, { NPM_CONFIG_USERCONFIG: join(base, 'mine') }).registryFor('a')).toBe('https://mine.example');
    expect(config({}, { npm_config_globalconfig: join(base, 'mine') }).registryFor('a')).toBe('https://mine.example');
    expect(config({ user: 'x=${Y', project: 'userconfig=../../mine' }).registryFor('a')).toBe('https://mine.example');
  });

  it('reads the file of the home folder as the user file, also from there', () => {
    const npm = config({ user: 'registry=https://u.example' }, {}, { cwd: join(base, 'home') });
    expect(npm.registryFor('a')).toBe('https://u.example');
  });
});

describe('the origin of an artifact', () => {
  it('is made from the registry where the lockfile names none', () => {
    const npm = config({ user: '@corp:registry=https://corp.example/npm/\nregistry=https://all.example' });
    expect(npm.originOf({ name: 'a', version: '1.0.0' })).toBe('https://all.example/a/-/a-1.0.0.tgz');
    expect(npm.originOf({ name: '@corp/b', version: '2.0.0' })).toBe('https://corp.example/npm/@corp/b/-/b-2.0.0.tgz');
  });

  const origin = (files: Files, given: string): string | undefined =>
    config(files).originOf({ name: 'a', version: '1.0.0', origin: given });

  it('is that of the lockfile where nothing is configured, and npm is not asked', () => {
    expect(origin({}, 'https://files.example/a.tgz')).toBe('https://files.example/a.tgz');
    expect(asked).toEqual([]);
  });

  it.each([
    ['', 'https://default.example/a/-/a.tgz', 'https://mirror.example:8443/npm/a/-/a.tgz'],
    ['', 'https://default.example/npm/a/-/a.tgz', 'https://mirror.example:8443/npm/a/-/a.tgz'],
    ['', 'https://other.example/a.tgz', 'https://other.example/a.tgz'],
    ['replace-registry-host=npmjs', 'https://default.example/a.tgz', 'https://mirror.example:8443/npm/a.tgz'],
    ['replace-registry-host=never', 'https://default.example/a.tgz', 'https://default.example/a.tgz'],
    ['replace-registry-host=always', 'https://other.example/a.tgz?x=1', 'https://mirror.example:8443/npm/a.tgz?x=1'],
    ['replace-registry-host=old.example', 'https://old.example/a.tgz', 'https://mirror.example:8443/npm/a.tgz'],
    [
      'replace-registry-host=https://old.example/',
      'https://old.example/a.tgz',
      'https://mirror.example:8443/npm/a.tgz',
    ],
    ['replace-registry-host=old.example', 'https://default.example/a.tgz', 'https://default.example/a.tgz'],
    ['', 'https://mirror.example:8443/a.tgz', 'https://mirror.example:8443/a.tgz'],
  ])('with a mirror and %j, %s is at %s', (rule, given, expected) => {
    expect(origin({ user: `registry=https://mirror.example:8443/npm/\n${rule}` }, given)).toBe(expected);
  });
});

describe('a credential', () => {
  const npm = (text: string, env: Record<string, string> = {}): NpmConfig => config({ user: text }, env);

  it('is for exactly its host and port', () => {
    const { credentialFor } = npm('//corp.example/:_authToken=t1\n//corp.example:8443/:_authToken=t2');
    expect(credentialFor('https://corp.example/a/-/a.tgz')).toEqual({ authorization: 'Bearer t1' });
    expect(credentialFor('https://corp.example:8443/a')).toEqual({ authorization: 'Bearer t2' });
    for (const host of ['corp.example:9', 'x.corp.example', 'corp.example.evil', 'evil.example/corp.example']) {
      expect(credentialFor(`https://${host}/a`)).toBeUndefined();
    }
  });

  it('is for what lies below its path, the longest one first', () => {
    const { credentialFor } = npm('//corp.example/npm/:_authToken=t1\n//corp.example/npm/own/:_authToken=t2');
    expect(credentialFor('https://corp.example/npm/a.tgz')).toEqual({ authorization: 'Bearer t1' });
    expect(credentialFor('https://corp.example/npm/own/a.tgz')).toEqual({ authorization: 'Bearer t2' });
    expect(credentialFor('https://corp.example/other/a.tgz')).toBeUndefined();
  });

  it('is also used elsewhere on the host of the registry that it is for, as npm does', () => {
    const { credentialFor } = npm('registry=https://corp.example/npm/\n//corp.example/npm/:_authToken=t1');
    expect(credentialFor('https://corp.example/files/a.tgz')).toEqual({ authorization: 'Bearer t1' });
    expect(credentialFor('http://corp.example/files/a.tgz')).toBeUndefined();
  });

  it('may be basic, as one text or two', () => {
    const basic = { authorization: 'Basic bWU6c2VjcmV0' };
    expect(npm('//corp.example/:_auth=bWU6c2VjcmV0').credentialFor('https://corp.example/')).toEqual(basic);
    const two = '//corp.example/:username=me\n//corp.example/:_password=c2VjcmV0';
    expect(npm(two).credentialFor('https://corp.example/')).toEqual(basic);
    expect(npm('//corp.example/:username=me').credentialFor('https://corp.example/')).toBeUndefined();
  });

  it('may stand in the address of the registry, which is given without it', () => {
    const own = npm('registry=https://me:sec%72et@corp.example/npm/');
    expect(own.registryFor('a')).toBe('https://corp.example/npm');
    expect(own.credentialFor('https://corp.example/npm/a')).toEqual({ authorization: 'Basic bWU6c2VjcmV0' });
  });

  it('comes from the environment, by variable or by name', () => {
    const { credentialFor } = npm('//corp.example/:_authToken=${TOKEN}', {
      TOKEN: 't1',
      'npm_config_//env.example/:_authToken': 't2',
    });
    expect(credentialFor('https://corp.example/')).toEqual({ authorization: 'Bearer t1' });
    expect(credentialFor('https://env.example/')).toEqual({ authorization: 'Bearer t2' });
  });

  it('is not the name of a variable that is not set, and nothing that breaks a header', () => {
    expect(npm('//corp.example/:_authToken=${TOKEN}').credentialFor('https://corp.example/')).toBeUndefined();
    expect(npm('//corp.example/:_authToken="a\\nb"').credentialFor('https://corp.example/')).toBeUndefined();
  });

  it('does not travel over http, unless its registry does or never leaves the machine', () => {
    expect(npm('//corp.example/:_authToken=t').credentialFor('http://corp.example/')).toBeUndefined();
    const scoped = npm('@corp:registry=http://corp.example/\n//corp.example/:_authToken=t');
    expect(scoped.credentialFor('http://corp.example/a')).toEqual({ authorization: 'Bearer t' });
    const local = npm('//localhost:4873/:_authToken=t\n//127.0.0.1:4873/:_authToken=t');
    expect(local.credentialFor('http://localhost:4873/a')).toEqual({ authorization: 'Bearer t' });
    expect(local.credentialFor('http://127.0.0.1:4873/a')).toEqual({ authorization: 'Bearer t' });
  });
});

describe('the proxy', () => {
  it.each<[string, string, Record<string, string>, string, string | undefined]>([
    ['none', '', {}, 'https://a.example', undefined],
    [
      'https-proxy',
      'https-proxy=http://p.example:1\nproxy=http://q.example:2',
      {},
      'http://a.example',
      'http://p.example:1',
    ],
    ['proxy', 'proxy=http://q.example:2', {}, 'https://a.example', 'http://q.example:2'],
    ['a proxy that is off', 'proxy=false\nhttps-proxy=null', {}, 'https://a.example', undefined],
    ['a proxy without a scheme', 'proxy=10.0.0.1:8080', {}, 'https://a.example', 'http://10.0.0.1:8080'],
    ['HTTPS_PROXY', '', { HTTPS_PROXY: 'http://p.example' }, 'https://a.example', 'http://p.example'],
    ['http_proxy for http', '', { http_proxy: 'http://p.example' }, 'http://a.example', 'http://p.example'],
    ['http_proxy not for https', '', { http_proxy: 'http://p.example' }, 'https://a.example', undefined],
    ['noproxy', 'proxy=http://p.example\nnoproxy=b.example, a.example', {}, 'https://x.a.example', undefined],
    ['noproxy for another', 'proxy=http://p.example\nnoproxy=a.example', {}, 'https://ba.example', 'http://p.example'],
    ['NO_PROXY', 'proxy=http://p.example', { NO_PROXY: '.a.example' }, 'https://a.example', undefined],
    ['all', 'proxy=http://p.example\nnoproxy=*', {}, 'https://a.example', undefined],
  ])('with %s', (_, user, env, url, expected) => {
    expect(config({ user }, env).proxyFor(url)).toBe(expected);
  });
});

describe('the other settings', () => {
  it('have npm defaults', () => {
    const { cache, ca, cafile, strictSsl, offline, preferOffline } = config();
    expect({ cache, ca, cafile, strictSsl, offline, preferOffline }).toEqual({
      cache: join(base, 'home/.npm'),
      ca: [],
      cafile: undefined,
      strictSsl: true,
      offline: false,
      preferOffline: false,
    });
  });

  it('are read', () => {
    const user =
      'cache=~/c\ncafile=certs/ca.pem\nca[]="a\\nb"\nca[]=c\\nd\nstrict-ssl=false\nprefer-offline=true\noffline';
    const { cache, ca, cafile, strictSsl, offline, preferOffline } = config({ user });
    expect({ cache, ca, cafile, strictSsl, offline, preferOffline }).toEqual({
      cache: join(base, 'home/c'),
      ca: ['a\nb', 'c\nd'],
      cafile: join(base, 'project/inner/certs/ca.pem'),
      strictSsl: false,
      offline: true,
      preferOffline: true,
    });
    expect(config({ user: 'ca=one' }).ca).toEqual(['one']);
    expect(config({ user: 'ca=null' }).ca).toEqual([]);
  });

  it('survive a folder in the place of a file', () => {
    mkdirSync(join(base, 'home/.npmrc'));
    expect(config().strictSsl).toBe(true);
  });

  it.skipIf(process.getuid?.() === 0)('are an error where a file cannot be read', () => {
    writeFileSync(join(base, 'home/.npmrc'), 'x=y');
    chmodSync(join(base, 'home/.npmrc'), 0);
    expect(() => config()).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT', argument: 'npmrc' }));
  });

  it('are an error where the name of a file cannot be', () => {
    const env = { npm_config_userconfig: join(base, 'x'.repeat(300)) };
    expect(() => config({}, env)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT', argument: 'npmrc' }));
  });
});

describe('npm itself', () => {
  it('is asked by the script that runs this, without a shell', () => {
    const script = join(base, 'npm-cli.js');
    writeFileSync(
      script,
      'console.log(process.argv.length > 5 ? "https://built-in.example/" : "https://said.example/")',
    );
    const npm = config({}, { npm_execpath: script }, { run: undefined });
    expect(npm.registryFor('a')).toBe('https://said.example');
    const mirrored = config({ user: 'registry=https://mirror.example/' }, { npm_execpath: script }, { run: undefined });
    const origin = 'https://built-in.example/a.tgz';
    expect(mirrored.originOf({ name: 'a', version: '1', origin })).toBe('https://mirror.example/a.tgz');
  });

  it('may be missing', () => {
    expect(config({}, { PATH: join(base, 'nowhere') }, { run: undefined }).registryFor('a')).toBeUndefined();
  });
});
