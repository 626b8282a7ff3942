import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe } from 'vitest';

const run = promisify(execFile);

/** The folder of oras, crane and regctl; skopeo is on the PATH. `.ci/run` sets it, after it has built them. */
const folder = process.env.PACKWRIGHT_PEERS;

/** A suite that needs the other programs. Where the folder is not given it is skipped; where it is, they must be there. */
export const describeWithPeers: typeof describe.skip = describe.skipIf(folder === undefined);

export type Peer = 'oras' | 'crane' | 'regctl' | 'skopeo';

/** The path of a program, or its name where the PATH is to find it. */
export function peerPath(peer: Peer): string {
  const path = join(folder ?? '', peer);
  return existsSync(path) ? path : peer;
}

/** Runs a program in a folder and gives what it prints. */
export async function peer(name: Peer, args: readonly string[], cwd: string): Promise<string> {
  const { stdout } = await run(peerPath(name), args, { cwd, maxBuffer: 1 << 26 });
  return stdout;
}
