import { build } from 'esbuild';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright';
import type { Contender, Figure } from './measure.ts';
import { findProgram } from './programs.ts';
import { verifyCases } from './verify-cases.ts';

const rounds = 100;
const verifiers = { packwright: 'packwright/verify', 'sigstore-browser': 'fpf browser' } as const;

/** The page's script: both verifiers, prepared with the trust root and then asked as often as is wanted. */
const script = `${Object.keys(verifiers)
  .map((name, index) => `import { prepare as prepare${index} } from './verifiers/${name}.mjs';`)
  .join('\n')}
const verifiers = [prepare0, prepare1];
globalThis.measured = async (index, request, rounds) => {
  const verify = await verifiers[index](request.trustRoot);
  const artifact = Uint8Array.from(request.artifact);
  for (let round = 0; round < rounds; round++) await verify({ ...request, artifact });
};`;

/** Verification in a page of Chromium, beside the one other verifier that runs there. */
export async function verifyChromiumFigure(index: number): Promise<Figure> {
  const request = verifyCases()?.[index];
  const executablePath = findProgram('chromium');
  const name = `${rounds} verifications in Chromium, ${request?.name ?? `case ${index + 1}`}`;
  if (request === undefined) return { name, comparisons: [], missing: ['the Sigstore conformance suite'] };
  if (executablePath === undefined) return { name, comparisons: [], missing: ['chromium'] };
  const server = await servePage(await bundled());
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
  const page = await browser.newPage();
  // WebCrypto is there on pages of the machine itself.
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  const question = JSON.stringify({ ...request, artifact: [...request.artifact] });
  const [ours, peer] = Object.values(verifiers).map((title, at): Contender => {
    return { name: title, run: () => page.evaluate(`measured(${at}, ${question}, ${rounds})`) };
  }) as [Contender, Contender];
  const close = async (): Promise<void> => {
    await browser.close();
    server.close();
  };
  return { name, comparisons: [{ ours, peer, goal: 0.7 }], close };
}

async function bundled(): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: script, resolveDir: fileURLToPath(new URL('.', import.meta.url)), loader: 'js' },
    ...{ bundle: true, write: false, minify: true, format: 'esm', platform: 'browser', target: 'es2022' },
    logLevel: 'error',
  });
  return outputFiles[0]?.text ?? '';
}

async function servePage(module: string): Promise<ReturnType<typeof createServer>> {
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'text/html; charset=utf-8');
    response.end(`<!doctype html><script type="module">${module.replaceAll('</script', '<\\/script')}</script>`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}
