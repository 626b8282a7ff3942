import { createHash as nodeHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { createHash } from 'packwright/digest';
import { fileBytes } from 'packwright/source/file';
import { makeLargeFile } from './inputs.ts';
import type { Contender, Figure } from './measure.ts';
import { findProgram, run } from './programs.ts';

/** The digest of a large file, as a stream. */
export async function sha256Figure(folder: string, mebibytes: number): Promise<Figure> {
  const path = join(folder, 'sha256', 'large.bin');
  await makeLargeFile(path, mebibytes);
  const openssl = findProgram('openssl');
  const ours: Contender = {
    name: 'packwright/digest',
    async run() {
      const hash = createHash('sha256');
      const source = await fileBytes(path);
      for await (const chunk of await source.open()) hash.update(chunk);
      hash.digest();
    },
  };
  const peer: Contender = {
    name: 'node:crypto',
    async run() {
      const hash = nodeHash('sha256');
      // As large as our pieces are: with the 64 KiB of the default it is slower.
      for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
      hash.digest();
    },
  };
  const program = (at: string): Contender => ({
    name: 'openssl (process)',
    run: () => run([at, 'dgst', '-sha256', path]),
  });
  return {
    name: `sha256 of a stream of ${mebibytes} MiB`,
    comparisons: [{ ours, peer, goal: 1.1 }, ...(openssl === undefined ? [] : [{ ours, peer: program(openssl) }])],
    missing: openssl === undefined ? ['openssl'] : [],
  };
}
