import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildPage } from '../../examples/verifier-page/build.ts';
import { createTestSigstore } from '../../src/testing/sigstore/test-sigstore.ts';
import { root } from '../meta/source-tree.ts';
import type { BrowserName } from '../runtimes/browsers.ts';
import { runtimesIn } from '../runtimes/tools.ts';
import { faintTexts, faintEdges } from './contrast.ts';
import { openForPerson, type Person, type Scheme } from './verifier-page.ts';

const runtimes = runtimesIn(process.env['PACKWRIGHT_RUNTIMES'] ?? root);
const folder = await mkdtemp(join(tmpdir(), 'packwright-page-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

async function written(name: string, content: string): Promise<string> {
  await writeFile(join(folder, name), content);
  return join(folder, name);
}

const address = pathToFileURL(await written('verify.html', await buildPage())).href;
/** Where somebody wants to look at it: pictures go there. */
const pictures = process.env['PACKWRIGHT_PICTURES'];
if (pictures !== undefined) await mkdir(pictures, { recursive: true });

const identity = 'https://github.com/team/app/.github/workflows/release.yml@refs/tags/v1.2.3';
const issuer = 'https://token.actions.githubusercontent.com';
const sigstore = await createTestSigstore();
const artifact = await written('app-1.2.3.tar.gz', 'app');
const signing = { artifact: new TextEncoder().encode('app'), identity, issuer };
const bundle = await written('app-1.2.3.tar.gz.sigstore.json', await sigstore.sign(signing));
const trustedRoot = await written('trusted_root.json', sigstore.trustRoot);

const browsers: readonly BrowserName[] = ['Chromium', 'Firefox'];
const worlds = browsers.flatMap((browser) => (['light', 'dark'] as const).map((scheme) => [browser, scheme] as const));

describe.each(worlds)('the page in %s, where a person prefers %s', { timeout: 60_000 }, (browser, scheme: Scheme) => {
  let person: Person;
  beforeAll(async () => {
    person = await openForPerson(browser, runtimes, address, scheme);
  });
  beforeEach(() => person.reload());
  afterEach(async () => {
    expect(await person.complaints()).toEqual([]);
  });
  afterAll(() => person.close());

  async function verifies(name: string): Promise<string> {
    await person.choose('File', artifact);
    await person.choose('Bundle', bundle);
    await person.type('Identity', name);
    await person.type('Issuer', issuer);
    await person.click('My own trusted root');
    await person.choose('Trusted root', trustedRoot);
    return person.verifies();
  }

  async function looks(name: string): Promise<void> {
    if (pictures === undefined) return;
    for (const width of [1100, 390]) {
      await person.resize(width);
      await person.look(join(pictures, `${browser}-${scheme}-${name}-${width}.png`));
    }
    await person.resize(1100);
  }

  const states: readonly (readonly [string, () => Promise<unknown>])[] = [
    ['empty', () => Promise.resolve()],
    ['incomplete', () => person.click('Verify').then(() => person.waitsFor('Choose the file'))],
    ['verified', () => verifies(identity)],
    ['refused', () => verifies('mallory@example.org')],
    ['unsafe', () => person.click('Unsafe options')],
    ['cancelled', () => person.ask("document.querySelector('#running').hidden = false")],
  ];

  it.each(states)(
    'has the colours that are preferred, can be read, and fits a small screen: %s',
    async (name, arrive) => {
      await arrive();
      await person.ask("document.querySelectorAll('details').forEach((one) => { one.open = true; })");
      await looks(name);
      expect(await person.ask("matchMedia('(prefers-color-scheme: dark)').matches")).toBe(scheme === 'dark');
      expect(await person.ask(faintTexts)).toEqual([]);
      expect(await person.ask(faintEdges)).toEqual([]);
      await person.resize(320);
      const wide = await person.ask('document.documentElement.scrollWidth - document.documentElement.clientWidth');
      await person.resize(1100);
      expect(wide).toBe(0);
    },
  );
});

describe.each(browsers)('somebody who hears the page in %s', { timeout: 60_000 }, (browser) => {
  let person: Person;
  beforeAll(async () => {
    person = await openForPerson(browser, runtimes, address);
  });
  beforeEach(() => person.reload());
  afterAll(() => person.close());

  const names: readonly (readonly [role: string, name: string])[] = [
    ['heading', 'Who signed this?'],
    ['form', 'What to verify'],
    ['group', 'What do you have?'],
    ['radio', 'A file and its bundle'],
    ['radio', 'An OCI layout'],
    ['radio', 'A registry reference'],
    ['group', 'Who must have signed?'],
    ['radio', 'An identity'],
    ['radio', 'A key'],
    ['radio', 'As a policy says'],
    ['textbox', 'Identity'],
    ['checkbox', 'The issuer is a pattern'],
    ['combobox', 'Issuer'],
    ['group', 'Whom do you trust?'],
    ['radio', 'Sigstore’s public instance'],
    ['radio', 'My own trusted root'],
    ['combobox', 'What must be stated'],
    ['button', 'Verify'],
  ];

  it.each(names)('hears of a %s: %s', async (role, name) => {
    expect(await person.hears(role, name)).toBe(true);
  });

  it('finds a label on every field, also of those that are shown later', async () => {
    const bare = await person.ask(`[...document.querySelectorAll('input, select, textarea, progress')]
      .filter((field) => [...field.labels].every((label) => label.textContent.trim() === ''))
      .map((field) => field.outerHTML)`);
    expect(bare).toEqual([]);
  });

  it('hears notes and errors with their fields', async () => {
    const lost = await person.ask(`[...document.querySelectorAll('[aria-describedby]')]
      .flatMap((field) => field.getAttribute('aria-describedby').split(' '))
      .filter((id) => document.getElementById(id) === null)`);
    expect(lost).toEqual([]);
    await person.click('Verify');
    await person.waitsFor('Choose the file');
    const heard = await person.ask(`document.activeElement.getAttribute('aria-describedby').split(' ')
      .map((id) => document.getElementById(id).textContent).join(' ')`);
    expect(heard).toContain('Choose the file that was signed.');
    expect(await person.ask("document.activeElement.getAttribute('aria-invalid')")).toBe('true');
  });

  it('knows the language, the landmarks, and the headings in their order', async () => {
    expect(await person.ask('document.documentElement.lang')).toBe('en');
    const landmarks = "['header', 'main', 'footer'].map((name) => document.querySelectorAll('body > ' + name).length)";
    expect(await person.ask(landmarks)).toEqual([1, 1, 1]);
    await person.choose('File', artifact);
    await person.choose('Bundle', bundle);
    await person.type('Identity', identity);
    await person.type('Issuer', issuer);
    await person.verifies();
    const levels = (await person.ask(`[...document.querySelectorAll('h1, h2, h3, h4')]
      .filter((heading) => heading.checkVisibility()).map((heading) => Number(heading.tagName[1]))`)) as number[];
    expect(levels.filter((level) => level === 1)).toHaveLength(1);
    expect(levels.filter((level, index) => level > (levels[index - 1] ?? 0) + 1)).toEqual([]);
  });

  it('comes to every field by the Tab key in the order of the page, sees where that is, and gets out again', async () => {
    expect(await person.ask('document.querySelectorAll(\'[tabindex]:not([tabindex="-1"])\').length')).toBe(0);
    const seen: string[] = [];
    await person.ask("document.querySelector('input[name=subject]').focus()");
    for (let step = 0; step < 40; step++) {
      const { name, outline } = (await person.ask(`(() => {
        const { activeElement } = document;
        const { outlineStyle, outlineWidth } = getComputedStyle(activeElement);
        return {
          name: activeElement.id || activeElement.name || activeElement.textContent.trim(),
          outline: outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2,
        };
      })()`)) as { name: string; outline: boolean };
      if (seen.includes(name) || (step > 0 && name.startsWith('packwright'))) break;
      expect([name, outline]).toEqual([name, true]);
      seen.push(name);
      if (name === 'verify') break;
      await person.press('Tab');
    }
    expect(seen).toEqual([
      'subject',
      'artifact',
      'bundle',
      'I have only the digest of the file',
      'signer',
      'identity',
      'identity-pattern',
      'issuer',
      'issuer-pattern',
      'trust',
      'statement',
      'Unsafe options',
      'verify',
    ]);
  });

  it('has something large enough to hit for everything', async () => {
    const small =
      await person.ask(`[...document.querySelectorAll('button, summary, select, input:not([type=radio], [type=checkbox]), .choice label, .check')]
      .filter((element) => element.checkVisibility())
      .map((element) => [element.id || element.textContent.trim(), element.getBoundingClientRect().height])
      .filter(([, height]) => height < 24)`);
    expect(small).toEqual([]);
  });
});
