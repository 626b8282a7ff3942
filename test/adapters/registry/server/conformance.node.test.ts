import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { fsBlobStore, fsRecordStore } from '../../../../src/adapters/blob-store/fs.ts';
import { layoutRegistry } from '../../../../src/adapters/registry/layout.ts';
import { memoryRegistry } from '../../../../src/adapters/registry/memory.ts';
import { storeRegistry } from '../../../../src/registry/index.ts';
import { conformanceCases } from './conformance-cases.ts';

const root = mkdtempSync(join(tmpdir(), 'packwright-server-'));
let made = 0;
const folder = (): string => join(root, String(++made));
afterAll(() => rmSync(root, { recursive: true, force: true }));

conformanceCases('a registry in memory', () => Promise.resolve(memoryRegistry()));

conformanceCases('a registry in a folder', () => {
  const directory = folder();
  return Promise.resolve(storeRegistry({ blobs: fsBlobStore({ directory }), records: fsRecordStore({ directory }) }));
});

conformanceCases('layouts', () => Promise.resolve(layoutRegistry({ directory: folder() })));
