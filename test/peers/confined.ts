import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ServerCommand } from './server-process.ts';

/** Runs a program where there is no network at all, not even this loopback; as it is where that is not allowed. */
export function withoutNetwork(command: ServerCommand): ServerCommand {
  return allowed('-rn') ? inside(command, '-rn', command.program) : command;
}

/**
 * Runs a program that finds no name server, so that no question leaves this machine; as it is where that is not allowed.
 * The folder takes a file.
 */
export function withoutNames(command: ServerCommand, folder: string): ServerCommand {
  if (!allowed('-rm')) return command;
  const nowhere = join(folder, 'resolv.conf');
  writeFileSync(nowhere, 'nameserver 127.0.0.1\n');
  const mounted = 'mount --bind "$0" /etc/resolv.conf && exec "$@"';
  return inside(command, '-rm', '/bin/sh', '-c', mounted, nowhere, command.program);
}

function inside(command: ServerCommand, namespaces: string, ...start: readonly string[]): ServerCommand {
  return { ...command, program: 'unshare', args: [namespaces, ...start, ...command.args] };
}

/** Containers may forbid it, and other systems have no namespaces. */
function allowed(namespaces: string): boolean {
  try {
    execFileSync('unshare', [namespaces, 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
