import { randomBytes } from 'node:crypto';
import { mkdir, open, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const mebibyte = 1024 * 1024;

/** Writes a file of so many MiB that no compression and no sparse file makes smaller. */
export async function makeLargeFile(path: string, mebibytes: number): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const file = await open(path, 'wx');
  const noise = randomBytes(2 * mebibyte);
  // Another cut of the noise for each MiB: no two are alike.
  for (let part = 0; part < mebibytes; part++) await file.write(noise, (part * 509) % mebibyte, mebibyte);
  await file.close();
}

/** Writes so many files of 1 to 8 KiB, 100 to a folder, 10 folders to a folder above them. */
export async function makeSmallFiles(folder: string, count: number): Promise<void> {
  const noise = randomBytes(16 * 1024);
  for (let index = 0; index < count; index++) {
    const [above, parent] = [Math.floor(index / 1000), Math.floor(index / 100) % 10];
    const path = join(folder, `part-${above}`, `group-${parent}`, `file-${index}.bin`);
    if (index % 100 === 0) await mkdir(dirname(path), { recursive: true });
    const size = 1024 + ((index * 7919) % 7169);
    await writeFile(path, noise.subarray(index % 8192, (index % 8192) + size));
  }
}
