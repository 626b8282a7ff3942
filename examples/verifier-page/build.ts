/** `node build.ts [FILE]` writes the page as one file, which needs no server and no network; dist/index.html by default. */
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const fileIn = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/**
 * One classic script: a page of a `file:` address may load neither a module nor a chunk. The paths of tsconfig.json make
 * `packwright/verify` its source file, so that nothing has to be built before.
 */
async function buildScript(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileIn('page.ts')],
    bundle: true,
    minify: true,
    format: 'iife',
    target: 'es2022',
    platform: 'browser',
    // Adapters for folders share entry files with those that the page uses. What it does not use is left out.
    external: ['node:*'],
    // Asked for Node's own hash. With it the name of a module of Node's is gone, so that any left is a mistake.
    define: { 'globalThis.process': 'undefined' },
    write: false,
    logLevel: 'error',
  });
  const script = outputFiles[0]?.text ?? '';
  for (const forbidden of ['"node:', 'import(', '<!--', '</script']) {
    if (script.includes(forbidden)) throw new Error(`the script of the page contains ${forbidden}`);
  }
  return script;
}

async function buildStyle(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileIn('style.css')],
    minify: true,
    target: 'es2022',
    write: false,
    logLevel: 'error',
  });
  return outputFiles[0]?.text ?? '';
}

/**
 * What the page may do: run its own script and style, and ask registries: over https, or on this machine. Forms go
 * nowhere, nothing is loaded, and no text becomes markup or code.
 */
function contentPolicy(script: string, style: string): string {
  return [
    "default-src 'none'",
    `script-src ${hashOf(script)}`,
    `style-src ${hashOf(style)}`,
    'connect-src https: http://localhost:* http://*.localhost:* http://127.0.0.1:*',
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ');
}

function hashOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}

/** The page as one HTML document. */
export async function buildPage(): Promise<string> {
  const [template, script, style] = await Promise.all([
    readFile(fileIn('index.html'), 'utf8'),
    buildScript(),
    buildStyle(),
  ]);
  return template
    .replace("default-src 'none'", () => contentPolicy(script, style))
    .replace('<style></style>', () => `<style>${style}</style>`)
    .replace('<script></script>', () => `<script>${script}</script>`);
}

if (import.meta.main) {
  const target = argv[2] ?? fileIn('dist/index.html');
  const page = await buildPage();
  await mkdir(dirname(target), { recursive: true });
  await writeFile(target, page);
  const kilobytes = (bytes: number): string => (bytes / 1024).toFixed(1);
  const size = Buffer.byteLength(page);
  console.log(`${target}: ${kilobytes(size)} kB, ${kilobytes(gzipSync(page, { level: 9 }).length)} kB gzipped`);
}
