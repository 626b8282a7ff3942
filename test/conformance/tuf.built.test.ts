import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { utf8 } from '../../src/bytes/encoding.ts';
import { digestOf, hexOf } from '../../src/digest/digest.ts';
import { TestRepository } from '../adapters/trust/tuf-repository.ts';
import { root } from '../meta/source-tree.ts';
import { runtimesIn } from '../runtimes/tools.ts';

const run = promisify(execFile);
const runtimes = runtimesIn(process.env.PACKWRIGHT_RUNTIMES ?? root);

/** How each runtime starts the command. */
const commands: Readonly<Record<string, readonly string[]>> = {
  node20: [],
  node22: [],
  node24: [],
  node26: [],
  deno: ['run', '--no-prompt', '--allow-read', '--allow-write', '--allow-net', '--allow-env'],
  bun: [],
};

const repository = await TestRepository.create();
// What the command asks for is what the clock of the machine says.
for (const role of ['root', 'timestamp', 'snapshot', 'targets']) repository.part(role).expires = '2100-01-01T00:00:00Z';
repository.addTarget('targets', 'dir/some target', 'content');
await repository.publish('root', 'targets', 'snapshot', 'timestamp');

let server: Server;
let base: string;
const requests: string[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    requests.push(request.url ?? '');
    const bytes = repository.files.get((request.url ?? '').slice(1));
    response.writeHead(bytes === undefined ? 404 : 200).end(bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const folders: string[] = [];
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'packwright-tuf-command-'));
  folders.push(folder);
  return folder;
}

async function exitOf(runtime: string, args: readonly string[]): Promise<{ code: number; stderr: string }> {
  const command = join(root, 'test/conformance/tuf.mjs');
  try {
    const { stderr } = await run(runtimes.program(runtime), [...(commands[runtime] ?? []), command, ...args]);
    return { code: 0, stderr };
  } catch (error) {
    return error as { code: number; stderr: string };
  }
}

describe.each(Object.keys(commands))(
  'the command of the TUF conformance suite on %s',
  { timeout: 60_000 },
  (runtime) => {
    it('starts with a root, refreshes, and downloads a target once', async () => {
      const [metadata, targets] = [await newFolder(), await newFolder()];
      const first = join(await newFolder(), 'root.json');
      await writeFile(first, repository.root());
      const at = ['--metadata-dir', metadata, '--metadata-url', `${base}/`];
      expect(await exitOf(runtime, [...at, 'init', first])).toMatchObject({ code: 0 });
      expect(await exitOf(runtime, [...at, 'refresh'])).toMatchObject({ code: 0 });
      expect((await readdir(metadata)).sort()).toEqual(
        ['root', 'snapshot', 'targets', 'timestamp'].map((role) => `${role}.json`),
      );
      expect(new Uint8Array(await readFile(join(metadata, 'root.json')))).toEqual(repository.root(2));
      const from = [
        '--target-name',
        'dir/some target',
        '--target-dir',
        targets,
        '--target-base-url',
        `${base}/targets`,
      ];
      requests.length = 0;
      for (let times = 0; times < 2; times++) {
        expect(await exitOf(runtime, [...at, ...from, 'download'])).toMatchObject({ code: 0 });
      }
      const hash = hexOf(digestOf(utf8('content')));
      expect(requests.filter((path) => path.startsWith('/targets/'))).toEqual([`/targets/dir/${hash}.some%20target`]);
      expect(await readFile(join(targets, hexOf(digestOf(utf8('dir/some target')))), 'utf8')).toBe('content');
    });

    it.each([
      ['no verb', [], 'expected init'],
      ['a verb that it does not know', ['update'], 'expected init'],
      ['a target that nobody lists', ['--target-name', 'missing', 'download'], 'no role lists'],
      ['a mirror without files', ['--metadata-url', 'nowhere', 'refresh'], 'ERR_TUF_UNAVAILABLE'],
    ])('exits with 1 for %s', async (_what, args, reason) => {
      const metadata = await newFolder();
      await writeFile(join(metadata, 'root.json'), repository.root());
      const url = args.includes('--metadata-url') ? [] : ['--metadata-url', base];
      const given = args.map((each) => (each === 'nowhere' ? `${base}/nowhere` : each));
      const { code, stderr } = await exitOf(runtime, ['--metadata-dir', metadata, ...url, ...given]);
      expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(reason) as string });
    });
  },
);
