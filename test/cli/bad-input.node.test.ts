import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digestOf, integrityOf } from '../../src/digest/index.ts';
import type { PackErrorJson } from '../../src/errors.ts';
import { someBytes } from '../../src/testing/bytes.ts';
import { commandFile } from './command-file.ts';
import { run } from './run-command.ts';
import { serveRegistry } from './serve-registry.ts';

const bytes = someBytes(20_000);
const integrity = integrityOf(digestOf(bytes, 'sha512'));

/** What the host says to whoever asks for a path. */
const answers: Readonly<Record<string, (response: ServerResponse) => void>> = {
  good: (response) => response.end(bytes),
  404: (response) => response.writeHead(404).end('not here'),
  403: (response) => response.writeHead(403).end('not you'),
  500: (response) => response.writeHead(500, { 'retry-after': '0' }).end('not now'),
  html: (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>log in</html>'),
  more: (response) => response.end(Buffer.concat([bytes, Buffer.from('x')])),
  fewer: (response) => response.end(bytes.subarray(0, 19_000)),
  wrong: (response) => response.end(someBytes(20_000, 2)),
  'elsewhere-wrong': (response) => response.writeHead(302, { location: 'ftp://other.example/file' }).end(),
  endless: (response) => void response.writeHead(200).write(bytes.subarray(0, 1000)),
};

let origin = '';
const server = createServer((request, response) => {
  answers[(request.url ?? '').split('/')[1] ?? '']?.(response);
});
const folders: string[] = [];

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'packwright-bad-'));
  folders.push(folder);
  return folder;
}

/** A lockfile with one package, which stands there as given. */
function lockfileWith(entry: object, path = 'node_modules/left'): string {
  return JSON.stringify({ lockfileVersion: 3, packages: { [path]: { version: '1.0.0', ...entry } } });
}

const fromHost = (path: string): string => lockfileWith({ resolved: `${origin}/${path}/left-1.0.0.tgz`, integrity });

interface Refusal extends PackErrorJson {
  readonly exitCode: number;
}

/** Packs what must be refused: gives the error, after a look at whether anything was written. */
async function refused(cwd: string, argv: readonly string[]): Promise<Refusal> {
  const before = readdirSync(cwd, { recursive: true }).sort();
  const { code, stdout, stderr } = await run(cwd, [...argv, '--json', '--quiet']);
  expect(stdout).toBe('');
  expect(readdirSync(cwd, { recursive: true }).sort()).toEqual(before);
  return { ...(JSON.parse(stderr) as { error: PackErrorJson }).error, exitCode: code };
}

/** The same for a lockfile of that text. */
function refusedLockfile(text: string): Promise<Refusal> {
  const cwd = emptyFolder();
  writeFileSync(join(cwd, 'package-lock.json'), text);
  return refused(cwd, ['pack', 'package-lock.json', '--cache', 'none', '-o', 'oci:layout:v1']);
}

/** Everything that a person reads of an error. */
const toldBy = ({ message, details, hint = '' }: Refusal): string => `${message}\n${JSON.stringify(details)}\n${hint}`;

const lockfiles: readonly (readonly [what: string, text: string, code: string, exitCode: number, names: string])[] = [
  ['that is not one', '{"name":"app"}', 'ERR_LOCK_INVALID', 30, 'package-lock.json'],
  ['that is cut off', '{"lockfileVersion":3,"packa', 'ERR_LOCK_INVALID', 30, 'package-lock.json'],
  ['of no JSON at all', 'once upon a time', 'ERR_LOCK_INVALID', 30, 'package-lock.json'],
  ['of an unknown version', '{"lockfileVersion":99,"packages":{}}', 'ERR_LOCK_INVALID', 30, '99'],
  [
    'with an entry without integrity',
    lockfileWith({ resolved: 'https://registry.example/left.tgz' }),
    'ERR_LOCK_ENTRY',
    30,
    'node_modules/left',
  ],
  ['with an integrity that is not SRI', lockfileWith({ integrity: 'sha512-short' }), 'ERR_LOCK_ENTRY', 30, 'left'],
  ['with a name that escapes', lockfileWith({ name: '../../evil', integrity }), 'ERR_UNSAFE_PATH', 30, '../../evil'],
];

describe.concurrent('a lockfile', () => {
  it.each(lockfiles)('%s is refused', async (_what, text, code, exitCode, names) => {
    const error = await refusedLockfile(text);
    expect(error).toMatchObject({ code, exitCode });
    expect(toldBy(error)).toContain(names);
    expect(error.hint).toBeDefined();
  });

  it('that is not there is named', async () => {
    const error = await refused(emptyFolder(), ['pack', 'package-lock.json', '-o', 'oci:layout:v1']);
    expect(error).toMatchObject({ code: 'ERR_INVALID_ARGUMENT', exitCode: 2 });
    expect(error.message).toContain('package-lock.json');
  });
});

const hosts: readonly (readonly [what: string, path: string, code: string, exitCode: number, says: RegExp])[] = [
  ['that answers 404', '404', 'ERR_SOURCE_NOT_FOUND', 21, /404/],
  ['that answers 403', '403', 'ERR_SOURCE_UNAVAILABLE', 21, /403/],
  ['that answers 500', '500', 'ERR_SOURCE_UNAVAILABLE', 21, /500/],
  ['that answers with a web page', 'html', 'ERR_SOURCE_UNAVAILABLE', 21, /web page/],
  ['that sends too many bytes', 'more', 'ERR_DIGEST_MISMATCH', 30, /expected sha512-/],
  ['that sends too few bytes', 'fewer', 'ERR_DIGEST_MISMATCH', 30, /expected sha512-/],
  ['that sends the wrong bytes', 'wrong', 'ERR_DIGEST_MISMATCH', 30, /expected sha512-/],
  ['that redirects to no web address', 'elsewhere-wrong', 'ERR_SOURCE_UNAVAILABLE', 21, /redirects/],
];

describe.concurrent('a host', () => {
  it.each(hosts)('%s is refused', { timeout: 20_000 }, async (_what, path, code, exitCode, says) => {
    const error = await refusedLockfile(fromHost(path));
    expect(error).toMatchObject({ code, exitCode });
    expect(error.message).toMatch(says);
    expect(toldBy(error)).toContain('left');
    expect(error.hint).toBeDefined();
  });
});

describe('a name', () => {
  it('that leaves the folder is refused', async () => {
    const cwd = emptyFolder();
    writeFileSync(join(cwd, 'file'), 'content');
    const error = await refused(cwd, ['pack', 'file', '--name', '../file', '-o', 'oci:layout:v1']);
    expect(error).toMatchObject({ code: 'ERR_UNSAFE_PATH', exitCode: 30 });
    expect(error.message).toContain('../file');
  });

  it.each([
    ['case', 'Name', 'name'],
    ['Unicode form', 'n\u00e4me', 'na\u0308me'],
  ])('that equals another but for %s is refused', async (_what, one, other) => {
    const cwd = emptyFolder();
    for (const name of [one, other]) writeFileSync(join(cwd, name), 'content');
    const error = await refused(cwd, ['pack', one, other, '-o', 'oci:layout:v1']);
    expect(error).toMatchObject({ code: 'ERR_UNSAFE_PATH', exitCode: 30 });
  });
});

describe('a process', () => {
  let file: string;
  beforeAll(async () => {
    file = await commandFile(emptyFolder());
  });

  const start = (cwd: string, argv: readonly string[], identity: { uid?: number } = {}): ReturnType<typeof spawn> =>
    spawn(process.execPath, [file, ...argv, '--json'], { cwd, stdio: ['ignore', 'ignore', 'pipe'], ...identity });

  async function endOf(child: ReturnType<typeof spawn>): Promise<{ code: number | null; stderr: string }> {
    let stderr = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, stderr };
  }

  it('that is interrupted ends with 130 and leaves nothing', { timeout: 20_000 }, async () => {
    const cwd = emptyFolder();
    writeFileSync(join(cwd, 'package-lock.json'), fromHost('endless'));
    const asked = once(server, 'request');
    const child = start(cwd, ['pack', 'package-lock.json', '--cache', 'none', '-o', 'oci:layout:v1']);
    const end = endOf(child);
    await asked;
    child.kill('SIGINT');
    expect((await end).code).toBe(130);
    expect(readdirSync(cwd)).toEqual(['package-lock.json']);
  });

  it('without the right to write says which folder', { timeout: 20_000 }, async ({ skip }) => {
    const cwd = emptyFolder();
    writeFileSync(join(cwd, 'file'), 'content');
    mkdirSync(join(cwd, 'closed'), { mode: 0o555 });
    chmodSync(cwd, 0o755);
    const root = process.getuid?.() === 0;
    if (!root && process.platform === 'win32') return skip('folders have no such right here');
    for (const target of ['oci:closed/layout:v1', 'oci:closed:v1', 'oci-archive:closed/a.tar:v1']) {
      const end = endOf(start(cwd, ['pack', 'file', '-o', target], root ? { uid: 65_534 } : {}));
      const { code, stderr } = await end;
      expect(code, stderr).toBe(1);
      expect(stderr).toContain('ERR_STORE_WRITE');
      expect(stderr).toContain('closed');
      expect(stderr).toContain('"hint"');
      expect(readdirSync(join(cwd, 'closed'))).toEqual([]);
    }
  });
});

describe('a full disk', () => {
  let disk: string | undefined;
  beforeAll(() => {
    const path = emptyFolder();
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', path], { stdio: 'ignore' });
      disk = path;
    } catch {
      // Said by the tests, which are skipped.
    }
  });
  afterAll(() => {
    if (disk !== undefined) execFileSync('umount', [disk]);
  });

  it('is named by pack and unpack, and nothing is left on it', async ({ skip }) => {
    if (disk === undefined) return skip('only root can mount a small disk');
    const cwd = emptyFolder();
    writeFileSync(join(cwd, 'large'), someBytes(3_000_000));
    const { host } = await serveRegistry();
    for (const target of ['oci:layout:v1', `${host}/app:v1`]) {
      expect((await run(cwd, ['pack', 'large', '-o', target])).code).toBe(0);
    }
    const commands = [
      ['pull', `${host}/app:v1`, `oci:${disk}/layout:v1`],
      ['pull', `${host}/app:v1`, `oci-archive:${disk}/a.tar:v1`],
      ['unpack', `${host}/app:v1`, '-o', `${disk}/out`],
      ['pack', 'large', '-o', `oci:${disk}/layout:v1`],
      ['pack', 'large', '-o', `oci-archive:${disk}/a.tar:v1`],
      ['copy', 'oci:layout:v1', `oci:${disk}/layout:v1`],
      ['copy', 'oci:layout:v1', `oci-archive:${disk}/a.tar:v1`],
      ['unpack', 'oci:layout:v1', '-o', `${disk}/out`],
    ];
    for (const argv of commands) {
      const error = await refused(cwd, argv);
      expect(error, argv.join(' ')).toMatchObject({ code: 'ERR_STORE_QUOTA', exitCode: 1 });
      expect(toldBy(error)).toContain(argv[0] === 'unpack' ? 'large' : disk);
      expect(error.hint).toMatch(/free some space/);
      // What a copy has brought already stays for the next one, but no tag names it.
      expect(readdirSync(disk), argv.join(' ')).toEqual(
        /^(?:copy|pull)$/.test(argv[0] ?? '') && argv[2]?.startsWith('oci:') === true ? ['layout'] : [],
      );
      expect((await run(cwd, ['tags', `oci:${disk}/layout`])).stdout).toBe('');
      rmSync(join(disk, 'layout'), { recursive: true, force: true });
    }
  });

  it('lets a pull go on when there is room again', async ({ skip }) => {
    if (disk === undefined) return skip('only root can mount a small disk');
    const [cwd, { host }] = [emptyFolder(), await serveRegistry()];
    writeFileSync(join(cwd, 'large'), someBytes(3_000_000));
    expect((await run(cwd, ['pack', 'large', '-o', `${host}/app:v1`])).code).toBe(0);
    const argv = ['pull', `${host}/app:v1`, `oci:${disk}/layout:v1`];
    expect(await refused(cwd, argv)).toMatchObject({ code: 'ERR_STORE_QUOTA' });
    execFileSync('mount', ['-o', 'remount,size=8m', disk]);
    expect(await run(cwd, argv)).toMatchObject({ code: 0 });
    expect(await run(cwd, ['audit', `oci:${disk}/layout`])).toMatchObject({ code: 0 });
  });
});
