import { createReadStream } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname } from 'node:path';
import { chromium } from 'playwright';
import { bundleFor } from './bundle.ts';
import type { Runtimes } from './tools.ts';

/** A browser that the system has. */
export type BrowserName = 'Chromium' | 'Firefox';

/** A page with a script. */
export interface ScriptPage {
  /** `http://127.0.0.1:45123` */
  readonly origin: string;
  /** The JSON that an expression of the page promises. */
  readonly ask: (expression: string) => Promise<unknown>;
  readonly close: () => Promise<void>;
}

interface OpenTab {
  readonly evaluate: (expression: string) => Promise<unknown>;
  readonly close: () => Promise<void>;
}

/** What a page gets from its browser. */
export interface PageOptions {
  /** Bytes that its origin may store; what the browser gives by default. */
  readonly quota?: number | undefined;
  /** Files that its server has beside the script, by name. */
  readonly files?: Readonly<Record<string, string>> | undefined;
  /** Modules of Node that a library names, and loads only on Node. */
  readonly unused?: readonly string[] | undefined;
}

const contentTypes: Readonly<Record<string, string>> = {
  '.js': 'text/javascript',
  '.wasm': 'application/wasm',
  '.data': 'application/octet-stream',
};

/** Opens a page, from a server of its own, that runs `entry` with the modules of a project. */
export async function openPage(
  browser: BrowserName,
  project: string,
  runtimes: Runtimes,
  entry: string,
  options: PageOptions = {},
): Promise<ScriptPage> {
  const script = await bundleFor(project, entry, ['browser'], options.unused);
  const server = createServer((request, response) => {
    const name = (request.url ?? '').slice(1);
    const file = options.files?.[name];
    response.setHeader('content-type', contentTypes[extname(name)] ?? 'text/html');
    if (file !== undefined) createReadStream(file).pipe(response);
    else if (name === 'page.js') response.end(script);
    else response.end('<!doctype html><meta charset="utf-8"><script type="module" src="page.js"></script>');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const closeServer = (): void => {
    server.closeAllConnections();
    server.close();
  };
  try {
    const tab = await tabs[browser](`${origin}/`, runtimes, options);
    return {
      origin,
      ask: async (expression) =>
        JSON.parse(String(await tab.evaluate(`(async () => JSON.stringify(await (${expression})))()`))) as unknown,
      close: () => tab.close().finally(closeServer),
    };
  } catch (error) {
    closeServer();
    throw error;
  }
}

const quiet = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

interface Page {
  goto(url: string): Promise<unknown>;
  evaluate(code: string): Promise<unknown>;
}
interface Browser {
  newPage(): Promise<Page>;
  close(): Promise<void>;
}
interface Puppeteer {
  readonly default: { launch(options: Readonly<Record<string, unknown>>): Promise<Browser> };
}

/** What is asked of a page may take minutes on a busy machine: then its test says that it is late, and not the browser. */
const protocolTimeout = 600_000;

type OpenIn = (url: string, runtimes: Runtimes, options: PageOptions) => Promise<OpenTab>;

const tabs: Readonly<Record<BrowserName, OpenIn>> = {
  Chromium: async (url, runtimes, { quota }) => {
    const browser = await chromium.launch({ executablePath: runtimes.program('chromium'), args: quiet });
    return openTab(url, {
      newPage: async () => {
        const page = await browser.newPage();
        if (quota === undefined) return page;
        const session = await page.context().newCDPSession(page);
        await session.send('Storage.overrideQuotaForOrigin', { origin: new URL(url).origin, quotaSize: quota });
        return page;
      },
      close: () => browser.close(),
    });
  },
  // Over WebDriver BiDi: playwright drives no Firefox but one of its own.
  Firefox: async (url, runtimes, { quota }) => {
    const { default: puppeteer } = await runtimes.load<Puppeteer>('puppeteer-core');
    const room =
      quota === undefined ? {} : { 'dom.quotaManager.temporaryStorage.fixedLimit': Math.floor(quota / 1024) };
    const executablePath = runtimes.program('firefox-esr');
    const settings = { browser: 'firefox', executablePath, headless: true, extraPrefsFirefox: room, protocolTimeout };
    return openTab(url, await puppeteer.launch(settings));
  },
};

async function openTab(url: string, browser: Browser): Promise<OpenTab> {
  try {
    const page = await browser.newPage();
    await page.goto(url);
    return { evaluate: (expression) => page.evaluate(expression), close: () => browser.close() };
  } catch (error) {
    await browser.close();
    throw error;
  }
}

/** Runs the scenario in a browser. */
export async function runInBrowser(browser: BrowserName, project: string, runtimes: Runtimes): Promise<unknown> {
  const entry = "import { scenario } from './scenario.js'; globalThis.scenario = scenario;";
  const page = await openPage(browser, project, runtimes, entry);
  try {
    return await page.ask('scenario()');
  } finally {
    await page.close();
  }
}
