import { describe, expect, it } from 'vitest';
import { envCredentials } from '../../../src/adapters/credential/env.ts';
import type { Credential, CredentialRequest } from '../../../src/ports/index.ts';

const base64 = (text: string): string => btoa(text);

function found(config: unknown, request: string | CredentialRequest): Credential | undefined {
  const text = typeof config === 'string' ? config : JSON.stringify(config);
  const ask = envCredentials({ DOCKER_AUTH_CONFIG: text });
  return ask(typeof request === 'string' ? { host: request } : request) as Credential | undefined;
}

const alice = { kind: 'password', username: 'alice', password: 'secret' };
const auth = { auth: base64('alice:secret') };

describe('DOCKER_AUTH_CONFIG', () => {
  it.each([
    ['auth', auth, alice],
    ['auth with colons in the password', { auth: base64('alice:a:b:') }, { ...alice, password: 'a:b:' }],
    ['auth with an empty password', { auth: base64('alice:') }, { ...alice, password: '' }],
    ['auth that is filled up with zeros', { auth: base64('alice:\0secret\0\0') }, alice],
    ['auth in lines', { auth: `${base64('alice:secret').slice(0, 4)}\n${base64('alice:secret').slice(4)}` }, alice],
    ['auth beyond ASCII', { auth: 'YWxpY2U6c8Opc2FtZQ==' }, { ...alice, password: 's\u00e9same' }],
    ['a name and a password', { username: 'alice', password: 'secret' }, alice],
    ['auth before a name and a password', { ...auth, username: 'bob', password: 'other' }, alice],
    ['an identity token', { ...auth, identitytoken: 'refresh' }, { kind: 'refresh-token', token: 'refresh' }],
    ['a registry token', { ...auth, identitytoken: 'x', registrytoken: 'r' }, { kind: 'bearer-token', token: 'r' }],
    ['nothing', {}, undefined],
    ['empty texts', { auth: '', username: '', identitytoken: '' }, undefined],
    ['null', null, undefined],
  ])('gives what %s says', (_what, entry, credential) => {
    expect(found({ auths: { 'registry.example': entry } }, 'registry.example')).toEqual(credential);
  });

  it('has nothing where it is not set, empty or without auths', () => {
    expect(envCredentials({})({ host: 'registry.example' })).toBeUndefined();
    for (const text of ['', ' \n', '{}', '{"auths":null}']) expect(found(text, 'registry.example')).toBeUndefined();
  });

  it.each([
    ['registry.example', 'registry.example'],
    ['Registry.EXAMPLE', 'registry.example'],
    ['registry.example:5000', 'registry.example:5000'],
    ['[::1]:5000', '[::1]:5000'],
    ['https://registry.example', 'registry.example'],
    ['https://registry.example/v2/', 'registry.example'],
    ['https://registry.example/v1/', 'registry.example'],
    ['http://registry.example:5000/', 'registry.example:5000'],
    ['registry.example/', 'registry.example'],
    ['https://index.docker.io/v1/', 'docker.io'],
    ['index.docker.io/v1/', 'docker.io'],
    ['docker.io', 'docker.io'],
    ['registry-1.docker.io', 'docker.io'],
  ])('takes the key %s for %s', (key, host) => {
    expect(found({ auths: { [key]: auth } }, host)).toEqual(alice);
  });

  it.each([
    ['registry.example', 'registry.example.evil'],
    ['registry.example', 'evil-registry.example'],
    ['registry.example', 'evil.registry.example'],
    ['registry.example', 'registry.exampl'],
    ['registry.example', 'example'],
    ['registry.example', 'registry.example:5000'],
    ['registry.example:5000', 'registry.example'],
    ['registry.example:5000', 'registry.example:50000'],
    ['registry.example:5000', 'registry.example:500'],
    ['https://registry.example/v2/', 'registry.example.evil'],
    ['https://registry.example@evil.example/', 'registry.example'],
    ['https://registry.example:443/', 'registry.example'],
    ['registry.example/team', 'registry.example'],
    ['*.example', 'registry.example'],
    ['', 'registry.example'],
    ['docker.io', 'docker.io.evil'],
    ['docker.io/team', 'docker.io'],
  ])('does not take the key %s for %s', (key, host) => {
    expect(found({ auths: { [key]: auth } }, host)).toBeUndefined();
  });

  it('takes the longest path that the repository lies below', () => {
    const of = (username: string): object => ({ username, password: 'x' });
    const auths = {
      'registry.example': of('all'),
      'registry.example/team': of('team'),
      'registry.example/team/app': of('app'),
      'https://registry.example/team/app/more': of('url'),
    };
    const who = (repository?: string): unknown => found({ auths }, { host: 'registry.example', repository });
    expect(who()).toMatchObject({ username: 'all' });
    expect(who('other')).toMatchObject({ username: 'all' });
    expect(who('team')).toMatchObject({ username: 'team' });
    expect(who('teams/app')).toMatchObject({ username: 'all' });
    expect(who('team/apps')).toMatchObject({ username: 'team' });
    expect(who('team/app')).toMatchObject({ username: 'app' });
    expect(who('team/app/more')).toMatchObject({ username: 'app' });
  });

  it('prefers the key that docker writes now, and passes over an entry without a credential', () => {
    const auths = { 'https://registry.example/v1/': { username: 'old', password: 'x' }, 'registry.example': auth };
    expect(found({ auths }, 'registry.example')).toEqual(alice);
    expect(found({ auths: { ...auths, 'registry.example': {} } }, 'registry.example')).toMatchObject({
      username: 'old',
    });
    const hub = { 'docker.io': { username: 'old', password: 'x' }, 'https://index.docker.io/v1/': auth };
    expect(found({ auths: hub }, 'docker.io')).toEqual(alice);
  });

  it('looks at no helper', () => {
    const config = {
      auths: { 'registry.example': auth },
      credsStore: 'none',
      credHelpers: { 'registry.example': 'no' },
    };
    expect(found(config, 'registry.example')).toEqual(alice);
  });

  it.each([
    ['no JSON', '{"auths":{"registry.example":{"auth":"hush'],
    ['a list', '["hush"]'],
    ['auths that are a text', '{"auths":"hush"}'],
    ['an entry that is a text', '{"auths":{"registry.example":"hush"}}'],
    ['an auth that is a number', '{"auths":{"registry.example":{"auth":1}}}'],
    ['a token that is a list', '{"auths":{"registry.example":{"identitytoken":["hush"]}}}'],
    ['an auth that is no base64', '{"auths":{"registry.example":{"auth":"hush!"}}}'],
    ['an auth without a colon', `{"auths":{"registry.example":{"auth":"${base64('hush')}"}}}`],
    ['an auth without a name', `{"auths":{"registry.example":{"auth":"${base64(':hush')}"}}}`],
    ['an auth that is not UTF-8', `{"auths":{"registry.example":{"auth":"${base64('a:\u00ff')}"}}}`],
    ['a store that is a number', '{"credsStore":1}'],
    ['a key that stands twice', '{"auths":{"hush":{},"hush":{}}}'],
    ['too much depth', `{"auths":${'['.repeat(70)}${']'.repeat(70)}}`],
  ])('is refused with %s, and nothing of it is told', (_what, text) => {
    const error = errorOf(() => found(text, 'registry.example'));
    expect(error).toMatchObject({ name: 'FormatError' });
    expect(error.message).toContain('DOCKER_AUTH_CONFIG');
    expect(`${error.message}${JSON.stringify(error)}${String(error.cause)}`).not.toContain('hush');
  });

  it('is not refused for an entry of another host', () => {
    expect(found({ auths: { 'other.example': { auth: '!' }, 'registry.example': auth } }, 'registry.example')).toEqual(
      alice,
    );
  });
});

function errorOf(run: () => unknown): Error {
  try {
    run();
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was thrown');
}
