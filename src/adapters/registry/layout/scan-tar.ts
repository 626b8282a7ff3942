import type { ByteSource } from '../../../bytes/source.ts';
import { readAll } from '../../../bytes/stream.ts';
import { beyond, malformed, type ArchiveLimits } from '../../../archive/archive-limits.ts';
import { isZeroBlock, parseBlock } from '../../../archive/tar-block.ts';
import { blockSize, paddingOf, type TarEntryType } from '../../../archive/tar-entry.ts';
import { memberOf } from '../../../archive/tar-member.ts';
import { PendingMeta } from '../../../archive/tar-meta.ts';

/** A member of a tar, and where its body lies. */
export interface PlacedMember {
  readonly path: string;
  readonly type: TarEntryType;
  /** The offset of the first byte of the body. */
  readonly offset: number;
  readonly size: number;
}

/** Enough for the headers of many small members, little beside the body of a large one. */
const windowSize = 64 * 1024;

/** Zeros behind the end fill a record, of 10 KiB mostly; more than this is no padding. */
const maxPadding = 1024 * 1024;

/**
 * Finds the members of a tar without reading their bodies: the source is opened again behind each large one.
 *
 * @throws FormatError `ERR_ARCHIVE_INVALID`, `ERR_UNSAFE_PATH`, `ERR_LIMIT_EXCEEDED`.
 */
export async function* scanTar(
  source: ByteSource,
  limits: ArchiveLimits,
  signal: AbortSignal | undefined,
): AsyncGenerator<PlacedMember, void, undefined> {
  const meta = new PendingMeta(limits.metaBytes);
  const bytesAt = windowOver(source, signal);
  let entries = 0;
  let offset = 0;
  for (;;) {
    const header = await bytesAt(offset, blockSize);
    if (header.length === 0) break;
    if (header.length < blockSize) throw malformed('tar is truncated');
    offset += blockSize;
    if (isZeroBlock(header)) {
      await expectPadding(bytesAt, offset);
      break;
    }
    const block = parseBlock(header);
    if (++entries > limits.entries) throw beyond('entries', 'tar has too many entries', limits.entries);
    let { size } = block;
    if (meta.takes(block)) meta.add(block, await exactly(bytesAt, offset, size));
    else {
      const member = memberOf(block, meta.release());
      size = member?.size ?? 0;
      const end = offset + size + paddingOf(size);
      if (source.size !== undefined && end > source.size) throw malformed('tar is truncated');
      if (member !== undefined) yield { path: member.path, type: member.type, offset, size };
    }
    offset += size + paddingOf(size);
    if (offset > limits.totalBytes) throw beyond('totalBytes', 'tar is too large', limits.totalBytes);
  }
  meta.expectNone();
}

type BytesAt = (offset: number, length: number) => Promise<Uint8Array>;

/** Reads ahead, and remembers what it read last. Gives fewer bytes than asked for at the end of the source. */
function windowOver(source: ByteSource, signal: AbortSignal | undefined): BytesAt {
  let start = 0;
  let bytes = new Uint8Array();
  return async (offset, length) => {
    const from = offset - start;
    if (from < 0 || from + length > bytes.length) {
      const limit = Math.max(length, windowSize);
      start = offset;
      bytes = await readAll(await source.open({ start, end: start + limit, signal }), { limit, signal });
      return bytes.subarray(0, length);
    }
    return bytes.subarray(from, from + length);
  };
}

async function exactly(bytesAt: BytesAt, offset: number, length: number): Promise<Uint8Array> {
  const bytes = await bytesAt(offset, length);
  if (bytes.length === length) return bytes;
  throw malformed('tar is truncated');
}

/** Behind the first zero block come zeros and nothing else, so that no reader sees members that another one does not. */
async function expectPadding(bytesAt: BytesAt, start: number): Promise<void> {
  for (let offset = start; ; offset += windowSize) {
    const bytes = await bytesAt(offset, windowSize);
    if (bytes.some((byte) => byte !== 0) || offset - start > maxPadding) {
      throw malformed('tar is followed by other data');
    }
    if (bytes.length < windowSize) return;
  }
}
