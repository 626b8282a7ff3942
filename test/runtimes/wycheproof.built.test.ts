import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { root } from '../meta/source-tree.ts';
import { readWycheproof, skipped, wycheproofNames, wycheproofPath } from '../verify/crypto/wycheproof-files.ts';
import type { WycheproofOutcome } from '../verify/crypto/wycheproof.ts';
import { openPage } from './browsers.ts';
import { bundleFor } from './bundle.ts';
import { runtimesIn } from './tools.ts';
import { inWorkerd } from './workerd.ts';

const run = promisify(execFile);
const runtimes = runtimesIn(process.env.PACKWRIGHT_RUNTIMES ?? root);
const folder = await mkdtemp(join(tmpdir(), 'packwright-wycheproof-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

const judge = "import { judgeWycheproof } from './test/verify/crypto/wycheproof.ts';";
/** The ways in which a platform may differ: what it checks itself, and our code on its engine. */
const ways = wycheproofNames.map((name) => [name, /ed25519/.test(name) ? 'portable' : 'digest'] as const);
const plan = [
  ...wycheproofNames.map((name) => [name, 'bytes'] as const),
  ...ways.filter(([name]) => !name.includes('p1363')),
];

const script = join(folder, 'main.mjs');
const main = `import { readFileSync } from 'node:fs';
import process from 'node:process';
import { judgeWycheproof } from './judge.mjs';
const outcomes = [];
for (const [path, way] of JSON.parse(readFileSync(process.argv[2], 'utf8'))) {
  outcomes.push(await judgeWycheproof(JSON.parse(readFileSync(path, 'utf8')), way));
}
console.log(JSON.stringify(outcomes));`;
await writeFile(script, main);
await writeFile(join(folder, 'judge.mjs'), await bundleFor(root, `${judge} export { judgeWycheproof };`, ['node']));
/** Every vector was looked at, and none was decided wrong. */
function expectAllRight(outcomes: readonly WycheproofOutcome[]): void {
  expect(outcomes.flatMap(({ wrong }, index) => wrong.map((line) => `${plan[index]?.join(' ')}: ${line}`))).toEqual([]);
  expect(outcomes.slice(0, wycheproofNames.length).reduce((sum, { vectors }) => sum + vectors, 0)).toBe(7579);
}

const everything = join(folder, 'everything.json');
/** Our own code runs on one engine of a kind: those below that share V8 with Node 20 are asked for their platform. */
const platformAlone = join(folder, 'platform.json');
const paths = plan.map(([name, way]) => [wycheproofPath(name), way]);
await writeFile(everything, JSON.stringify(paths));
await writeFile(platformAlone, JSON.stringify(paths.slice(0, wycheproofNames.length)));

const commands: Readonly<Record<string, readonly [args: readonly string[], plan: string]>> = {
  node20: [[], everything],
  node22: [[], platformAlone],
  node24: [[], platformAlone],
  node26: [[], platformAlone],
  deno: [['run', '--no-prompt', '--allow-read', '--allow-env'], platformAlone],
  bun: [[], everything],
};

describe.skipIf(skipped)('Wycheproof is decided right', { timeout: 300_000 }, () => {
  it.each(Object.entries(commands))('on %s', async (name, [args, planFile]) => {
    const options = { maxBuffer: 16 * 1024 * 1024 };
    const { stdout } = await run(runtimes.program(name), [...args, script, planFile], options);
    expectAllRight(JSON.parse(stdout) as WycheproofOutcome[]);
  });

  it('in a Worker', async () => {
    const entry = `${judge}
export default { fetch: async (request) => {
  const outcomes = [];
  for (const [file, way] of await request.json()) outcomes.push(await judgeWycheproof(file, way));
  return Response.json(outcomes);
} };`;
    const input = plan.map(([name, way]) => [readWycheproof(name), way]);
    expectAllRight((await inWorkerd(root, runtimes, entry, input)) as WycheproofOutcome[]);
  });

  it.each(['Chromium', 'Firefox'] as const)('in %s', async (browser) => {
    const page = await openPage(browser, root, runtimes, `${judge} Object.assign(globalThis, { judgeWycheproof });`);
    try {
      const outcomes: WycheproofOutcome[] = [];
      for (const [name, way] of plan) {
        const question = `judgeWycheproof(${JSON.stringify(readWycheproof(name))}, ${JSON.stringify(way)})`;
        outcomes.push((await page.ask(question)) as WycheproofOutcome);
      }
      expectAllRight(outcomes);
    } finally {
      await page.close();
    }
  });
});
