import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { digestOf, integrityOf } from '../../src/digest/index.ts';
import { someBytes } from '../../src/testing/bytes.ts';

/** A host of packages, and the lockfile that names them. */
export interface PackageHost {
  /** Of a package-lock.json. */
  readonly lockfile: string;
  /** Lets the host answer again, where it was made to wait. */
  readonly release: () => void;
  /** Ends when somebody has asked for a package. */
  readonly asked: Promise<void>;
}

/** Serves some packages on this machine; with `hold`, only once it is released. */
export async function packageHost({ packages, size, hold = false }: HostOptions): Promise<PackageHost> {
  const bodies = Array.from({ length: packages }, (_, index) => someBytes(size + index, index + 1));
  const waiting = Promise.withResolvers<undefined>();
  const asked = Promise.withResolvers<undefined>();
  if (!hold) waiting.resolve(undefined);
  const server = createServer((request, response) => {
    asked.resolve(undefined);
    const body = bodies[Number(/(\d+)\.tgz$/.exec(request.url ?? '')?.[1])];
    void waiting.promise.then(() => response.writeHead(body === undefined ? 404 : 200).end(body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const origin = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  const nodes = bodies.map((body, index) => [
    `node_modules/p${index}`,
    {
      version: '1.0.0',
      resolved: `${origin}/p${index}/-/p${index}.tgz`,
      integrity: integrityOf(digestOf(body, 'sha512')),
    },
  ]);
  const lockfile = JSON.stringify({ lockfileVersion: 3, packages: Object.fromEntries(nodes) as object });
  return { lockfile, release: () => waiting.resolve(undefined), asked: asked.promise };
}

interface HostOptions {
  readonly packages: number;
  /** Of a package, in bytes. */
  readonly size: number;
  readonly hold?: boolean;
}

/** Writes a folder of files, large and small. */
export function writeTree(folder: string, files: number): void {
  for (let index = 0; index < files; index++) {
    const path = join(folder, `d${index % 7}`, `f${index}`);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, someBytes(index % 10 === 0 ? 400_000 : 3000, index + 1));
  }
}
