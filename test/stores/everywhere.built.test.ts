import { execFile } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { s3BlobStore, s3Client } from 'packwright/blob-store/s3';
import { utf8 } from '../../src/bytes/encoding.ts';
import { readAll } from '../../src/bytes/stream.ts';
import { digestOf } from '../../src/digest/digest.ts';
import { describeWithPeers } from '../interop/peers.ts';
import { root } from '../meta/source-tree.ts';
import { allowPages } from '../peers/bucket-cors.ts';
import { startPostgres, type PostgresServer } from '../peers/postgres-server.ts';
import { startS3Server, type S3Server } from '../peers/s3-servers.ts';
import { openPage, type BrowserName, type ScriptPage } from '../runtimes/browsers.ts';
import { addModule, projectWithPackage } from '../runtimes/installed-package.ts';
import { casesOf, type Outcomes, type Suites } from '../runtimes/stores/contract-outcomes.ts';
import { pageSuites } from '../runtimes/stores/page-suites.ts';
import { portableSuites } from '../runtimes/stores/portable-suites.ts';
import { programSuites } from '../runtimes/stores/program-suites.ts';
import { socketSuites } from '../runtimes/stores/socket-suites.ts';
import { nowhere, type StoreWorld } from '../runtimes/stores/store-world.ts';
import { runtimesIn } from '../runtimes/tools.ts';
import { inWorkerd, type WorkerOptions } from '../runtimes/workerd.ts';

const run = promisify(execFile);
const runtimes = runtimesIn(process.env.PACKWRIGHT_RUNTIMES ?? root);
const modules = ['page-suites', 'portable-suites', 'program-suites', 'socket-suites'];
const main = `import { argv } from 'node:process';
import { programOutcomes } from './program-suites.js';
const { world, suites } = JSON.parse(argv[2]);
console.log(JSON.stringify(await programOutcomes(world, suites)));
`;

let folder: string;
let project: string;
let server: S3Server;
let postgres: PostgresServer;
let world: StoreWorld;

type Run = (suites: readonly string[]) => Promise<Record<string, Outcomes>>;

/** Runs suites in a program of this machine. */
const program =
  (name: string, ...args: readonly string[]): Run =>
  async (suites) => {
    const given = [...args, join(project, 'main.js'), JSON.stringify({ world, suites })];
    const { stdout } = await run(runtimes.program(name), given, { cwd: project, maxBuffer: 1 << 26 });
    return JSON.parse(stdout) as Record<string, Outcomes>;
  };

const inWorker =
  (module: string, outcomes: string, options: WorkerOptions): Run =>
  async (suites) => {
    const entry = `import { ${outcomes} as outcomesOf } from './${module}.js';
export default { fetch: async (request) => {
  const { world, suites } = await request.json();
  return Response.json(await outcomesOf(world, suites));
} };`;
    return (await inWorkerd(project, runtimes, entry, { world, suites }, options)) as Record<string, Outcomes>;
  };

/** Those of the suites whose names have none of the words. */
function without(suites: Suites, ...words: readonly string[]): Suites {
  return Object.fromEntries(Object.entries(suites).filter(([name]) => !words.some((word) => name.includes(word))));
}

const all = programSuites(nowhere).suites;
const sockets = socketSuites(nowhere);
// PGlite takes half a minute, and npm test has it on Node.
const places: readonly (readonly [string, Suites, Run])[] = [
  ['Node 20', without(all, 'postgres.js', 'PGlite'), program('node20')],
  ['Deno', without(all, 'PGlite'), program('deno', 'run', '--no-prompt', '-A')],
  ['Bun', without(all, 'PGlite'), program('bun')],
  ['a Worker', portableSuites(nowhere), inWorker('portable-suites', 'portableOutcomes', {})],
  ['a Worker with sockets', sockets.suites, inWorker('socket-suites', 'socketOutcomes', { nodejs: true })],
];

describeWithPeers('the contracts of the stores', () => {
  beforeAll(async () => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'packwright-everywhere-')));
    server = await startS3Server('versitygw', folder);
    await allowPages(server);
    postgres = await startPostgres(['fsync=off']);
    const { endpoint, bucket, credentials } = server;
    world = { folder: join(folder, 'stores'), bucket: { endpoint, bucket, credentials }, postgres: postgres.url };
    project = await projectWithPackage(['pg', 'postgres', '@electric-sql/pglite']);
    for (const name of modules) await addModule(project, `${name}.js`, join(root, `test/runtimes/stores/${name}.ts`));
    writeFileSync(join(project, 'main.js'), main);
  });
  afterAll(async () => {
    await sockets.close();
    await server.stop();
    await postgres.stop();
    for (const path of [folder, project]) rmSync(path, { recursive: true, force: true });
  });

  describe.each(places)('on %s', (_place, suites, outcomesOf) => {
    const names = Object.keys(suites);
    let outcomes: Record<string, Outcomes> = {};
    beforeAll(async () => {
      outcomes = await outcomesOf(names);
    }, 600_000);

    describe.each(names)('%s', (suite) => {
      it.each(casesOf(suites, suite))('%s', (title) => {
        expect(outcomes[suite]?.[title]).toBe('works');
      });
    });
  });

  const browsers: readonly BrowserName[] = ['Chromium', 'Firefox'];
  describe.each(browsers)('in a page of %s', { timeout: 120_000 }, (browser) => {
    const suites = pageSuites(nowhere);
    const names = Object.keys(suites);
    let page: ScriptPage | undefined;
    let outcomes: Record<string, Outcomes> = {};
    beforeAll(async () => {
      const lite = join(project, 'node_modules/@electric-sql/pglite/dist');
      const assets = ['pglite.wasm', 'pglite.data', 'initdb.wasm'];
      const files = Object.fromEntries(assets.map((name) => [name, join(lite, name)]));
      const entry = "import * as all from './page-suites.js'; Object.assign(globalThis, all);";
      page = await openPage(browser, project, runtimes, entry, { files, unused: ['node:module'] });
      outcomes = (await page.ask(
        `pageOutcomes(${JSON.stringify(world)}, ${JSON.stringify(names)})`,
      )) as typeof outcomes;
    }, 600_000);
    afterAll(() => page?.close());

    describe.each(names)('%s', (suite) => {
      it.each(casesOf(suites, suite))('%s', (title) => {
        expect(outcomes[suite]?.[title]).toBe('works');
      });
    });

    it('a bucket is written and read by signed URLs, without credentials', async () => {
      const bytes = utf8(`from a page of ${browser}`);
      const client = s3Client({ credentials: server.credentials });
      const store = s3BlobStore({ client, bucket: server.bucket, endpoint: server.endpoint, prefix: 'signed' });
      const put = await store.presignPut?.(digestOf(bytes), { expiresInSeconds: 60 });
      const get = await store.presign?.(digestOf(bytes), { expiresInSeconds: 60 });
      const text = `from a page of ${browser}`;
      expect(await page?.ask(`bySignedUrls(${JSON.stringify({ put, get })}, '${text}')`)).toBe(text);
      const stream = await (await store.get(digestOf(bytes)))?.open();
      expect(stream && (await readAll(stream, { limit: 100 }))).toEqual(bytes);
    });
  });
});
