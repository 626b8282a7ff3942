import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdtempSync, rmdirSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** A file system in memory that is as small as it says, and as full as any when it is full. */
export interface SmallDisk {
  /** Its folder, for every process of the user that it belongs to. */
  readonly path: string;
  /** The command that runs a program where the folder is at {@link SmallDisk.mounted}: some resolve the path above. */
  within(program: string, args: readonly string[]): readonly [program: string, args: readonly string[]];
  readonly mounted: string;
  /** Takes what room there is, but for so many bytes. */
  fill(left?: number): Promise<void>;
  /** Gives it back. */
  free(): Promise<void>;
  remove(): Promise<void>;
}

/** Who a disk belongs to, where that is not the user of this process. */
export interface DiskOwner {
  readonly uid: number;
  readonly gid: number;
}

/**
 * The disk is mounted where only the shell below sees it, and is found through the folder that the system shows of that
 * shell: so it is gone with it, also when this process is killed, and needs no rights but that to a namespace.
 */
const keeper = `
mount -t tmpfs -o "size=$1,mode=0755" tmpfs "$0" && cd "$0" && echo ready || exit 1
while read -r what left; do
  case $what in
    fill) rm -f filler; head -c "$left" /dev/zero >reserve; cat /dev/zero >filler 2>/dev/null; rm reserve ;;
    free) rm -f filler ;;
  esac
  echo done
done`;

/** A disk of so many bytes; undefined where nobody may mount one, as in some containers. */
export async function smallDisk(bytes: number, owner?: DiskOwner): Promise<SmallDisk | undefined> {
  const folder = mkdtempSync(join(tmpdir(), 'packwright-disk-'));
  if (owner !== undefined) chownSync(folder, owner.uid, owner.gid);
  for (const namespaces of owner === undefined ? ['-rm', '-m'] : ['-rm']) {
    const args = [namespaces, '/bin/sh', '-c', keeper, folder, String(bytes)];
    const child = spawn('unshare', args, { ...owner, stdio: ['pipe', 'pipe', 'ignore'] });
    const disk = await openDisk(child, folder, namespaces);
    if (disk !== undefined) return disk;
  }
  rmdirSync(folder);
  return undefined;
}

async function openDisk(child: ChildProcess, folder: string, namespaces: string): Promise<SmallDisk | undefined> {
  const ended = once(child, 'close').catch(() => undefined);
  if (child.stdout === null || child.stdin === null) return undefined;
  const { stdin } = child;
  stdin.on('error', () => undefined);
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const end = async (): Promise<undefined> => {
    stdin.end();
    await ended;
  };
  if ((await lines.next()).value !== 'ready') return end();
  const path = `/proc/${child.pid ?? 0}/root${folder}`;
  const ask = async (command: string): Promise<void> => {
    stdin.write(`${command}\n`);
    if ((await lines.next()).value !== 'done') throw new Error('the disk is gone');
  };
  // Where the system does not show it, it is the empty folder below.
  if (!isOther(path, folder)) return end();
  const entered = ['-t', String(child.pid), '-m', ...(namespaces === '-rm' ? ['-U', '--preserve-credentials'] : [])];
  return {
    path,
    mounted: folder,
    within: (program, args) => ['nsenter', [...entered, '--', program, ...args]],
    fill: (left = 0) => ask(`fill ${left}`),
    free: () => ask('free'),
    remove: async () => {
      await end();
      rmdirSync(folder);
    },
  };
}

function isOther(path: string, folder: string): boolean {
  try {
    return statSync(path).dev !== statSync(folder).dev;
  } catch {
    return false;
  }
}
