import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { utf8 } from '../../bytes/encoding.ts';
import { digestOf, hexOf } from '../../digest/digest.ts';

/** A process, named so that another one can tell whether it still runs, also after pids were used again. */
export interface Owner {
  readonly pid: number;
  /** When the process started, in ticks since boot; 0 where the system does not say. */
  readonly start: number;
  /** The boot of the machine that it runs on (the machine's name where boots have no id), hashed: 12 hex digits. */
  readonly boot: string;
  /** The pid namespace, so that containers of one machine do not take each other's pids for their own; 0 for none. */
  readonly space: number;
}

let self: Owner | undefined;

/** This process. */
export function currentOwner(): Owner {
  self ??= { pid: process.pid, start: startOf(process.pid) ?? 0, boot: bootId(), space: pidSpace() };
  return self;
}

/** True or false where it can be told whether a process still runs; undefined for one of another boot or container. */
export function isAlive(owner: Owner): boolean | undefined {
  const me = currentOwner();
  if (owner.boot !== me.boot || owner.space !== me.space) return undefined;
  if (!processExists(owner.pid)) return false;
  const start = startOf(owner.pid);
  return start === undefined || owner.start === 0 || start === owner.start;
}

/** An owner as part of a file name. */
export function formatOwner(owner: Owner): string {
  return [owner.pid, owner.start, owner.boot, owner.space].join('.');
}

/** The owner that {@link formatOwner} wrote; undefined for any other text. */
export function parseOwner(text: string): Owner | undefined {
  const match = /^(\d{1,10})\.(\d{1,15})\.([0-9a-f]{12})\.(\d{1,15})$/.exec(text);
  if (match === null) return undefined;
  const [, pid, start, boot = '', space] = match;
  return { pid: Number(pid), start: Number(start), boot, space: Number(space) };
}

function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it runs, as somebody else.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Field 22 of /proc/PID/stat. The command in field 2 may hold spaces and parentheses, so count behind its last one. */
function startOf(pid: number): number | undefined {
  const stat = readText(`/proc/${pid}/stat`);
  const field = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  return field === undefined ? undefined : Number(field);
}

function bootId(): string {
  const id = readText('/proc/sys/kernel/random/boot_id')?.trim() ?? hostname();
  return hexOf(digestOf(utf8(id))).slice(0, 12);
}

function pidSpace(): number {
  try {
    return Number(/\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? 0);
  } catch {
    return 0;
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
