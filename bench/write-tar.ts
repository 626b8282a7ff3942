import { writeFile } from 'node:fs/promises';
import { argv } from 'node:process';
import { tarStream } from 'packwright/archive';
import { walkFolder } from 'packwright/source/file';

/** Writes a folder as a tar. */
export async function writeTar(folder: string, file: string): Promise<void> {
  await writeFile(file, tarStream(walkFolder(folder)));
}

const [, , folder, file] = argv;
if (import.meta.main && folder !== undefined && file !== undefined) await writeTar(folder, file);
