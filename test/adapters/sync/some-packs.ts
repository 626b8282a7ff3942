import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { memoryRegistry } from '../../../src/adapters/registry/memory.ts';
import { fsSink } from '../../../src/adapters/sink/fs.ts';
import type { TreeFolderOptions } from '../../../src/adapters/sync/fs.ts';
import { utf8 } from '../../../src/bytes/encoding.ts';
import { bytesSource } from '../../../src/bytes/source.ts';
import type { Digest } from '../../../src/digest/digest.ts';
import { createPackService, type PackService } from '../../../src/index.ts';
import type { RepositoryLocation } from '../../../src/pack/pack-location.ts';

/** Packs `a`, `b`, … of one file `name.txt` with the name in it, and a folder for their trees. */
export interface Scene {
  readonly directory: string;
  readonly service: PackService;
  /** The options of a folder that syncs them. */
  readonly options: TreeFolderOptions;
  readonly digests: Readonly<Record<string, Digest>>;
  readonly at: (reference: string) => RepositoryLocation;
}

export async function someScene(...names: readonly string[]): Promise<Scene> {
  const parent = mkdtempSync(join(tmpdir(), 'packwright-sync-'));
  onTestFinished(() => rmSync(parent, { recursive: true, force: true }));
  const directory = join(parent, 'host');
  const repository = memoryRegistry().repository('team/app');
  const service = createPackService();
  const at = (reference: string): RepositoryLocation => ({ repository, reference });
  const digests: Record<string, Digest> = {};
  for (const name of names) {
    const files = [{ path: 'name.txt', source: bytesSource(utf8(name)) }];
    digests[name] = (await service.pack({ files }, at(name))).digest;
  }
  const sink: TreeFolderOptions['sink'] = (place) => fsSink({ directory: place });
  return { directory, service, options: { directory, service, sink }, digests, at };
}
