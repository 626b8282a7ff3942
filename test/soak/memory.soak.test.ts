import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createHash, integrityOf } from '../../src/digest/index.ts';
import { someBytes } from '../../src/testing/bytes.ts';
import { temporaryFolder } from './command.ts';
import { writeLargeFile } from './large-file.ts';
import { allowedMemory, figure, long, mebibytes } from './report.ts';

const size = long ? 4 * 2 ** 30 : 2 ** 29;
const worker = fileURLToPath(new URL('memory-worker.ts', import.meta.url));
const block = someBytes(2 ** 20);

/** The most memory that a process took for some work: its resident set at its largest. */
async function peakOf(verb: string, cwd: string): Promise<number> {
  const { stdout } = await promisify(execFile)(process.execPath, [worker, verb, String(size)], { cwd });
  return Number(stdout);
}

/** Serves one large package, and gives the lockfile that names it. */
async function largePackage(): Promise<string> {
  const hash = createHash('sha512');
  for (let done = 0; done < size; done += block.length) hash.update(block);
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-length': size, 'content-type': 'application/octet-stream' });
    Readable.from(blocks()).pipe(response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const node = {
    version: '1.0.0',
    resolved: `http://127.0.0.1:${port}/large-1.0.0.tgz`,
    integrity: integrityOf(hash.digest()),
  };
  return JSON.stringify({ lockfileVersion: 3, packages: { 'node_modules/large': node } });
}

function* blocks(): Generator<Uint8Array> {
  for (let done = 0; done < size; done += block.length) yield block;
}

/** Work, and what is taken away after it so that the disk does not fill up. */
const works: readonly (readonly [verb: string, gone: readonly string[]])[] = [
  ['pack a file', ['large']],
  ['copy', ['from-file']],
  ['unpack a file', ['copied', 'out']],
  ['pack a lock', ['from-lock']],
  ['pack a lock into one tar', []],
  ['unpack a lock from one tar', ['from-tar']],
];

describe.skipIf(!existsSync('/proc/self/status'))(`an entry of ${mebibytes(size)}`, () => {
  it(`takes at most ${mebibytes(allowedMemory)} more than a process that does nothing`, async () => {
    const cwd = temporaryFolder();
    writeLargeFile(join(cwd, 'large'), size);
    writeFileSync(join(cwd, 'package-lock.json'), await largePackage());
    const idle = await peakOf('nothing', cwd);
    const tooMuch: string[] = [];
    for (const [verb, gone] of works) {
      const start = performance.now();
      const more = (await peakOf(verb, cwd)) - idle;
      const took = `${((performance.now() - start) / 1000).toFixed(1)} s`;
      figure(`memory of ${verb}`, { entry: mebibytes(size), idle: mebibytes(idle), above: mebibytes(more), took });
      if (more > allowedMemory) tooMuch.push(verb);
      if (verb === 'unpack a file') expect(statSync(join(cwd, 'out', 'large')).size).toBe(size);
      for (const name of gone) await rm(join(cwd, name), { recursive: true });
    }
    expect(tooMuch).toEqual([]);
  });
});
