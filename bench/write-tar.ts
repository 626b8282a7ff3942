import { open } from 'node:fs/promises';
import { tarStream } from 'packwright/archive';
import { walkFolder } from 'packwright/source/file';

/** Writes a folder as a tar: a chunk is written while the next is made. */
export async function writeTar(folder: string, file: string): Promise<void> {
  await using target = await open(file, 'wx');
  let writing: Promise<unknown> = Promise.resolve();
  for await (const chunk of tarStream(walkFolder(folder))) {
    await writing;
    writing = target.appendFile(chunk);
  }
  await writing;
}
