import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { statusOf } from './status-of.ts';

/** How a program that serves is started on a port. */
export interface ServerCommand {
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly cwd?: string | undefined;
}

/** A program that answers. */
export interface ServerProcess {
  /** The loopback address with its port: `127.0.0.1:45123`. */
  readonly host: string;
  /** Ends it on the spot, as a power loss would. */
  kill(): Promise<void>;
  /** Starts it again on its port. */
  start(): Promise<void>;
  /** Ends it, and waits for its end. */
  stop(): Promise<void>;
}

export interface StartOptions {
  readonly https?: boolean | undefined;
  /** The certificate, in PEM, that vouches for the one of the server. */
  readonly ca?: string | undefined;
  /** What is asked until it answers; `/v2/` by default. */
  readonly path?: string | undefined;
  /** The statuses of a server that is ready; 200 and 401 by default. */
  readonly ready?: readonly number[] | undefined;
}

/**
 * Starts a program on a free port and waits until it answers. Another program can take the port in between: it
 * is tried on three.
 */
export async function startServer(
  commandFor: (port: number) => ServerCommand,
  options: StartOptions = {},
): Promise<ServerProcess> {
  let said = '';
  for (let tries = 0; tries < 3; tries += 1) {
    const port = await freePort();
    const command = commandFor(port);
    let child = spawnTied(command);
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (said = `${said}${text}`.slice(-4000)));
    let pid = pidOf(child);
    const url = `${options.https === true ? 'https' : 'http'}://127.0.0.1:${port}${options.path ?? '/v2/'}`;
    if (await answers(child, url, options)) {
      return {
        host: `127.0.0.1:${port}`,
        kill: async () => {
          process.kill(await pid, 'SIGKILL');
          await once(child, 'exit');
        },
        start: async () => {
          child = spawnTied(command);
          child.stderr?.resume();
          pid = pidOf(child);
          if (!(await answers(child, url, options))) throw new Error(`${command.program} does not start again`);
        },
        stop: () => stop(child),
      };
    }
    await stop(child);
  }
  throw new Error(`${commandFor(0).program} does not answer\n${said}`);
}

/** A port of the loopback that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Ends the program when its standard input ends: with `stop`, and also when this process is killed. */
const tie =
  'exec 3<&0; "$@" </dev/null >/dev/null 3<&- & server=$!; echo $server; exec >/dev/null; (cat <&3 >/dev/null; kill $server 2>/dev/null) & exec 3<&-; wait $server';

function spawnTied({ program, args, env, cwd }: ServerCommand): ChildProcess {
  return spawn('/bin/sh', ['-c', tie, 'sh', program, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
    cwd,
  });
}

/** The shell says the id of the program. */
async function pidOf(child: ChildProcess): Promise<number> {
  const [line] = (await once(child.stdout as Readable, 'data')) as [Buffer];
  return Number(line.toString());
}

async function answers(child: ChildProcess, url: string, { ca, ready = [200, 401] }: StartOptions): Promise<boolean> {
  for (let tries = 0; tries < 400 && child.exitCode === null; tries += 1) {
    const status = await statusOf(url, ca);
    if (status !== undefined && ready.includes(status)) return true;
    await sleep(25);
  }
  return false;
}

async function stop(child: ChildProcess): Promise<void> {
  child.stdin?.end();
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}
