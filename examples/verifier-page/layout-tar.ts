import type { FolderFile } from './folder-file.ts';

const blockSize = 512;

/**
 * The layout in a folder as a tar, which packwright reads in place. The tar is made of the files as they lie on the
 * disk, with a header before each: no file is read for it. undefined where the folder holds no layout.
 */
export function layoutTar(files: readonly FolderFile[]): Blob | undefined {
  const root = layoutRoot(files);
  if (root === undefined) return undefined;
  const parts: BlobPart[] = [];
  for (const { path, file } of files) {
    const name = path.slice(root.length);
    if (!path.startsWith(root) || !isOfLayout(name)) continue;
    parts.push(...headerOf(name, file.size), file, zeros(file.size));
  }
  return new Blob([...parts, new Uint8Array(2 * blockSize)]);
}

/** Where the files of the layout are: beside the `oci-layout` that lies highest. */
function layoutRoot(files: readonly FolderFile[]): string | undefined {
  const markers = files.map(({ path }) => path).filter((path) => /(^|\/)oci-layout$/.test(path));
  const [highest] = markers.sort((a, b) => a.split('/').length - b.split('/').length);
  return highest?.slice(0, -'oci-layout'.length);
}

function isOfLayout(name: string): boolean {
  return name === 'oci-layout' || name === 'index.json' || /^blobs\/[^/]+\/[^/]+$/.test(name);
}

/** A sha512 blob has a name that a plain header cannot hold, and so may a large file have a size. */
function headerOf(name: string, size: number): BlobPart[] {
  const fits = name.length <= 100 && size < 8 ** 11;
  if (fits) return [header(name, size, '0')];
  const records = paxRecord('path', name) + paxRecord('size', String(size));
  return [header('pax', records.length, 'x'), records, zeros(records.length), header('blob', 0, '0')];
}

/** `27 path=…` and a line feed: the number counts itself. */
function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  let length = rest.length;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return `${length}${rest}`;
}

/** One ustar block. Names here are ASCII: what else a folder holds is no part of a layout. */
function header(name: string, size: number, type: string): Uint8Array<ArrayBuffer> {
  const block = new Uint8Array(blockSize);
  const write = (offset: number, text: string): void => block.set(new TextEncoder().encode(text), offset);
  write(0, name);
  write(100, '0000644\0');
  write(124, `${size.toString(8).padStart(11, '0')}\0`);
  write(136, '00000000000\0');
  write(148, '        ');
  write(156, type);
  write(257, 'ustar\u000000');
  const sum = block.reduce((total, byte) => total + byte, 0);
  write(148, `${sum.toString(8).padStart(6, '0')}\0 `);
  return block;
}

function zeros(size: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array((blockSize - (size % blockSize)) % blockSize);
}
