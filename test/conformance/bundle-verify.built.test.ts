import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { digestOf } from '../../src/digest/digest.ts';
import { root } from '../meta/source-tree.ts';
import { openPage } from '../runtimes/browsers.ts';
import { runtimesIn } from '../runtimes/tools.ts';
import { inWorkerd } from '../runtimes/workerd.ts';
import { bundleCases, refusals, skipped, type BundleCase } from './bundle-cases.ts';

const run = promisify(execFile);
const runtimes = runtimesIn(process.env.PACKWRIGHT_RUNTIMES ?? root);
const folder = await mkdtemp(join(tmpdir(), 'packwright-conformance-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

const cases = bundleCases.map(({ name, bundle, trustedRoot, identity, issuer, keyPem, artifact }) => {
  const request = { name, bundle, trustedRoot, identity, issuer, keyPem };
  return { ...request, artifact: Buffer.from(artifact).toString('base64') };
});
const outcomeOf = ({ name }: BundleCase): string => (name.endsWith('_fail') ? (refusals[name] ?? '') : 'passed');
const expected = Object.fromEntries(bundleCases.map((one) => [one.name, [outcomeOf(one), outcomeOf(one)]]));

const casesFile = join(folder, 'cases.json');
await writeFile(casesFile, JSON.stringify(cases));

/** How each runtime starts a script that may read files. */
const commands: Readonly<Record<string, readonly string[]>> = {
  node20: [],
  node22: [],
  node24: [],
  node26: [],
  deno: ['run', '--no-prompt', '--allow-read', '--allow-env'],
  bun: [],
};

const printer = join(root, 'test/conformance/print-outcomes.mjs');

describe.skipIf(skipped)('the conformance suite, by bytes and by digest: 140 of 140', { timeout: 120_000 }, () => {
  it.each(Object.entries(commands))('on %s', async (name, args) => {
    const options = { cwd: root, maxBuffer: 16 * 1024 * 1024 };
    const { stdout } = await run(runtimes.program(name), [...args, printer, casesFile], options);
    expect(JSON.parse(stdout)).toEqual(expected);
  });

  it('in a Worker', async () => {
    const entry = `import { runCases } from './test/conformance/run-cases.mjs';
export default { fetch: async (request) => Response.json(await runCases(await request.json())) };`;
    expect(await inWorkerd(root, runtimes, entry, cases)).toEqual(expected);
  });

  it.each(['Chromium', 'Firefox'] as const)('in %s', async (browser) => {
    const entry = "import { runCases } from './test/conformance/run-cases.mjs'; globalThis.runCases = runCases;";
    const page = await openPage(browser, root, runtimes, entry);
    try {
      expect(await page.ask(`runCases(${JSON.stringify(cases)})`)).toEqual(expected);
    } finally {
      await page.close();
    }
  });
});

describe.skipIf(skipped)('the command of the conformance suite', { timeout: 120_000 }, () => {
  const command = join(root, 'test/conformance/sigstore.mjs');

  async function exitOf(runtime: string, args: readonly string[]): Promise<{ code: number; stderr: string }> {
    try {
      const { stderr } = await run(runtimes.program(runtime), [...(commands[runtime] ?? []), command, ...args]);
      return { code: 0, stderr };
    } catch (error) {
      return error as { code: number; stderr: string };
    }
  }

  function argumentsFor(name: string, byDigest: boolean): string[] {
    const one = bundleCases.find((candidate) => candidate.name === name);
    if (one === undefined) throw new Error(`no case ${name}`);
    const signer =
      one.keyPem === undefined
        ? ['--certificate-identity', one.identity, '--certificate-oidc-issuer', one.issuer]
        : ['--key', one.files.key];
    const trust = one.trustedRoot === undefined ? [] : ['--trusted-root', one.files.trustedRoot];
    const artifact = byDigest ? digestOf(one.artifact) : one.files.artifact;
    return ['verify-bundle', '--bundle', one.files.bundle, ...signer, ...trust, artifact];
  }

  describe.each(Object.keys(commands))('on %s', (runtime) => {
    it.each([
      ['happy-path-v0.3', 0, ''],
      ['managed-key-and-trusted-root', 0, ''],
      ['rekor2-happy-path', 0, ''],
      ['signature-mismatch_fail', 1, 'ERR_SIGNATURE_INVALID: '],
    ])('answers %s with %d', async (name, code, reason) => {
      for (const byDigest of [false, true]) {
        const exit = await exitOf(runtime, argumentsFor(name, byDigest));
        expect([exit.code, exit.stderr.startsWith(reason)]).toEqual([code, true]);
      }
    });
  });

  it.each([
    ['no verb', []],
    ['another verb', ['sign-bundle']],
    ['an option that it does not know', [...argumentsFor('happy-path-v0.3', false), '--offline']],
    ['a bundle that is not there', ['verify-bundle', '--bundle', join(folder, 'none'), 'sha256:00']],
    ['no artifact', argumentsFor('happy-path-v0.3', false).slice(0, -1)],
    ['no signer', ['verify-bundle', '--bundle', casesFile, casesFile]],
    ['the staging instance without its root', [...argumentsFor('happy-path-v0.3', false), '--staging']],
  ])('exits with 1 for %s', async (_what, args) => {
    const { code, stderr } = await exitOf('node24', args);
    expect([code, stderr !== '']).toEqual([1, true]);
  });
});
