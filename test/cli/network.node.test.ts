import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { utf8 } from '../../src/bytes/encoding.ts';
import { digestOf, hexOf, integrityOf } from '../../src/digest/index.ts';
import { emptyFolder, run } from './run-command.ts';

const artifact = utf8('what npm would call a tarball');
const sha512 = digestOf(artifact, 'sha512');

/** An npm registry with one package, on loopback. */
async function npmRegistry(): Promise<{ readonly url: string; readonly requests: IncomingMessage[] }> {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    const known = request.url?.endsWith('/npm/@scope/one/-/one-1.0.0.tgz') === true;
    response.writeHead(known ? 200 : 404, { 'content-type': 'application/octet-stream' });
    response.end(known ? artifact : undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/npm/`, requests };
}

/** A folder with a lockfile that names no address. */
async function project(): Promise<string> {
  const folder = await emptyFolder();
  const entry = { version: '1.0.0', integrity: integrityOf(sha512) };
  const packages = { '': { dependencies: { '@scope/one': '1' } }, 'node_modules/@scope/one': entry };
  await writeFile(join(folder, 'package-lock.json'), JSON.stringify({ lockfileVersion: 3, packages }));
  return folder;
}

const pack = ['pack', 'package-lock.json', '-o', 'oci:packs:1'];

describe('packwright pack, on the network', () => {
  it('fetches from the registry that it is told, with nothing of that address in the pack', async () => {
    const [folder, { url, requests }] = [await project(), await npmRegistry()];
    expect(await run(folder, [...pack, '--registry', url])).toMatchObject({ code: 0 });
    expect(requests).toHaveLength(1);
    const { stdout } = await run(folder, ['inspect', 'oci:packs:1', '--json']);
    expect(stdout).not.toContain('127.0.0.1');
    expect(JSON.parse(stdout)).toMatchObject({ lock: { entries: [{ path: 'npm/@scope/one/1.0.0.tgz' }] } });
  });

  it('takes registry and credential of a scope from .npmrc, and shows the credential to nobody else', async () => {
    const [folder, { url, requests }, other] = [await project(), await npmRegistry(), await npmRegistry()];
    const place = url.replace('http:', '');
    await writeFile(join(folder, '.npmrc'), `@scope:registry=${url}\n${place}:_authToken=\${TOKEN}\n`);
    const env = { TOKEN: 'hush', npm_config_cache: join(folder, 'no-cache'), npm_config_registry: other.url };
    const { code, stdout, stderr } = await run(folder, pack, { env });
    expect(code).toBe(0);
    expect(requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer hush']);
    expect(other.requests).toHaveLength(0);
    expect(stdout + stderr).not.toContain('hush');
  });

  it('goes through the proxy that npm is configured with', async () => {
    const [folder, proxy] = [await project(), await npmRegistry()];
    const env = {
      npm_config_cache: join(folder, 'no-cache'),
      npm_config_registry: 'http://registry.example/npm/',
      npm_config_proxy: proxy.url,
    };
    expect(await run(folder, pack, { env })).toMatchObject({ code: 0 });
    expect(proxy.requests.map(({ method, url }) => `${method ?? ''} ${url ?? ''}`)).toEqual([
      'GET http://registry.example/npm/@scope/one/-/one-1.0.0.tgz',
    ]);
  });

  it('asks nobody with --offline, and uses the cache that it is told', async () => {
    const [folder, { url, requests }] = [await project(), await npmRegistry()];
    expect(await run(folder, [...pack, '--registry', url, '--offline'])).toMatchObject({ code: 21, stdout: '' });
    await run(folder, [...pack, '--registry', url]);
    const unpacked = await run(folder, ['unpack', 'oci:packs:1', '-o', 'cache', '--as', 'npm-cache']);
    const hex = hexOf(sha512);
    const place = `_cacache/content-v2/sha512/${hex.slice(0, 2)}/${hex.slice(2, 4)}/${hex.slice(4)}`;
    expect(unpacked).toMatchObject({ code: 0, stdout: `${place}\n` });
    expect(new Uint8Array(await readFile(join(folder, 'cache', place)))).toEqual(artifact);
    expect(await readdir(join(folder, 'cache'))).toEqual(['_cacache']);
    const again = [...pack.slice(0, 3), 'oci:packs:2', '--cache', 'cache', '--offline'];
    expect(await run(folder, again)).toMatchObject({ code: 0 });
    expect(requests).toHaveLength(1);
  });

  it('says which of npm’s files cannot be read', async () => {
    const [folder, { url }] = [await project(), await npmRegistry()];
    const env = { npm_config_cafile: join(folder, 'missing.pem'), npm_config_registry: url };
    const { code, stderr } = await run(folder, pack, { env });
    expect(code).toBe(2);
    expect(stderr).toContain('missing.pem');
    await expect(stat(join(folder, 'packs'))).rejects.toThrow();
  });
});

describe('packwright inspect', () => {
  it('shows the manifests of an index, and with --platform one of them', async () => {
    const folder = await emptyFolder();
    await writeFile(join(folder, 'a.txt'), 'a');
    const { stdout } = await run(folder, ['pack', 'a.txt', '-o', 'oci:packs:a', '--json']);
    const { descriptor } = JSON.parse(stdout) as { descriptor: { digest: string; size: number; mediaType: string } };
    const platform = { os: 'linux', architecture: 'amd64' };
    const index = JSON.stringify({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.index.v1+json',
      manifests: [{ mediaType: descriptor.mediaType, digest: descriptor.digest, size: descriptor.size, platform }],
    });
    const digest = digestOf(utf8(index));
    await writeFile(join(folder, 'packs/blobs/sha256', hexOf(digest)), index);
    const entry = { mediaType: 'application/vnd.oci.image.index.v1+json', digest, size: index.length };
    const annotations = { 'org.opencontainers.image.ref.name': 'multi' };
    await writeFile(
      join(folder, 'packs/index.json'),
      JSON.stringify({ schemaVersion: 2, manifests: [{ ...entry, annotations }] }),
    );
    expect((await run(folder, ['inspect', 'oci:packs:multi'])).stdout).toContain(descriptor.digest);
    const one = await run(folder, ['inspect', 'oci:packs:multi', '--platform', 'linux/amd64']);
    expect(one.stdout).toContain('a.txt');
    expect(await run(folder, ['inspect', 'oci:packs:multi', '--platform', 'linux/arm64'])).toMatchObject({ code: 2 });
    const archive = ['copy', 'oci:packs:multi', 'oci-archive:one.tar:x', '--platform', 'linux/amd64'];
    expect((await run(folder, archive)).stdout).toContain(descriptor.digest);
  });
});
