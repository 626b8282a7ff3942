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

/** A program that runs. */
export interface Running {
  /** Ends it, and waits for its end. */
  stop(): Promise<void>;
}

/** A program that can be killed, and goes on with what it has on disk. */
export interface Restartable extends Running {
  /** Ends it on the spot, as a power loss would. */
  kill(): Promise<void>;
  /** Starts it again after that, with the same arguments. */
  start(): Promise<void>;
}

/** A program that answers. */
export interface ServerProcess extends Running {
  /** The loopback address with its port: `127.0.0.1:45123`. */
  readonly host: string;
}

/** When a program is ready. */
export interface ReadyOptions {
  /** The certificate, in PEM, that vouches for the one of the server. */
  readonly ca?: string | undefined;
  /** The statuses of a server that is ready; 200 and 401 by default. */
  readonly ready?: readonly number[] | undefined;
}

export interface StartOptions extends ReadyOptions {
  readonly https?: boolean | undefined;
  /** What it answers when it is ready: `/v2/` by default. */
  readonly health?: string | undefined;
}

/**
 * Starts a program on a free port and waits until it answers. Another program can take the port in between: it is tried
 * on three.
 */
export async function startServer(
  commandFor: (port: number) => ServerCommand | Promise<ServerCommand>,
  { https = false, health = '/v2/', ...ready }: StartOptions = {},
): Promise<ServerProcess & Restartable> {
  for (let tries = 1; ; tries += 1) {
    const port = await freePort();
    const host = `127.0.0.1:${port}`;
    const url = `http${https ? 's' : ''}://${host}${health}`;
    try {
      return { host, ...(await startProgram(await commandFor(port), url, ready)) };
    } catch (error) {
      if (tries === 3) throw error;
    }
  }
}

/** Starts a program and waits until it answers at a URL. Where it does not, the error holds what it said last. */
export async function startProgram(
  command: ServerCommand,
  url: string,
  ready: ReadyOptions = {},
): Promise<Restartable> {
  let { child, pid } = await run(command, url, ready);
  return {
    kill: async () => {
      process.kill(await pid, 'SIGKILL');
      await once(child, 'exit');
    },
    start: async () => {
      ({ child, pid } = await run(command, url, ready));
    },
    stop: () => stop(child),
  };
}

async function run(
  command: ServerCommand,
  url: string,
  ready: ReadyOptions,
): Promise<{ child: ChildProcess; pid: Promise<number> }> {
  const child = spawnTied(command);
  const pid = pidOf(child);
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (said = `${said}${text}`.slice(-4000)));
  if (await answers(child, url, ready)) return { child, pid };
  await stop(child);
  throw new Error(`${command.program} does not answer at ${url}\n${said}`);
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

async function answers(child: ChildProcess, url: string, { ca, ready = [200, 401] }: ReadyOptions): Promise<boolean> {
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
