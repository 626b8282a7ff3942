import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root } from '../meta/source-tree.ts';
import { openPage, type BrowserName, type PageOptions, type ScriptPage } from '../runtimes/browsers.ts';
import { addModule, projectWithPackage } from '../runtimes/installed-package.ts';
import { casesOf } from '../runtimes/stores/contract-outcomes.ts';
import { runtimesIn } from '../runtimes/tools.ts';
import { suites } from './store-contracts.ts';

const runtimes = runtimesIn(process.env.PACKWRIGHT_RUNTIMES ?? root);
const project = await projectWithPackage();
afterAll(() => rm(project, { recursive: true, force: true }));
await addModule(project, 'store-page.js', join(root, 'test/browsers/store-page.ts'));

const open = (browser: BrowserName, options?: PageOptions): Promise<ScriptPage> =>
  openPage(browser, project, runtimes, "import './store-page.js';", options);

const browsers: readonly BrowserName[] = ['Chromium', 'Firefox'];
const kinds = ['opfs', 'indexeddb'] as const;

describe.each(browsers)('the stores of %s', { timeout: 120_000 }, (browser) => {
  let page: ScriptPage;
  beforeAll(async () => {
    page = await open(browser);
  });
  afterAll(() => page.close());

  describe.each(Object.keys(suites))('%s', (suite) => {
    describe.each([
      ['a page', 'outcomesOf'],
      ['a dedicated worker', 'outcomesInWorker'],
    ])('in %s', (_place, run) => {
      let outcomes: Record<string, string> = {};
      beforeAll(async () => {
        outcomes = (await page.ask(`${run}('${suite}')`)) as typeof outcomes;
      }, 300_000);

      it.each(casesOf(suites, suite))('%s', (name) => {
        expect(outcomes[name]).toBe('works');
      });
    });
  });

  const scenario = (name: string, kind = ''): Promise<unknown> =>
    page.ask(`scenarios.${name}('${kind}', '${name}-${kind}')`);
  const nothing = { uploads: 0, bytes: 0 };

  it.each(kinds)('forget what a worker left that was killed in a put, by age: %s', async (kind) => {
    const during = kind === 'opfs' ? { during: nothing } : {};
    expect(await scenario('killed', kind)).toEqual({ ...during, young: nothing, uploads: 1, again: nothing, list: [] });
  });

  it.each(kinds)('go on in a page with what a killed worker ingested: %s', async (kind) => {
    expect(await scenario('resumed', kind)).toEqual({ offset: 1_200_000, created: true, size: 1_500_000 });
  });

  it.each(kinds)('are safe with two workers and a page at once: %s', async (kind) => {
    const done = ['done', 'done', 'done'];
    expect(await scenario('together', kind)).toEqual({ done, list: [200_000, 200_000, 200_000], left: nothing });
  });

  it.each(kinds)('say what the browser promises: %s', async (kind) => {
    expect(await scenario('persistence', kind)).toEqual({ persisted: 'boolean', usage: 'number', quota: 'number' });
  });

  it('say whose database it is, and who is in the way', async () => {
    expect(await scenario('databases')).toEqual({
      blocked: ['ERR_CONFLICT', true],
      closed: 'works',
      other: ['ERR_STORE_READ', false],
      same: ['ERR_STORE_READ', false],
      newer: ['ERR_STORE_READ', false],
    });
  });

  it('are in nobody’s way who deletes the database, and begin anew', async () => {
    expect(await scenario('deleted')).toEqual({ before: [], put: { created: true } });
  });

  it.each(kinds)('say that there is no more room, and lose nothing: %s', async (kind) => {
    const full = await open(browser, { quota: 20 * 1024 * 1024 });
    try {
      const outcome = await full.ask(`scenarios.full('${kind}', 'full')`);
      expect(outcome).toEqual({ code: 'ERR_STORE_QUOTA', whole: true, list: [3 * 1024 * 1024] });
    } finally {
      await full.close();
    }
  });
});
