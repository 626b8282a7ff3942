import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { someBytes } from '../../src/testing/bytes.ts';

const block = someBytes(2 ** 20);

/** Writes a file with holes: it has all its bytes, and takes little of the disk. */
export function writeLargeFile(path: string, size: number): void {
  const file = openSync(path, 'w');
  for (let offset = 0; offset < size; offset += size / 16) writeSync(file, block, 0, block.length, offset);
  ftruncateSync(file, size);
  closeSync(file);
}
