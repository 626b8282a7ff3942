import { fromBase64 } from '../../../bytes/encoding.ts';
import { bytesSource, streamSource, type ByteSource } from '../../../bytes/source.ts';
import { concatBytes, streamFrom } from '../../../bytes/stream.ts';
import { algorithmOf, type Digest, type DigestAlgorithm } from '../../../digest/digest.ts';
import { createHash } from '../../../digest/hash.ts';
import { parseIntegrity, strongestOf } from '../../../digest/integrity.ts';
import type { Database, Row } from './database.ts';

/** A table of base64 texts by integrity. */
export interface LegacyTable {
  readonly database: Database;
  /** The quoted name. */
  readonly name: string;
}

/** A row whose text was decoded to its end. */
export interface LegacyContent {
  readonly digest: Digest;
  readonly size: number;
  /** True where the bytes are those that the key of the row names. */
  readonly integrityMatches: boolean;
  readonly source: ByteSource;
}

/** A text that is not canonical base64. */
export class NotBase64 extends Error {}

/** Characters that are asked for at once: 3 MiB of bytes. A multiple of 4, so that each part decodes by itself. */
const part = 4 * 1024 * 1024;
/** What is kept, so that it need not be read twice. */
const keptBytes = 1024 * 1024;

/** Decodes and hashes a row, in parts. */
export async function readLegacyRow(
  table: LegacyTable,
  integrity: string,
  signal: AbortSignal | undefined,
): Promise<LegacyContent> {
  const wanted = digestsNamed(integrity);
  const algorithms = new Set<DigestAlgorithm>(['sha256', ...wanted.map(algorithmOf)]);
  const hashes = [...algorithms].map((algorithm) => createHash(algorithm));
  const kept: Uint8Array[] = [];
  let size = 0;
  for await (const bytes of decodedParts(table, integrity, signal)) {
    for (const hash of hashes) hash.update(bytes);
    size += bytes.length;
    if (size <= keptBytes) kept.push(bytes);
  }
  const digests = hashes.map((hash) => hash.digest());
  const again = (): ReadableStream<Uint8Array> => streamFrom((own) => decodedParts(table, integrity, own), signal);
  return {
    digest: digests[0] as Digest,
    size,
    integrityMatches: wanted.some((digest) => digests.includes(digest)),
    source: size <= keptBytes ? bytesSource(concatBytes(kept)) : streamSource(again, { size }),
  };
}

/** What the key of a row says that its bytes are; nothing where it is no integrity. */
function digestsNamed(integrity: string): readonly Digest[] {
  try {
    return strongestOf(parseIntegrity(integrity));
  } catch {
    return [];
  }
}

async function* decodedParts(
  { database, name }: LegacyTable,
  integrity: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  let text = '';
  for (let from = 1; from === 1 || text.length === part; from += part) {
    // Padding ends a text: where more follows, it was two.
    const padded = text.endsWith('=');
    const { rows } = await database.runRaw({
      action: 'read',
      what: `row ${JSON.stringify(integrity.slice(0, 200))}`,
      text: `SELECT substring(data from $2::integer for ${part}) AS text FROM ${name} WHERE integrity = $1`,
      values: [integrity, from],
      signal,
    });
    text = textOf(rows[0]);
    const bytes = fromBase64(text);
    if (bytes === undefined || (padded && text !== '')) throw new NotBase64('its data is not base64');
    if (bytes.length > 0) yield bytes;
  }
}

function textOf(row: Row | undefined): string {
  if (typeof row?.text !== 'string') throw new NotBase64('it is gone');
  return row.text;
}
