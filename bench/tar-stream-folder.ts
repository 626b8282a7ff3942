import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import * as tarStream from 'tar-stream';

const smallBytes = 64 * 1024;

/** Writes a folder with tar-stream, which leaves the walk and the reading to its caller. */
export async function packWithTarStream(folder: string, file: string): Promise<void> {
  const pack = tarStream.pack();
  const written = pipeline(pack, createWriteStream(file));
  await addFolder(pack, folder, '');
  pack.finalize();
  await written;
}

async function addFolder(pack: tarStream.Pack, root: string, path: string): Promise<void> {
  for (const entry of await readdir(join(root, path), { withFileTypes: true })) {
    const name = path === '' ? entry.name : `${path}/${entry.name}`;
    if (entry.isDirectory()) {
      pack.entry({ name, type: 'directory' }, new Uint8Array());
      await addFolder(pack, root, name);
    } else {
      const { size } = await stat(join(root, name));
      if (size <= smallBytes) pack.entry({ name, size }, await readFile(join(root, name)));
      else await pipeline(createReadStream(join(root, name), { highWaterMark: 1 << 20 }), pack.entry({ name, size }));
    }
  }
}

/** Extracts with tar-stream, which leaves the writing to its caller. No path is checked. */
export async function extractWithTarStream(file: string, folder: string): Promise<void> {
  const made = new Set<string>();
  const extract = tarStream.extract();
  const read = pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), extract);
  for await (const entry of extract) {
    const path = join(folder, entry.header.name);
    const parent = entry.header.type === 'directory' ? path : dirname(path);
    if (!made.has(parent)) await mkdir(parent, { recursive: true });
    made.add(parent);
    if (entry.header.type === 'file') await pipeline(entry, createWriteStream(path));
    else entry.resume();
  }
  await read;
}
