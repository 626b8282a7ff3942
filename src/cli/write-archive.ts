import { closeSync, openSync, renameSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { storeFailure } from '../adapters/node/failure.ts';
import { discardStage, makeStage, removeAbandonedStages } from '../adapters/node/stage.ts';
import { writeChunks } from '../adapters/node/write-chunks.ts';
import { layoutArchiveStream, type LayoutArchive, type LayoutArchiveRoot } from '../adapters/registry/layout.ts';
import { chunksOf } from '../bytes/stream.ts';
import type { OperationOptions, Repository } from '../ports/index.ts';
import { reported } from '../ports/report.ts';

/** What goes into an archive. */
export interface ArchiveContent {
  readonly repository: Repository;
  readonly roots: readonly LayoutArchiveRoot[];
  /** What refers to the manifests goes along. True by default. */
  readonly referrers?: boolean | undefined;
}

/**
 * Writes manifests and everything that belongs to them as a layout tar. The file appears whole, in place of one that
 * was there, or not at all.
 *
 * @throws StoreError `ERR_STORE_WRITE`, `ERR_STORE_QUOTA`; whatever reading the content throws.
 */
export async function writeArchive(
  content: ArchiveContent,
  path: string,
  options: OperationOptions,
): Promise<LayoutArchive> {
  const { repository, roots, referrers } = content;
  const archive = await layoutArchiveStream(repository, roots, { referrers, ...options });
  await reported({ verb: 'write', name: basename(path), total: archive.bytes }, options, (report) =>
    replaceBy(path, archive.stream, report.options, (bytes) => {
      report.progress(bytes);
    }),
  );
  return archive;
}

async function replaceBy(
  path: string,
  stream: ReadableStream<Uint8Array>,
  { signal }: OperationOptions,
  onWritten: (bytes: number) => void,
): Promise<void> {
  const [folder, name] = [dirname(path), basename(path)];
  const action = { store: 'archive', action: 'write', what: `archive ${JSON.stringify(path)}` } as const;
  try {
    removeAbandonedStages(folder, name);
    const stage = makeStage(folder, name);
    try {
      const file = join(stage.tree, name);
      await fill(file, chunksOf(stream, { signal }), onWritten);
      renameSync(file, path);
    } finally {
      discardStage(stage);
    }
  } catch (error) {
    throw storeFailure(error, action);
  }
}

async function fill(
  path: string,
  chunks: AsyncIterable<Uint8Array>,
  onWritten: (bytes: number) => void,
): Promise<void> {
  let written = 0;
  const descriptor = openSync(path, 'wx', 0o644);
  try {
    await writeChunks(descriptor, chunks, {
      onPiece: (piece) => onWritten((written += piece.length)),
    });
  } finally {
    closeSync(descriptor);
  }
}
