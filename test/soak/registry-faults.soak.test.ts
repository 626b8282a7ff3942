import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { listen } from '../../src/adapters/node/http-listener.ts';
import { httpRegistry, type HttpTimeouts } from '../../src/adapters/registry/http.ts';
import { layoutRepository } from '../../src/adapters/registry/layout.ts';
import { memoryRegistry } from '../../src/adapters/registry/memory.ts';
import { bytesSource } from '../../src/bytes/source.ts';
import { readAll } from '../../src/bytes/stream.ts';
import { createPackService, type PackService } from '../../src/index.ts';
import { parseManifest, successorsOf } from '../../src/oci/index.ts';
import type { Registry, Repository } from '../../src/ports/registry.ts';
import { someBytes } from '../../src/testing/bytes.ts';
import { quirkRegistry, type FaultKind } from '../../src/testing/quirk-registry.ts';
import { temporaryFolder } from './command.ts';
import { figure, long, seed } from './report.ts';

/** Of each verb, for each share of requests that goes wrong. */
const runs = long ? 50 : 3;
const blobs = 200;

/** Cut, stalled, or answered 5xx: before, in the middle and behind what is asked for. */
const kinds: readonly FaultKind[] = [
  ...(['reset', 'request-cut', 'answer-lost', 'cut'] as const),
  ...(['hang', 'stall'] as const),
  ...(['error-500', 'error-502', 'error-503'] as const),
];

/** What waits for 30 seconds by default waits for less here: nothing else differs from what everybody gets. */
const timeouts: Partial<HttpTimeouts> = { headersMs: 2000, answerMs: 2000, idleMs: 2000, minBytesPerSecond: 1 << 14 };

/** A pack of small blobs, and some that take more than one read. */
async function somePack(): Promise<Registry> {
  const registry = memoryRegistry();
  const files = Array.from({ length: blobs }, (_, index) => ({
    path: `f${index}`,
    source: bytesSource(someBytes(index % 10 === 0 ? 300_000 : 1000 + index * 50, index + 1)),
  }));
  await createPackService().pack({ files }, at(registry));
  return registry;
}

const at = (registry: Registry): { readonly repository: Repository; readonly reference: string } => ({
  repository: registry.repository('team/app'),
  reference: 'v1',
});

interface Run {
  readonly service: PackService;
  /** The registry through the network that fails. */
  readonly client: Registry;
  /** What is behind it. */
  readonly registry: Registry;
}

interface Sums {
  done: number;
  holes: number;
  readonly codes: string[];
  requests: number;
}

/** One run against a registry that fails, on a connection of its own. */
async function oneRun(
  what: { readonly registry: Registry; readonly rate: number; readonly turn: number },
  sums: Sums,
  work: (run: Run) => Promise<void>,
): Promise<void> {
  const { registry, rate, turn } = what;
  const broken = quirkRegistry({ registry, faults: { kinds, rate }, seed: seed + turn });
  const server = await listen((request) => broken.handle(request), { grace: 0 });
  try {
    const client = httpRegistry({ host: server.url.host, timeouts });
    await work({ service: createPackService(), client, registry });
    sums.done++;
  } catch (error) {
    sums.codes.push(`${turn}: ${String((error as { code?: unknown }).code)} ${String(error)}`);
  } finally {
    sums.requests += broken.requests.length;
    await server.close();
  }
}

/** How many blobs that a tag needs are not there, or have other bytes: none where there is no tag. */
async function holesOf(repository: Repository): Promise<number> {
  const tagged = await repository.manifest.get('v1');
  if (tagged === undefined) return 0;
  const layers = successorsOf(parseManifest(tagged.bytes, { mediaType: tagged.descriptor.mediaType }));
  let holes = layers.length < blobs ? 1 : 0;
  for (const { digest, size } of layers) {
    const blob = await repository.blob.get(digest);
    const bytes = blob && (await readAll(await blob.openUnverifiedRange(0, blob.size), { limit: size }));
    if (bytes === undefined || sha256(bytes) !== digest) holes++;
  }
  return holes;
}

const sha256 = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** As many files of a layout as do not have the bytes of their name. */
function corruptIn(directory: string): number {
  const folder = join(directory, 'blobs', 'sha256');
  return readdirSync(folder).filter((name) => sha256(readFileSync(join(folder, name))) !== `sha256:${name}`).length;
}

/** Runs as many works as there are, some at a time: most of each is waiting. */
async function severally(work: (turn: number) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < runs) await work(next++);
  };
  await Promise.all(Array.from({ length: 4 }, lane));
}

function report(verb: string, rate: number, sums: Sums, began: number): void {
  figure(`${verb} with ${rate * 100} % of requests failing`, {
    done: `${sums.done} of ${runs}`,
    'holes or wrong bytes': sums.holes,
    requests: sums.requests,
    took: `${((performance.now() - began) / 1000).toFixed(1)} s`,
  });
}

describe.each([0.01, 0.1])(
  `a pack of ${blobs} blobs where a share of %d of the requests fails: seed ${seed}`,
  (rate) => {
    it(`is pushed ${runs} of ${runs} times, and no tag points at a hole`, async () => {
      const source = await somePack();
      const sums: Sums = { done: 0, holes: 0, codes: [], requests: 0 };
      const began = performance.now();
      await severally(async (turn) => {
        const registry = memoryRegistry();
        await oneRun({ registry, rate, turn }, sums, async ({ service, client }) => {
          await service.copy(at(source), at(client));
          expect(await registry.repository('team/app').resolve('v1')).toBeDefined();
        });
        sums.holes += await holesOf(registry.repository('team/app'));
      });
      report('push', rate, sums, began);
      expect(sums).toMatchObject({ codes: [], done: runs, holes: 0 });
    });

    it(`is pulled ${runs} of ${runs} times, and nothing is corrupt`, async () => {
      const source = await somePack();
      const sums: Sums = { done: 0, holes: 0, codes: [], requests: 0 };
      const began = performance.now();
      const folder = temporaryFolder();
      await severally(async (turn) => {
        const directory = join(folder, String(turn));
        const repository = layoutRepository({ directory });
        await oneRun({ registry: source, rate, turn }, sums, async ({ service, client }) => {
          await service.copy(at(client), { repository, reference: 'v1' });
          expect(await repository.resolve('v1')).toBeDefined();
        });
        sums.holes += (await holesOf(repository)) + corruptIn(directory);
      });
      report('pull', rate, sums, began);
      expect(sums).toMatchObject({ codes: [], done: runs, holes: 0 });
    });
  },
);
