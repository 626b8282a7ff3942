import { handOverLike } from '../bytes/given-chunks.ts';
import type { ByteSource } from '../bytes/source.ts';
import type { Report } from '../ports/report.ts';
import { tapStream } from './tap-stream.ts';

/** A source that reports the bytes which are read from it. A second reader is not counted again. */
export function reportedSource(source: ByteSource, report: Report): ByteSource {
  if (report.options.onEvent === undefined) return source;
  const { size, bytes } = source;
  if (bytes !== undefined) report.progress(bytes.length);
  return handOverLike(source, {
    ...(size === undefined ? {} : { size }),
    ...(bytes === undefined ? {} : { bytes }),
    open: async (options = {}) => counted(await source.open(options), options.start ?? 0, report),
  });
}

function counted(stream: ReadableStream<Uint8Array>, start: number, report: Report): ReadableStream<Uint8Array> {
  let seen = start;
  return tapStream(stream, {
    chunk(chunk) {
      seen += chunk.length;
      report.progress(seen);
      return chunk;
    },
  });
}
