import { createWriteStream } from 'node:fs';
import { argv } from 'node:process';
import { pipeline } from 'node:stream/promises';
import { tarStream } from 'packwright/archive';
import { walkFolder } from 'packwright/source/file';

/** Writes a folder as a tar. */
export async function writeTar(folder: string, file: string): Promise<void> {
  // One chunk is written while the next is made.
  await pipeline(tarStream(walkFolder(folder)), createWriteStream(file, { highWaterMark: 4 << 20 }));
}

const [, , folder, file] = argv;
if (import.meta.main && folder !== undefined && file !== undefined) await writeTar(folder, file);
