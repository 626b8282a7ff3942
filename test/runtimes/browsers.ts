import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { chromium } from 'playwright';
import { bundleFor } from './bundle.ts';
import type { Runtimes } from './tools.ts';

const entry = `import { scenario } from './scenario.js';
globalThis.outcome = scenario().then((value) => JSON.stringify(value), (error) => 'failed: ' + error.stack);`;
const ask = 'globalThis.outcome';

/** Serves a page that runs the scenario, while `visit` looks at it. */
async function withPage(project: string, visit: (url: string) => Promise<string>): Promise<unknown> {
  const script = await bundleFor(project, entry, ['browser']);
  const server = createServer((request, response) => {
    const isScript = request.url === '/page.js';
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
    response.end(
      isScript ? script : '<!doctype html><meta charset="utf-8"><script type="module" src="page.js"></script>',
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    return JSON.parse(await visit(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)) as unknown;
  } finally {
    server.closeAllConnections();
    server.close();
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

/** Runs the scenario in the Chromium that the system has. */
export function runInChromium(project: string, runtimes: Runtimes): Promise<unknown> {
  return withPage(project, async (url) => {
    const browser = await chromium.launch({ executablePath: runtimes.program('chromium'), args: quiet });
    try {
      const page = await browser.newPage();
      await page.goto(url);
      return await page.evaluate<string>(ask);
    } finally {
      await browser.close();
    }
  });
}

interface Browser {
  newPage(): Promise<{ goto(url: string): Promise<unknown>; evaluate(code: string): Promise<unknown> }>;
  close(): Promise<void>;
}
interface Puppeteer {
  readonly default: { launch(options: Readonly<Record<string, unknown>>): Promise<Browser> };
}

/** Runs the scenario in the Firefox that the system has, over WebDriver BiDi. */
export function runInFirefox(project: string, runtimes: Runtimes): Promise<unknown> {
  return withPage(project, async (url) => {
    const { default: puppeteer } = await runtimes.load<Puppeteer>('puppeteer-core');
    const executablePath = runtimes.program('firefox-esr');
    const browser = await puppeteer.launch({ browser: 'firefox', executablePath, headless: true });
    try {
      const page = await browser.newPage();
      await page.goto(url);
      return String(await page.evaluate(ask));
    } finally {
      await browser.close();
    }
  });
}
