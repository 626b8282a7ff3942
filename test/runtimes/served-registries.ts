import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { hash } from 'bcryptjs';
import { bytesSource, digestOf } from 'packwright';
import { quirkRegistry } from 'packwright/testing';
import { listen, type FetchHandler } from '../../src/adapters/node/http-listener.ts';
import { freePort } from '../peers/server-process.ts';
import { faultyBlobs, type RegistryWorld } from './registry-verbs.ts';

/** A registry that `packwright serve` serves. */
export interface ServedRegistry {
  readonly host: string;
  readonly stop: () => Promise<void>;
}

/** Who has the password. */
export const account = { username: 'ada', password: 'correct horse, bättery' } as const;

/** Runs `packwright serve`: `command` is the runtime and the path of the command. */
export async function serve(command: readonly [string, ...string[]], args: readonly string[]): Promise<ServedRegistry> {
  const [program, ...rest] = command;
  const child = spawn(program, [...rest, 'serve', '--port', '0', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said = `${said}${text}`.slice(-4000)));
  const ended = once(child, 'exit');
  const [line] = (await Promise.race([
    once(createInterface(child.stdout), 'line'),
    ended.then(() => Promise.reject(new Error(`packwright serve has ended: ${said}`))),
  ])) as [string];
  return {
    host: new URL(line).host,
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** The account, as htpasswd writes it. */
export async function passwordLine(): Promise<string> {
  return `${account.username}:${await hash(account.password, 4)}\n`;
}

/** Writes a file of htpasswd with the account, and gives its path. */
export async function passwordFile(folder: string): Promise<string> {
  const path = join(folder, 'htpasswd');
  await writeFile(path, await passwordLine());
  return path;
}

/** Serves wrong bytes from the repository `faulty`, and cuts the first answers of the repository `cut`. */
async function serveFaulty(origin: string | undefined): Promise<ServedRegistry> {
  const quirk = quirkRegistry();
  for (const [index, bytes] of faultyBlobs.entries()) {
    const descriptor = { mediaType: 'application/octet-stream', digest: digestOf(bytes), size: bytes.length };
    await quirk.registry.repository(index === 0 ? 'faulty' : 'cut').blob.put(descriptor, bytesSource(bytes));
  }
  const blobIn = (name: string) => (request: Request) =>
    request.method === 'GET' && request.url.includes(`/${name}/blobs/`);
  quirk.fail({ kinds: ['wrong-bytes'], where: blobIn('faulty') });
  quirk.fail({ kinds: ['cut'], every: 2, where: blobIn('cut') });
  const { url, close } = await listen(forPages(quirk.handle, origin), { grace: 0 });
  return { host: url.host, stop: close };
}

/** Lets the pages of an origin read all that a handler answers. */
export function forPages(handler: FetchHandler, origin: string | undefined): FetchHandler {
  return async (request) => {
    const answer = request.method === 'OPTIONS' ? new Response(null, { status: 204 }) : await handler(request);
    // What is to be a cut connection has no headers to set.
    if (origin === undefined || answer.type === 'error') return answer;
    answer.headers.set('access-control-allow-origin', origin);
    answer.headers.set('access-control-allow-headers', '*');
    answer.headers.set('access-control-expose-headers', '*');
    return answer;
  };
}

/** The registries for all verbs, the space of the repositories aside. */
export interface ServedWorld {
  readonly world: Omit<RegistryWorld, 'space'>;
  readonly stop: () => Promise<void>;
}

/** Starts what the verbs are tried on. Pages of `origin` may write; the folder is for stores and passwords. */
export async function serveWorld(
  command: readonly [string, ...string[]],
  folder: string,
  origin?: string,
): Promise<ServedWorld> {
  const cors = origin === undefined ? [] : ['--cors-origin', origin];
  const open = await serve(command, ['--store', `fs:${join(folder, 'store')}`, ...cors]);
  const auth = ['--auth', await passwordFile(folder)];
  const guarded = await serve(command, ['--store', `oci:${join(folder, 'layouts')}`, ...auth, ...cors]);
  return worldOf(open, guarded, origin);
}

/** Adds what no registry should be to two that are as they should. */
export async function worldOf(open: ServedRegistry, guarded: ServedRegistry, origin?: string): Promise<ServedWorld> {
  const faulty = await serveFaulty(origin);
  const closed = `127.0.0.1:${await freePort()}`;
  return {
    world: { open: open.host, guarded: guarded.host, faulty: faulty.host, closed, ...account },
    stop: async () => {
      await Promise.all([open, guarded, faulty].map((registry) => registry.stop()));
    },
  };
}
