import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { someBytes } from '../../src/testing/bytes.ts';
import { emptyFolder, run } from './run-command.ts';
import { onlyUser, serveRegistry } from './serve-registry.ts';

/** A folder with two files to pack. */
async function project(): Promise<string> {
  const folder = await emptyFolder();
  await writeFile(join(folder, 'readme.txt'), 'read me');
  await writeFile(join(folder, 'data.bin'), someBytes(200_000));
  return folder;
}

const digestIn = (text: string): string => /sha256:[0-9a-f]{64}/.exec(text)?.[0] ?? '';

describe('every command that takes a reference', () => {
  it('takes one to a registry', async () => {
    const [folder, { host }] = [await project(), await serveRegistry()];
    const app = `${host}/team/app`;
    const ok = async (...argv: string[]): Promise<string> => {
      const { code, stdout, stderr } = await run(folder, argv);
      expect({ code, stderr: code === 0 ? '' : stderr, argv }).toEqual({ code: 0, stderr: '', argv });
      return stdout;
    };
    const packed = await ok('pack', 'readme.txt', 'data.bin', '-o', `${app}:1.0`);
    const digest = digestIn(packed);
    expect(packed).toBe(`${app}:1.0@${digest}\n`);
    expect(await ok('resolve', `${app}:1.0`)).toBe(`${digest}\n`);
    expect(await ok('tag', `${app}:1.0`, 'stable', 'latest')).toBe('stable\nlatest\n');
    expect(await ok('tags', app)).toBe('1.0\nlatest\nstable\n');
    expect(await ok('resolve', app)).toBe(`${digest}\n`);
    expect(await ok('inspect', `${app}@${digest}`)).toContain('readme.txt');
    expect(
      digestIn(await ok('attach', `${app}:1.0`, 'readme.txt', '--artifact-type', 'application/vnd.example')),
    ).not.toBe('');
    expect(await ok('referrers', app)).toContain('application/vnd.example');
    await ok('unpack', app, '-o', 'out');
    expect(await readFile(join(folder, 'out/data.bin'))).toEqual(Buffer.from(someBytes(200_000)));
    await ok('export', `${app}:stable`, '-o', 'app.tar');
    expect(await ok('import', 'app.tar', `${host}/other/app:2`)).toContain(digest);
    expect(await ok('referrers', `${host}/other/app:2`)).toContain('application/vnd.example');
    await ok('pack', 'readme.txt', '-o', `${app}:2.0`);
    expect(await ok('diff', `${app}:1.0`, `${app}:2.0`)).toContain('data.bin');
    expect(await ok('delete', `${app}:stable`)).toBe('stable\n');
    expect(await ok('tags', app)).toBe('1.0\n2.0\nlatest\n');
    expect(existsSync(join(folder, '.local'))).toBe(false);
  });

  it('refuses a registry where a layout is needed', async () => {
    const folder = await emptyFolder();
    for (const name of ['gc', 'audit']) {
      const { code, stderr } = await run(folder, [name, 'registry.example/app:1']);
      expect(code).toBe(2);
      expect(stderr).toContain('oci:DIR');
    }
  });

  it('deletes only what is named', async () => {
    const [folder, { host, requests }] = [await emptyFolder(), await serveRegistry()];
    expect(await run(folder, ['delete', `${host}/app`])).toMatchObject({ code: 2 });
    expect(requests).toHaveLength(0);
    expect(await run(folder, ['delete', `${host}/app:1`])).toMatchObject({ code: 11 });
  });
});

describe('push, pull and copy', () => {
  it('move a pack with its referrers, and nothing twice', async () => {
    const [folder, one, two] = [await project(), await serveRegistry(), await serveRegistry()];
    await run(folder, ['pack', 'readme.txt', 'data.bin', '-o', 'oci:packs:1.0']);
    await run(folder, ['attach', 'oci:packs:1.0', 'readme.txt', '--artifact-type', 'application/vnd.example']);
    const pushed = await run(folder, ['push', 'oci:packs:1.0', `${one.host}/app:1.0`]);
    expect(pushed).toMatchObject({ code: 0 });
    expect(pushed.stderr).toMatch(/write .*200\.0 KB|copy|copied/);
    const digest = digestIn(pushed.stdout);
    expect(pushed.stdout).toBe(`${one.host}/app:1.0@${digest}\n`);
    const again = await run(folder, ['push', 'oci:packs:1.0', `${one.host}/app:1.0`, '--json']);
    expect(JSON.parse(again.stdout)).toMatchObject({ digest, copied: { blobs: 0 }, present: false });
    const copied = await run(folder, ['copy', `${one.host}/app:1.0`, `${two.host}/copy:1.0`]);
    expect(copied.stdout).toBe(`${two.host}/copy:1.0@${digest}\n`);
    const pulled = await run(folder, ['pull', `${two.host}/copy:1.0`, 'oci:back:1.0']);
    expect(pulled.stdout).toBe(`oci:back:1.0@${digest}\n`);
    expect((await run(folder, ['referrers', 'oci:back:1.0'])).stdout).toContain('application/vnd.example');
    expect(await run(folder, ['audit', 'oci:back'])).toMatchObject({ code: 0 });
    const archive = await run(folder, ['pull', `${two.host}/copy:1.0`, 'oci-archive:back.tar:1.0']);
    expect(archive).toMatchObject({ code: 0, stdout: `oci-archive:back.tar:1.0@${digest}\n` });
  });

  it('mount what another repository of the registry has', async () => {
    const [folder, { host, requests }] = [await project(), await serveRegistry()];
    await run(folder, ['pack', 'readme.txt', 'data.bin', '-o', 'oci:packs:1.0']);
    await run(folder, ['push', 'oci:packs:1.0', `${host}/base:1.0`]);
    const { stdout, stderr } = await run(folder, [
      'push',
      'oci:packs:1.0',
      `${host}/app:1.0`,
      '--mount-from',
      'base',
      '--json',
    ]);
    expect(stderr).toContain('were mounted');
    expect(JSON.parse(stdout)).toMatchObject({ copied: { blobs: 0 } });
    const own = await run(folder, ['copy', `${host}/app:1.0`, `${host}/third:1.0`, '--json']);
    expect(JSON.parse(own.stdout)).toMatchObject({ copied: { blobs: 0 } });
    expect(requests.some(({ url }) => url.includes('mount='))).toBe(true);
    for (const argv of [
      ['push', 'oci:packs:1.0', `${host}/app:1.0`, '--mount-from', 'Not a name'],
      ['copy', 'oci:packs:1.0', 'oci:other:1.0', '--mount-from', 'base'],
    ]) {
      expect(await run(folder, argv)).toMatchObject({ code: 2 });
    }
  });

  it('move every tag, nothing that is there, and nothing in a dry run', async () => {
    const [folder, { host }] = [await project(), await serveRegistry()];
    await run(folder, ['pack', 'readme.txt', '-o', 'oci:packs:1.0']);
    await run(folder, ['pack', 'data.bin', '-o', 'oci:packs:2.0']);
    const dry = await run(folder, ['push', 'oci:packs:1.0', `${host}/app:1.0`, '--dry-run', '--json']);
    expect(JSON.parse(dry.stdout)).toMatchObject({ dryRun: true });
    expect(await run(folder, ['resolve', `${host}/app:1.0`])).toMatchObject({ code: 11 });
    expect((await run(folder, ['push', 'oci:packs', `${host}/app`, '--all-tags'])).stdout).toBe('1.0\n2.0\n');
    const absent = await run(folder, ['push', 'oci:packs:2.0', `${host}/app:1.0`, '--if-absent', '--json']);
    expect(JSON.parse(absent.stdout)).toMatchObject({ present: true });
    expect((await run(folder, ['pull', `${host}/app`, 'oci:back', '--all-tags'])).stdout).toBe('1.0\n2.0\n');
    expect((await run(folder, ['pull', `${host}/app`, 'oci-archive:all.tar', '--all-tags'])).stdout).toBe('1.0\n2.0\n');
  });

  it('keep their habits', async () => {
    const folder = await emptyFolder();
    const push = await run(folder, ['push', 'oci:a:1', 'oci:b:1']);
    expect(push).toMatchObject({ code: 2 });
    expect(push.stderr).toContain('copy takes any two places');
    expect(await run(folder, ['pull', 'oci:a:1', 'oci:b:1'])).toMatchObject({ code: 2 });
  });
});

describe('the state of uploads', () => {
  it('leaves nothing behind, not even folders that were there for it', async () => {
    const [folder, { host }] = [await emptyFolder(), await serveRegistry()];
    await writeFile(join(folder, 'large'), someBytes(20_000_000));
    for (const env of [{}, { XDG_STATE_HOME: join(folder, 'state') }]) {
      await run(folder, ['pack', 'large', '-o', 'oci:packs:1']);
      expect(await run(folder, ['push', 'oci:packs:1', `${host}/app:1`], { env })).toMatchObject({ code: 0 });
      expect(readdirSync(folder).sort()).toEqual(['large', 'packs']);
    }
    mkdirSync(join(folder, 'state/packwright/uploads'), { recursive: true });
    await run(folder, ['tags', `${host}/app`], { env: { XDG_STATE_HOME: join(folder, 'state') } });
    expect(readdirSync(join(folder, 'state'))).toEqual([]);
  });
});

describe('who asks', () => {
  const piped = (text: string): NonNullable<Parameters<typeof run>[2]> => ({
    input: {
      terminal: false,
      readAll: async () => new TextEncoder().encode(text),
      ask: () => Promise.reject(new Error('nobody is there')),
    },
  });
  const auth = onlyUser('alice', 'hush:hush');

  it('is said with -u and a password on stdin', async () => {
    const [folder, { host }] = [await project(), await serveRegistry({ auth })];
    const argv = ['pack', 'readme.txt', '-o', `${host}/app:1`, '-u', 'alice', '--password-stdin'];
    expect(await run(folder, argv, piped('hush:hush\n'))).toMatchObject({ code: 0 });
    const wrong = await run(folder, [...argv, '--json'], piped('wrong-one\r\n'));
    expect(wrong).toMatchObject({ code: 20, stdout: '' });
    expect(wrong.stderr).not.toContain('wrong-one');
    expect(JSON.parse(wrong.stderr.trim().split('\n').at(-1) ?? '')).toMatchObject({
      error: { code: 'ERR_REGISTRY_UNAUTHORIZED', hint: expect.stringContaining('packwright login') as string },
    });
  });

  it('is nobody where nothing is said, and told so', async () => {
    const [folder, { host }] = [await project(), await serveRegistry({ auth })];
    const { code, stderr } = await run(folder, ['tags', `${host}/app`]);
    expect(code).toBe(20);
    expect(stderr).toContain(`hint: log in first: packwright login ${host}`);
  });

  it('is who docker knows, or who stands in the file that is named', async () => {
    const [folder, { host }] = [await project(), await serveRegistry({ auth })];
    const config = JSON.stringify({ auths: { [host]: { auth: btoa('alice:hush:hush') } } });
    await writeFile(join(folder, 'mine.json'), config);
    const argv = ['pack', 'readme.txt', '-o', `${host}/app:1`];
    expect(await run(folder, [...argv, '--registry-config', 'mine.json'])).toMatchObject({ code: 0 });
    expect(await run(folder, argv)).toMatchObject({ code: 20 });
    mkdirSync(join(folder, '.docker'));
    await writeFile(join(folder, '.docker/config.json'), config);
    expect(await run(folder, argv)).toMatchObject({ code: 0 });
    await writeFile(join(folder, '.docker/config.json'), '{"auths":{"hush');
    const { code, stderr } = await run(folder, argv);
    expect(code).toBe(30);
    expect(stderr).toContain('.docker/config.json');
    expect(stderr).not.toContain('hush');
  });

  it('is not sent to a second registry', async () => {
    const [folder, one, two] = [await project(), await serveRegistry({ auth }), await serveRegistry({ auth })];
    const argv = ['copy', `${one.host}/app:1`, `${two.host}/app:1`, '-u', 'alice', '--password-stdin'];
    const { code, stderr } = await run(folder, argv, piped('hush:hush'));
    expect(code).toBe(2);
    expect(stderr).toContain('packwright login');
    expect([...one.requests, ...two.requests].filter(({ headers }) => headers.has('authorization'))).toEqual([]);
  });

  it.each([
    ['a password without a name', ['--password-stdin'], 'x'],
    ['a name without a password', ['-u', 'alice'], 'x'],
    ['an empty password', ['-u', 'alice', '--password-stdin'], '\n'],
    ['a password in the name', ['-u', 'alice:hush', '--password-stdin'], 'x'],
    ['a certificate without its key', ['--cert-file', 'x'], ''],
    ['a key without its certificate', ['--key-file', 'x'], ''],
    ['a CA that is missing', ['--ca-file', 'missing'], ''],
    ['a CA that is none', ['--ca-file', 'readme.txt'], ''],
    ['a password as a flag', ['-u', 'alice', '--password', 'hush'], ''],
    ['a password in a flag', ['-u', 'alice', '--password=hush'], ''],
    ['a password behind a short flag', ['-u', 'alice', '-phush'], ''],
  ])('is refused with %s', async (_what, flags, stdin) => {
    const [folder, { host }] = [await project(), await serveRegistry({ auth })];
    const { code, stderr } = await run(folder, ['tags', `${host}/app`, ...flags], piped(stdin));
    expect(code).toBe(2);
    expect(stderr).toContain('hint: ');
    expect(stderr).not.toContain('hush');
  });

  it('is not repeated where it stands in a reference', async () => {
    for (const reference of ['alice:hush@registry.example/app', 'https://alice:hush@registry.example/app']) {
      const { code, stderr } = await run(await emptyFolder(), ['tags', reference]);
      expect(code).toBe(2);
      expect(stderr).not.toContain('hush');
    }
  });
});

async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe('a registry that is of no use', () => {
  const page = (): Response => new Response('<html>log in</html>', { headers: { 'content-type': 'text/html' } });

  it.each([
    ['a web page', page, 21],
    ['500', () => new Response('', { status: 500, headers: { 'retry-after': '0' } }), 21],
    ['403', () => new Response('{"errors":[{"code":"DENIED"}]}', { status: 403 }), 20],
    ['404', () => new Response('', { status: 404 }), 11],
  ])('is told by its exit code: %s', { timeout: 20_000 }, async (_what, before, code) => {
    const [folder, { host }] = [await emptyFolder(), await serveRegistry({ before })];
    const finished = await run(folder, ['pull', `${host}/app:1`, 'oci:packs:1']);
    expect(finished).toMatchObject({ code, stdout: '' });
    expect(finished.stderr).toMatch(/^packwright: /m);
    expect(existsSync(join(folder, 'packs'))).toBe(false);
  });

  it('is told where it only reads', async () => {
    const [folder, { host }] = [await project(), await serveRegistry({ readOnly: true })];
    expect(await run(folder, ['pack', 'readme.txt', '-o', `${host}/app:1`])).toMatchObject({ code: 1, stdout: '' });
  });

  it('is told where nobody listens, and where the name is none', { timeout: 30_000 }, async () => {
    const folder = await emptyFolder();
    const closed = await run(folder, ['tags', `127.0.0.1:${await closedPort()}/app`]);
    expect(closed).toMatchObject({ code: 21 });
    expect(closed.stderr).toContain('hint: nothing listens there');
    const { code, stderr } = await run(folder, ['tags', 'Not A Reference']);
    expect(code).toBe(2);
    expect(stderr).toContain('packwright: reference');
  });
});
