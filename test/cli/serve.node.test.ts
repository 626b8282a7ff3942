import { execFileSync } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { request as secureRequest } from 'node:https';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  serveCommand,
  serveSpec,
  type ServeCommandOptions,
  type ServeCommandResult,
} from '../../src/cli/commands/serve.ts';
import type { CommandContext } from '../../src/cli/context.ts';
import { digestOf } from '../../src/digest/index.ts';
import { someBytes } from '../../src/testing/bytes.ts';
import { emptyFolder } from './run-command.ts';

interface Served extends ServeCommandResult {
  readonly lines: string[];
}

function contextIn(cwd: string, lines: string[], signal?: AbortSignal): CommandContext {
  return { cwd, env: {}, home: cwd, now: Date.now, operation: { signal }, info: (line) => lines.push(line) };
}

async function serve(cwd: string, options: ServeCommandOptions = {}): Promise<Served> {
  const lines: string[] = [];
  const served = await serveCommand({ port: 0, ...options }, contextIn(cwd, lines));
  onTestFinished(served.close);
  return { ...served, lines };
}

async function push(url: string, bytes: Uint8Array<ArrayBuffer>, headers: HeadersInit = {}): Promise<number> {
  const begun = await fetch(`${url}/v2/team/app/blobs/uploads/`, { method: 'POST', headers });
  await begun.body?.cancel();
  const location = begun.headers.get('location');
  if (begun.status !== 202 || location === null) return begun.status;
  const address = new URL(location, url);
  address.searchParams.set('digest', digestOf(bytes));
  return (await fetch(address, { method: 'PUT', body: bytes, headers })).status;
}

const bytes = someBytes(200_000);
const blobPath = `v2/team/app/blobs/${digestOf(bytes)}`;

describe('serve', () => {
  it('says where it is, and where it keeps things', async () => {
    const folder = await emptyFolder();
    const { url, host, store, lines } = await serve(folder);
    expect(url).toBe(`http://${host}`);
    expect(host).toMatch(/^127\.0\.0\.1:\d+$/);
    expect(store).toBe('memory');
    expect(lines).toEqual([expect.stringMatching(/^warning: without --store/)]);
  });

  it.each(['oci', 'fs'])('keeps what was pushed in a folder of %s:, also after a restart', async (kind) => {
    const folder = await emptyFolder();
    const first = await serve(folder, { store: `${kind}:kept` });
    expect(await push(first.url, bytes)).toBe(201);
    await first.close();
    const second = await serve(folder, { store: `${kind}:kept`, readOnly: true });
    const answer = await fetch(`${second.url}/${blobPath}`);
    expect(digestOf(new Uint8Array(await answer.arrayBuffer()))).toBe(digestOf(bytes));
    if (kind === 'oci') expect(await readdir(join(folder, 'kept/team/app'))).toContain('blobs');
  });

  it('refuses every push where it is read-only', async () => {
    const { url } = await serve(await emptyFolder(), { readOnly: true });
    expect(await push(url, bytes)).toBe(405);
  });

  it('refuses requests for a host that it is not', async () => {
    const { url } = await serve(await emptyFolder(), { allowHosts: ['registry.example'] });
    const statusFor = async (host: string): Promise<number> => {
      const { request } = await import('node:http');
      return new Promise((resolve, reject) => {
        request(`${url}/v2/`, { headers: { host } }, (answer) => resolve(answer.resume().statusCode ?? 0))
          .on('error', reject)
          .end();
      });
    };
    expect(await statusFor('evil.example')).toBe(421);
    expect(await statusFor('registry.example')).toBe(200);
    expect(await statusFor('localhost:1')).toBe(200);
  });

  it('lets pages of the origins that are named push, and those of others only read', async () => {
    const { url } = await serve(await emptyFolder(), { corsOrigins: ['https://app.example'] });
    const status = async (origin: string): Promise<number> => push(url, bytes, { origin });
    expect([await status('https://app.example'), await status('https://evil.example')]).toEqual([201, 403]);
  });

  it('is closed by the signal of its context', async () => {
    const interrupt = new AbortController();
    const context = contextIn(await emptyFolder(), [], interrupt.signal);
    const { url, closed } = await serveCommand({ port: 0 }, context);
    interrupt.abort();
    await closed;
    await expect(fetch(url)).rejects.toBeInstanceOf(TypeError);
  });

  it('does not start where it was interrupted already', async () => {
    const reason = new Error('stop');
    const context = contextIn(await emptyFolder(), [], AbortSignal.abort(reason));
    await expect(serveCommand({ port: 0 }, context)).rejects.toBe(reason);
  });

  it('speaks TLS with a certificate of its own', async () => {
    const folder = await emptyFolder();
    const made = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
    const files = ['-keyout', join(folder, 'key.pem'), '-out', join(folder, 'cert.pem')];
    execFileSync('openssl', [...made, ...files, '-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'], {
      stdio: 'ignore',
    });
    const { url } = await serve(folder, { tlsCert: 'cert.pem', tlsKey: 'key.pem' });
    const ca = await readFile(join(folder, 'cert.pem'));
    const status = new Promise((resolve, reject) => {
      secureRequest(`${url}/v2/`, { ca }, (answer) => resolve(answer.resume().statusCode))
        .on('error', reject)
        .end();
    });
    expect(url).toMatch(/^https:/);
    expect(await status).toBe(200);
  });
});

describe('serve refuses', () => {
  it.each<[string, ServeCommandOptions, string, string | undefined]>([
    ['a store of another kind', { store: 'gs://bucket' }, 'ERR_UNSUPPORTED', 'store'],
    ['a store without a folder', { store: 'oci:' }, 'ERR_INVALID_ARGUMENT', 'store'],
    ['a store without a kind', { store: 'folder' }, 'ERR_INVALID_ARGUMENT', 'store'],
    ['a file in place of a folder', { store: 'oci:file' }, 'ERR_STORE_WRITE', undefined],
    ['a folder that is not there, read-only', { store: 'fs:gone', readOnly: true }, 'ERR_STORE_READ', undefined],
    ['a file in place of a folder, read-only', { store: 'fs:file', readOnly: true }, 'ERR_STORE_READ', undefined],
    ['to be written to by everybody', { host: '0.0.0.0' }, 'ERR_INVALID_ARGUMENT', 'host'],
    ['a certificate without its key', { tlsCert: 'file' }, 'ERR_INVALID_ARGUMENT', 'tlsKey'],
    ['a key without its certificate', { tlsKey: 'file' }, 'ERR_INVALID_ARGUMENT', 'tlsCert'],
    ['a certificate that is none', { tlsCert: 'file', tlsKey: 'file' }, 'ERR_INVALID_ARGUMENT', 'tls'],
    ['passwords that cannot be read', { auth: 'gone' }, 'ERR_INVALID_ARGUMENT', 'auth'],
    ['an address of another machine', { host: '192.0.2.1', readOnly: true }, 'ERR_INVALID_ARGUMENT', 'host'],
    ['an origin that is none', { corsOrigins: ['app.example'] }, 'ERR_INVALID_ARGUMENT', 'cors.origins'],
  ])('%s', async (_what, options, code, argument) => {
    const folder = await emptyFolder();
    await writeFile(join(folder, 'file'), 'x');
    await expect(serve(folder, options)).rejects.toMatchObject({
      code,
      ...(argument === undefined ? {} : { argument }),
    });
  });

  it.each(['mysql://me:hunter2@db.example', 's3://key:hunter2@bucket', 'postgres://me:hunter2@db.example/packs'])(
    '%s, and does not repeat its secret',
    async (store) => {
      const error: unknown = await serve(await emptyFolder(), { store }).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ name: 'UsageError', argument: 'store' });
      expect(inspect(error, { depth: 9 })).not.toContain('hunter2');
    },
  );

  it('an option that is not known', async () => {
    const options = { prot: 1 } as ServeCommandOptions;
    await expect(serve(await emptyFolder(), options)).rejects.toMatchObject({ argument: 'prot' });
  });

  it.skipIf(process.getuid?.() === 0)('a folder that cannot be written to', async () => {
    const folder = await emptyFolder();
    await mkdir(join(folder, 'shut'), { mode: 0o500 });
    onTestFinished(() => chmod(join(folder, 'shut'), 0o700));
    await expect(serve(folder, { store: 'oci:shut' })).rejects.toMatchObject({ code: 'ERR_STORE_WRITE' });
  });

  it('a port that another program has', async () => {
    const folder = await emptyFolder();
    const { host } = await serve(folder);
    const port = Number(host.split(':')[1]);
    await expect(serve(folder, { port })).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT', argument: 'port' });
  });
});

describe('the command line of serve', () => {
  it('prints one line, and goes on until it is interrupted', async () => {
    const interrupt = new AbortController();
    const context = contextIn(await emptyFolder(), [], interrupt.signal);
    const { text, json, until } = await serveSpec.run([], { port: '0' }, context);
    expect(text).toMatch(/^http:\/\/127\.0\.0\.1:\d+\n$/);
    expect(json).toMatchObject({ url: String(text).trim(), store: 'memory' });
    interrupt.abort();
    await until;
  });

  it.each(['65536', '-1', 'http', ''])('refuses the port %j', async (port) => {
    const context = contextIn(await emptyFolder(), []);
    await expect(serveSpec.run([], { port }, context)).rejects.toMatchObject({ argument: 'port' });
  });
});
