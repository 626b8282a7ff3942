import { readArchiveBatches, type ReadArchiveOptions } from '../archive/index.ts';
import type { ByteSource } from '../bytes/source.ts';
import type { FileSink } from '../ports/file-sink.ts';
import type { OperationOptions } from '../ports/operation.ts';
import { reported } from '../ports/report.ts';
import { checkOptions, operationKeys } from '../bytes/check-options.ts';
import { packLimits, type PackLimits } from './limits.ts';
import { reportedSource } from './tap-source.ts';
import { transacted } from './transacted.ts';
import { treeWriter, type WrittenEntry } from './tree-writer.ts';
import { writeMember } from './write-archive.ts';

export interface ExtractOptions extends OperationOptions {
  /** For messages and events. */
  readonly name?: string | undefined;
  readonly limits?: Partial<PackLimits> | undefined;
  /** Compressions besides gzip. */
  readonly decompressors?: ReadArchiveOptions['decompressors'];
}

/** What was extracted. */
export interface ExtractResult {
  readonly entries: readonly WrittenEntry[];
  readonly files: number;
  /** Of all files together. */
  readonly bytes: number;
}

/**
 * Writes what is in a tar or tar.gz into a sink: all of it or nothing, and nothing outside of the sink's root.
 *
 * @throws FormatError `ERR_ARCHIVE_INVALID` for a malformed archive, `ERR_UNSAFE_PATH` for an entry that would escape,
 * replace another or be a device, `ERR_LIMIT_EXCEEDED`; UsageError `ERR_UNSUPPORTED` for another compression.
 */
export function extractArchive(archive: ByteSource, sink: FileSink, options: ExtractOptions): Promise<ExtractResult> {
  checkOptions('options', options, [...operationKeys, 'name', 'limits', 'decompressors']);
  const { name, decompressors } = options;
  const { totalBytes } = packLimits(options.limits);
  return reported({ verb: 'unpack', name, total: archive.size }, options, async (report) => {
    const { signal } = report.options;
    const stream = await reportedSource(archive, report).open({ signal });
    return transacted(sink, report.options, async (transaction) => {
      // Reading has checked the members against one another; there is nothing else in the tree.
      const writer = treeWriter(transaction, { check: () => undefined }, totalBytes);
      for await (const batch of readArchiveBatches(stream, { signal, decompressors })) {
        for (const member of batch) {
          const writing = writeMember(member, writer);
          if (writing !== undefined) await writing;
        }
      }
      return writer.result();
    });
  });
}
