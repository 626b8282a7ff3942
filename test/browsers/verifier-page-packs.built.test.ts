import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildPage } from '../../examples/verifier-page/build.ts';
import { listen, type FetchHandler } from '../../src/adapters/node/http-listener.ts';
import { httpRegistry } from '../../src/adapters/registry/http.ts';
import { layoutArchiveStream } from '../../src/adapters/registry/layout.ts';
import { memoryRegistry } from '../../src/adapters/registry/memory.ts';
import { registryServer } from '../../src/adapters/registry/server.ts';
import { readTar } from '../../src/archive/index.ts';
import { bytesSource } from '../../src/bytes/source.ts';
import { readAll } from '../../src/bytes/stream.ts';
import { hexOf } from '../../src/digest/index.ts';
import type { Descriptor } from '../../src/oci/index.ts';
import type { Registry, Repository } from '../../src/ports/registry.ts';
import { root } from '../meta/source-tree.ts';
import { putImage, putIndex } from '../pack/verify/packs.ts';
import { dev, issuer, sign, sigstore } from '../pack/verify/signed-packs.ts';
import { freePort } from '../peers/server-process.ts';
import type { BrowserName } from '../runtimes/browsers.ts';
import { forPages, serve, type ServedRegistry } from '../runtimes/served-registries.ts';
import { runtimesIn } from '../runtimes/tools.ts';
import { openForPerson, type Person } from './verifier-page.ts';

const runtimes = runtimesIn(process.env['PACKWRIGHT_RUNTIMES'] ?? root);
const folder = await mkdtemp(join(tmpdir(), 'packwright-page-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

async function written(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
  return path;
}

const address = pathToFileURL(await written('verify.html', await buildPage())).href;
const trustedRoot = await written('trusted_root.json', sigstore.trustRoot);

function repositoryOf(registry: Registry): Repository {
  return registry.repository('team/app');
}

/** What a repository has under these references, with all that refers to it, in a tar. */
async function layoutOf(repository: Repository, ...references: readonly string[]): Promise<Uint8Array> {
  const roots = references.map((reference) => ({ reference }));
  const { stream } = await layoutArchiveStream(repository, roots);
  return readAll(stream, { limit: 10_000_000 });
}

async function unpacked(name: string, tar: Uint8Array): Promise<string> {
  for await (const member of readTar(await bytesSource(tar).open())) {
    if (member.type !== 'file') continue;
    await written(join(name, member.path), await readAll(member.open(), { limit: 10_000_000 }));
  }
  return join(folder, name);
}

const signed = repositoryOf(memoryRegistry());
const first = await putImage(signed, 'first', 'v1');
await sign(signed, first);
await putImage(signed, 'second', 'v2');
const tar = await layoutOf(signed, 'v1');

const browsers: readonly BrowserName[] = ['Chromium', 'Firefox'];

describe.each(browsers)('somebody with %s', { timeout: 60_000 }, (browser) => {
  let person: Person;
  beforeAll(async () => {
    person = await openForPerson(browser, runtimes, address);
  });
  beforeEach(() => person.reload());
  afterEach(async () => {
    expect(await person.complaints()).toEqual([]);
  });
  afterAll(() => person.close());

  async function believes(identity: string = dev): Promise<void> {
    await person.type('Identity', identity);
    await person.type('Issuer', issuer);
    await person.click('My own trusted root');
    await person.choose('Trusted root', trustedRoot);
  }

  describe('and an OCI layout', () => {
    beforeEach(() => person.click('An OCI layout'));

    it('in a tar is told who signed the manifest in it', async () => {
      await person.choose('Layout in a tar', await written('signed.tar', tar));
      await believes();
      const verdict = await person.verifies();
      expect(verdict).toMatch(/^Verified/);
      expect(verdict).toContain(`v1 was signed by\n\n${dev}`);
      expect(await person.sees()).toContain(first.digest);
    });

    it('in a folder is told the same', async () => {
      await person.chooseFolder('Layout in a folder', await unpacked('layout', tar));
      expect(await person.waitsFor('The folder layout is chosen')).toMatch(/chosen: \d+ files/);
      await believes();
      expect(await person.verifies()).toMatch(/^Verified/);
    });

    it('sees a verdict on each manifest, and no pass where one is not signed', async () => {
      await person.choose('Layout in a tar', await written('both.tar', await layoutOf(signed, 'v1', 'v2')));
      await believes();
      const verdict = await person.verifies();
      expect(verdict).toMatch(/^Refused/);
      expect(verdict).toContain('1 of 2 manifests');
      const seen = await person.sees();
      expect(seen).toMatch(/v1\n+Verified/);
      expect(seen).toMatch(/v2\n+Refused\n+.*no signature/i);
    });

    it('sees the bundles of a manifest in an index, where it was signed itself', async () => {
      const repository = repositoryOf(memoryRegistry());
      const child = await putImage(repository, 'for linux', 'linux');
      const whole = await putIndex(repository, [child], 'all');
      await sign(repository, child);
      await sign(repository, whole);
      await person.choose('Layout in a tar', await written('index.tar', await layoutOf(repository, 'all')));
      await believes();
      expect(await person.verifies()).toContain('All 2 manifests are signed as you asked');
      expect(await person.sees()).toContain(child.digest);
    });

    it('is told of somebody else, where the layout is signed by him', async () => {
      await person.choose('Layout in a tar', await written('signed.tar', tar));
      await believes('mallory@example.com');
      const verdict = await person.verifies();
      expect(verdict).toMatch(/^Refused/);
      expect(verdict).toContain('ERR_IDENTITY_MISMATCH');
    });

    it('is told that a bundle in it was changed', async () => {
      const text = Buffer.from(tar).toString('latin1');
      const place = text.indexOf('"payload":"') + 40;
      const bad = Uint8Array.from(tar);
      bad[place] = bad[place] === 0x41 ? 0x42 : 0x41;
      await person.choose('Layout in a tar', await written('bad.tar', bad));
      await believes();
      expect(await person.verifies()).toMatch(/^(Refused|Not verified)\n[^]*sha256:[^]*ERR_/);
    });

    it('is told that a file is no layout', async () => {
      await person.choose('Layout in a tar', await written('none.tar', 'no tar'));
      await believes();
      expect(await person.verifies()).toMatch(/^Not verified\n[^]*ERR_ARCHIVE_INVALID/);
    });

    it('is told that a folder holds none', async () => {
      await written('empty/notes.txt', 'nothing');
      await person.chooseFolder('Layout in a folder', join(folder, 'empty'));
      await believes();
      await person.click('Verify');
      expect(await person.waitsFor('holds no OCI layout')).toContain('it has no file oci-layout');
    });
  });

  describe('and a reference', () => {
    const running: ServedRegistry[] = [];
    afterEach(async () => {
      await Promise.all(running.splice(0).map(({ stop }) => stop()));
    });

    async function handled(handler: FetchHandler): Promise<string> {
      const { url, close } = await listen(handler, { grace: 0 });
      running.push({ host: url.host, stop: close });
      return url.host;
    }

    async function asks(reference: string, identity?: string): Promise<string> {
      await person.click('A registry reference');
      await person.type('Reference', reference);
      await believes(identity);
      return person.verifies();
    }

    async function filled(): Promise<{ readonly registry: Registry; readonly image: Descriptor }> {
      const registry = memoryRegistry();
      const image = await putImage(repositoryOf(registry));
      await sign(repositoryOf(registry), image);
      return { registry, image };
    }

    it('to packwright serve is told who signed what it names, by its digest', async () => {
      const served = await serve([process.execPath, join(root, 'dist/cli/bin.js')], []);
      running.push(served);
      const repository = repositoryOf(httpRegistry({ host: served.host }));
      const image = await putImage(repository);
      await sign(repository, image);
      const verdict = await asks(`${served.host}/team/app:v1`);
      expect(verdict).toMatch(/^Verified/);
      expect(verdict).toContain(`${served.host}/team/app:v1@${image.digest} was signed by\n\n${dev}`);
    });

    it('is told of somebody else', async () => {
      const { registry } = await filled();
      const host = await handled(registryServer({ registry }));
      const verdict = await asks(`${host}/team/app:v1`, 'mallory@example.com');
      expect(verdict).toMatch(/^Refused/);
      expect(verdict).toContain('ERR_IDENTITY_MISMATCH');
    });

    it('is told that nobody signed', async () => {
      const registry = memoryRegistry();
      await putImage(repositoryOf(registry));
      const host = await handled(registryServer({ registry }));
      expect(await asks(`${host}/team/app:v1`)).toMatch(/^Refused\n[^]*ERR_NO_SIGNATURES/);
    });

    it('is told that signatures could not be asked for, which is no pass', async () => {
      const { registry } = await filled();
      const server = registryServer({ registry });
      const away = forPages(async () => new Response('{}', { status: 500 }), '*');
      const host = await handled((request) => (request.url.includes('/referrers/') ? away : server)(request));
      const verdict = await asks(`${host}/team/app:v1`);
      expect(verdict).toMatch(/^Refused\n[^]*ERR_SIGNATURES_UNREACHABLE/);
      expect(verdict).toContain('Try again');
      await person.forgive();
    });

    it('is told that the registry hides signatures, which is no pass', async () => {
      const { registry, image } = await filled();
      const server = registryServer({ registry });
      const denied = '{"errors":[{"code":"DENIED","message":"no"}]}';
      const hidden = forPages(async () => new Response(denied, { status: 403 }), '*');
      const isAsked = ({ url }: Request): boolean =>
        url.includes('/referrers/') || url.includes(`-${hexOf(image.digest)}`);
      const host = await handled((request) => (isAsked(request) ? hidden : server)(request));
      expect(await asks(`${host}/team/app:v1`)).toMatch(/^Refused\n[^]*ERR_SIGNATURES_(HIDDEN|UNREACHABLE)/);
      await person.forgive();
    });

    it('is told that the registry does not let pages read', async () => {
      const { registry } = await filled();
      const host = await handled(registryServer({ registry, cors: false }));
      const verdict = await asks(`${host}/team/app:v1`);
      expect(verdict).toMatch(/^Not verified/);
      expect(verdict).toContain('CORS');
      await person.forgive();
    });

    it('is told that nobody answers', async () => {
      const verdict = await asks(`127.0.0.1:${await freePort()}/team/app:v1`);
      expect(verdict).toMatch(/^Not verified\n[^]*ERR_REGISTRY_NETWORK/);
      await person.forgive();
    });

    it('is told that a text is no reference', async () => {
      expect(await asks('https://registry.example/app')).toMatch(
        /^Not verified\n[^]*is a URL[^]*ERR_INVALID_REFERENCE/,
      );
    });
  });

  describe('who drops files anywhere on the page', () => {
    it('finds each where it belongs', async () => {
      const artifact = 'dropped';
      const bundle = await sigstore.sign({ artifact: new TextEncoder().encode(artifact), identity: dev, issuer });
      const files = { 'app.txt': artifact, 'app.sigstore.json': bundle, 'root.json': sigstore.trustRoot };
      await person.ask(`(() => {
        const transfer = new DataTransfer();
        for (const [name, text] of Object.entries(${JSON.stringify(files)})) transfer.items.add(new File([text], name));
        document.body.dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true }));
      })()`);
      const seen = await person.waitsFor('app.txt is taken as the file to check');
      expect(seen).toContain('app.sigstore.json is taken as a bundle');
      expect(seen).toContain('root.json is taken as a trusted root');
      await person.type('Identity', dev);
      await person.type('Issuer', issuer);
      expect(await person.verifies()).toMatch(/^Verified/);
    });

    it('finds a layout, a policy and a key there too', async () => {
      const policy = { version: 1, signers: { anyOf: [{ identity: dev, issuer }] } };
      const bytes = Buffer.from(await readFile(await written('signed.tar', tar))).toString('base64');
      await person.ask(`(() => {
        const transfer = new DataTransfer();
        const bytes = Uint8Array.from(atob(${JSON.stringify(bytes)}), (letter) => letter.charCodeAt(0));
        transfer.items.add(new File([bytes], 'signed.tar'));
        transfer.items.add(new File([${JSON.stringify(JSON.stringify(policy))}], 'policy.json'));
        transfer.items.add(new File([${JSON.stringify(sigstore.trustRoot)}], 'root.json'));
        document.body.dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true }));
      })()`);
      await person.waitsFor('signed.tar is taken as an OCI layout');
      expect(await person.verifies()).toMatch(/^Verified/);
    });
  });
});
