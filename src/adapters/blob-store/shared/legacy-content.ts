import { bytesSource, streamSource, type ByteSource } from '../../../bytes/source.ts';
import { concatBytes, streamFrom } from '../../../bytes/stream.ts';
import { algorithmOf, type Digest, type DigestAlgorithm } from '../../../digest/digest.ts';
import { createHash } from '../../../digest/hash.ts';
import { parseIntegrity, strongestOf } from '../../../digest/integrity.ts';

/** A blob in an older store. */
export interface LegacyEntry {
  /** The key: a Subresource Integrity, as a rule of other bytes. */
  readonly integrity: string;
  /** Bytes that it has, as the store says. */
  readonly size: number;
  /** Its bytes, each time anew. Throws {@link UnreadableBlob}. */
  chunks(signal: AbortSignal | undefined): AsyncIterable<Uint8Array>;
}

/** What is not there any more, or is no blob. */
export class UnreadableBlob extends Error {}

/** Bytes that were read to their end. */
export interface LegacyContent {
  readonly digest: Digest;
  readonly size: number;
  /** True where the bytes are those that the key names. */
  readonly integrityMatches: boolean;
  readonly source: ByteSource;
}

/** What is kept, so that it need not be read twice. */
const keptBytes = 1024 * 1024;

/** Reads and hashes a blob. Its bytes are checked once more by whoever takes them from the source. */
export async function readLegacy(entry: LegacyEntry, signal: AbortSignal | undefined): Promise<LegacyContent> {
  const wanted = digestsNamed(entry.integrity);
  const algorithms = new Set<DigestAlgorithm>(['sha256', ...wanted.map(algorithmOf)]);
  const hashes = [...algorithms].map((algorithm) => createHash(algorithm));
  const kept: Uint8Array[] = [];
  let size = 0;
  for await (const bytes of entry.chunks(signal)) {
    for (const hash of hashes) hash.update(bytes);
    size += bytes.length;
    if (size <= keptBytes) kept.push(bytes);
    else kept.length = 0;
  }
  const digests = hashes.map((hash) => hash.digest());
  const again = (): ReadableStream<Uint8Array> => streamFrom((own) => entry.chunks(own), signal);
  return {
    digest: digests[0] as Digest,
    size,
    integrityMatches: wanted.some((digest) => digests.includes(digest)),
    source: size <= keptBytes ? bytesSource(concatBytes(kept)) : streamSource(again, { size }),
  };
}

/** What a key says that its bytes are; nothing where it is no integrity. */
export function digestsNamed(integrity: string): readonly Digest[] {
  try {
    return strongestOf(parseIntegrity(integrity));
  } catch {
    return [];
  }
}
