import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digestOf } from '../../src/digest/index.ts';
import { someBytes } from '../../src/testing/bytes.ts';
import { commandFile } from './command-file.ts';
import { emptyFolder, run, type Finished } from './run-command.ts';
import { serveRegistry } from './serve-registry.ts';

const root = mkdtempSync(join(tmpdir(), 'packwright-command-'));
let file = '';
beforeAll(async () => {
  file = await commandFile(root);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const content = someBytes(6_000_000);

const stateIn = (cwd: string): { readonly HOME: string; readonly XDG_STATE_HOME: string } => ({
  HOME: join(cwd, 'home'),
  XDG_STATE_HOME: join(cwd, 'state'),
});

/** Runs a command in a process of its own, and interrupts it when `reached` says so. */
async function interrupted(
  cwd: string,
  argv: readonly string[],
  reached: Promise<unknown>,
  signal: NodeJS.Signals,
): Promise<Finished> {
  const env = { ...process.env, ...stateIn(cwd) };
  const child = spawn(process.execPath, [file, ...argv, '--json', '--quiet'], { cwd, env });
  const written = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (written.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (written.stderr += text));
  const end = once(child, 'close') as Promise<[number | null]>;
  await Promise.race([reached, end]);
  child.kill(signal);
  const [code] = await end;
  return { code: code ?? -1, ...written };
}

interface Place {
  readonly cwd: string;
  readonly host: string;
  /** From now on the large blob hangs in the middle. Fulfilled when it does. */
  readonly hang: () => Promise<void>;
  /** Lets every further request through. */
  readonly release: () => void;
}

/** A folder with a layout, and a registry that has the same as `app:1`. */
async function place(): Promise<Place> {
  const cwd = await emptyFolder();
  let onHang: (() => void) | undefined;
  const { host } = await serveRegistry({
    before: (request) => (onHang && isLarge(request) ? stuck(onHang, request) : undefined),
  });
  await writeFile(join(cwd, 'data.bin'), content);
  for (const target of ['oci:packs:1', `${host}/app:1`]) {
    expect(await run(cwd, ['pack', 'data.bin', '-o', target])).toMatchObject({ code: 0 });
  }
  rmSync(join(cwd, 'data.bin'));
  const hang = (): Promise<void> => new Promise((resolve) => (onHang = resolve));
  return { cwd, host, hang, release: () => (onHang = undefined) };
}

function isLarge({ method, url, headers }: Request): boolean {
  if (method === 'GET') return url.endsWith(digestOf(content));
  return method === 'PUT' && Number(headers.get('content-length')) === content.length;
}

/** Half of the content and then nothing; for a blob that is sent, no answer at all. */
function stuck(onHang: () => void, { method }: Request): Response | Promise<Response> {
  const never = new Promise<never>(() => undefined);
  if (method === 'PUT') {
    onHang();
    return never;
  }
  let sent = false;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (sent) {
        onHang();
        return never;
      }
      sent = true;
      controller.enqueue(content.slice(0, 3_000_000));
      return undefined;
    },
  });
  return new Response(body, { headers: { 'content-length': String(content.length) } });
}

/** Everything in a folder but blobs, by their paths. */
const namesIn = (folder: string): readonly string[] =>
  (existsSync(folder) ? (readdirSync(folder, { recursive: true }) as string[]) : [])
    .filter((name) => !/[0-9a-f]{64}$/.test(name))
    .sort();

/** What is left of a layout after an interruption is what the next run goes on with. */
const begun = /^target(?:$|\/blobs|\/\.packwright)/;
const layout = ['blobs', 'blobs/sha256', 'index.json', 'oci-layout'].map((name) => `target/${name}`);

type Case = readonly [
  what: string,
  argv: (from: string, to: string) => readonly string[],
  left: RegExp | undefined,
  done: readonly string[],
];

const cases: readonly Case[] = [
  ['a push', (_, to) => ['push', 'oci:packs:1', `${to}/other:1`], /^state/, ['state']],
  ['a pull into a layout', (from) => ['pull', `${from}/app:1`, 'oci:target:1'], begun, ['target', ...layout]],
  ['a pull into an archive', (from) => ['pull', `${from}/app:1`, 'oci-archive:a.tar:1'], undefined, ['a.tar']],
  ['a copy', (from, to) => ['copy', `${from}/app:1`, `${to}/other:1`], /^state/, ['state']],
  ['an unpack', (from) => ['unpack', `${from}/app:1`, '-o', 'target'], undefined, ['target', 'target/data.bin']],
];

const signals = cases.flatMap((each, index) => [
  ['SIGINT', ...each] as const,
  ...(index < 2 ? [['SIGTERM', ...each] as const] : []),
]);

describe('a process that is interrupted', () => {
  it.each(signals)('by %s in the middle of %s', { timeout: 60_000 }, async (signal, what, argvOn, left, done) => {
    const from = await place();
    const { cwd, release } = from;
    const to = what === 'a copy' ? (await serveRegistry()).host : from.host;
    const before = namesIn(cwd);
    const argv = argvOn(from.host, to);
    const { code, stdout, stderr } = await interrupted(cwd, argv, from.hang(), signal);
    expect({ code, stdout }).toEqual({ code: 130, stdout: '' });
    expect(JSON.parse(stderr)).toMatchObject({
      error: { code: 'ERR_ABORTED', hint: expect.stringContaining('again') as string },
    });
    const isNew = (name: string): boolean => !before.includes(name);
    expect(namesIn(cwd).filter((name) => isNew(name) && left?.test(name) !== true)).toEqual([]);
    expect(await run(cwd, ['resolve', `${to}/other:1`])).toMatchObject({ code: 11 });
    expect((await run(cwd, ['tags', 'oci:target'])).stdout).toBe('');
    release();
    const again = await run(cwd, argv, { env: stateIn(cwd) });
    expect(again, again.stderr).toMatchObject({ code: 0 });
    expect(namesIn(cwd).filter(isNew)).toEqual(done);
  });
});
