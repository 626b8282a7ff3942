import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import { fsSink } from '../../../src/adapters/sink/fs.ts';
import { walkFolder } from '../../../src/adapters/source/file.ts';
import { readAll } from '../../../src/bytes/stream.ts';
import { fileSinkContract, type SunkEntry } from '../../../src/testing/index.ts';

async function readTree(directory: string): Promise<ReadonlyMap<string, SunkEntry>> {
  const tree = new Map<string, SunkEntry>();
  if (!existsSync(directory)) return tree;
  for (const entry of walkFolder(directory)) {
    if (entry.type !== 'file') tree.set(entry.path, entry);
    else {
      const bytes = await readAll(await entry.source.open(), { limit: 1 << 20 });
      tree.set(entry.path, { type: 'file', bytes, executable: entry.executable });
    }
  }
  return tree;
}

fileSinkContract(
  { describe, it },
  {
    name: 'fsSink',
    create: () => {
      const root = mkdtempSync(join(tmpdir(), 'packwright-test-'));
      const directory = join(root, 'out');
      return Promise.resolve({
        sink: fsSink({ directory }),
        read: () => readTree(directory),
        leftovers: () => Promise.resolve(readdirSync(root).filter((name) => name !== 'out')),
        dispose: () => {
          rmSync(root, { recursive: true, force: true });
          return Promise.resolve();
        },
      });
    },
  },
);
