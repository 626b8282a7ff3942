/** What was received is changed by one byte. */
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { auditCommand } from 'packwright/cli';
import { received, unpack } from './receive.ts';
import { context, expect, path, refused, say } from './stage.ts';

export async function forge(): Promise<void> {
  say('12. Flip one byte of one package in that layout, and unpack again.');
  const forged = await flipOneByte(join(received, 'blobs/sha256'));
  await refused('ERR_DIGEST_MISMATCH', () => unpack('forged'));
  expect(!existsSync(path('forged')), 'nothing was written');
  say('   and nothing was written');
  const { corrupt } = await auditCommand({ reference: `oci:${received}:demo` }, context);
  expect(corrupt.length === 1 && corrupt[0]?.digest === forged, 'exactly that blob is damaged');
  say(`   audit names it: ${forged}`);
}

async function flipOneByte(blobs: string): Promise<string> {
  const sizes = await Promise.all(
    (await readdir(blobs)).map(async (name) => ({ name, size: (await stat(join(blobs, name))).size })),
  );
  const { name } = sizes.reduce((a, b) => (b.size > a.size ? b : a));
  const bytes = await readFile(join(blobs, name));
  const middle = bytes.length >> 1;
  bytes.writeUInt8(bytes.readUInt8(middle) ^ 1, middle);
  await writeFile(join(blobs, name), bytes);
  say(`   byte ${middle} of sha256:${name}`);
  return `sha256:${name}`;
}
