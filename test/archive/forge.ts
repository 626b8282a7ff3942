import { utf8 } from '../../src/bytes/encoding.ts';
import { concatBytes } from '../../src/bytes/stream.ts';

/** What goes into a forged header: nothing is checked, so that anything can be forged. */
export interface ForgedHeader {
  readonly name?: string | Uint8Array;
  readonly flag?: string;
  /** Digits as they shall stand in the field, or a number. */
  readonly size?: number | string | Uint8Array;
  readonly mode?: string;
  readonly mtime?: string | Uint8Array;
  readonly target?: string;
  readonly prefix?: string;
  readonly magic?: 'ustar' | 'gnu' | 'v7';
  readonly checksum?: string;
}

const magics = { ustar: 'ustar\u000000', gnu: 'ustar  \0', v7: '' };

/** One header block with a right checksum, unless another is asked for. */
export function forgeHeader(header: ForgedHeader): Uint8Array<ArrayBuffer> {
  const { name = 'a', flag = '0', size = 0, mode = '0000644\0', mtime = '00000000000\0', magic = 'ustar' } = header;
  const block = new Uint8Array(512);
  put(block, 0, name);
  put(block, 100, mode);
  put(block, 108, '0000000\u00000000000\0');
  put(block, 124, typeof size === 'number' ? `${size.toString(8).padStart(11, '0')}\0` : size);
  put(block, 136, mtime);
  put(block, 148, '        ');
  put(block, 156, flag);
  put(block, 157, header.target ?? '');
  put(block, 257, magics[magic]);
  put(block, 345, header.prefix ?? '');
  put(block, 148, header.checksum ?? checksumOf(block));
  return block;
}

function checksumOf(block: Uint8Array): string {
  const sum = block.reduce((total, byte) => total + byte, 0);
  return `${sum.toString(8).padStart(6, '0')}\0 `;
}

function put(block: Uint8Array, offset: number, value: string | Uint8Array): void {
  block.set(typeof value === 'string' ? utf8(value) : value, offset);
}

/** A header and its body, padded; the size is that of the body unless another is asked for. */
export function forge(header: ForgedHeader, body: string | Uint8Array = ''): Uint8Array<ArrayBuffer> {
  const bytes = typeof body === 'string' ? utf8(body) : body;
  const padding = new Uint8Array((512 - (bytes.length % 512)) % 512);
  return concatBytes([forgeHeader({ size: bytes.length, ...header }), bytes, padding]);
}

/** An extended header with records as they are written. */
export function forgePax(records: string | Uint8Array, flag = 'x'): Uint8Array<ArrayBuffer> {
  return forge({ name: 'PaxHeaders/x', flag }, records);
}

/** A pax record with a right length. */
export function record(key: string, value: string): string {
  const rest = utf8(` ${key}=${value}\n`).length;
  let length = rest + 1;
  while (String(length).length + rest !== length) length++;
  return `${length} ${key}=${value}\n`;
}

/** The parts, and the two zero blocks. */
export function tarOf(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return concatBytes([...parts, new Uint8Array(1024)]);
}
