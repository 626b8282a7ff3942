import { mkdir, mkdtemp, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';

/** A folder for everything that is written. */
export interface WorkFolder {
  readonly path: string;
  /** Removes it. */
  remove(): Promise<void>;
}

/** Makes a new folder below another one. */
export async function makeWorkFolder(parent: string): Promise<WorkFolder> {
  await mkdir(parent, { recursive: true });
  const path = await mkdtemp(join(parent, 'packwright-bench-'));
  return { path, remove: () => removeTree(path) };
}

/** Removes a file or a folder, where it is there. */
export async function removeTree(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true });
}

/** The magic numbers of statfs(2) that a machine for tests is likely to have. */
const fileSystems: Readonly<Record<number, string>> = {
  0x0102_1994: 'tmpfs, which is memory',
  0xef53: 'ext4',
  0x5846_5342: 'xfs',
  0x9123_683e: 'btrfs',
  0x794c_7630: 'overlayfs',
  0x1a: 'apfs',
};

/** The file system that a folder is on. */
export async function fileSystemOf(path: string): Promise<string> {
  const { type } = await statfs(path);
  return fileSystems[type] ?? `file system 0x${type.toString(16)}`;
}
