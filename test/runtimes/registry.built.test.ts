import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root } from '../meta/source-tree.ts';
import { addModule, projectWithPackage } from './installed-package.ts';
import { registryScenario, registryVerbs } from './registry-verbs.ts';
import { passwordLine, serveWorld, worldOf, type ServedWorld } from './served-registries.ts';
import { runtimesIn } from './tools.ts';
import { inWorkerd, serveWorker } from './workerd.ts';

const run = promisify(execFile);
const runtimes = runtimesIn(process.env.PACKWRIGHT_RUNTIMES ?? root);
const verbs = Object.keys(registryVerbs);

const project = await projectWithPackage();
afterAll(() => rm(project, { recursive: true, force: true }));
await addModule(project, 'registry-verbs.js', join(root, 'test/runtimes/registry-verbs.ts'));
const main = join(project, 'registry.js');
await writeFile(
  main,
  `import { argv } from 'node:process';
import { registryScenario } from './registry-verbs.js';
console.log(JSON.stringify(await registryScenario(JSON.parse(argv[2]))));
`,
);
const worker = `import { registryScenario } from './registry-verbs.js';
export default { fetch: async (request) => Response.json(await registryScenario(await request.json())) };`;
const bin = join(project, 'node_modules/packwright/dist/cli/bin.js');

type Client = (world: unknown) => Promise<unknown>;

const program =
  (name: string, ...args: readonly string[]): Client =>
  async (world) => {
    const { stdout } = await run(runtimes.program(name), [...args, main, JSON.stringify(world)], { cwd: project });
    return JSON.parse(stdout) as unknown;
  };

const clients: Readonly<Record<string, Client>> = {
  node20: program('node20'),
  node22: program('node22'),
  node24: program('node24'),
  node26: program('node26'),
  Deno: program('deno', 'run', '--no-prompt', '--allow-net=127.0.0.1'),
  Bun: program('bun'),
  'a Worker': (world) => inWorkerd(project, runtimes, worker, world),
};

/** Everything is served by one process for all clients, each in a space of its own. */
async function served(command: readonly [string, ...string[]]): Promise<ServedWorld> {
  const folder = await mkdtemp(join(tmpdir(), 'packwright-served-'));
  const { world, stop } = await serveWorld(command, folder);
  return {
    world,
    stop: async () => {
      await stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

describe('the installed package with packwright serve', () => {
  let registries: ServedWorld | undefined;
  beforeAll(async () => {
    registries = await served([runtimes.program('node24'), bin]);
  });
  afterAll(() => registries?.stop());

  describe.each(Object.entries(clients))('on %s', (name, client) => {
    let outcome: Record<string, string> = {};
    beforeAll(async () => {
      const space = name.toLowerCase().replace(' ', '-');
      outcome = (await client({ ...registries?.world, space })) as Record<string, string>;
    }, 120_000);

    it.each(verbs)('%s', (verb) => {
      expect(outcome[verb]).toBe('works');
    });
  });
});

/** The example, and the same registry for those who have the password. */
async function servedByWorkers(): Promise<ServedWorld> {
  await addModule(project, 'worker-registry.js', join(root, 'examples/worker-registry.ts'));
  const guarded = `import { memoryRegistry } from 'packwright/registry/memory';
import { htpasswdAuth, registryServer } from 'packwright/registry/server';
const auth = htpasswdAuth(${JSON.stringify(await passwordLine())});
export default { fetch: registryServer({ registry: memoryRegistry(), auth }) };`;
  return worldOf(
    await serveWorker(project, runtimes, "export { default } from './worker-registry.js';"),
    await serveWorker(project, runtimes, guarded),
  );
}

describe.each([
  ['packwright serve on Deno', () => served([runtimes.program('deno'), 'run', '-A', bin])],
  ['packwright serve on Bun', () => served([runtimes.program('bun'), bin])],
  ['packwright serve on node20', () => served([runtimes.program('node20'), bin])],
  ['the registry in a Worker', servedByWorkers],
])('%s, and a client that', (_name, start) => {
  let outcome: Record<string, string> = {};
  beforeAll(async () => {
    const { world, stop } = await start();
    try {
      outcome = await registryScenario({ ...world, space: 'client' });
    } finally {
      await stop();
    }
  }, 120_000);

  it.each(verbs)('%s', (verb) => {
    expect(outcome[verb]).toBe('works');
  });
});
