import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { BrowserName } from '../runtimes/browsers.ts';
import type { Runtimes } from '../runtimes/tools.ts';

/** The part of puppeteer that is used. It drives both browsers the same way. */
interface Puppeteer {
  readonly default: { launch(options: Readonly<Record<string, unknown>>): Promise<Browser> };
}
interface Browser {
  newPage(): Promise<Tab>;
  close(): Promise<void>;
}
interface Field {
  uploadFile(...paths: string[]): Promise<void>;
  click(): Promise<void>;
}
interface Tab {
  goto(url: string): Promise<unknown>;
  evaluate(code: string): Promise<unknown>;
  evaluateOnNewDocument(code: string): Promise<unknown>;
  $(selector: string): Promise<Field | null>;
  waitForFunction(code: string, options: { readonly timeout: number }): Promise<unknown>;
  setViewport(size: { readonly width: number; readonly height: number }): Promise<void>;
  screenshot(options: { readonly path: string; readonly fullPage: boolean }): Promise<unknown>;
  on(event: 'console', listener: (message: { type(): string; text(): string }) => void): void;
  on(event: 'pageerror', listener: (error: Error) => void): void;
  readonly keyboard: { press(key: string): Promise<void>; type(text: string): Promise<void> };
}

/** The colours that a person prefers. */
export type Scheme = 'light' | 'dark';

/** Somebody who sits before the page, and knows no more of it than is written there. */
export interface Person {
  /** Chooses files in the field that is labelled so. */
  readonly choose: (label: string, ...paths: readonly string[]) => Promise<void>;
  /** Chooses a folder. Firefox's driver cannot: there the field is given the files, as choosing would give them. */
  readonly chooseFolder: (label: string, path: string) => Promise<void>;
  /** Replaces what is in the field that is labelled so. */
  readonly type: (label: string, text: string) => Promise<void>;
  /** Clicks on what is labelled so, or says so. */
  readonly click: (text: string) => Promise<void>;
  readonly press: (...keys: readonly string[]) => Promise<void>;
  readonly write: (text: string) => Promise<void>;
  /** All that can be seen. */
  readonly sees: () => Promise<string>;
  /** Waits for a text, and gives all that can be seen then. */
  readonly waitsFor: (text: string) => Promise<string>;
  /** Waits until an expression of the page holds. */
  readonly until: (expression: string) => Promise<void>;
  /** Presses Verify, and reads the verdict. */
  readonly verifies: () => Promise<string>;
  /** True where the browser finds an element of that role and name in its tree for screen readers. */
  readonly hears: (role: string, name: string) => Promise<boolean>;
  /** The JSON that an expression of the page gives. */
  readonly ask: (expression: string) => Promise<unknown>;
  /** Makes the window so wide. */
  readonly resize: (width: number) => Promise<void>;
  /** Keeps a picture of the whole page. */
  readonly look: (path: string) => Promise<void>;
  /** Errors of the page, and what its content policy has stopped. */
  readonly complaints: () => Promise<readonly string[]>;
  /** Forgets the complaints, where they were wanted. */
  readonly forgive: () => Promise<void>;
  /** Opens the page anew. */
  readonly reload: () => Promise<void>;
  readonly close: () => Promise<void>;
}

const chromiumArguments = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

function launchOptions(browser: BrowserName, runtimes: Runtimes, scheme: Scheme): Readonly<Record<string, unknown>> {
  const isDark = scheme === 'dark';
  if (browser === 'Chromium') {
    const args = [...chromiumArguments, `--blink-settings=preferredColorScheme=${isDark ? 0 : 1}`];
    return { browser: 'chrome', executablePath: runtimes.program('chromium'), headless: true, args };
  }
  return {
    browser: 'firefox',
    executablePath: runtimes.program('firefox-esr'),
    headless: true,
    extraPrefsFirefox: { 'layout.css.prefers-color-scheme.content-override': isDark ? 0 : 1 },
  };
}

/** Opens the page at an address, which may be a `file:` one. */
export async function openForPerson(
  browser: BrowserName,
  runtimes: Runtimes,
  address: string,
  scheme: Scheme = 'light',
): Promise<Person> {
  const { default: puppeteer } = await runtimes.load<Puppeteer>('puppeteer-core');
  const program = await puppeteer.launch(launchOptions(browser, runtimes, scheme));
  try {
    const tab = await program.newPage();
    return await personBefore(browser, tab, address, () => program.close());
  } catch (error) {
    await program.close();
    throw error;
  }
}

async function personBefore(
  browser: BrowserName,
  tab: Tab,
  address: string,
  close: () => Promise<void>,
): Promise<Person> {
  const errors = listen(tab);
  await tab.evaluateOnNewDocument(`globalThis.stopped = [];
    addEventListener('securitypolicyviolation', (event) => stopped.push(event.violatedDirective + ' ' + event.blockedURI));`);
  await tab.setViewport({ width: 1100, height: 900 });
  await tab.goto(address);
  const ask = async (expression: string): Promise<unknown> =>
    JSON.parse(
      String(await tab.evaluate(`(async () => JSON.stringify((await (${expression})) ?? null))()`)),
    ) as unknown;
  const sees = async (): Promise<string> => String(await tab.evaluate('document.body.innerText'));
  const waitsFor = async (text: string): Promise<string> => {
    await tab.waitForFunction(`document.body.innerText.includes(${JSON.stringify(text)})`, { timeout: 30_000 });
    return sees();
  };
  const click = async (text: string): Promise<void> => (await found(tab, clickable(text), text)).click();
  return {
    ask,
    sees,
    waitsFor,
    click,
    choose: async (label, ...paths) => (await found(tab, labelled(label), label)).uploadFile(...paths),
    chooseFolder: async (label, path) => {
      const field = await found(tab, labelled(label), label);
      if (browser === 'Chromium') await field.uploadFile(path);
      else await tab.evaluate(`(${giveFolder})(${labelled(label)}, ${JSON.stringify(await filesIn(path))})`);
    },
    type: async (label, text) => {
      await found(tab, labelled(label), label);
      await tab.evaluate(`(${type})(document.querySelector('[data-found]'), ${JSON.stringify(text)})`);
    },
    press: async (...keys) => {
      for (const key of keys) await tab.keyboard.press(key);
    },
    write: (text) => tab.keyboard.type(text),
    until: async (expression) => {
      await tab.waitForFunction(expression, { timeout: 30_000 });
    },
    verifies: async () => {
      await tab.evaluate("document.querySelector('#verdict').replaceChildren()");
      await click('Verify');
      await tab.waitForFunction("document.querySelector('#verdict h2, [aria-invalid]') !== null", { timeout: 60_000 });
      return String(await tab.evaluate("document.querySelector('#verdict').innerText"));
    },
    hears: async (role, name) => (await tab.$(`aria/${name}[role="${role}"]`).catch(() => null)) !== null,
    resize: (width) => tab.setViewport({ width, height: 900 }),
    look: async (path) => {
      await tab.screenshot({ path, fullPage: true });
    },
    complaints: async () => [...errors, ...((await ask('stopped')) as string[])],
    forgive: async () => {
      errors.length = 0;
      await ask('stopped.length = 0');
    },
    reload: async () => {
      await tab.goto(address);
    },
    close,
  };
}

/** Key by key it would take most of the time of the tests; those about the keyboard do that. */
const type = `(field, text) => {
  field.focus();
  field.value = text;
  field.dispatchEvent(new InputEvent('input', { bubbles: true }));
}`;

/** The files of a folder by their paths, in base64. */
async function filesIn(folder: string): Promise<Readonly<Record<string, string>>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const read = files.map(async (file) => [relative(dirname(folder), file), await readFile(file, 'base64')] as const);
  return Object.fromEntries(await Promise.all(read));
}

const giveFolder = `(input, files) => {
  const transfer = new DataTransfer();
  for (const [path, base64] of Object.entries(files)) {
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    const file = new File([bytes], path.split('/').at(-1));
    Object.defineProperty(file, 'webkitRelativePath', { value: path });
    transfer.items.add(file);
  }
  input.files = transfer.files;
  for (const name of ['input', 'change']) input.dispatchEvent(new Event(name, { bubbles: true }));
}`;

/** What a browser says of its own accord where a registry has nothing under a name. */
const notFound = 'Failed to load resource: the server responded with a status of 404';

function listen(tab: Tab): string[] {
  const errors: string[] = [];
  tab.on('console', (message) => {
    const isBad = message.type() === 'error' || message.type() === 'warn';
    if (isBad && !message.text().startsWith(notFound)) errors.push(message.text());
  });
  tab.on('pageerror', (error) => errors.push(error.message));
  return errors;
}

const visible = '(element) => element !== null && element.checkVisibility()';

/** The field whose label starts with a text and can be seen. */
function labelled(text: string): string {
  return `[...document.querySelectorAll('label')].filter(${visible})
    .find((label) => label.textContent.trim().startsWith(${JSON.stringify(text)}))?.control`;
}

function clickable(text: string): string {
  return `[...document.querySelectorAll('button, summary, label')].filter(${visible})
    .find((element) => element.textContent.trim().startsWith(${JSON.stringify(text)}))`;
}

/** Marks what an expression finds, so that the driver can take hold of it. */
async function found(tab: Tab, expression: string, text: string): Promise<Field> {
  await tab.evaluate(`document.querySelector('[data-found]')?.removeAttribute('data-found');
    (${expression})?.setAttribute('data-found', '')`);
  const field = await tab.$('[data-found]');
  if (field === null) throw new Error(`nothing on the page is called ${text}`);
  return field;
}
