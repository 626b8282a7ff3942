import { buildLayer, type LayerResult, type TarEntry } from '../archive/index.ts';
import { compareBytewise } from '../bytes/encoding.ts';
import { checkPath } from '../bytes/path.ts';
import { streamSource, type ByteSource } from '../bytes/source.ts';
import type { Digest } from '../digest/index.ts';
import { UsageError } from '../errors.ts';
import type { OperationOptions } from '../ports/operation.ts';
import type { InputFolder } from './pack-input.ts';

/** A folder as the bytes of its layer. */
export interface FolderSource {
  readonly source: ByteSource;
  /** The digest of the tar before compression, known once the source was read to its end. */
  diffId(): Promise<Digest>;
}

/**
 * The tar and gzip of a folder, with the folder's own name before every path: oras cuts it off again and unpacks below
 * the title. Folders stand in it even where only their files were given.
 */
export function folderSource(folder: InputFolder, options: OperationOptions): FolderSource {
  let entries: Promise<readonly TarEntry[]> | undefined;
  let result: Promise<LayerResult> | undefined;
  const source = streamSource(async (signal) => {
    entries ??= collect(folder, options);
    const layer = buildLayer(await entries, { compression: 'gzip', signal });
    result = layer.result;
    return layer.stream;
  });
  return { source, diffId: async () => (await (result as Promise<LayerResult>)).diffId };
}

async function collect(folder: InputFolder, { signal }: OperationOptions): Promise<readonly TarEntry[]> {
  const root = checkPath(folder.path);
  const entries = new Map<string, TarEntry>([[root, { path: root, type: 'directory' }]]);
  for await (const entry of folder.entries) {
    signal?.throwIfAborted();
    const path = `${root}/${checkPath(entry.path)}`;
    const existing = entries.get(path);
    if (existing !== undefined && (existing.type !== 'directory' || entry.type !== 'directory')) throw twice(path);
    addParents(path, root, entries);
    entries.set(path, { ...entry, path, ...hardlinkTarget(entry, root) });
  }
  return [...entries.values()].sort((a, b) => compareBytewise(a.path, b.path));
}

function hardlinkTarget(entry: TarEntry, root: string): { readonly target?: string } {
  return entry.type === 'hardlink' && entry.target !== undefined ? { target: `${root}/${entry.target}` } : {};
}

function addParents(path: string, root: string, entries: Map<string, TarEntry>): void {
  for (let slash = path.lastIndexOf('/'); slash > root.length; slash = path.lastIndexOf('/', slash - 1)) {
    const parent = path.slice(0, slash);
    const existing = entries.get(parent);
    if (existing === undefined) entries.set(parent, { path: parent, type: 'directory' });
    else if (existing.type !== 'directory') throw twice(parent);
    else return;
  }
}

function twice(path: string): UsageError {
  return new UsageError('ERR_INVALID_ARGUMENT', `folder has ${JSON.stringify(path)} twice, or something below a file`, {
    argument: 'entries',
  });
}
