import { readdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { memoryRegistry } from '../../src/adapters/registry/memory.ts';
import { utf8 } from '../../src/bytes/encoding.ts';
import { bytesSource } from '../../src/bytes/source.ts';
import { digestOf } from '../../src/digest/index.ts';
import type { PackErrorJson } from '../../src/errors.ts';
import { mediaTypes } from '../../src/oci/index.ts';
import { emptyFolder, run } from './run-command.ts';
import { onlyUser, serveRegistry, type ServeOptions } from './serve-registry.ts';

interface Refusal extends PackErrorJson {
  readonly exitCode: number;
}

/** Runs what must fail: gives the error, after a look at whether anything else was said or written. */
async function refused(cwd: string, argv: readonly string[], host?: Parameters<typeof run>[2]): Promise<Refusal> {
  const before = readdirSync(cwd, { recursive: true }).sort();
  const { code, stdout, stderr } = await run(cwd, [...argv, '--json', '--quiet'], host);
  expect(stdout).toBe('');
  expect(readdirSync(cwd, { recursive: true }).sort(), argv.join(' ')).toEqual(before);
  return { ...(JSON.parse(stderr) as { error: PackErrorJson }).error, exitCode: code };
}

/** A folder with a layout of one small pack, and a registry that has it. */
async function packed(): Promise<{ readonly cwd: string; readonly good: string }> {
  const [cwd, { host }] = [await emptyFolder(), await serveRegistry()];
  await writeFile(join(cwd, 'readme.txt'), 'read me');
  const good = `${host}/team/app:1`;
  for (const target of ['oci:packs:1', good]) {
    expect(await run(cwd, ['pack', 'readme.txt', '-o', target])).toMatchObject({ code: 0 });
  }
  return { cwd, good };
}

/** Every command that reads what a reference names. */
const reading = (bad: string, good: string): readonly (readonly string[])[] => [
  ['pull', bad, 'oci:target:1'],
  ['pull', bad, 'oci-archive:target.tar:1'],
  ['copy', bad, good.replace('app:1', 'copy:1')],
  ['unpack', bad, '-o', 'target'],
  ['inspect', bad],
  ['resolve', bad],
  ['referrers', bad],
  ['tag', bad, 'other'],
  ['export', bad, '-o', 'target.tar'],
];

/** Every command that writes there. */
const writing = (bad: string, good: string): readonly (readonly string[])[] => [
  ['push', 'oci:packs:1', bad],
  ['copy', good, bad],
  ['pack', 'readme.txt', '-o', bad],
];

type Expected = readonly [code: string, exitCode: number];

/** Every command fails in the same way, says what to do, and leaves nothing. */
async function expectAll(
  { cwd }: { readonly cwd: string },
  commands: readonly (readonly string[])[],
  [code, exitCode]: Expected,
  hint: RegExp = /./,
): Promise<void> {
  for (const argv of commands) {
    const error = await refused(cwd, argv);
    expect(error, argv.join(' ')).toMatchObject({ code, exitCode });
    expect(error.hint, argv.join(' ')).toMatch(hint);
    expect(error.message).toMatch(/^\S.*[^.]$/s);
  }
}

const html = { headers: { 'content-type': 'text/html; charset=utf-8' } };
const page = '<!doctype html><title>log in</title>';
const protocol: Expected = ['ERR_REGISTRY_PROTOCOL', 21];
const network: Expected = ['ERR_REGISTRY_NETWORK', 21];
const rejected: Expected = ['ERR_REGISTRY_REJECTED', 1];

const strangers: readonly (readonly [what: string, before: NonNullable<ServeOptions['before']>])[] = [
  ['a web page', () => new Response(page, html)],
  ['plain text', () => new Response('It works!')],
  ['JSON of something else', () => Response.json({ hello: 'world' })],
  ['nothing', () => new Response(null, { status: 204 })],
  [
    'a login page elsewhere',
    ({ url }) =>
      url.includes('/login')
        ? new Response(page, html)
        : new Response(null, { status: 302, headers: { location: '/login' } }),
  ],
];

describe('what is no registry', () => {
  it.each(strangers)('is told by %s', async (_what, before) => {
    const [place, { host }] = [await packed(), await serveRegistry({ before })];
    const bad = `${host}/team/app:1`;
    await expectAll(place, reading(bad, place.good), protocol, /registry/);
    await expectAll(place, writing(bad, place.good), protocol, /registry/);
    await expectAll(place, [['tags', `${host}/team/app`]], protocol);
  });

  it('is told by a web page with 404, which a registry could send as well', async () => {
    const before = (): Response => new Response(page, { ...html, status: 404 });
    const [place, { host }] = [await packed(), await serveRegistry({ before })];
    const bad = `${host}/team/app:1`;
    const commands = [...reading(bad, place.good), ...writing(bad, place.good), ['delete', bad]];
    await expectAll(place, commands, ['ERR_REGISTRY_NOT_FOUND', 11]);
  });

  it('is a name that does not resolve', { timeout: 60_000 }, async () => {
    const place = await packed();
    const bad = 'no-such-host.invalid/team/app:1';
    const commands = [
      ['pull', bad, 'oci:target:1'],
      ['unpack', bad, '-o', 'target'],
      ['push', 'oci:packs:1', bad],
    ];
    await expectAll(place, commands, network, /does not resolve/);
  });

  it('is a port where nobody listens', { timeout: 60_000 }, async () => {
    const place = await packed();
    const bad = `127.0.0.1:${await closedPort()}/team/app:1`;
    const commands = [
      ['pull', bad, 'oci:target:1'],
      ['unpack', bad, '-o', 'target'],
      ['copy', place.good, bad],
    ];
    await expectAll(place, commands, network, /nothing listens there/);
  });

  it('is a reference that is none', async () => {
    const place = await packed();
    const bad = ['Not A Reference', 'registry.example/Upper/Case:1', 'registry.example/app:', 'a/b@sha256:12', ''];
    for (const reference of bad) {
      for (const argv of [...reading(reference, place.good), ...writing(reference, place.good)]) {
        const error = await refused(place.cwd, argv);
        expect(error, argv.join(' ')).toMatchObject({ exitCode: 2 });
        expect(error.hint, `${argv.join(' ')}: ${error.message}`).toBeDefined();
      }
    }
  });
});

async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const says = (status: number, code: string, message = ''): Response =>
  Response.json({ errors: [{ code, message }] }, { status });
const onWrite = (answer: () => Response): ServeOptions => ({
  before: ({ method }) => (method === 'GET' || method === 'HEAD' ? undefined : answer()),
});
const onManifest = (answer: () => Response): ServeOptions => ({
  before: ({ method, url }) => (method === 'PUT' && url.includes('/manifests/') ? answer() : undefined),
});
const tooMuch = (): Response => new Response(page, { ...html, status: 413 });

const refusals: readonly (readonly [what: string, ServeOptions, Expected, hint: RegExp])[] = [
  [
    'a repository that may not be created',
    onWrite(() => says(403, 'DENIED', 'requested access to the resource is denied')),
    ['ERR_REGISTRY_DENIED', 20],
    /log in/,
  ],
  [
    'a repository that has to be created first',
    onWrite(() => says(404, 'NAME_UNKNOWN', 'repository name not known to registry')),
    ['ERR_REGISTRY_NOT_FOUND', 11],
    /created first/,
  ],
  ['a manifest that is too large', onManifest(() => says(413, 'SIZE_INVALID')), rejected, /more than the registry/],
  ['a manifest that is too large for a proxy', onManifest(tooMuch), rejected, /more than the registry/],
  ['a manifest that it dislikes', onManifest(() => says(400, 'MANIFEST_INVALID', 'why')), rejected, /its own words/],
  ['more than a quota, as 413', onWrite(() => says(413, 'DENIED', 'quota exceeded')), rejected, /no more room/],
  [
    'more than a quota, as 403',
    onWrite(() => says(403, 'DENIED', 'adding 1 MiB would exceed the configured upper limit of 10 MiB')),
    rejected,
    /no more room/,
  ],
  ['more than a quota, as 507', onWrite(() => says(507, 'UNKNOWN', 'Insufficient Storage')), rejected, /no more room/],
  ['anything, as it only reads', { readOnly: true }, rejected, /only reads/],
];

describe('a registry that refuses', () => {
  it.each(refusals)('%s', async (_what, options, expected, hint) => {
    const [place, { host, requests }] = [await packed(), await serveRegistry(options)];
    const bad = `${host}/team/app:1`;
    await expectAll(place, writing(bad, place.good), expected, hint);
    expect(await run(place.cwd, ['resolve', bad])).toMatchObject({ code: 11 });
    expect(requests.filter(({ method, url }) => method === 'POST' && url.endsWith('/uploads/')).length).toBeLessThan(8);
  });

  it('a password that is wrong or has expired', async () => {
    const [place, { host }] = [await packed(), await serveRegistry({ auth: onlyUser('alice', 'hush') })];
    const bad = `${host}/team/app:1`;
    const commands = [...reading(bad, place.good), ...writing(bad, place.good)];
    await expectAll(place, commands, ['ERR_REGISTRY_UNAUTHORIZED', 20], /log in first: packwright login/);
    const config = join(place.cwd, 'config.json');
    await writeFile(config, JSON.stringify({ auths: { [host]: { auth: btoa('alice:expired') } } }));
    for (const argv of commands) {
      const error = await refused(place.cwd, [...argv, '--registry-config', config]);
      expect(error, argv.join(' ')).toMatchObject({ code: 'ERR_REGISTRY_UNAUTHORIZED', exitCode: 20 });
      expect(error.hint).toMatch(/wrong or has expired: packwright login/);
      expect(JSON.stringify(error)).not.toContain('expired"');
    }
  });
});

describe('a title that leaves the folder', () => {
  it.each(['../x', '/tmp/x', 'a/../../x', 'C:\\x', '..', ''])('is never written: %j', async (title) => {
    const registry = memoryRegistry();
    const [cwd, { host }] = [await emptyFolder(), await serveRegistry({ registry })];
    const content = utf8('evil');
    const blob = { mediaType: 'text/plain', digest: digestOf(content), size: content.length };
    const empty = { mediaType: mediaTypes.empty, digest: digestOf(utf8('{}')), size: 2 };
    const { blob: blobs, manifest } = registry.repository('app');
    await blobs.put(blob, bytesSource(content));
    await blobs.put(empty, bytesSource(utf8('{}')));
    const document = {
      schemaVersion: 2,
      mediaType: mediaTypes.imageManifest,
      artifactType: 'application/vnd.example',
      config: empty,
      layers: [{ ...blob, annotations: { 'org.opencontainers.image.title': title } }],
    };
    await manifest.put(utf8(JSON.stringify(document)), { mediaType: mediaTypes.imageManifest, tag: '1' });
    const error = await refused(cwd, ['unpack', `${host}/app:1`, '-o', 'deep/er/out']);
    expect(error).toMatchObject({ code: 'ERR_UNSAFE_PATH', exitCode: 30 });
    expect(error.hint).toBeDefined();
    // A layout keeps what came as it is: nothing of it is named by its title.
    expect(await run(cwd, ['pull', `${host}/app:1`, 'oci:packs:1'])).toMatchObject({ code: 0 });
    expect(readdirSync(cwd)).toEqual(['packs']);
    expect(await refused(cwd, ['unpack', 'oci:packs:1', '-o', 'out'])).toMatchObject({ code: 'ERR_UNSAFE_PATH' });
  });
});
