import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bytesSource, createPackService } from 'packwright';
import { httpRegistries } from 'packwright/registry/http';
import { memoryRegistry } from 'packwright/registry/memory';
import { registryServer } from 'packwright/registry/server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listen, type FetchHandler } from '../../src/adapters/node/http-listener.ts';
import { root } from '../meta/source-tree.ts';
import { registryPrograms } from '../peers/registries.ts';
import { freePort, startServer } from '../peers/server-process.ts';
import { openPage, type BrowserName, type ScriptPage } from '../runtimes/browsers.ts';
import { addModule, projectWithPackage } from '../runtimes/installed-package.ts';
import { registryVerbs } from '../runtimes/registry-verbs.ts';
import {
  account,
  forPages,
  passwordFile,
  serve,
  serveWorld,
  type ServedRegistry,
  type ServedWorld,
} from '../runtimes/served-registries.ts';
import { runtimesIn } from '../runtimes/tools.ts';
import type { CorsOutcome, CorsWorld } from './cors-verbs.ts';

const runtimes = runtimesIn(process.env.PACKWRIGHT_RUNTIMES ?? root);
const project = await projectWithPackage();
const folder = await mkdtemp(join(tmpdir(), 'packwright-browsers-'));
afterAll(() => Promise.all([project, folder].map((path) => rm(path, { recursive: true, force: true }))));
await addModule(project, 'registry-verbs.js', join(root, 'test/runtimes/registry-verbs.ts'));
await addModule(project, 'cors-verbs.js', join(root, 'test/browsers/cors-verbs.ts'));
const entry = `import { registryScenario } from './registry-verbs.js';
import { corsScenario } from './cors-verbs.js';
Object.assign(globalThis, { registryScenario, corsScenario });`;
const command = [process.execPath, join(project, 'node_modules/packwright/dist/cli/bin.js')] as const;

/** CNCF distribution, as it is installed. */
async function distribution(settings: { readonly htpasswd?: string }): Promise<ServedRegistry> {
  const own = await mkdtemp(join(folder, 'distribution-'));
  return startServer((port) => registryPrograms['distribution 2'].command(port, { folder: own, ...settings }));
}

async function handled(handler: FetchHandler): Promise<ServedRegistry> {
  const { url, close } = await listen(handler, { grace: 0 });
  return { host: url.host, stop: close };
}

/** Registries that do not let pages do everything, each with something to read. */
async function serveRestricted(): Promise<{ readonly world: CorsWorld; readonly stop: () => Promise<void> }> {
  const htpasswd = await passwordFile(folder);
  const silentHandler = registryServer({ registry: memoryRegistry(), cors: false });
  const silent = await handled(silentHandler);
  const challenge = { 'www-authenticate': `Bearer realm="http://${silent.host}/token",service="some"` };
  const toStorage: FetchHandler = async (request) => {
    const isBlob = request.method === 'GET' && request.url.includes('/blobs/');
    const location = request.url.replace(new URL(request.url).host, silent.host);
    return isBlob ? new Response(null, { status: 307, headers: { location } }) : silentHandler(request);
  };
  const served = {
    silent,
    reading: await serve(command, []),
    guarded: await serve(command, ['--auth', htpasswd]),
    distribution: await distribution({}),
    guardedDistribution: await distribution({ htpasswd }),
    tokens: await handled(forPages(async () => new Response('{}', { status: 401, headers: challenge }), '*')),
    storage: await handled(forPages(toStorage, '*')),
  };
  const hosts = Object.entries(served).map(([name, { host }]) => [name, host] as const);
  const credentials = { kind: 'password', ...account } as const;
  const service = createPackService({ registries: httpRegistries({ credentials: () => credentials }) });
  const files = [{ path: 'a', source: bytesSource(new Uint8Array(2_000_000)) }];
  for (const [name, host] of hosts) if (name !== 'tokens') await service.pack({ files }, `${host}/app:v1`);
  return {
    world: { ...Object.fromEntries(hosts), closed: `127.0.0.1:${await freePort()}`, ...account } as never,
    stop: async () => {
      await Promise.all(Object.values(served).map((registry) => registry.stop()));
    },
  };
}

const browsers: readonly BrowserName[] = ['Chromium', 'Firefox'];

describe.each(browsers)('a page in %s', { timeout: 120_000 }, (browser) => {
  let page: ScriptPage;
  beforeAll(async () => {
    page = await openPage(browser, project, runtimes, entry);
  });
  afterAll(() => page.close());

  describe('of an origin that packwright serve names', () => {
    let outcome: Record<string, string> = {};
    let served: ServedWorld;
    beforeAll(async () => {
      served = await serveWorld(command, await mkdtemp(join(folder, 'served-')), page.origin);
      const world = JSON.stringify({ ...served.world, space: browser.toLowerCase() });
      outcome = (await page.ask(`registryScenario(${world})`)) as Record<string, string>;
    });
    afterAll(() => served.stop());

    it.each(Object.keys(registryVerbs))('%s', (verb) => {
      expect(outcome[verb]).toBe('works');
    });
  });

  describe('of an origin that no registry names', () => {
    let outcome: Partial<Record<keyof CorsWorld, Record<string, CorsOutcome>>> = {};
    beforeAll(async () => {
      const { world, stop } = await serveRestricted();
      outcome = (await page.ask(`corsScenario(${JSON.stringify(world)})`)) as typeof outcome;
      await stop();
    });

    const refusedBy = (who: string): unknown => ({
      code: 'ERR_REGISTRY_NETWORK',
      cors: true,
      message: expect.stringContaining(`the ${who} does not allow pages of ${page.origin} (CORS)`) as unknown,
      hint: expect.stringContaining(page.origin) as unknown,
    });

    it.each(['reading', 'guarded'] as const)(
      'reads from packwright serve, and is told why it may not write: %s',
      (name) => {
        const denied = {
          code: 'ERR_REGISTRY_DENIED',
          message: expect.stringContaining('pages of this origin may only read (CORS)') as unknown,
          hint: expect.stringContaining(`packwright serve: --cors-origin ${page.origin}`) as unknown,
        };
        const refused = refusedBy('registry');
        expect(outcome[name]).toEqual({ pull: 'works', push: denied, tag: refused, delete: refused });
      },
    );

    it.each(['silent', 'distribution', 'guardedDistribution'] as const)(
      'is told that a registry does not allow pages: %s',
      (name) => {
        const refused = refusedBy('registry');
        expect(outcome[name]).toEqual({ pull: refused, push: refused, tag: refused, delete: refused });
      },
    );

    it('is told that a token server does not allow pages', () => {
      const refused = refusedBy('token server');
      expect(outcome.tokens).toEqual({ pull: refused, push: refused, tag: refused, delete: refused });
    });

    it('is told that the storage of a registry has to allow pages', () => {
      const refused = { ...(refusedBy('registry') as object), hint: expect.stringContaining('storage') as unknown };
      expect(outcome.storage).toMatchObject({ pull: refused });
    });

    it('is told nothing of CORS where nobody answers', () => {
      const words = JSON.stringify(outcome.closed);
      expect([words.includes('ERR_REGISTRY_NETWORK'), words.includes('CORS')]).toEqual([true, false]);
    });
  });
});
