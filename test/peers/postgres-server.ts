import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { programPath } from './programs.ts';
import { freePort } from './server-process.ts';

const run = promisify(execFile);

/** A Postgres of its own on a port of the loopback, empty, with a password. */
export interface PostgresServer {
  /** How a client connects: `postgres://packwright:PASSWORD@127.0.0.1:PORT/postgres`. */
  readonly url: string;
  readonly password: string;
  /** The process that all others of the server belong to. */
  readonly pid: number;
  /** Ends it as a power loss would: nothing is written to disk any more. */
  kill(): Promise<void>;
  /** Ends it as an administrator does, who does not wait for its clients. */
  shutDown(): Promise<void>;
  /** Starts it again, on the same port with what it had. */
  start(): Promise<void>;
  /** Ends it and removes what it had. */
  stop(): Promise<void>;
}

/** Debian has the programs in a folder per version, which is not on the PATH. */
function program(name: string): string {
  const versions = '/usr/lib/postgresql';
  const found = existsSync(versions) ? readdirSync(versions).sort((a, b) => Number(b) - Number(a)) : [];
  const paths = found.map((version) => join(versions, version, 'bin', name));
  return paths.find((path) => existsSync(path)) ?? programPath(name);
}

/** Postgres refuses to run for root: then it runs for the user that the package made, or for nobody. */
export function postgresOwner(): { readonly uid: number; readonly gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const users = readFileSync('/etc/passwd', 'utf8');
  const [, uid, gid] = /^postgres:[^:]*:(\d+):(\d+)/m.exec(users) ?? ['', '65534', '65534'];
  return { uid: Number(uid), gid: Number(gid) };
}

/** Ends the program when its standard input ends: with `stop`, and also when this process is killed. */
const tie =
  'exec 3<&0; "$@" </dev/null 3<&- & server=$!; (cat <&3 >/dev/null; kill -3 $server 2>/dev/null) & exec 3<&-; wait $server';

/** Starts one. Settings are what a line of its configuration says: `max_connections=20`; the others are for initdb. */
export async function startPostgres(
  settings: readonly string[] = [],
  initial: readonly string[] = [],
): Promise<PostgresServer> {
  const as = postgresOwner();
  const folder = mkdtempSync(join(tmpdir(), 'packwright-postgres-'));
  chmodSync(folder, 0o700);
  const password = randomBytes(12).toString('hex');
  const passwordFile = join(folder, 'password');
  writeFileSync(passwordFile, password, { mode: 0o600 });
  for (const path of as === undefined ? [] : [folder, passwordFile]) chownSync(path, as?.uid ?? 0, as?.gid ?? 0);
  const data = join(folder, 'data');
  const init = ['-D', data, '-U', 'packwright', '-A', 'scram-sha-256', '--pwfile', passwordFile, '-E', 'UTF8'];
  execFileSync(program('initdb'), [...init, '--no-locale', '--no-sync', ...initial], {
    ...as,
    cwd: folder,
    stdio: 'pipe',
  });
  const port = await freePort();
  const all = [`port=${port}`, 'listen_addresses=127.0.0.1', `unix_socket_directories=${folder}`, ...settings];
  const args = [program('postgres'), '-D', data, ...all.flatMap((setting) => ['-c', setting])];
  let child: ChildProcess | undefined;
  const pidOf = (): number => Number(readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n', 1)[0]);
  const ended = async (signal: NodeJS.Signals): Promise<void> => {
    if (child?.exitCode !== null) return;
    process.kill(pidOf(), signal);
    await once(child, 'exit');
  };
  const start = async (): Promise<void> => {
    for (let tries = 0; tries < 50; tries++) {
      child = spawn('/bin/sh', ['-c', tie, 'sh', ...args], { ...as, cwd: folder, stdio: ['pipe', 'ignore', 'ignore'] });
      if (await isReady(child, port)) return;
      await sleep(200);
    }
    throw new Error('postgres does not start');
  };
  await start();
  return {
    url: `postgres://packwright:${password}@127.0.0.1:${port}/postgres`,
    password,
    get pid() {
      return pidOf();
    },
    kill: () => ended('SIGKILL'),
    shutDown: () => ended('SIGINT'),
    start,
    stop: async () => {
      await ended('SIGQUIT');
      rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    },
  };
}

async function isReady(child: ChildProcess, port: number): Promise<boolean> {
  for (let tries = 0; tries < 300 && child.exitCode === null; tries++) {
    try {
      await run(program('pg_isready'), ['-q', '-h', '127.0.0.1', '-p', String(port)]);
      return true;
    } catch {
      await sleep(50);
    }
  }
  return false;
}
