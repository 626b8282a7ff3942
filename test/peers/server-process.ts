import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
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

/** A program that answers. */
export interface ServerProcess extends Running {
  /** The loopback address with its port: `127.0.0.1:45123`. */
  readonly host: string;
}

export interface StartOptions {
  readonly https?: boolean | undefined;
  /** The certificate, in PEM, that vouches for the one of the server. */
  readonly ca?: string | undefined;
  /** What it answers when it is ready: `/v2/` by default. */
  readonly health?: string | undefined;
}

/**
 * Starts a program on a free port and waits until it answers. Another program can take the port in between: it is tried
 * on three.
 */
export async function startServer(
  commandFor: (port: number) => ServerCommand | Promise<ServerCommand>,
  { https = false, ca, health = '/v2/' }: StartOptions = {},
): Promise<ServerProcess> {
  for (let tries = 1; ; tries += 1) {
    const port = await freePort();
    const host = `127.0.0.1:${port}`;
    try {
      return {
        host,
        ...(await startProgram(await commandFor(port), `http${https ? 's' : ''}://${host}${health}`, ca)),
      };
    } catch (error) {
      if (tries === 3) throw error;
    }
  }
}

/** Starts a program and waits until it answers at a URL. Where it does not, the error holds what it said last. */
export async function startProgram(command: ServerCommand, url: string, ca?: string): Promise<Running> {
  const child = spawnTied(command);
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (said = `${said}${text}`.slice(-4000)));
  if (await answers(child, url, ca)) return { stop: () => stop(child) };
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
  'exec 3<&0; "$@" </dev/null 3<&- & server=$!; (cat <&3 >/dev/null; kill $server 2>/dev/null) & exec 3<&-; wait $server';

function spawnTied({ program, args, env, cwd }: ServerCommand): ChildProcess {
  return spawn('/bin/sh', ['-c', tie, 'sh', program, ...args], {
    stdio: ['pipe', 'ignore', 'pipe'],
    env: { ...process.env, ...env },
    cwd,
  });
}

async function answers(child: ChildProcess, url: string, ca: string | undefined): Promise<boolean> {
  for (let tries = 0; tries < 400 && child.exitCode === null; tries += 1) {
    const status = await statusOf(url, ca);
    if (status === 200 || status === 401) return true;
    await sleep(25);
  }
  return false;
}

async function stop(child: ChildProcess): Promise<void> {
  child.stdin?.end();
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}
